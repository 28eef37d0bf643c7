//! Leases on what only one process may do. They run by the database's time; see [`crate::lease`].

use std::time::Duration;

use jiff::Timestamp;

use super::{Store, millis, ms, sql};
use crate::error::Result;

impl Store {
    /// Takes a lease that is free or has run out, or lengthens one's own. Answers the epoch, which rises with
    /// every taking; `None` = somebody else holds it.
    pub async fn hold_lease(
        &self,
        name: &str,
        owner: &str,
        now: Timestamp,
        ttl: Duration,
    ) -> Result<Option<i64>> {
        let mut tx = self.begin().await?;
        let now = tx.lease_time(ms(now)).await?;
        let row: Option<(i64,)> = sql::query(
            "INSERT INTO lease (name, owner, epoch, expires_at) VALUES ($1, $2, 1, $3)
             ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, expires_at = excluded.expires_at,
             epoch = CASE WHEN lease.owner = excluded.owner AND lease.expires_at > $4 THEN lease.epoch
                     ELSE lease.epoch + 1 END
             WHERE lease.owner = excluded.owner OR lease.expires_at <= $4
             RETURNING epoch",
        )
        .bind(name)
        .bind(owner)
        .bind(now + millis(ttl))
        .bind(now)
        .fetch_optional(&mut *tx)
        .await?;
        commit!(tx, "lease.hold");
        Ok(row.map(|(epoch,)| epoch))
    }

    /// Gives one's lease back, so that the next one need not wait.
    pub async fn drop_lease(&self, name: &str, owner: &str) -> Result<()> {
        let mut tx = self.begin().await?;
        sql::query("UPDATE lease SET expires_at = 0 WHERE name = $1 AND owner = $2")
            .bind(name)
            .bind(owner)
            .execute(&mut *tx)
            .await?;
        commit!(tx, "lease.drop");
        Ok(())
    }
}
