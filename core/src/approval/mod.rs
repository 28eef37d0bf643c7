//! A code approves one plan digest, for one person, once.

pub mod recovery;
mod seal;
#[cfg(test)]
mod tests;
pub mod totp;

use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use subtle::ConstantTimeEq;

pub(crate) use seal::same;
pub use seal::{SealKey, seal_fits};

use crate::account::Person;
use crate::clock::{Chance, Clock, new_ulid};
use crate::error::{Error, Result};
use crate::ids::JobId;
use crate::phrase;
use crate::phrase::Phrase;
use crate::plan::{Digest, Plan, Tier};
use crate::store::{Enqueued, Event, NewApproval, PlanState, Store, StoredPlan};

/// A plan is open for a code this long.
pub const VALID_FOR: SignedDuration = SignedDuration::from_mins(10);

/// A plan that a person approved with a code. Only [`approve`] makes one; it is used once, by [`enqueue`].
///
/// ```compile_fail
/// let forged = dombot_core::approval::Approved { stored: panic!(), plan: panic!(), proof: panic!() };
/// ```
#[derive(Debug)]
pub struct Approved {
    stored: StoredPlan,
    plan: Plan,
    proof: NewApproval,
}

/// Why a code approved nothing. Wrong codes are counted before this is known to anybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// The plan was dropped, has run, or is not the one that waits here.
    NotOpen,
    /// Ten minutes are over.
    Expired,
    /// No authenticator is enrolled.
    NoFactor,
    /// Too many wrong codes.
    Locked {
        /// Until when.
        until: Timestamp,
    },
    /// A new authenticator may not approve tiers 2 and 3 yet.
    Held {
        /// Until when.
        until: Timestamp,
    },
    /// Not the code; so many tries are left for this plan.
    Wrong {
        /// Before the plan dies.
        left: i64,
    },
    /// The code belongs to another time: one of the clocks is wrong.
    Skewed {
        /// Steps of 30 s; positive = the phone is ahead.
        steps: i64,
        /// Before the plan dies.
        left: i64,
    },
    /// The fifth wrong code.
    Dead,
    /// This code was used before.
    Replay,
    /// The same order is under way or done.
    AlreadyOrdered,
    /// Its card was never shown to the end.
    NotShown,
    /// Something that the plan touches is frozen.
    Frozen,
}

impl Refused {
    /// The word in JSON.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotOpen => "plan_not_open",
            Self::Expired => "plan_expired",
            Self::NoFactor => "no_factor",
            Self::Locked { .. } => "factor_locked",
            Self::Held { .. } => "factor_held",
            Self::Wrong { .. } => "code_wrong",
            Self::Skewed { .. } => "code_skewed",
            Self::Dead => "plan_dead",
            Self::Replay => "code_replayed",
            Self::AlreadyOrdered => "already_ordered",
            Self::NotShown => "plan_not_shown",
            Self::Frozen => "frozen",
        }
    }

    /// For the person. `clock` writes a time of his.
    pub fn phrase(&self, clock: impl Fn(Timestamp) -> String) -> Phrase {
        match self {
            Self::NotOpen => phrase!("approval.not_open"),
            Self::Expired => phrase!("approval.expired"),
            Self::NoFactor => phrase!("approval.no_factor"),
            Self::Locked { until } => phrase!("approval.locked", until = clock(*until)),
            Self::Held { until } => phrase!("approval.held", until = clock(*until)),
            Self::Wrong { left } => phrase!("approval.wrong", left = left),
            Self::Skewed { steps, left } => {
                phrase!(
                    "approval.skewed",
                    steps = steps.abs(),
                    seconds = steps.abs() * 30,
                    left = left
                )
            }
            Self::Dead => phrase!("approval.dead"),
            Self::Replay => phrase!("approval.replay"),
            Self::AlreadyOrdered => phrase!("approval.already_ordered"),
            Self::NotShown => phrase!("approval.not_shown"),
            Self::Frozen => phrase!("approval.frozen"),
        }
    }
}

/// What checking a code needs.
pub struct Desk<'a> {
    /// Counts and last steps.
    pub store: &'a Store,
    /// The time.
    pub clock: &'a dyn Clock,
    /// For ids.
    pub chance: &'a dyn Chance,
    /// Seals approvals.
    pub seal: &'a SealKey,
    /// From where the code comes.
    pub way: Way,
}

/// A way in. Wrong codes that strangers type into a chat never lock the host's own terminal. Rule 10.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// The terminal of the host's user.
    Host,
    /// Anything that comes over a network.
    Chat,
}

impl Way {
    /// The guard's scope of a factor here.
    pub fn scope(self, factor: crate::ids::FactorId) -> String {
        match self {
            Self::Host => format!("host:{factor}"),
            Self::Chat => format!("factor:{factor}"),
        }
    }
}

/// Checks a code for the plan that waits in the person's conversation. A wrong one leaves the plan and counts.
pub async fn approve(
    desk: &Desk<'_>,
    person: &Person,
    stored: StoredPlan,
    secret: Option<&SecretString>,
    code: &SecretString,
) -> Result<Result<Approved, Refused>> {
    let now = desk.clock.now();
    if stored.state == PlanState::Dead {
        return Ok(Err(Refused::Dead));
    }
    if stored.state != PlanState::Open || stored.person != person.id {
        return Ok(Err(Refused::NotOpen));
    }
    if stored.expires_at <= now {
        return Ok(Err(Refused::Expired));
    }
    let armed = desk.store.armed(person.id, &stored.conversation, now).await?;
    if armed.map(|a| a.id) != Some(stored.id) {
        return Ok(Err(Refused::NotOpen));
    }
    if !stored.delivered {
        return Ok(Err(Refused::NotShown));
    }
    let Some(body) = intact(desk.seal, person, &stored) else {
        return Err(phrase!("job.tampered", what = "plan").into());
    };
    if desk.store.sealed_role(person.id, desk.seal).await? != Some(person.role) {
        return Err(phrase!("job.tampered", what = "person").into());
    }
    let step = match code_step(desk, person, secret, code, body.tier).await? {
        Ok(step) => step,
        Err(refused @ (Refused::Wrong { .. } | Refused::Skewed { .. })) => {
            let wrong = desk.store.count_wrong_for_plan(stored.id, now).await?;
            return Ok(Err(counted(&refused, wrong)));
        }
        Err(refused) => return Ok(Err(refused)),
    };
    let (factor, step) = step;
    let (person, jobs, seal) = (person.id, Vec::new(), String::new());
    let (way, begins) = (desk.way, body.begins(now));
    let proof = NewApproval { person, factor, way, step, at: now, begins, jobs, seal };
    Ok(Ok(Approved { plan: body, proof, stored }))
}

/// The plan, if every column of its row is what was made and shown here.
fn intact(key: &SealKey, person: &Person, stored: &StoredPlan) -> Option<Plan> {
    let digest = Digest::of_bytes(stored.body.as_bytes());
    let body = stored.plan().ok()?;
    let fits = digest == stored.digest
        && bool::from(key.of_plan(&digest).as_bytes().ct_eq(stored.seal.as_bytes()))
        && digest.label() == stored.label
        && body.id == stored.id
        && body.person == person.id
        && body.conversation == stored.conversation
        && body.expires_at.as_millisecond() == stored.expires_at.as_millisecond();
    fits.then_some(body)
}

fn counted(refused: &Refused, wrong: i64) -> Refused {
    let left = (5 - wrong).max(0);
    match refused {
        _ if left == 0 => Refused::Dead,
        Refused::Skewed { steps, .. } => Refused::Skewed { steps: *steps, left },
        _ => Refused::Wrong { left },
    }
}

/// Which factor and step a code is, if it may count for this tier. A wrong one is counted for the factor.
pub async fn code_step(
    desk: &Desk<'_>,
    person: &Person,
    secret: Option<&SecretString>,
    code: &SecretString,
    tier: Tier,
) -> Result<Result<(crate::ids::FactorId, i64), Refused>> {
    let now = desk.clock.now();
    let Some(factor) = desk.store.factor(person.id).await? else {
        return Ok(Err(Refused::NoFactor));
    };
    let Some(secret) = secret else { return Ok(Err(Refused::NoFactor)) };
    if !desk.store.factor_sealed(&factor, desk.seal).await? {
        return Err(phrase!("job.tampered", what = "factor").into());
    }
    let scope = desk.way.scope(factor.id);
    let guard = desk.store.guard(&scope).await?;
    if guard.locked_until > now {
        return Ok(Err(Refused::Locked { until: guard.locked_until }));
    }
    let Some(step) = totp::check(secret, code, now) else {
        desk.store.count_wrong(&scope, now).await?;
        let steps = totp::offset(secret, code, now, 20);
        if let Some(ahead) = steps.filter(|n| *n > 0) {
            // To say so would tell whoever guesses a code that is right in a minute: it never will be.
            desk.store.burn_step(factor.id, totp::step_at(now) + ahead, now).await?;
        }
        return Ok(Err(
            steps.map_or(Refused::Wrong { left: 0 }, |steps| Refused::Skewed { steps, left: 0 })
        ));
    };
    let step = i64::try_from(step).map_err(Error::internal)?;
    if step <= factor.last_step {
        return Ok(Err(Refused::Replay));
    }
    match factor.hold_until.filter(|until| *until > now && tier >= Tier::Money) {
        Some(until) => Ok(Err(Refused::Held { until })),
        None => Ok(Ok((factor.id, step))),
    }
}

/// The one door to the queue: code used up, plan closed, one job a step, in one transaction or not at all.
pub async fn enqueue(desk: &Desk<'_>, approved: Approved) -> Result<Result<Vec<JobId>, Refused>> {
    let Approved { stored, plan, mut proof } = approved;
    let jobs: Vec<_> =
        plan.steps.into_iter().map(|s| (JobId::new(desk.clock, desk.chance), s)).collect();
    proof.jobs = jobs.iter().map(|(id, _)| *id).collect();
    proof.seal = seal::seal(desk.seal, &stored.digest, &proof);
    let event = Event {
        id: new_ulid(desk.clock, desk.chance).to_string(),
        at: proof.at,
        kind: "plan.approved".into(),
        plan: Some(stored.id),
        label: Some(stored.label.clone()),
        job: None,
        person: Some(proof.person),
        domain: jobs.first().and_then(|(_, s)| s.domain().cloned()),
        text: phrase!("event.approved", label = stored.label),
    };
    Ok(match desk.store.enqueue(&stored, &proof, &jobs, &event).await? {
        Enqueued::Queued => Ok(jobs.into_iter().map(|(id, _)| id).collect()),
        Enqueued::Replay => Err(Refused::Replay),
        Enqueued::Locked(until) => Err(Refused::Locked { until }),
        Enqueued::NotOpen => Err(Refused::NotOpen),
        Enqueued::AlreadyOrdered => Err(Refused::AlreadyOrdered),
        Enqueued::Frozen => Err(Refused::Frozen),
    })
}
