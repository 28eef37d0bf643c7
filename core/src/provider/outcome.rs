//! What calls come to: outcomes and their evidence, rejections, faults of reading, what name servers said.

use std::time::Duration;

use async_trait::async_trait;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Authority;
use crate::domain::{DomainName, Money};
use crate::plan::SetChange;

/// What a writing call led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The provider says it is done. Still read back.
    Done(Evidence),
    /// It goes on at the provider; ask again later.
    Pending {
        /// The provider's operation id.
        reference: String,
        /// When to ask.
        poll_after: Duration,
    },
    /// Certainly no effect: never connected, or an answer that the provider's documentation lists as such.
    Rejected(Rejection),
    /// Nobody knows: time-out, reset, 5xx, unreadable answer. Settled by reading, never by sending again.
    Unknown(String),
}

/// What shows that something happened.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// The provider's reference (order number, change id), when it gives one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// What was charged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charged: Option<Money>,
    /// Expiry afterwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub expires: Option<Date>,
    /// Account's balance afterwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub balance: Option<Money>,
    /// Read back through the provider and equal to the plan.
    #[serde(default)]
    pub read_back: bool,
    /// What each authoritative server answered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authorities: Vec<AuthorityAnswer>,
}

/// One authoritative server's answer after a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuthorityAnswer {
    /// Which server.
    pub server: Authority,
    /// It serves exactly the planned sets.
    pub agrees: bool,
    /// What it said instead, or why it could not be asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// Asks authoritative servers; the executable plugs the DNS client in.
#[async_trait]
pub trait Verify: Send + Sync {
    /// Does this server serve exactly the planned sets of the zone? Has a deadline of its own.
    async fn ask(
        &self,
        server: &Authority,
        zone: &DomainName,
        changes: &[SetChange],
    ) -> AuthorityAnswer;
}

/// A definite no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// Why, as far as code decides on it.
    pub reason: Reason,
    /// The provider's own words, escaped when shown.
    pub detail: String,
}

/// Reasons that code decides on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The state was not the expected one (prerequisite, entity tag, expiry).
    Changed,
    /// The price is above the one approved.
    Price,
    /// Not enough money in the account.
    Balance,
    /// Key or login refused.
    Auth,
    /// Try later; nothing happened.
    Busy,
    /// Could not even connect; nothing happened.
    Unreachable,
    /// Locked, on hold, or not allowed in this state.
    Status,
    /// The provider does not accept this value or verb.
    Invalid,
    /// No such domain or zone in the account.
    NotFound,
}

impl Reason {
    /// Trying again by itself later may help.
    pub fn is_transient(self) -> bool {
        matches!(self, Self::Busy | Self::Unreachable)
    }
}

/// Why a reading call failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProviderError {
    /// Key or login refused.
    #[error("the provider refused our key: {0}")]
    Auth(String),
    /// No such object in this account.
    #[error("not found: {0}")]
    NotFound(String),
    /// Too many requests.
    #[error("rate limited")]
    RateLimited {
        /// When it may be tried again, if the provider said.
        retry_after: Option<Duration>,
    },
    /// No connection, time-out, 5xx.
    #[error("not available: {0}")]
    Unavailable(String),
    /// The answer was cut short; using it would lose records.
    #[error("incomplete answer: {0}")]
    Incomplete(String),
    /// The server says our clock is wrong (TSIG BADTIME).
    #[error("the clocks disagree: {0}")]
    ClockSkew(String),
    /// It cannot do that.
    #[error("not supported: {0}")]
    Unsupported(String),
    /// Something outside its documentation.
    #[error("unexpected answer: {0}")]
    Unexpected(String),
}

impl ProviderError {
    /// Waiting may help.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::RateLimited { .. } | Self::Unavailable(_) | Self::Incomplete(_))
    }
}
