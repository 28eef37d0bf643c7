//! Changes of a zone cut into calls, and the way back.

use crate::domain::RecordType;
use crate::plan::{SetChange, Step};

pub(super) fn pieces(changes: &[SetChange], most: usize) -> Vec<Vec<SetChange>> {
    let mut out: Vec<Vec<SetChange>> = Vec::new();
    let mut owners: Vec<&[SetChange]> = changes.chunk_by(|a, b| a.key.name == b.key.name).collect();
    if changes.len() > most {
        owners.sort_by_key(|owner| turn(owner));
    }
    for owner in owners {
        match out.last_mut() {
            Some(piece) if piece.len() + owner.len() <= most => piece.extend_from_slice(owner),
            _ => out.extend(owner.chunks(most).map(<[SetChange]>::to_vec)),
        }
    }
    out
}

/// Hosts come before what leads to them and go after it, whichever way the plan is read: BIND refuses an MX or
/// NS that leads to a name of the zone without an address, and the steps of a long plan stand alone.
fn turn(owner: &[SetChange]) -> u8 {
    use RecordType as T;
    let is = |types: &[T]| owner.iter().any(|c| types.contains(&c.key.rtype));
    let gains = |c: &SetChange| matches!(c.key.rtype, T::A | T::AAAA) && c.after.is_some();
    if is(&[T::MX, T::NS, T::SRV]) {
        1
    } else if is(&[T::A, T::AAAA]) && !owner.iter().any(gains) {
        2
    } else {
        0
    }
}

/// The steps that lead back: inverse changes, last first.
pub(super) fn back(steps: &[Step]) -> Vec<Step> {
    let inverse = |step: &Step| match step {
        Step::DnsChange { zone, changes } => Some(Step::DnsChange {
            zone: zone.clone(),
            changes: changes.iter().rev().map(SetChange::inverse).collect(),
        }),
        _ => None,
    };
    steps.iter().rev().filter_map(inverse).collect()
}
