//! A person's word on jobs: what happened to one, and which are not to begin.

use serde_json::json;

use super::course::move_plan;
use super::event::insert_event;
use super::{Event, Store, from_json, id, ms, sql};
use crate::error::Result;
use crate::ids::{JobId, PlanId};
use crate::plan::Verdict;

impl Store {
    /// A person's word on a job that waits for one, or that a person left; `false` = it does not wait any more.
    pub async fn settle_by_person(
        &self,
        target: JobId,
        verdict: Verdict,
        event: &Event,
    ) -> Result<bool> {
        let mut tx = self.begin().await?;
        let (state, frees) = match verdict {
            Verdict::Happened => ("done", 0),
            Verdict::DidNot => ("failed", 1),
            Verdict::Leave => ("cancelled", 0),
        };
        let row: Option<(String, i64)> = sql::query(
            "UPDATE job SET state = $2, once = CASE WHEN $3 = 1 THEN NULL ELSE once END, updated_at = $4,
             epoch = epoch + 1 WHERE id = $1 AND (state = 'needs_human' OR (state = 'cancelled' AND intent_at IS NOT NULL))
             RETURNING plan, n",
        )
        .bind(target.to_string())
        .bind(state)
        .bind(frees)
        .bind(ms(event.at))
        .fetch_optional(&mut *tx)
        .await?;
        let Some((plan, n)) = row else { return Ok(false) };
        let state = from_json(&format!("\"{state}\""))?;
        move_plan(&mut tx, id(&plan)?, usize::try_from(n).unwrap_or(0), state, ms(event.at))
            .await?;
        let facts = json!({"job": target.to_string(), "verdict": verdict});
        insert_event(&mut tx, event, "", facts).await?;
        commit!(tx, "job.settle_by_person");
        Ok(true)
    }

    /// Cancels the jobs of a plan that have not begun, or one of them and those after it, which rely on it;
    /// answers how many.
    pub async fn cancel_jobs(
        &self,
        plan: PlanId,
        only: Option<JobId>,
        event: &Event,
    ) -> Result<u64> {
        let mut tx = self.begin().await?;
        let leased = tx.lease_time(ms(event.at)).await?;
        let done = sql::query(
            "UPDATE job SET state = 'cancelled', once = NULL, updated_at = $3, epoch = epoch + 1
             WHERE plan = $1 AND state IN ('pending', 'ready') AND intent_at IS NULL
             AND (lease_until IS NULL OR lease_until < $4)
             AND ($2 = '' OR EXISTS (SELECT 1 FROM job o WHERE o.id = $2 AND o.plan = job.plan AND o.n <= job.n
                  AND o.state IN ('pending', 'ready') AND (o.lease_until IS NULL OR o.lease_until < $4)))",
        )
        .bind(plan.to_string())
        .bind(only.map_or(String::new(), |j| j.to_string()))
        .bind(ms(event.at))
        .bind(leased)
        .execute(&mut *tx)
        .await?;
        if done.rows_affected() > 0 {
            sql::query(
                "UPDATE plan SET state = 'cancelled', closed_at = $2 WHERE id = $1 AND NOT EXISTS (
                 SELECT 1 FROM job WHERE plan = $1 AND state NOT IN ('done', 'failed', 'cancelled'))",
            )
            .bind(plan.to_string())
            .bind(ms(event.at))
            .execute(&mut *tx)
            .await?;
            insert_event(&mut tx, event, "", json!({"jobs": done.rows_affected()})).await?;
        }
        commit!(tx, "job.cancel");
        Ok(done.rows_affected())
    }
}
