//! What stands in a language's `cues.toml`.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::cue::Cue;
use crate::span::{DateWord, Half, Unit};

/// `cues.toml`. Values are words split by spaces; `domen*` is a stem; phrases are one a line.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    /// Forms that ask for it.
    pub(super) wish: BTreeMap<Cue, String>,
    /// Stems whose other forms tell what is or was.
    pub(super) said: String,
    /// Wish forms that are also told of others: they ask only at the head of a clause.
    pub(super) head: String,
    /// Other words and stems.
    pub(super) word: BTreeMap<Cue, String>,
    /// Several words together.
    pub(super) phrase: BTreeMap<Cue, String>,
    /// Numbers in words.
    pub(super) number: BTreeMap<String, String>,
    /// Units of time.
    pub(super) unit: BTreeMap<Unit, String>,
    /// January is 1.
    pub(super) month: BTreeMap<String, String>,
    /// Monday is 1.
    pub(super) weekday: BTreeMap<String, String>,
    /// "first", "1st": days of a month and quarters.
    pub(super) ordinal: BTreeMap<String, String>,
    /// Stems of "quarter".
    pub(super) quarter: String,
    /// "in the morning": which half of the day; one phrase a line.
    pub(super) clock: BTreeMap<Half, String>,
    /// ISO 4217 and what people say for it.
    pub(super) currency: BTreeMap<String, String>,
    /// "thousand".
    pub(super) multiplier: BTreeMap<String, String>,
    /// "today", "this month"; one phrase a line.
    pub(super) date: BTreeMap<DateWord, String>,
}
