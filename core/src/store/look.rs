//! What a check-up reads: rows that wait, seals, names of accounts, and when something last happened.

use jiff::Timestamp;

use super::{Store, sql, time};
use crate::approval::{SealKey, seal_fits};
use crate::error::Result;
use crate::plan::Digest;

impl Store {
    /// Labels of open and unfinished plans whose seals do not fit: somebody wrote into the database. The worker and
    /// the approval refuse them.
    pub async fn misfits(&self, key: &SealKey) -> Result<Vec<String>> {
        let rows: Vec<(String, String, String, String, String, String)> = sql::query(
            "SELECT id, label, digest, body, seal, state FROM plan
             WHERE state = 'open' OR EXISTS (SELECT 1 FROM job j WHERE j.plan = plan.id
               AND j.state NOT IN ('done', 'failed', 'cancelled')) ORDER BY id",
        )
        .fetch_all(&self.read)
        .await?;
        let mut bad = Vec::new();
        for (plan, label, said, body, seal, state) in rows {
            let digest = Digest::of_bytes(body.as_bytes());
            let approval = self.approval(super::id(&plan)?).await?;
            let sealed = match (state.as_str(), approval) {
                ("open", _) => true,
                (_, Some((of, row))) => of == said && seal_fits(key, &digest, &row),
                (_, None) => false,
            };
            if digest.to_string() != said || key.of_plan(&digest) != seal || !sealed {
                bad.push(label);
            }
        }
        Ok(bad)
    }

    /// When a row of this kind was last written to the audit log.
    pub async fn last_time(&self, kind: &str) -> Result<Option<Timestamp>> {
        let (at,): (Option<i64>,) = sql::query("SELECT MAX(at) FROM event WHERE kind = $1")
            .bind(kind)
            .fetch_one(&self.read)
            .await?;
        at.map(time).transpose()
    }

    /// Remembers a value that changes seldom; the same one is not written again.
    pub async fn remember(&self, key: &str, value: &str) -> Result<()> {
        if self.remembered(key).await?.as_deref() == Some(value) {
            return Ok(());
        }
        let mut tx = self.begin().await?;
        sql::query(
            "INSERT INTO meta (key, value) VALUES ($1, $2)
             ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        )
        .bind(key)
        .bind(value)
        .execute(&mut *tx)
        .await?;
        commit!(tx, "meta.put");
        Ok(())
    }

    /// What [`Store::remember`] keeps.
    pub async fn remembered(&self, key: &str) -> Result<Option<String>> {
        let row: Option<(String,)> = sql::query("SELECT value FROM meta WHERE key = $1")
            .bind(key)
            .fetch_optional(&self.read)
            .await?;
        Ok(row.map(|r| r.0))
    }
}
