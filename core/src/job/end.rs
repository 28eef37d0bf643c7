//! How a turn of the queue ends: what is written down, and when the job is looked at again.

use std::time::Duration;

use jiff::Timestamp;

use super::observe::Blind;
use super::{Job, JobState};
use crate::phrase;
use crate::phrase::Phrase;
use crate::plan::Step;
use crate::provider::{Evidence, Reason, Rejection};

/// How a turn ends for the job at hand.
pub(super) struct End {
    pub(super) state: JobState,
    pub(super) evidence: Option<Evidence>,
    pub(super) note: Option<Phrase>,
    pub(super) after: Duration,
    pub(super) no_effect: bool,
    /// Since when reading shows nothing of the last call.
    pub(super) base_at: Option<Timestamp>,
}

impl End {
    pub(super) fn failed(note: Phrase) -> Self {
        Self {
            state: JobState::Failed,
            evidence: None,
            note: Some(note),
            after: Duration::ZERO,
            no_effect: true,
            base_at: None,
        }
    }

    pub(super) fn ask(note: Phrase) -> Self {
        Self {
            state: JobState::NeedsHuman,
            evidence: None,
            note: Some(note),
            after: Duration::ZERO,
            no_effect: false,
            base_at: None,
        }
    }

    /// Done; a charge or a date other than approved is said, because our own order proves only that it happened.
    pub(super) fn done(step: &Step, evidence: Evidence) -> Self {
        Self {
            state: JobState::Done,
            note: otherwise(step, &evidence),
            evidence: Some(evidence),
            after: Duration::ZERO,
            no_effect: false,
            base_at: None,
        }
    }

    /// Stays in `state` and is looked at again.
    pub(super) fn again(state: JobState, note: Phrase, after: Duration) -> Self {
        let no_effect = state == JobState::Ready;
        Self { state, evidence: None, note: Some(note), after, no_effect, base_at: None }
    }
}

fn otherwise(step: &Step, evidence: &Evidence) -> Option<Phrase> {
    let Step::Renew { order, .. } = step else { return None };
    let cap = order.price_cap;
    if let Some(charged) = evidence.charged
        && (charged.currency != cap.currency || charged.minor > cap.minor)
    {
        return Some(phrase!("job.other_charge", charged = charged, approved = cap));
    }
    let expires = evidence.expires.filter(|e| *e != order.new_expiry)?;
    Some(phrase!("job.other_expiry", expires = expires, approved = order.new_expiry))
}

/// 2 s, 4 s, ... 10 min.
pub(super) fn backoff(attempts: i64) -> Duration {
    Duration::from_secs(
        2u64.saturating_pow(u32::try_from(attempts.clamp(1, 10)).unwrap_or(10)).min(600),
    )
}

/// Up to a quarter longer, another share for each job and attempt: jobs that failed together do not come back together.
fn spread(job: &Job, wait: Duration) -> Duration {
    let share = job.id.to_string().bytes().rev().take(4).map(u32::from).sum::<u32>();
    let attempt = u32::try_from(job.attempts).unwrap_or_default();
    wait + wait * ((share + 7 * attempt) % 32) / 128
}

/// Nothing has left for this job: waiting and trying again is harmless.
pub(super) fn not_begun(job: &Job, blind: &Blind) -> End {
    match blind {
        // Without its account nobody can tell what became of a call that may have left.
        Blind::NoDoor if job.intent_at.is_some() => End::ask(phrase!("job.needs_human_gone")),
        Blind::NoDoor => End::failed(phrase!("job.no_account")),
        Blind::Read(e) if e.is_transient() => {
            let note = phrase!("job.waits_for_provider", why = e);
            let state = under_way(job).unwrap_or(JobState::Ready);
            let patience = Duration::from_secs(5).max(backoff(job.attempts));
            let again = End::again(state, note, spread(job, patience));
            End { no_effect: false, base_at: job.base_at, ..again }
        }
        Blind::Read(e) if job.intent_at.is_none() => {
            End::failed(phrase!("job.cannot_read", why = e))
        }
        Blind::Read(e) => {
            let note = phrase!("job.cannot_read", why = e);
            let state = under_way(job).unwrap_or(JobState::Calling);
            let again = End::again(state, note, Duration::from_mins(1));
            End { base_at: job.base_at, ..again }
        }
    }
}

/// Where a job stays of which a call may have left.
fn under_way(job: &Job) -> Option<JobState> {
    let waits = job.state == JobState::Waiting;
    job.intent_at.map(|_| if waits { JobState::Waiting } else { JobState::Calling })
}

/// The provider said no, and nothing happened.
pub(super) fn rejected(job: &Job, rejection: &Rejection) -> End {
    let detail = &rejection.detail;
    match rejection.reason {
        reason if reason.is_transient() && job.attempts < 8 => End::again(
            JobState::Ready,
            phrase!("job.waits_for_provider", why = detail),
            spread(job, backoff(job.attempts + 1)),
        ),
        Reason::Changed => End::failed(phrase!("job.rejected_changed", detail = detail)),
        Reason::Price => End::failed(phrase!("job.rejected_price", detail = detail)),
        Reason::Balance => End::failed(phrase!("job.rejected_balance", detail = detail)),
        Reason::Auth => End::failed(phrase!("job.rejected_auth", detail = detail)),
        _ => End::failed(phrase!("job.rejected", detail = detail)),
    }
}
