//! Numbers, periods, TTLs.

use super::{Reader, Unit, What};
use crate::cue::{Cue, Cues};

/// A number in digits or words, with its unit if one follows. Separators are never guessed.
pub(super) fn number(reader: &Reader<'_, '_>, i: usize) -> Option<(usize, What)> {
    let word = reader.word(i);
    if let Some(what) = glued(reader, word) {
        return Some((1, what));
    }
    // "second" is also an ordinal.
    if let Some(unit) = reader.lexicon.unit(word).filter(|u| *u != Unit::Second) {
        return Some((1, What::Period(1, unit)));
    }
    // "pół godziny", "half an hour".
    if reader.lexicon.cues(word).has(Cue::Half) {
        let skip = usize::from(reader.lexicon.cues(reader.word(i + 1)).has(Cue::Fill));
        let what = match reader.lexicon.unit(reader.word(i + 1 + skip))? {
            Unit::Minute => What::Period(30, Unit::Second),
            Unit::Hour => What::Period(30, Unit::Minute),
            Unit::Day => What::Period(12, Unit::Hour),
            Unit::Year => What::Period(6, Unit::Month),
            _ => What::BadNumber,
        };
        return Some((2 + skip, what));
    }
    // Polish for "this" and English for 10.
    let english = ["minute", "hour", "second", "day", "week", "month", "year"];
    let next = reader.word(i + 1);
    if word == "ten" && !next.ends_with('s') && !english.contains(&next) {
        return None;
    }
    let n = match reader.lexicon.number(word) {
        Some(n) => match n {
            20 | 30 | 40 | 50 | 60 | 70 | 80 | 90 => {
                if let Some(ones) = reader.lexicon.number(reader.word(i + 1)).filter(|o| *o < 10) {
                    return Some(match reader.lexicon.unit(reader.word(i + 2)) {
                        Some(unit) => (3, What::Period(n + ones, unit)),
                        None => (2, What::Number(n + ones)),
                    });
                }
                n
            }
            n => n,
        },
        None if word.starts_with(|c: char| c.is_ascii_digit()) => {
            let Some(n) = digits(word) else {
                let unit = reader.lexicon.unit(reader.word(i + 1)).is_some();
                return Some((1 + usize::from(unit), What::BadNumber));
            };
            n
        }
        None => return None,
    };
    // "one more year", "dwa kolejne lata".
    let more = reader.lexicon.cues(next).any(Cues::of(&[Cue::Fill, Cue::NextOne]));
    match (
        reader.lexicon.unit(next),
        more.then(|| reader.lexicon.unit(reader.word(i + 2))).flatten(),
    ) {
        (Some(unit), _) => Some((2, What::Period(n, unit))),
        (None, Some(unit)) => Some((3, What::Period(n, unit))),
        // "the other one" counts nothing.
        (None, None) if word == "one" => None,
        (None, None) => Some((1, What::Number(n))),
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
