//! DNS on the wire, for clients: queries, zone transfers, updates, and asking an authoritative server
//! whether it serves what a plan promised.
//!
//! Messages are read by the crate `domain`, which parses lazily: one odd record does not spoil a transfer.
//! The framing is our own, because a transfer must be complete or an error. It knows no provider.

mod ask;
mod axfr;
mod exchange;
mod limits;
mod message;
pub(crate) mod pdns;
mod query;
mod signer;
mod update;
mod version;

use dombot_core::provider::{Outcome, ProviderError, Reason, Rejection};

pub(crate) use ask::parse_addr;
pub use ask::{Servers, ask, parse_authorities};
pub(crate) use axfr::axfr;
pub(crate) use exchange::Server;
pub(crate) use limits::{is_host, next_soa, refusals};
pub(crate) use query::{Queried, query_name, query_sets, wildcards};
pub(crate) use signer::Signer;
pub(crate) use update::{Updated, update};
pub(crate) use version::version;

/// A look before a write failed: nothing was sent.
pub(crate) fn unread(e: &ProviderError) -> Rejection {
    let reason = match e {
        ProviderError::Auth(_) | ProviderError::ClockSkew(_) => Reason::Auth,
        ProviderError::NotFound(_) => Reason::NotFound,
        ProviderError::Unavailable(_) => Reason::Unreachable,
        ProviderError::RateLimited { .. } | ProviderError::Incomplete(_) => Reason::Busy,
        _ => Reason::Status,
    };
    Rejection { reason, detail: e.to_string() }
}

pub(crate) fn rejected(reason: Reason, detail: impl Into<String>) -> Outcome {
    Outcome::Rejected(Rejection { reason, detail: detail.into() })
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
