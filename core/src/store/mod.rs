//! The database: everything that changes often. One SQL text for SQLite and PostgreSQL.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use crate::error::Result;
use crate::ids::AccountId;
use crate::provider::DomainFacts;

type Fact = (AccountId, DomainFacts, Timestamp);

/// The database.
#[derive(Debug, Clone, Default)]
pub struct Store {
    facts: Arc<Mutex<Vec<Fact>>>,
}

impl Store {
    /// Replaces what is known of an account's domains.
    #[expect(clippy::unused_async, reason = "it will be a database")]
    pub async fn put_facts(
        &self,
        account: AccountId,
        facts: &[DomainFacts],
        at: Timestamp,
    ) -> Result<()> {
        let mut all = self.facts.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|(a, ..)| *a != account);
        all.extend(facts.iter().map(|f| (account, f.clone(), at)));
        Ok(())
    }

    /// Last known facts of every account.
    #[expect(clippy::unused_async, reason = "it will be a database")]
    pub async fn facts(&self) -> Result<Vec<Fact>> {
        Ok(self.facts.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }
}
