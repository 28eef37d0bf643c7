//! The durable queue: a job is one row for one step of one approved plan.
//!
//! ```text
//! pending -> ready -> calling -> done
//!              |         |-----> failed       (certainly no effect)
//!              |         |-----> waiting      (goes on at the provider)
//!              |         |-----> needs_human  (nobody can tell by reading)
//!              |-> failed / cancelled         (not begun)
//! ```
//! The intent (`calling`) is committed before the first byte leaves. Whoever finds a job in `calling` never
//! calls first: it reads back.

mod breaker;
mod call;
mod claim;
mod end;
mod observe;
mod recover;
#[cfg(test)]
pub(crate) mod tests;
mod worker;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use claim::Claimed;
pub use worker::{Turn, Worker};

use crate::ids::{JobId, PlanId};
use crate::phrase::Phrase;
use crate::plan::Step;
use crate::provider::Evidence;

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// An earlier step is not done.
    Pending,
    /// May be claimed.
    Ready,
    /// The intent is stored; the outcome is not known yet.
    Calling,
    /// Goes on at the provider.
    Waiting,
    /// The operator wants a code of its own.
    NeedsCode,
    /// Only a person can tell what happened.
    NeedsHuman,
    /// It happened; the evidence shows it.
    Done,
    /// It certainly did not happen.
    Failed,
    /// It was never begun, or a person left it.
    Cancelled,
}

impl JobState {
    /// The word in the database and in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Ready => "ready",
            Self::Calling => "calling",
            Self::Waiting => "waiting",
            Self::NeedsCode => "needs_code",
            Self::NeedsHuman => "needs_human",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Nothing more will happen by itself.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }
}

/// One row of the queue.
#[derive(Debug, Clone)]
pub struct Job {
    /// Which; also the idempotency key.
    pub id: JobId,
    /// Of which plan.
    pub plan: PlanId,
    /// Which step of it, from 0.
    pub n: usize,
    /// Where it stands.
    pub state: JobState,
    /// What it does; compared with the approved plan's bytes before any call.
    pub step: Step,
    /// Not before.
    pub run_at: Timestamp,
    /// Calls that left or may have left.
    pub attempts: i64,
    /// Raised by every claim.
    pub epoch: i64,
    /// When the first call may have left.
    pub intent_at: Option<Timestamp>,
    /// When the last call may have left.
    pub called_at: Option<Timestamp>,
    /// Since when reading shows nothing of the last call.
    pub base_at: Option<Timestamp>,
    /// What shows that it happened.
    pub evidence: Option<Evidence>,
    /// What there is to say.
    pub note: Option<Phrase>,
    /// Last change.
    pub updated_at: Timestamp,
}
