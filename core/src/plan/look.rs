//! What a change of record sets deserves: warnings, a tier, problems.

use super::{SetChange, Tier};
use crate::domain::RecordSet;
use crate::phrase::Phrase;
use crate::provider::ZoneRef;

/// What the person should look at twice.
pub fn warnings(_zone: &ZoneRef, _zone_sets: Option<usize>, _changes: &[SetChange]) -> Vec<Phrase> {
    Vec::new()
}

/// How much a mistake would cost.
pub fn tier(_changes: &[SetChange]) -> Tier {
    Tier::Reversible
}

/// Why a change cannot be.
pub fn problems(_existing_at_owner: &[RecordSet], _change: &SetChange) -> Vec<Phrase> {
    Vec::new()
}
