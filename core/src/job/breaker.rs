//! A breaker for each account: when it fails again and again, its jobs are held, not failed; one at a time tries
//! whether it is back, and then the others follow spread out.

use std::time::Duration;

use jiff::SignedDuration;

use super::end::End;
use super::worker::Worker;
use super::{Job, JobState};
use crate::error::Result;
use crate::phrase;

/// Held jobs come back within so many seconds of each other.
const SPREAD: u32 = 30;

/// Notes of an account that could not be reached or gave no usable answer.
const FAILURES: &[&str] = &["job.waits_for_provider", "job.unknown", "job.cannot_read"];
/// Notes of turns in which it was not asked.
const NOT_ASKED: &[&str] = &[
    "job.frozen",
    "job.other_order",
    "job.overslept",
    "job.tampered",
    "job.no_right",
    "job.too_late",
    "job.no_account",
    "job.needs_human_gone",
];

impl Worker<'_> {
    /// The account is left alone for now: the job waits as it is, and nothing is asked.
    pub(super) async fn held(&self, job: &Job) -> Result<Option<End>> {
        let Some(account) = job.step.account() else { return Ok(None) };
        let now = self.now();
        let Some(until) = self.store.hold(account, now).await? else { return Ok(None) };
        let name = self.accounts.get(account).map_or("", |a| &a.name);
        // Each at a moment of its own: the last bytes of an id are chance.
        let spread =
            job.id.to_string().bytes().fold(0u32, |n, b| n.wrapping_mul(31) + u32::from(b));
        let wait = until.duration_since(now).max(SignedDuration::from_secs(1));
        let wait = Duration::try_from(wait).unwrap_or(Duration::from_mins(1));
        let state = if job.state == JobState::Ready { JobState::Ready } else { job.state };
        let held = End::again(
            state,
            phrase!("job.held", account = name),
            wait + Duration::from_secs(u64::from(spread % SPREAD)),
        );
        Ok(Some(End { no_effect: false, base_at: job.base_at, ..held }))
    }

    /// Counts what a turn tells of its account.
    pub(super) async fn judge_account(&self, job: &Job, end: &End) -> Result<()> {
        let Some(account) = job.step.account() else { return Ok(()) };
        let key = end.note.as_ref().map_or("", |n| n.key());
        if NOT_ASKED.contains(&key) {
            return Ok(());
        }
        if FAILURES.contains(&key) && !end.state.is_final() {
            let why = end.note.as_ref().and_then(|n| n.arg("why")).unwrap_or(key);
            return self.store.failed(account, why, self.now()).await;
        }
        self.store.answered(account, self.now()).await
    }
}
