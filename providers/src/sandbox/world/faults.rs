//! Faults that a test orders beforehand: "for the next n calls of this verb, do that". Nothing is by chance.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::ops::Op;
use super::state::{Set, State, View, Who};

/// One order. Every rule that matches a call works on it and counts down, in the order they came.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Given by the sandbox.
    #[serde(default)]
    pub id: u64,
    /// At whom; anybody when missing.
    #[serde(default)]
    pub account: Option<Who>,
    /// `domains`, `domain`, `check`, `quote`, `orders`, `renew`, `auto_renew`, `zones`, `zone`, `sets`,
    /// `dns_change`, `zone_create`, `zone_delete`; or `read`, `write`, `any`.
    pub verb: String,
    /// Only for this domain or zone name.
    #[serde(default)]
    pub domain: Option<String>,
    /// So many calls that match are let pass first.
    #[serde(default)]
    pub after: u32,
    /// For so many calls.
    #[serde(default = "once")]
    pub times: u32,
    /// What happens.
    pub fault: Fault,
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// It happens, then the connection is reset without an answer.
    ApplyThenReset,
    /// It happens, then the answer is this status.
    ApplyThenError {
        /// 5xx.
        status: u16,
    },
    /// It happens, then status 200 with a body that is no JSON.
    ApplyThenGarbage,
    /// It does not happen and the answer is this status, which tells the client nothing.
    Error {
        /// 5xx.
        status: u16,
    },
    /// It does not happen and the connection is reset.
    Reset,
    /// The answer comes later by so much; the effect is at once.
    Delay {
        /// Real milliseconds.
        ms: u64,
    },
    /// The connection is reset, and it happens after so long by the virtual clock.
    Late {
        /// Virtual seconds.
        secs: i64,
    },
    /// It happens, but this face shows the state before it for so long.
    Stale {
        /// Virtual seconds.
        secs: i64,
        /// Which face.
        view: View,
    },
    /// A definite no, without effect.
    Reject {
        /// 4xx.
        status: u16,
        /// The error's code.
        code: String,
        /// Seconds, as a header.
        #[serde(default)]
        retry_after: Option<u32>,
    },
    /// Just before the call the price for one year changes (minor units), and stays.
    Price {
        /// Minor units.
        per_year: i64,
    },
    /// Just before the call somebody else renewed the domain.
    Expiry {
        /// The new last day.
        date: Date,
    },
    /// Just before the call somebody else changed a record set.
    Records {
        /// Absolute owner name.
        name: String,
        /// Type.
        rtype: super::rdata::Type,
        /// As it is then.
        set: Option<Set>,
    },
    /// The answer of a reading call is cut in the middle.
    CutBody,
}

fn once() -> u32 {
    1
}

impl Rule {
    /// For the next call of `verb`.
    pub fn next(verb: &str, fault: Fault) -> Self {
        Self { id: 0, account: None, verb: verb.into(), domain: None, after: 0, times: 1, fault }
    }

    /// Only at one account.
    #[must_use]
    pub fn at(mut self, who: Who) -> Self {
        self.account = Some(who);
        self
    }

    /// For so many calls.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    fn matches(&self, who: Who, op: &Op, domain: Option<&str>) -> bool {
        let verb = match self.verb.as_str() {
            "any" => true,
            "read" => !op.is_write(),
            "write" => op.is_write(),
            verb => verb == op.verb(),
        };
        let account = self.account.is_none_or(|a| a == who);
        let on = self.domain.is_none() || self.domain.as_deref() == domain;
        verb && account && on
    }
}

/// The faults of this call; counts them down.
pub(super) fn take(state: &mut State, who: Who, op: &Op) -> Vec<Fault> {
    let domain = op.domain(state);
    let mut out = Vec::new();
    for rule in state.rules.iter_mut().filter(|r| r.matches(who, op, domain.as_deref())) {
        if rule.after > 0 {
            rule.after -= 1;
        } else if rule.times > 0 {
            rule.times -= 1;
            out.push(rule.fault.clone());
        }
    }
    state.rules.retain(|r| r.times > 0);
    out
}

/// Old pictures that nobody is shown any more are thrown away.
pub(super) fn forget(state: &mut State, now: Timestamp) {
    state.stale.retain(|s| s.until > now);
}
