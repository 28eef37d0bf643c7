//! One turn of the queue: claim, check, read, intent, call, settle.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::call::{call_deadline, send, within};
use super::end::{End, not_begun, rejected};
use super::observe::{Blind, Present, dns, door, present, registrar};
use super::{Claimed, Job, JobState};
use crate::account::Accounts;
use crate::approval::{self, SealKey};
use crate::clock::{Chance, Clock, new_ulid};
use crate::error::Result;
use crate::fail_point;
use crate::phrase;
use crate::phrase::Phrase;
use crate::plan::{Plan, Step, Verdict};
use crate::provider::{AuthorityAnswer, Evidence, Outcome, Verify};
use crate::store::{Event, Message, Settlement, Start, Store};

/// A lease, longer than any call's deadline; a worker that loses it writes nothing more.
pub(super) const LEASE: Duration = Duration::from_mins(1);
/// Time kept between the end of a call's deadline and the end of the lease.
const MARGIN: Duration = Duration::from_secs(10);

/// Carries out jobs. One for each process; its name is new at every start.
pub struct Worker<'a> {
    /// The queue.
    pub store: &'a Store,
    /// The doors.
    pub accounts: &'a Accounts,
    /// The time.
    pub clock: &'a dyn Clock,
    /// For event ids.
    pub chance: &'a dyn Chance,
    /// Checks the approvals' seals.
    pub seal: &'a SealKey,
    /// Asks authoritative servers.
    pub verify: &'a Arc<dyn Verify>,
    /// A ULID of this process.
    pub name: &'a str,
}

/// What a turn came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Nothing was due.
    Idle,
    /// One job was moved on.
    Worked,
}

impl Worker<'_> {
    /// Claims and moves on one job, if one is due.
    pub async fn run_one(&self) -> Result<Turn> {
        let Some(job) = self.store.claim(self.name, self.clock.now(), LEASE).await? else {
            return Ok(Turn::Idle);
        };
        if let Some(held) = self.held(&job).await? {
            self.settle(&job, held).await?;
            return Ok(Turn::Worked);
        }
        let turn = async {
            match job.state {
                JobState::Ready => self.begin(&job).await,
                _ => self.recover(&job).await,
            }
        };
        tokio::pin!(turn);
        let mut renewal = tokio::time::interval(LEASE / 4);
        renewal.tick().await;
        let end = loop {
            tokio::select! {
                end = &mut turn => break end?,
                _ = renewal.tick() => {
                    if !self.store.renew_lease(&job, self.name, self.clock.now(), LEASE).await? {
                        tracing::warn!(job.id = %job.id, "the lease was lost in the middle of a turn");
                        return Ok(Turn::Worked);
                    }
                }
            }
        };
        if let Some(end) = end {
            self.judge_account(&job, &end).await?;
            self.settle(&job, end).await?;
        }
        Ok(Turn::Worked)
    }

    /// A job that no call has left for. `None` = the lease was lost: touch nothing.
    async fn begin(&self, job: &Job) -> Result<Option<End>> {
        let (plan, approved) = match self.approved_plan(job).await? {
            Ok(found) => found,
            Err(why) => return Ok(Some(End::failed(why))),
        };
        let early = plan.begins(approved).duration_since(self.clock.now());
        if early.is_positive() {
            let wait = Duration::try_from(early).unwrap_or_default();
            return Ok(Some(End::again(JobState::Ready, phrase!("job.not_yet"), wait)));
        }
        if self.clock.now() > plan.start_by {
            return Ok(Some(End::failed(phrase!("job.too_late"))));
        }
        if let Step::Settle { job: target, verdict } = &job.step {
            let event = self.settling(job, &plan, *verdict);
            let moved = self.store.settle_by_person(*target, *verdict, &event).await?
                || self.store.has_event(&event.id).await?;
            return Ok(Some(if moved {
                End::done(&job.step, Evidence::default())
            } else {
                End::failed(phrase!("job.not_waiting"))
            }));
        }
        match present(self.accounts, &job.step, None).await {
            Ok(Present::Base) => {}
            Ok(Present::Target(_)) => return Ok(Some(End::failed(phrase!("job.already_so")))),
            Ok(Present::Other(how)) => return Ok(Some(End::failed(how))),
            Err(blind) => return Ok(Some(not_begun(job, &blind))),
        }
        if let Some(changed) = self.price_moved(&job.step).await {
            return Ok(Some(changed.map_or_else(|blind| not_begun(job, &blind), End::failed)));
        }
        self.call(job).await
    }

    /// Intent, call, outcome. Also used to repeat a call that the provider makes safe to repeat.
    pub(super) async fn call(&self, job: &Job) -> Result<Option<End>> {
        let deadline = match call_deadline(self.accounts, &job.step) {
            Ok(deadline) => deadline,
            Err(blind) => return Ok(Some(not_begun(job, &blind))),
        };
        let renewed = self.clock.monotonic();
        // The reads before may have eaten into the lease; a lost one is noticed here, before any byte leaves.
        if !self.store.renew_lease(job, self.name, self.clock.now(), LEASE).await? {
            return Ok(None);
        }
        match self.store.store_intent(job, self.clock.now(), deadline + MARGIN).await? {
            Start::Stored => {}
            Start::Lost => return Ok(None),
            Start::Frozen => {
                let state =
                    if job.intent_at.is_some() { JobState::Calling } else { JobState::Ready };
                let held = End::again(state, phrase!("job.frozen"), Duration::from_mins(1));
                return Ok(Some(End { no_effect: false, base_at: job.base_at, ..held }));
            }
            Start::Busy => {
                return Ok(Some(End::again(
                    JobState::Ready,
                    phrase!("job.other_order"),
                    Duration::from_secs(15),
                )));
            }
        }
        // A machine that slept since then has no lease any more; this clock counts the sleep.
        if self.clock.monotonic().saturating_sub(renewed) + deadline + MARGIN > LEASE {
            let state = if job.intent_at.is_some() { JobState::Calling } else { JobState::Ready };
            return Ok(Some(End::again(state, phrase!("job.overslept"), Duration::from_secs(1))));
        }
        let claim = Claimed::new(job.id, deadline);
        fail_point!("call.before");
        let limit = deadline + Duration::from_secs(2);
        let outcome = within(self.clock, limit, send(self.accounts, &claim, &job.step)).await;
        fail_point!("call.after");
        self.judge(job, outcome).await.map(Some)
    }

    async fn judge(&self, job: &Job, outcome: Outcome) -> Result<End> {
        match outcome {
            Outcome::Done(evidence) => self.prove(job, evidence).await,
            Outcome::Pending { reference, poll_after } => {
                let evidence = Evidence { reference: Some(reference), ..Evidence::default() };
                let note = phrase!("job.goes_on");
                Ok(End {
                    evidence: Some(evidence),
                    ..End::again(JobState::Waiting, note, poll_after)
                })
            }
            // A refused repetition says nothing of the call before it, which may have arrived meanwhile.
            Outcome::Rejected(rejection) if job.intent_at.is_some() => {
                let note = phrase!("job.unknown", why = rejection.detail);
                Ok(End::again(JobState::Calling, note, Duration::from_secs(2)))
            }
            Outcome::Rejected(rejection) => Ok(rejected(job, &rejection)),
            Outcome::Unknown(why) => Ok(End::again(
                JobState::Calling,
                phrase!("job.unknown", why = why),
                Duration::from_secs(2),
            )),
        }
    }

    /// The provider said yes: read it back, then ask every authoritative server. NOERROR is not proof.
    async fn prove(&self, job: &Job, said: Evidence) -> Result<End> {
        let key = job.id.to_string();
        for wait in [0, 200, 500, 1000, 2000] {
            tokio::time::sleep(Duration::from_millis(wait)).await;
            if let Ok(Present::Target(read)) = present(self.accounts, &job.step, Some(&key)).await {
                return Ok(End::done(
                    &job.step,
                    self.with_authorities(&job.step, merge(said, read)).await,
                ));
            }
        }
        let note = phrase!("job.not_seen_yet");
        Ok(End {
            evidence: Some(said),
            ..End::again(JobState::Calling, note, Duration::from_secs(3))
        })
    }

    /// Adds what every authoritative server answers; never holds the result up for long.
    pub(super) async fn with_authorities(&self, step: &Step, mut evidence: Evidence) -> Evidence {
        let (Step::DnsChange { zone, changes }, Ok(account)) = (step, door(self.accounts, step))
        else {
            return evidence;
        };
        let mut servers = account.authorities.clone();
        if servers.is_empty()
            && let Ok(host) = dns(account)
        {
            servers = host.authorities(zone).await.unwrap_or_default();
        }
        for server in servers {
            let mut answer: Option<AuthorityAnswer> = None;
            for wait in [0, 150, 400, 900] {
                tokio::time::sleep(Duration::from_millis(wait)).await;
                let now = self.verify.ask(&server, &zone.name, changes).await;
                let agrees = now.agrees;
                answer = Some(now);
                if agrees {
                    break;
                }
            }
            evidence.authorities.extend(answer);
        }
        evidence
    }

    /// The stored plan, if it is what was approved: the seal fits, the digest of the stored bytes is the sealed
    /// one, this job's step is in it, and the person may still do that. With the time of the approval.
    pub(super) async fn approved_plan(
        &self,
        job: &Job,
    ) -> Result<Result<(Plan, Timestamp), Phrase>> {
        let tampered = |what: &str| Ok(Err(phrase!("job.tampered", what = what)));
        let Some(stored) = self.store.plan(job.plan).await? else { return tampered("plan") };
        let Some((digest, row)) = self.store.approval(job.plan).await? else {
            return tampered("approval");
        };
        let computed = crate::plan::Digest::of_bytes(stored.body.as_bytes());
        if computed.to_string() != digest || computed != stored.digest {
            return tampered("digest");
        }
        if !approval::seal_fits(self.seal, &computed, &row) {
            return tampered("seal");
        }
        let Ok(plan) = stored.plan() else { return tampered("body") };
        if plan.steps.get(job.n) != Some(&job.step)
            || row.jobs.get(job.n) != Some(&job.id)
            || plan.id != job.plan
            || plan.person != row.person
        {
            return tampered("step");
        }
        if self.store.born().await?.is_some_and(|born| row.at < born) {
            return Ok(Err(phrase!("job.restored_asks")));
        }
        let least = plan.actions.iter().map(|a| a.spec().role).max();
        let Some(role) = self.store.sealed_role(plan.person, self.seal).await? else {
            return tampered("person");
        };
        match self.store.person(plan.person).await? {
            Some(p) if p.frozen_at.is_none() && Some(role) >= least => Ok(Ok((plan, row.at))),
            _ => Ok(Err(phrase!("job.no_right"))),
        }
    }

    async fn price_moved(&self, step: &Step) -> Option<Result<Phrase, Blind>> {
        let Step::Renew { order, .. } = step else { return None };
        let quote = async {
            let registrar = registrar(door(self.accounts, step)?)?;
            Ok::<_, Blind>(registrar.quote_renew(&order.domain, order.years).await?)
        };
        match quote.await {
            Err(blind) => Some(Err(blind)),
            Ok(q)
                if q.price.currency != order.price_cap.currency
                    || q.price.minor > order.price_cap.minor
                    || (q.premium && !order.premium) =>
            {
                Some(Ok(phrase!("job.price_moved", now = q.price, approved = order.price_cap)))
            }
            Ok(q) if q.tax != order.tax => Some(Ok(phrase!("job.tax_moved", price = q.price))),
            Ok(q)
                if q.balance
                    .is_some_and(|b| b.currency == q.price.currency && b.minor < q.price.minor) =>
            {
                Some(Ok(phrase!(
                    "job.balance",
                    price = q.price,
                    balance = q.balance.unwrap_or(q.price)
                )))
            }
            Ok(_) => None,
        }
    }

    pub(super) async fn settle(&self, job: &Job, end: End) -> Result<()> {
        let now = self.clock.now();
        let run_at =
            now + SignedDuration::try_from(end.after).unwrap_or(SignedDuration::from_secs(60));
        let stored = self.store.plan(job.plan).await?;
        let speaks = end.state.is_final() || end.state == JobState::NeedsHuman;
        let (event, message) = match stored.filter(|_| speaks) {
            None => (None, None),
            Some(stored) => {
                let text = end.note.clone().unwrap_or_else(|| phrase!("job.done"));
                let event = Event {
                    id: new_ulid(self.clock, self.chance).to_string(),
                    at: now,
                    kind: format!("job.{}", end.state.word()),
                    plan: Some(job.plan),
                    label: Some(stored.label.clone()),
                    job: Some(job.id),
                    person: Some(stored.person),
                    domain: job.step.domain().cloned(),
                    text: text.clone(),
                };
                let message = Message {
                    id: new_ulid(self.clock, self.chance).to_string(),
                    person: stored.person,
                    conversation: stored.conversation.clone(),
                    plan: Some(job.plan),
                    text,
                    at: now,
                };
                (Some(event), Some(message))
            }
        };
        let settlement = Settlement {
            state: end.state,
            evidence: end.evidence,
            note: end.note,
            run_at,
            at: now,
            base_at: end.base_at,
            no_effect: end.no_effect,
        };
        if !self.store.settle(job, &settlement, event.as_ref(), message.as_ref()).await? {
            tracing::warn!(job.id = %job.id, "the lease was lost; nothing written");
        }
        Ok(())
    }

    /// It is called as its job, so that a turn that was cut short knows it again.
    pub(super) fn settling(&self, job: &Job, plan: &Plan, verdict: Verdict) -> Event {
        Event {
            id: job.id.to_string(),
            at: self.clock.now(),
            kind: "job.settled".to_owned(),
            plan: Some(job.plan),
            label: None,
            job: Some(job.id),
            person: Some(plan.person),
            domain: None,
            text: phrase!("job.settled", verdict = format!("{verdict:?}")),
        }
    }

    /// Now.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

fn merge(said: Evidence, read: Evidence) -> Evidence {
    Evidence {
        reference: read.reference.or(said.reference),
        charged: read.charged.or(said.charged),
        expires: read.expires.or(said.expires),
        balance: read.balance.or(said.balance),
        read_back: true,
        authorities: Vec::new(),
    }
}
