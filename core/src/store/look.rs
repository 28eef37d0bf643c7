//! What a check-up reads: rows that wait, seals, names of accounts, and when something last happened.

use jiff::Timestamp;
use serde_json::{Value, json};

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

    /// Every plan with its approval, oldest first, for an investigation.
    pub async fn plan_rows(&self) -> Result<Vec<Value>> {
        type Row = (String, String, String, String, String, String, String, i64, i64);
        type Approval = (Option<String>, Option<String>, Option<i64>, Option<i64>);
        let rows: Vec<Row> =
            sql::query(
                "SELECT id, label, digest, state, person, conversation, body, wrong, created_at FROM plan ORDER BY id",
            )
            .fetch_all(&self.read)
            .await?;
        let mut out: Vec<(Row, Approval)> = Vec::new();
        for row in rows {
            let approval: Option<Approval> = sql::query(
                "SELECT person, factor, step, approved_at FROM approval WHERE plan = $1",
            )
            .bind(&row.0)
            .fetch_optional(&self.read)
            .await?;
            out.push((row, approval.unwrap_or_default()));
        }
        Ok(out
            .into_iter()
            .map(|(p, a)| {
                let approved = a.3.and_then(|at| time(at).ok());
                let approval = a.0.map(|person| {
                    json!({"person": person, "factor": a.1, "step": a.2, "at": approved})
                });
                let body: Value = serde_json::from_str(&p.6).unwrap_or(Value::String(p.6.clone()));
                json!({"v": 1, "plan": p.0, "label": p.1, "digest": p.2, "state": p.3, "person": p.4,
                       "conversation": p.5, "wrong_codes": p.7, "at": time(p.8).ok(),
                       "body": body, "approval": approval})
            })
            .collect())
    }

    /// Every job with its step and evidence, in the order of plans and steps.
    pub async fn job_rows(&self) -> Result<Vec<Value>> {
        type Row = (
            String,
            String,
            i64,
            String,
            String,
            i64,
            Option<i64>,
            Option<i64>,
            Option<String>,
            Option<String>,
        );
        let rows: Vec<Row> = sql::query(
            "SELECT id, plan, n, state, step, attempts, intent_at, called_at, evidence, note FROM job ORDER BY plan, n",
        )
        .fetch_all(&self.read)
        .await?;
        let value = |text: &Option<String>| -> Value {
            text.as_deref().and_then(|t| serde_json::from_str(t).ok()).unwrap_or_default()
        };
        let when = |at: Option<i64>| at.and_then(|at| time(at).ok());
        Ok(rows
            .into_iter()
            .map(|j| {
                json!({"v": 1, "job": j.0, "plan": j.1, "n": j.2, "state": j.3,
                       "step": value(&Some(j.4)), "attempts": j.5, "intent_at": when(j.6),
                       "called_at": when(j.7), "evidence": value(&j.8), "note": value(&j.9)})
            })
            .collect())
    }
}
