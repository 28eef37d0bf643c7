//! A job in `calling`: a call left, or may have left, and nobody knows what came of it. Read; never call first.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::end::{End, not_begun};
use super::observe::{Blind, Present, dns, door, present, registrar};
use super::worker::Worker;
use super::{Job, JobState};
use crate::error::Result;
use crate::phrase;
use crate::phrase::Phrase;
use crate::plan::Step;
use crate::provider::{DnsLimits, Repeat, Verb};

/// After a day of not being able to read, a person is asked.
const PATIENCE: Duration = Duration::from_hours(24);
/// A registrar's slowest business (a transfer by post, say) is over by then.
const LONGEST_WAIT: Duration = Duration::from_hours(30 * 24);
/// A call has arrived by then or never will, whatever the provider: for accounts that are gone.
const ARRIVES: Duration = Duration::from_mins(10);

/// How a step may be repeated at its provider, and how long a sent call can still arrive.
struct Manner {
    repeat: Repeat,
    settle: Duration,
    deadline: Duration,
    fresh: bool,
}

fn patience(job: &Job) -> Duration {
    if job.state == JobState::Waiting { LONGEST_WAIT } else { PATIENCE }
}

fn of_host(repeat: Repeat, l: &DnsLimits) -> Manner {
    Manner { repeat, settle: l.settle, deadline: l.deadline, fresh: l.fresh }
}

impl Worker<'_> {
    /// Settles an unknown outcome by reading back.
    pub(super) async fn recover(&self, job: &Job) -> Result<Option<End>> {
        let key = job.id.to_string();
        match present(self.accounts, &job.step, Some(&key)).await {
            Ok(Present::Target(evidence)) => {
                Ok(Some(End::done(&job.step, self.with_authorities(&job.step, evidence).await)))
            }
            Ok(Present::Other(how)) => Ok(Some(self.neither(job, how))),
            Ok(Present::Base) if job.state == JobState::Waiting => Ok(Some(self.goes_on(job))),
            Ok(Present::Base) => self.still_base(job).await,
            // A call that left a moment ago may still arrive: nobody is asked before it has settled.
            Err(Blind::NoDoor) if self.since(job.called_at) < ARRIVES => {
                let note = phrase!("job.needs_human_gone");
                Ok(Some(End::again(JobState::Calling, note, Duration::from_secs(30))))
            }
            Err(_) if self.since(job.intent_at) > patience(job) => {
                Ok(Some(End::ask(phrase!("job.needs_human_blind"))))
            }
            Err(blind) => Ok(Some(not_begun(job, &blind))),
        }
    }

    /// The provider took the call and works on it: nothing is to be seen yet, and nothing is sent again. A person is
    /// asked when it takes longer than anything does.
    fn goes_on(&self, job: &Job) -> End {
        let age = self.since(job.called_at);
        if age > LONGEST_WAIT {
            return End::ask(phrase!("job.needs_human_pending", days = age.as_secs() / 86_400));
        }
        let wait = (age / 4).clamp(Duration::from_mins(1), Duration::from_hours(1));
        End::again(JobState::Waiting, phrase!("job.goes_on"), wait)
    }

    /// Neither as before nor as wanted. Money whose books show no order of ours may still be on its way.
    fn neither(&self, job: &Job, how: Phrase) -> End {
        let settling =
            self.manner(job).is_some_and(|m| self.since(job.called_at) < m.deadline + m.settle);
        if settling {
            return End::again(job.state, how, Duration::from_secs(5));
        }
        End::ask(how)
    }

    /// Nothing to be seen of our call. Repeating is right only where the provider makes it safe, and only as long
    /// as the approval is fresh. Else a person is asked, once two reads a settle window apart show nothing of the
    /// last call. Rule 15.
    async fn still_base(&self, job: &Job) -> Result<Option<End>> {
        let Some(manner) = self.manner(job) else {
            return Ok(Some(End::ask(phrase!("job.needs_human_gone"))));
        };
        let safe = match manner.repeat {
            Repeat::Keyed { valid_for } => self.since(job.intent_at) < valid_for,
            Repeat::CompareAndSet => true,
            Repeat::ReadBackOnly | Repeat::Never => false,
        };
        let mut why = None;
        if safe && job.attempts < 6 {
            match self.approved_plan(job).await? {
                Ok((plan, _)) if self.now() <= plan.start_by => return self.call(job).await,
                Ok(_) => {}
                Err(wrong) => why = Some(wrong),
            }
        }
        let (age, seen) = (self.since(job.called_at), self.since(job.base_at));
        if age < manner.deadline + manner.settle || seen < manner.settle {
            let least = Duration::from_secs(2);
            let wait = (age / 2).clamp(least, manner.settle.clamp(least, Duration::from_mins(2)));
            let again = End::again(JobState::Calling, phrase!("job.reading_back"), wait);
            return Ok(Some(End { base_at: job.base_at.or(Some(self.now())), ..again }));
        }
        let minutes = age.as_secs() / 60;
        Ok(Some(End::ask(why.unwrap_or_else(|| {
            if manner.fresh {
                phrase!("job.needs_human_base", minutes = minutes)
            } else {
                phrase!("job.needs_human_stale", minutes = minutes)
            }
        }))))
    }

    fn since(&self, moment: Option<Timestamp>) -> Duration {
        let since = moment.map_or(SignedDuration::ZERO, |at| self.now().duration_since(at));
        Duration::try_from(since).unwrap_or_default()
    }

    fn manner(&self, job: &Job) -> Option<Manner> {
        let account = door(self.accounts, &job.step).ok()?;
        let of_registrar = |verb| {
            let r = registrar(account).ok()?;
            let (settle, deadline) = (r.settle(), r.deadline());
            Some(Manner { repeat: r.repeat(verb), settle, deadline, fresh: r.fresh() })
        };
        match job.step {
            Step::Renew { .. } => of_registrar(Verb::Renew),
            Step::AutoRenew { .. } => of_registrar(Verb::AutoRenew),
            Step::DnsChange { .. } => {
                let l = dns(account).ok()?.limits();
                Some(of_host(l.repeat, &l))
            }
            // Making or deleting a zone twice is refused by every host, but a late answer may delete a new zone.
            Step::ZoneCreate { .. } | Step::ZoneDelete { .. } => {
                let l = dns(account).ok()?.limits();
                Some(of_host(Repeat::ReadBackOnly, &l))
            }
            Step::Settle { .. } => None,
        }
    }
}
