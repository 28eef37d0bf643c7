//! A plan's course follows from its jobs.

use super::sql::{self, Tx};
use crate::error::Result;
use crate::ids::PlanId;
use crate::job::JobState;

/// The next step becomes ready, or the plan ends.
pub(super) async fn move_plan(
    tx: &mut Tx,
    plan: PlanId,
    n: usize,
    state: JobState,
    now: i64,
) -> Result<()> {
    let plan = plan.to_string();
    let n = i64::try_from(n).unwrap_or(i64::MAX);
    let plan_state = match state {
        JobState::Done => {
            let next = sql::query(
                "UPDATE job SET state = 'ready', run_at = $3, updated_at = $3
                 WHERE plan = $1 AND n = $2 AND state = 'pending'",
            )
            .bind(&plan)
            .bind(n + 1)
            .bind(now)
            .execute(&mut **tx)
            .await?;
            if next.rows_affected() == 1 {
                tx.hint().await?;
                "running"
            } else {
                ended(tx, &plan).await?
            }
        }
        JobState::Failed | JobState::Cancelled => {
            // They certainly had no effect: they were never ready.
            sql::query(
                "UPDATE job SET state = 'cancelled', once = NULL, updated_at = $2 WHERE plan = $1 AND state = 'pending'",
            )
            .bind(&plan)
            .bind(now)
            .execute(&mut **tx)
            .await?;
            "halted"
        }
        JobState::NeedsHuman => "halted",
        _ => return Ok(()),
    };
    sql::query("UPDATE plan SET state = $2, closed_at = $3 WHERE id = $1 AND state IN ('running', 'halted')")
        .bind(&plan)
        .bind(plan_state)
        .bind(now)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// How a plan ended whose last job is done: steps that were cancelled or failed are not completed.
async fn ended(tx: &mut Tx, plan: &str) -> Result<&'static str> {
    let rows: Vec<(String,)> =
        sql::query("SELECT DISTINCT state FROM job WHERE plan = $1 AND state <> 'done'")
            .bind(plan)
            .fetch_all(&mut **tx)
            .await?;
    Ok(match rows.as_slice() {
        [] => "completed",
        [(only,)] if only == "cancelled" => "cancelled",
        _ => "halted",
    })
}
