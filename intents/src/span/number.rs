//! Numbers, periods, TTLs.

use super::{Reader, Unit, What};

/// A number in digits or words, with its unit if one follows. Separators are never guessed.
pub(super) fn number(reader: &Reader<'_, '_>, i: usize) -> Option<(usize, What)> {
    let word = reader.word(i);
    if let Some(what) = glued(reader, word) {
        return Some((1, what));
    }
    if let Some(unit) = reader.lexicon.unit(word) {
        return Some((1, What::Period(1, unit)));
    }
    // Polish for "this" and English for 10.
    if word == "ten" && !reader.word(i + 1).ends_with('s') {
        return None;
    }
    let n = match reader.lexicon.number(word) {
        Some(n) => n,
        None if word.starts_with(|c: char| c.is_ascii_digit()) => match digits(word) {
            Some(n) => n,
            None => return Some((1, What::BadNumber)),
        },
        None => return None,
    };
    match reader.lexicon.unit(reader.word(i + 1)) {
        Some(unit) => Some((2, What::Period(n, unit))),
        None => Some((1, What::Number(n))),
    }
}

/// `ttl=300`, `TTL:5m`.
pub(super) fn ttl(reader: &Reader<'_, '_>, i: usize) -> Option<(usize, What)> {
    let rest = reader.word(i).strip_prefix("ttl")?.trim_start_matches(['=', ':']);
    if rest.is_empty() {
        return None;
    }
    Some((
        1,
        glued(reader, rest).or_else(|| digits(rest).map(What::Number)).unwrap_or(What::BadNumber),
    ))
}

/// `300s`, `2lata`.
fn glued(reader: &Reader<'_, '_>, word: &str) -> Option<What> {
    let cut = word.find(|c: char| !c.is_ascii_digit()).filter(|cut| *cut > 0)?;
    let unit = reader.lexicon.unit(&word[cut..])?;
    Some(digits(&word[..cut]).map_or(What::BadNumber, |n| What::Period(n, unit)))
}

fn digits(word: &str) -> Option<u64> {
    let plain = word.len() <= 10 && word.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| word.parse().ok()).flatten()
}

/// Seconds; `None` for months and years, which are no TTL.
pub(crate) fn seconds(n: u64, unit: Unit) -> Option<u64> {
    let each = match unit {
        Unit::Second => 1,
        Unit::Minute => 60,
        Unit::Hour => 3600,
        Unit::Day => 86_400,
        Unit::Week => 604_800,
        Unit::Month | Unit::Year => return None,
    };
    n.checked_mul(each)
}

/// Whole years; `None` for anything that is not.
pub(crate) fn years(n: u64, unit: Unit) -> Option<u64> {
    match unit {
        Unit::Year => Some(n),
        Unit::Month if n > 0 && n.is_multiple_of(12) => Some(n / 12),
        _ => None,
    }
}

/// Days; a month counts 30, as "within a month" is meant.
pub(crate) fn days(n: u64, unit: Unit) -> Option<u64> {
    let each = match unit {
        Unit::Day => 1,
        Unit::Week => 7,
        Unit::Month => 30,
        Unit::Year => 365,
        _ => return None,
    };
    n.checked_mul(each)
}
