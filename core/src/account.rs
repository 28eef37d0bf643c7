//! Opened accounts: one login at one provider each.

use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::DomainName;
use crate::ids::AccountId;
use crate::provider::{Authority, Kind, Provider, ProviderError, ZoneRef};

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

/// A zone and the account that holds it.
#[derive(Debug, Clone)]
pub struct FoundZone<'a> {
    /// Which login.
    pub account: &'a Account,
    /// The zone there.
    pub zone: ZoneRef,
}

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

    /// Every account's longest own zone that holds `name`, and the accounts that could not be asked.
    pub async fn zones_holding(
        &self,
        name: &DomainName,
    ) -> (Vec<FoundZone<'_>>, Vec<(&Account, ProviderError)>) {
        let mut found = Vec::new();
        let mut failed = Vec::new();
        for account in self.dns_hosts() {
            let Some(host) = account.provider.dns() else { continue };
            match host.zones().await {
                Ok(zones) => {
                    let longest = zones
                        .into_iter()
                        .filter(|z| name.is_in(&z.name))
                        .max_by_key(|z| z.name.as_str().len());
                    found.extend(longest.map(|zone| FoundZone { account, zone }));
                }
                Err(e) => failed.push((account, e)),
            }
        }
        let longest = found.iter().map(|f| f.zone.name.as_str().len()).max();
        found.retain(|f| Some(f.zone.name.as_str().len()) == longest);
        (found, failed)
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
