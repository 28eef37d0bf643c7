//! A provider's own books of what was done in an account, by whomever.

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ProviderError;
use crate::domain::Money;

/// One thing that was done in the account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BookEntry {
    /// When, by the provider's clock.
    pub at: Timestamp,
    /// The provider's number of it.
    pub reference: String,
    /// `renew`, `dns_change`, ... where it is one of our kinds; else the provider's word.
    pub kind: String,
    /// Domain or zone.
    pub domain: String,
    /// The key that came with it, where the provider keeps that.
    pub key: Option<String>,
    /// What was charged.
    pub charged: Option<Money>,
}

/// A provider that can be asked what was done.
#[async_trait]
pub trait Books: Send + Sync {
    /// Everything since then, oldest first, complete or an error.
    async fn since(&self, at: Timestamp) -> Result<Vec<BookEntry>, ProviderError>;
}
