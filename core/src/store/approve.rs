//! The approving transaction: code consumed, plan closed, one job a step, or nothing of it.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::event::insert_event;
use super::freeze::forbids;
use super::sql::{self, Tx};
use super::{Event, Store, StoredPlan, id, is_conflict, ms, time, to_json};
use crate::approval::Way;
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
    /// From where the code came: whose count of wrong ones matters. Not stored.
    pub way: Way,
    /// Which step.
    pub step: i64,
    /// When.
    pub at: Timestamp,
    /// When the first step may begin. Not stored: the jobs' rows say it, and the worker works it out again.
    pub begins: Timestamp,
    /// The jobs that it makes, in the order of the steps.
    pub jobs: Vec<JobId>,
    /// HMAC over digest, person, factor, step, time and jobs, hex.
    pub seal: String,
}

/// What became of an approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enqueued {
    /// The jobs are in the queue.
    Queued,
    /// The code's step was used before.
    Replay,
    /// Too many wrong codes were counted, the last ones while this one was looked at.
    Locked(Timestamp),
    /// The plan is no longer open, has expired, or is not the one armed here.
    NotOpen,
    /// The same order is under way or was done.
    AlreadyOrdered,
    /// The person, an account or a domain of the plan is frozen.
    Frozen,
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
        let scope = approval.way.scope(approval.factor);
        if let Some(refused) =
            take_step(&mut tx, &scope, (approval.factor, approval.step), now).await?
        {
            return Ok(refused);
        }
        let steps: Vec<Step> = jobs.iter().map(|(_, step)| step.clone()).collect();
        if forbids(&mut tx, approval.person, &steps).await?.is_some() {
            return Ok(Enqueued::Frozen);
        }
        let closed = sql::query(
            "UPDATE plan SET state = 'running', closed_at = $2
             WHERE id = $1 AND state = 'open' AND expires_at > $2 AND digest = $3 AND person = $4
             AND delivered_at IS NOT NULL
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
        sql::query("DELETE FROM arm WHERE plan = $1")
            .bind(plan.id.to_string())
            .execute(&mut *tx)
            .await?;
        sql::query(
            "INSERT INTO approval (plan, digest, person, factor, step, approved_at, jobs, seal)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(plan.id.to_string())
        .bind(plan.digest.to_string())
        .bind(approval.person.to_string())
        .bind(approval.factor.to_string())
        .bind(approval.step)
        .bind(now)
        .bind(joined(&approval.jobs))
        .bind(&approval.seal)
        .execute(&mut *tx)
        .await?;
        if !insert_jobs(&mut tx, plan.id, jobs, (now, ms(approval.begins))).await? {
            return Ok(Enqueued::AlreadyOrdered);
        }
        insert_event(&mut tx, event, &plan.conversation, proof(plan, approval)).await?;
        tx.hint().await?;
        commit!(tx, "approve");
        Ok(Enqueued::Queued)
    }

    /// The sealed approval of a plan, as stored: digest, person, factor, step, time, seal.
    pub async fn approval(&self, plan: PlanId) -> Result<Option<(String, NewApproval)>> {
        let row: Option<(String, String, String, i64, i64, String, String)> = sql::query(
            "SELECT digest, person, factor, step, approved_at, jobs, seal FROM approval WHERE plan = $1",
        )
        .bind(plan.to_string())
        .fetch_optional(&self.read)
        .await?;
        row.map(|r| {
            Ok((
                r.0,
                NewApproval {
                    person: id(&r.1)?,
                    factor: id(&r.2)?,
                    way: Way::Host,
                    step: r.3,
                    at: time(r.4)?,
                    begins: time(r.4)?,
                    jobs: r.5.split_whitespace().map(id).collect::<Result<_>>()?,
                    seal: r.6,
                },
            ))
        })
        .transpose()
    }
}

/// What the audit keeps of an approval: which code, never the code.
fn proof(plan: &StoredPlan, approval: &NewApproval) -> Value {
    json!({
        "digest": plan.digest.to_string(),
        "code": "totp",
        "factor": approval.factor.to_string(),
        "step": approval.step,
        "jobs": approval.jobs.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}

/// Uses a code's step up; says why not. The lock is looked at here too: codes that were tried at the same time all
/// passed the first look before any of them was counted.
pub(super) async fn take_step(
    tx: &mut Tx,
    scope: &str,
    (factor, step): (FactorId, i64),
    now: i64,
) -> Result<Option<Enqueued>> {
    let lock: Option<(i64,)> =
        sql::query("SELECT locked_until FROM guard WHERE scope = $1 AND locked_until > $2")
            .bind(scope)
            .bind(now)
            .fetch_optional(&mut **tx)
            .await?;
    if let Some((until,)) = lock {
        return Ok(Some(Enqueued::Locked(time(until)?)));
    }
    let used = sql::query(
        "UPDATE factor SET last_step = $2 WHERE id = $1 AND last_step < $2 AND revoked_at IS NULL",
    )
    .bind(factor.to_string())
    .bind(step)
    .execute(&mut **tx)
    .await?;
    Ok((used.rows_affected() != 1).then_some(Enqueued::Replay))
}

fn joined(jobs: &[JobId]) -> String {
    jobs.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// One row a step; `false` = one of them was ordered before.
async fn insert_jobs(
    tx: &mut Tx,
    plan: PlanId,
    jobs: &[(JobId, Step)],
    (now, begins): (i64, i64),
) -> Result<bool> {
    for (n, (id, step)) in (0i64..).zip(jobs) {
        let inserted = sql::query(
            "INSERT INTO job (id, plan, n, kind, state, domain, money, once, step, run_at, attempts, epoch,
             created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, 0, $11, $11)",
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
        .bind(begins)
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
