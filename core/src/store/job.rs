//! The queue's rows. Every write names the epoch of its claim; no row means: stop, touch nothing.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::audit::{Entry, note};
use super::course::move_plan;
use super::event::{insert_event, insert_message};
use super::freeze::forbids;
use super::{Event, Message, Store, from_json, id, is_conflict, millis, ms, sql, time, to_json};
use crate::domain::DomainName;
use crate::error::Result;
use crate::ids::{JobId, PlanId};
use crate::job::{Job, JobState};
use crate::phrase::Phrase;
use crate::provider::Evidence;

/// Which jobs to show.
#[derive(Debug, Clone)]
pub enum JobFilter {
    /// Those that are not final.
    Open,
    /// One state.
    State(JobState),
    /// All of a plan.
    Plan(PlanId),
    /// One, by its id.
    Id(JobId),
    /// Everything done to a zone's records or to the zone, newest first.
    Zone(DomainName),
    /// Whose call may have left since then, oldest first.
    CalledSince(Timestamp),
    /// Ids that end so.
    Ending(String),
    /// The newest of an order that may be given only once, unless all of them certainly had no effect; the text is
    /// [`Step::once`](crate::plan::Step::once) of the first one.
    Order(String),
}

/// How a claimed job ends its turn.
#[derive(Debug, Clone)]
pub struct Settlement {
    /// The new state.
    pub state: JobState,
    /// What shows it.
    pub evidence: Option<Evidence>,
    /// What there is to say.
    pub note: Option<Phrase>,
    /// When it is looked at again, where the state is not final.
    pub run_at: Timestamp,
    /// Now.
    pub at: Timestamp,
    /// Since when reading shows nothing of the last call.
    pub base_at: Option<Timestamp>,
    /// The attempt certainly had no effect: the same order may be given again.
    pub no_effect: bool,
}

/// Whether the intent stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// Stored; the call may leave.
    Stored,
    /// The lease is lost or too short: touch nothing.
    Lost,
    /// Another money job of the domain is under way.
    Busy,
    /// The account, the domain or everything is frozen: hold.
    Frozen,
}

type Row = (
    String,
    String,
    i64,
    String,
    String,
    i64,
    i64,
    i64,
    Option<i64>,
    Option<String>,
    Option<String>,
    i64,
    Option<i64>,
    Option<i64>,
);

macro_rules! columns {
    () => {
        "id, plan, n, state, step, run_at, attempts, epoch, intent_at, evidence, note, updated_at, called_at, \
         base_at"
    };
}

// $1 owner, $2 end of the lease, $3 now, $4 now as leases count it.
macro_rules! claim {
    ($lock:literal) => {
        concat!(
            "UPDATE job SET lease_owner = $1, lease_until = $2, epoch = epoch + 1 WHERE id = (
               SELECT j.id FROM job j
               WHERE j.state IN ('ready', 'calling', 'waiting') AND j.run_at <= $3
                 AND (j.lease_until IS NULL OR j.lease_until < $4)
                 AND NOT (j.money = 1 AND j.state = 'ready' AND EXISTS (
                   SELECT 1 FROM job o WHERE o.domain = j.domain AND o.money = 1 AND o.id <> j.id
                   AND (o.state IN ('calling', 'waiting', 'needs_code', 'needs_human') OR o.lease_until >= $4)))
               ORDER BY j.run_at, j.id LIMIT 1",
            $lock,
            ") RETURNING ",
            columns!()
        )
    };
}

fn job(row: &Row) -> Result<Job> {
    Ok(Job {
        id: id(&row.0)?,
        plan: id(&row.1)?,
        n: usize::try_from(row.2).unwrap_or(0),
        state: from_json(&format!("\"{}\"", row.3))?,
        step: from_json(&row.4)?,
        run_at: time(row.5)?,
        attempts: row.6,
        epoch: row.7,
        intent_at: row.8.map(time).transpose()?,
        evidence: row.9.as_deref().map(from_json).transpose()?,
        note: row.10.as_deref().map(from_json).transpose()?,
        updated_at: time(row.11)?,
        called_at: row.12.map(time).transpose()?,
        base_at: row.13.map(time).transpose()?,
    })
}

fn about(kind: &str, at: Timestamp, job: &Job, facts: Value) -> Entry {
    Entry {
        plan: Some(job.plan),
        job: Some(job.id),
        domain: job.step.domain().cloned(),
        facts,
        ..Entry::new(kind, at)
    }
}

impl Store {
    /// Claims the next due job for `owner`. Passes over domains whose money job is under way elsewhere.
    pub async fn claim(&self, owner: &str, now: Timestamp, lease: Duration) -> Result<Option<Job>> {
        let mut tx = self.begin_beside().await?;
        let leased = tx.lease_time(ms(now)).await?;
        let row: Option<Row> = sql::query(claim!(""))
            .on_postgres(claim!(" FOR UPDATE SKIP LOCKED"))
            .bind(owner)
            .bind(leased + millis(lease))
            .bind(ms(now))
            .bind(leased)
            .fetch_optional(&mut *tx)
            .await?;
        commit!(tx, "job.claim");
        row.as_ref().map(job).transpose()
    }

    /// Lengthens the lease; `false` = it was lost.
    pub async fn renew_lease(
        &self,
        job: &Job,
        owner: &str,
        now: Timestamp,
        lease: Duration,
    ) -> Result<bool> {
        let mut tx = self.begin_beside().await?;
        let until = tx.lease_time(ms(now)).await? + millis(lease);
        let done = sql::query(
            "UPDATE job SET lease_until = $4 WHERE id = $1 AND epoch = $2 AND lease_owner = $3",
        )
        .bind(job.id.to_string())
        .bind(job.epoch)
        .bind(owner)
        .bind(until)
        .execute(&mut *tx)
        .await?;
        commit!(tx, "job.renew");
        Ok(done.rows_affected() == 1)
    }

    /// Stores the intent: from here on the job is `calling` until its outcome is known. Committed before the
    /// first byte leaves; the lease must last for `needs` more.
    pub async fn store_intent(&self, job: &Job, now: Timestamp, needs: Duration) -> Result<Start> {
        let mut tx = self.begin_beside().await?;
        let least = tx.lease_time(ms(now)).await? + millis(needs);
        let asked: Option<(String,)> = sql::query("SELECT person FROM plan WHERE id = $1")
            .bind(job.plan.to_string())
            .fetch_optional(&mut *tx)
            .await?;
        let Some((person,)) = asked else { return Ok(Start::Lost) };
        if forbids(&mut tx, id(&person)?, std::slice::from_ref(&job.step)).await?.is_some() {
            return Ok(Start::Frozen);
        }
        let done = sql::query(
            "UPDATE job SET state = 'calling', attempts = attempts + 1, intent_at = COALESCE(intent_at, $4),
             called_at = $4, base_at = NULL, note = NULL, updated_at = $4
             WHERE id = $1 AND epoch = $2 AND state = $3 AND lease_until > $5",
        )
        .bind(job.id.to_string())
        .bind(job.epoch)
        .bind(job.state.word())
        .bind(ms(now))
        .bind(least)
        .execute(&mut *tx)
        .await;
        match done {
            Err(e) if is_conflict(&e) => return Ok(Start::Busy),
            Ok(done) if done.rows_affected() == 1 => {}
            other => return other.map(|_| Start::Lost).map_err(Into::into),
        }
        let facts = json!({
            "step": job.step.kind(),
            "account": job.step.account().map(|a| a.to_string()),
            "attempt": job.attempts + 1,
            "epoch": job.epoch,
        });
        note(&mut tx, about("job.intent", now, job, facts)).await?;
        commit!(tx, "job.intent");
        Ok(Start::Stored)
    }

    /// Outcome, event, message and the plan's next step in one transaction; `false` = the lease was lost and
    /// nothing was written.
    pub async fn settle(
        &self,
        job: &Job,
        end: &Settlement,
        event: Option<&Event>,
        message: Option<&Message>,
    ) -> Result<bool> {
        let mut tx = self.begin_beside().await?;
        let from = if job.state == JobState::Ready && end.state != JobState::Ready {
            "ready"
        } else {
            job.state.word()
        };
        let done = sql::query(
            "UPDATE job SET state = $4, run_at = $5, note = $6, evidence = COALESCE($7, evidence),
             once = CASE WHEN $8 = 1 AND $4 IN ('failed', 'cancelled') THEN NULL ELSE once END,
             intent_at = CASE WHEN $8 = 1 THEN NULL ELSE intent_at END, base_at = $10,
             lease_owner = NULL, lease_until = NULL, updated_at = $9
             WHERE id = $1 AND epoch = $2 AND (state = $3 OR state = 'calling')",
        )
        .bind(job.id.to_string())
        .bind(job.epoch)
        .bind(from)
        .bind(end.state.word())
        .bind(ms(end.run_at))
        .bind(end.note.as_ref().map(to_json).transpose()?)
        .bind(end.evidence.as_ref().map(to_json).transpose()?)
        .bind(i64::from(end.no_effect))
        .bind(ms(end.at))
        .bind(end.base_at.map(ms))
        .execute(&mut *tx)
        .await?;
        if done.rows_affected() != 1 {
            return Ok(false);
        }
        move_plan(&mut tx, job.plan, job.n, end.state, ms(end.at)).await?;
        if let Some(message) = message {
            insert_message(&mut tx, message).await?;
        }
        let facts = json!({
            "from": job.state.word(),
            "state": end.state.word(),
            "evidence": end.evidence,
            "note": end.note,
        });
        if let Some(event) = event {
            let place = message.map_or("", |m| &m.conversation);
            insert_event(&mut tx, event, place, facts).await?;
        } else if end.state != job.state {
            note(&mut tx, about(&format!("job.{}", end.state.word()), end.at, job, facts)).await?;
        }
        commit!(tx, "job.settle");
        Ok(true)
    }

    /// Takes back every lease: for a process that holds the home's lock, so that no other can be working. On
    /// PostgreSQL the lock proves nothing, as other nodes work too: a dead one's leases run out by themselves.
    pub async fn release_leases(&self) -> Result<()> {
        if self.shared() {
            return Ok(());
        }
        let mut tx = self.begin().await?;
        sql::query("UPDATE job SET lease_owner = NULL, lease_until = NULL, epoch = epoch + 1 WHERE lease_owner IS NOT NULL")
            .execute(&mut *tx)
            .await?;
        commit!(tx, "job.release");
        Ok(())
    }

    /// Jobs, in the order of their plans and steps; at most 200.
    pub async fn jobs(&self, filter: &JobFilter) -> Result<Vec<Job>> {
        let query = match filter {
            JobFilter::Open => sql::query(concat!(
                "SELECT ",
                columns!(),
                " FROM job WHERE state NOT IN ('done', 'failed', 'cancelled') ORDER BY plan DESC, n LIMIT 200"
            )),
            JobFilter::State(state) => sql::query(concat!(
                "SELECT ",
                columns!(),
                " FROM job WHERE state = $1 ORDER BY plan DESC, n LIMIT 200"
            ))
            .bind(state.word()),
            JobFilter::Plan(plan) => {
                sql::query(concat!("SELECT ", columns!(), " FROM job WHERE plan = $1 ORDER BY n"))
                    .bind(plan.to_string())
            }
            JobFilter::Id(which) => {
                sql::query(concat!("SELECT ", columns!(), " FROM job WHERE id = $1"))
                    .bind(which.to_string())
            }
            JobFilter::Zone(zone) => sql::query(concat!(
                "SELECT ",
                columns!(),
                " FROM job WHERE domain = $1 AND kind IN ('dns_change', 'zone_create', 'zone_delete')
                 ORDER BY COALESCE(called_at, updated_at) DESC, id DESC"
            ))
            .bind(zone.as_str()),
            JobFilter::CalledSince(at) => sql::query(concat!(
                "SELECT ",
                columns!(),
                " FROM job WHERE called_at >= $1 ORDER BY called_at, id"
            ))
            .bind(ms(*at)),
            JobFilter::Ending(end) => sql::query(concat!(
                "SELECT ",
                columns!(),
                " FROM job WHERE substr(id, 27 - length($1)) = $1 ORDER BY id DESC LIMIT 10"
            ))
            .bind(end.to_ascii_uppercase()),
            JobFilter::Order(once) => sql::query(concat!(
                "SELECT ",
                columns!(),
                " FROM job WHERE once = $1 OR substr(once, 1, length($1) + 7) = $1 || '|after '
                 ORDER BY id DESC LIMIT 1"
            ))
            .bind(once.as_str()),
        };
        let rows: Vec<Row> = query.fetch_all(&self.read).await?;
        // A row that something else spoiled must not hide the others; `unreadable_jobs` names it.
        Ok(rows.iter().filter_map(|row| job(row).ok()).collect())
    }

    /// Jobs that are not final and whose rows cannot be read: something else wrote them.
    pub async fn unreadable_jobs(&self) -> Result<Vec<String>> {
        let rows: Vec<Row> = sql::query(concat!(
            "SELECT ",
            columns!(),
            " FROM job WHERE state NOT IN ('done', 'failed', 'cancelled') ORDER BY id"
        ))
        .fetch_all(&self.read)
        .await?;
        Ok(rows.iter().filter(|row| job(row).is_err()).map(|row| row.0.clone()).collect())
    }

    /// When the next job is due, if any waits.
    pub async fn next_due(&self) -> Result<Option<Timestamp>> {
        let (due,): (Option<i64>,) = sql::query(
            "SELECT MIN(run_at) FROM job WHERE state IN ('ready', 'calling', 'waiting')",
        )
        .fetch_one(&self.read)
        .await?;
        due.map(time).transpose()
    }
}
