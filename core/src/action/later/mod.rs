//! Wishes that are understood and checked, but that no provider carries out yet. They are answered honestly.

mod slots;

pub use slots::*;

use super::Planned;
use crate::phrase;

/// Says that nothing was changed, and what to do meanwhile.
pub(super) fn plan(kind: &str) -> Planned {
    let changes = super::spec(kind).is_none_or(super::Spec::mutates);
    Planned::Said(if changes {
        phrase!("later.not_connected", kind = kind)
    } else {
        phrase!("later.not_shown", kind = kind)
    })
}
