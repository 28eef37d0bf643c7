//! From an action to an answer or to the steps of a plan. Reads only.

mod clash;
mod cost;
mod cut;
mod desk;
#[cfg(test)]
pub(super) mod fakes;
pub(super) mod place;
pub(super) mod reach;

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::tz::TimeZone;
use jiff::{Timestamp, civil::Date};

pub use cost::total;
pub use desk::{Cut, Desk};
pub(super) use desk::{Edit, FEW};
pub use reach::{fault, problem};

use super::Answer;
use crate::account::{Accounts, Person};
use crate::clock::{Chance, Clock};
use crate::phrase::{Language, Phrase};
use crate::plan::{Cost, Step, Tier};
use crate::store::Store;

/// What planning may look at.
pub struct Ctx<'a> {
    /// Who asked.
    pub person: &'a Person,
    /// Where he asked.
    pub conversation: &'a str,
    /// Opened accounts.
    pub accounts: &'a Accounts,
    /// The vault is locked: no account is open, and only what was said before is known.
    pub locked: bool,
    /// Last known facts, plans, jobs, events.
    pub store: &'a Store,
    /// The time.
    pub clock: &'a dyn Clock,
    /// For identifiers.
    pub chance: &'a dyn Chance,
    /// The person's.
    pub tz: TimeZone,
    /// For answers that hold example sentences.
    pub lang: Language,
    /// Text of the file that came with the message.
    pub attachment: Option<&'a str>,
    /// Changes of record sets that earlier actions of the same message planned.
    pub desk: Mutex<Desk>,
}

impl Ctx<'_> {
    /// Now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Today where the person lives.
    pub fn today(&self) -> Date {
        self.clock.now().to_zoned(self.tz.clone()).date()
    }

    /// The desk, for a moment in which nothing is awaited.
    pub(super) fn on_desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an action came to.
#[derive(Debug)]
pub enum Planned {
    /// Facts.
    Answer(Answer),
    /// Steps that are no record changes (those go to the [`Desk`]).
    Steps(Draft),
    /// Record changes were put on the desk; nothing else.
    OnDesk,
    /// There is nothing to plan: it is so already, or it was done at once because it only takes something
    /// back that has not begun.
    Said(Phrase),
}

/// A part of a plan.
#[derive(Debug, Default)]
pub struct Draft {
    /// What will be done.
    pub steps: Vec<Step>,
    /// What it costs.
    pub cost: Vec<Cost>,
    /// What the person should look at twice.
    pub warnings: Vec<Phrase>,
    /// `None` = it can't be taken back.
    pub undo: Option<Vec<Step>>,
    /// Tier, if higher than the table's.
    pub tier: Option<Tier>,
}
