//! What was changed of late.

use jiff::Timestamp;

use super::{Store, from_json, ms, sql};
use crate::domain::DomainName;
use crate::error::Result;
use crate::plan::Step;

impl Store {
    /// Record changes of a zone, and of others of its name, that were approved and did not certainly fail, since then.
    pub async fn dns_steps_since(&self, zone: &DomainName, since: Timestamp) -> Result<Vec<Step>> {
        let rows: Vec<(String,)> = sql::query(
            "SELECT step FROM job WHERE domain = $1 AND kind = 'dns_change' AND created_at >= $2
             AND state NOT IN ('failed', 'cancelled')",
        )
        .bind(zone.to_string())
        .bind(ms(since))
        .fetch_all(&self.read)
        .await?;
        rows.iter().map(|(step,)| from_json(step)).collect()
    }
}
