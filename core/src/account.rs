//! Opened accounts: one login at one provider each.

use std::sync::Arc;

use jiff::Timestamp;

use crate::ids::AccountId;
use crate::provider::{Authority, Kind, Provider};

/// One login, opened from the vault.
#[derive(Clone)]
pub struct Account {
    /// Stable; frozen into plans.
    pub id: AccountId,
    /// The owner's name for it: `home-pdns`.
    pub name: String,
    /// What it is.
    pub kind: &'static Kind,
    /// The open door.
    pub provider: Arc<dyn Provider>,
    /// Authoritative servers that the owner named as address:port; they come before the provider's own list.
    pub authorities: Vec<Authority>,
}

/// All opened accounts, by name.
#[derive(Clone, Debug, Default)]
pub struct Accounts(pub Vec<Account>);

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account")
            .field("name", &self.name)
            .field("kind", &self.kind.id)
            .finish_non_exhaustive()
    }
}

impl Accounts {
    /// By id.
    pub fn get(&self, id: AccountId) -> Option<&Account> {
        self.0.iter().find(|a| a.id == id)
    }

    /// By the owner's name, any case.
    pub fn named(&self, name: &str) -> Option<&Account> {
        self.0.iter().find(|a| a.name.eq_ignore_ascii_case(name))
    }

    /// Accounts that serve zones.
    pub fn dns_hosts(&self) -> impl Iterator<Item = &Account> {
        self.0.iter().filter(|a| a.provider.dns().is_some())
    }

    /// Accounts that register domains.
    pub fn registrars(&self) -> impl Iterator<Item = &Account> {
        self.0.iter().filter(|a| a.provider.registrar().is_some())
    }
}

/// Who speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Which.
    pub id: crate::ids::PersonId,
    /// What he is called in replies and the audit trail.
    pub name: String,
    /// What he may do.
    pub role: crate::action::Role,
    /// Language of replies.
    pub lang: crate::phrase::Language,
    /// IANA name.
    pub tz: String,
    /// Frozen persons can do nothing.
    pub frozen_at: Option<Timestamp>,
}
