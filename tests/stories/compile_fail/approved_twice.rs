//! It is used up by the queue and cannot be cloned, so one code queues once.
use dombot_core::approval::{Approved, Desk, enqueue};

async fn twice(desk: &Desk<'_>, approved: Approved) {
    let _ = enqueue(desk, approved).await;
    let _ = enqueue(desk, approved).await;
}

fn cloned(approved: &Approved) -> Approved {
    approved.clone()
}

fn main() {}
