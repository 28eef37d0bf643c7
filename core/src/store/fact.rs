//! What accounts last said of their domains: shown with its age when they cannot be asked.

use jiff::Timestamp;

use super::{Store, from_json, id, ms, sql, time, to_json};
use crate::error::Result;
use crate::ids::AccountId;
use crate::provider::DomainFacts;

impl Store {
    /// Replaces what an account said: a domain that it no longer lists is forgotten here.
    pub async fn put_facts(
        &self,
        account: AccountId,
        facts: &[DomainFacts],
        at: Timestamp,
    ) -> Result<()> {
        let mut tx = self.begin().await?;
        sql::query("DELETE FROM fact WHERE account = $1")
            .bind(account.to_string())
            .execute(&mut *tx)
            .await?;
        for fact in facts {
            sql::query("INSERT INTO fact (account, domain, body, seen_at) VALUES ($1, $2, $3, $4)")
                .bind(account.to_string())
                .bind(fact.name.as_str())
                .bind(to_json(fact)?)
                .bind(ms(at))
                .execute(&mut *tx)
                .await?;
        }
        commit!(tx, "fact.put");
        Ok(())
    }

    /// Everything, with the time at which it was said.
    pub async fn facts(&self) -> Result<Vec<(AccountId, DomainFacts, Timestamp)>> {
        let rows: Vec<(String, String, i64)> =
            sql::query("SELECT account, body, seen_at FROM fact ORDER BY domain, account")
                .fetch_all(&self.read)
                .await?;
        rows.into_iter().map(|r| Ok((id(&r.0)?, from_json(&r.1)?, time(r.2)?))).collect()
    }
}
