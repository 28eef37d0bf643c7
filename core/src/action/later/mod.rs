//! Wishes that are understood and checked, but that no provider carries out yet. They are answered honestly.

mod slots;

pub use slots::*;

use super::Planned;
use crate::phrase;

/// Says that nothing was changed, and what to do meanwhile.
pub(super) fn plan(kind: &str) -> Planned {
    Planned::Said(phrase!("later.not_connected", kind = kind))
}
