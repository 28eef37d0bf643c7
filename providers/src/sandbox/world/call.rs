//! One call from the faults to the answer.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::faults::{self, Fault};
use super::ops::{self, Op, Refusal};
use super::state::{Late, Stale, State, View, Who};
use super::{World, zones};

/// What the HTTP face sends back, and how badly.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Reply {
    /// Status.
    pub status: u16,
    /// JSON.
    pub body: Value,
    /// Header, seconds.
    pub retry_after: Option<u32>,
    /// How it is sent.
    pub manner: Manner,
    /// Real milliseconds before it is sent.
    pub delay_ms: u64,
}

/// How an answer is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// As it should be.
    Whole,
    /// Not at all: the connection is reset.
    Reset,
    /// With a body that is no JSON.
    Garbage,
    /// Half of it, then a reset.
    Cut,
}

impl Reply {
    /// A plain one.
    pub(super) fn new(status: u16, body: Value) -> Self {
        Self { status, body, retry_after: None, manner: Manner::Whole, delay_ms: 0 }
    }

    /// Of an outcome.
    pub(super) fn of(outcome: ops::Outcome) -> Self {
        match outcome {
            Ok(answer) => Self::new(answer.status, answer.body),
            Err(refusal) => Self::new(refusal.status, refusal.body()),
        }
    }
}

/// Carries out one call. What it changed is on the disk when this returns.
pub(super) fn call(world: &World, who: Who, op: &Op) -> Reply {
    let mut guard = world.lock();
    let plain = !op.is_write() && guard.rules.is_empty() && guard.late.is_empty();
    if plain {
        let now = guard.virtual_time(world.0.clock.now());
        return Reply::of(read(&guard, now, who, op));
    }
    let done = world.edit_locked(&mut guard, |state, now| run(state, now, who, op));
    done.unwrap_or_else(|e| {
        let message = format!("the sandbox could not write its file, nothing happened: {e}");
        Reply::new(500, Refusal::new(500, "disk", message).body())
    })
}

/// Calls whose time has come take effect, in the order of their times.
pub(super) fn settle_due(state: &mut State, now: Timestamp) {
    faults::forget(state, now);
    let (mut due, waiting): (Vec<Late>, Vec<Late>) =
        std::mem::take(&mut state.late).into_iter().partition(|l| l.due <= now);
    state.late = waiting;
    due.sort_by_key(|l| l.due);
    for late in due {
        // Whoever sent it is long gone: a refusal has nobody to go to.
        let _ = ops::write(state, late.due, late.who, &late.op);
    }
}

fn run(state: &mut State, now: Timestamp, who: Who, op: &Op) -> Reply {
    let faults = faults::take(state, who, op);
    let before = state.picture(who);
    for fault in &faults {
        meanwhile(state, now, who, op, fault);
    }
    let delay_ms = faults.iter().map(|f| if let Fault::Delay { ms } = f { *ms } else { 0 }).sum();
    if let Some(reply) = faults.iter().find_map(|f| instead(state, now, who, op, f)) {
        return Reply { delay_ms, ..reply };
    }
    let outcome =
        if op.is_write() { ops::write(state, now, who, op) } else { read(state, now, who, op) };
    let mut reply = Reply { delay_ms, ..Reply::of(outcome) };
    for fault in faults {
        match fault {
            Fault::ApplyThenReset => reply.manner = Manner::Reset,
            Fault::ApplyThenGarbage => reply.manner = Manner::Garbage,
            Fault::CutBody => reply.manner = Manner::Cut,
            Fault::ApplyThenError { status } => {
                (reply.status, reply.body) = (status, trouble());
            }
            Fault::Stale { secs, view } => {
                state.stale.push(Stale { until: later(now, secs), view, picture: before.clone() });
            }
            _ => {}
        }
    }
    reply
}

fn read(state: &State, now: Timestamp, who: Who, op: &Op) -> ops::Outcome {
    ops::read(&state.as_seen(&[View::Http, View::Domains], now), who, op)
}

fn later(now: Timestamp, secs: i64) -> Timestamp {
    now.saturating_add(SignedDuration::from_secs(secs)).unwrap_or(Timestamp::MAX)
}

fn trouble() -> Value {
    json!({"error": {"code": "trouble", "message": "something went wrong"}})
}

/// What somebody else does just before the call.
fn meanwhile(state: &mut State, now: Timestamp, who: Who, op: &Op, fault: &Fault) {
    let name = op.domain(state).unwrap_or_default();
    match fault {
        Fault::Price { per_year } => {
            let tld = name.rsplit('.').next().unwrap_or_default();
            if let Some(price) = state.registrar_mut(who).and_then(|r| r.prices.get_mut(tld)) {
                *price = *per_year;
            }
        }
        Fault::Expiry { date } => {
            let domain = state.registrar_mut(who).and_then(|r| r.domains.get_mut(&name));
            if let Some(domain) = domain {
                let before = std::mem::replace(&mut domain.expires, *date);
                super::admin::book(
                    state,
                    now,
                    who,
                    "admin_expiry",
                    &name,
                    (json!(before), json!(date)),
                );
            }
        }
        Fault::Records { name: owner, rtype, set } => {
            let _ = zones::put_by_admin(state, now, &name, (owner, *rtype), set.clone());
        }
        _ => {}
    }
}

/// Faults by which nothing happens now.
fn instead(state: &mut State, now: Timestamp, who: Who, op: &Op, fault: &Fault) -> Option<Reply> {
    Some(match fault {
        Fault::Error { status } => Reply::new(*status, trouble()),
        Fault::Reset => Reply { manner: Manner::Reset, ..Reply::new(500, trouble()) },
        Fault::Late { secs } => {
            state.late.push(Late { due: later(now, *secs), who, op: op.clone() });
            Reply { manner: Manner::Reset, ..Reply::new(500, trouble()) }
        }
        Fault::Reject { status, code, retry_after } => {
            let refusal = Refusal::new(*status, code, "refused because a test wants it");
            Reply { retry_after: *retry_after, ..Reply::new(*status, refusal.body()) }
        }
        _ => return None,
    })
}
