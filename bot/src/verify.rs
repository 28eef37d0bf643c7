//! Authoritative servers, asked by the providers' DNS client.

use std::time::Duration;

use async_trait::async_trait;
use dombot_core::domain::DomainName;
use dombot_core::plan::SetChange;
use dombot_core::provider::{Authority, AuthorityAnswer, Verify};

/// Asks each server directly, never a cache; three seconds at most.
pub(crate) struct Servers;

#[async_trait]
impl Verify for Servers {
    async fn ask(
        &self,
        server: &Authority,
        zone: &DomainName,
        changes: &[SetChange],
    ) -> AuthorityAnswer {
        dombot_providers::dns::ask(server, zone, changes, Duration::from_secs(3)).await
    }
}
