//! Wishes of one message that exclude each other.

use super::desk::{Edit, owner_text};
use crate::domain::{RecordData, SetKey, Ttl};
use crate::phrase;
use crate::phrase::Phrase;
use crate::provider::ZoneRef;

/// Do two wishes about one set fit together?
pub(super) fn check(
    zone: &ZoneRef,
    key: &SetKey,
    earlier: &Edit,
    later: &Edit,
) -> Result<(), Phrase> {
    let same_ttl = |a: &Option<Ttl>, b: &Option<Ttl>| a.is_none() || b.is_none() || a == b;
    let fits = match (earlier, later) {
        (a, b) if a == b => true,
        (Edit::Add(_, a), Edit::Add(_, b)) => same_ttl(a, b),
        (Edit::Add(a, _), Edit::Remove(b)) | (Edit::Remove(a), Edit::Add(b, _)) => a != b,
        (Edit::Remove(_), Edit::Remove(_) | Edit::Ttl(_)) | (Edit::Ttl(_), Edit::Remove(_)) => true,
        (Edit::Ttl(a), Edit::Add(_, b)) | (Edit::Add(_, b), Edit::Ttl(a)) => {
            b.is_none_or(|b| b == *a)
        }
        _ => false,
    };
    if fits {
        return Ok(());
    }
    let name = owner_text(zone, &key.name);
    Err(match (earlier, later) {
        (Edit::Set(a, _), Edit::Set(b, _)) if a != b => phrase!(
            "dns.two_values",
            name = name,
            rtype = key.rtype,
            first = values_text(a),
            second = values_text(b)
        ),
        _ => phrase!("dns.two_changes", name = name, rtype = key.rtype),
    })
}

fn values_text(data: &[RecordData]) -> String {
    data.iter().map(|d| phrase::foreign(d.as_str())).collect::<Vec<_>>().join(", ")
}
