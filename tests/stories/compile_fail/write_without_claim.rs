//! A provider's writing method demands a claim.
use dombot_core::provider::{Registrar, RenewOrder};

async fn renew(registrar: &dyn Registrar, order: &RenewOrder) {
    registrar.renew(order).await;
}

fn main() {}
