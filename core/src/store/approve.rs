//! The approving transaction: code consumed, plan closed, one job a step, or nothing of it.

use jiff::Timestamp;

use super::event::insert_event;
use super::{Event, Store, StoredPlan, Tx, is_conflict, ms, to_json};
use crate::error::Result;
use crate::ids::{FactorId, JobId, PersonId, PlanId};
use crate::plan::Step;

/// What an approval row holds.
#[derive(Debug, Clone)]
pub struct NewApproval {
    /// Who typed the code.
    pub person: PersonId,
    /// Whose step is used up.
    pub factor: FactorId,
    /// Which step.
    pub step: i64,
    /// When.
    pub at: Timestamp,
    /// HMAC over digest, person, factor, step and time, hex.
    pub seal: String,
}

/// What became of an approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enqueued {
    /// The jobs are in the queue.
    Queued,
    /// The code's step was used before.
    Replay,
    /// The plan is no longer open, has expired, or is not the one armed here.
    NotOpen,
    /// The same order is under way or was done.
    AlreadyOrdered,
}

impl Store {
    /// One transaction for everything; see [`Enqueued`].
    pub async fn enqueue(
        &self,
        plan: &StoredPlan,
        approval: &NewApproval,
        jobs: &[(JobId, Step)],
        event: &Event,
    ) -> Result<Enqueued> {
        let now = ms(approval.at);
        let mut tx = self.begin().await?;
        let used = sqlx::query("UPDATE factor SET last_step = $2 WHERE id = $1 AND last_step < $2 AND revoked_at IS NULL")
            .bind(approval.factor.to_string())
            .bind(approval.step)
            .execute(&mut *tx)
            .await?;
        if used.rows_affected() != 1 {
            return Ok(Enqueued::Replay);
        }
        let closed = sqlx::query(
            "UPDATE plan SET state = 'running', closed_at = $2
             WHERE id = $1 AND state = 'open' AND expires_at > $2 AND digest = $3 AND person = $4
             AND EXISTS (SELECT 1 FROM arm a WHERE a.plan = plan.id AND a.person = plan.person
                         AND a.conversation = plan.conversation)",
        )
        .bind(plan.id.to_string())
        .bind(now)
        .bind(plan.digest.to_string())
        .bind(approval.person.to_string())
        .execute(&mut *tx)
        .await?;
        if closed.rows_affected() != 1 {
            return Ok(Enqueued::NotOpen);
        }
        sqlx::query("DELETE FROM arm WHERE plan = $1")
            .bind(plan.id.to_string())
            .execute(&mut *tx)
            .await?;
        sqlx::query(
            "INSERT INTO approval (plan, digest, person, factor, step, approved_at, seal)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(plan.id.to_string())
        .bind(plan.digest.to_string())
        .bind(approval.person.to_string())
        .bind(approval.factor.to_string())
        .bind(approval.step)
        .bind(now)
        .bind(&approval.seal)
        .execute(&mut *tx)
        .await?;
        if !insert_jobs(&mut tx, plan.id, jobs, now).await? {
            return Ok(Enqueued::AlreadyOrdered);
        }
        insert_event(&mut tx, event).await?;
        commit!(tx, "approve");
        Ok(Enqueued::Queued)
    }
}

/// One row a step; `false` = one of them was ordered before.
async fn insert_jobs(tx: &mut Tx, plan: PlanId, jobs: &[(JobId, Step)], now: i64) -> Result<bool> {
    for (n, (id, step)) in (0i64..).zip(jobs) {
        let inserted = sqlx::query(
            "INSERT INTO job (id, plan, n, kind, state, domain, money, once, step, run_at, attempts, epoch,
             created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, 0, $10, $10)",
        )
        .bind(id.to_string())
        .bind(plan.to_string())
        .bind(n)
        .bind(step.kind())
        .bind(if n == 0 { "ready" } else { "pending" })
        .bind(step.domain().map(ToString::to_string))
        .bind(i64::from(step.is_money()))
        .bind(step.once())
        .bind(to_json(step)?)
        .bind(now)
        .execute(&mut **tx)
        .await;
        match inserted {
            Err(e) if is_conflict(&e) => return Ok(false),
            other => other?,
        };
    }
    Ok(true)
}
