//! Hours and moments: "at 9", "o 8 rano", "22:00", "za 2 godziny".

use jiff::ToSpan;
use serde::Deserialize;

use super::{Reader, Unit, What, date};
use crate::cue::Cue;

/// Which half of the day an hour is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Half {
    /// Before noon.
    Am,
    /// After noon.
    Pm,
    /// "at night": before six it is morning, after it is evening.
    Night,
    /// Twelve o'clock.
    Noon,
}

/// An hour. A bare number counts only beside "at" and a day, or before "am", "rano".
pub(super) fn clock(reader: &Reader<'_, '_>, i: usize, after_day: bool) -> Option<(usize, What)> {
    if let Some((n, Half::Noon)) = reader.lexicon.half(reader.ahead(i)) {
        return Some((n, What::Clock(12, 0)));
    }
    // "rano o 7", "in the evening at 8".
    let before = reader.lexicon.half(reader.ahead(i)).filter(|(_, half)| *half != Half::Noon);
    if let Some((skip, half)) = before
        && reader.lexicon.cues(reader.word(i + skip)).has(Cue::At)
        && let Some((n, hour, minute, None)) = digits(reader, i + skip + 1, true)
    {
        let what = hour_of(hour, Some(half)).filter(|_| minute.unwrap_or(0) < 60);
        return Some((
            skip + 1 + n,
            what.map_or(What::BadDate, |h| What::Clock(h, minute.unwrap_or(0))),
        ));
    }
    let mut start = i;
    while start < i + 2 && reader.lexicon.cues(reader.word(start)).has(Cue::At) {
        start += 1;
    }
    let at = start > i;
    let (n, hour, minute, half) = digits(reader, start, at)?;
    let (more, half) = match half {
        Some(half) => (0, Some(half)),
        None => match reader.lexicon.half(reader.ahead(start + n)) {
            Some((more, half)) if half != Half::Noon => (more, Some(half)),
            _ => (0, None),
        },
    };
    let day_follows = || {
        let ahead = reader.ahead(start + n);
        reader.lexicon.date(ahead).is_some()
            || ahead.iter().take(2).any(|w| reader.lexicon.weekday(w).is_some())
    };
    let unit = reader.lexicon.unit(reader.word(start + n)).is_some();
    let bare = minute.is_none();
    if bare && half.is_none() && (!at || unit || !(after_day || day_follows())) {
        return None;
    }
    let what = hour_of(hour, half).filter(|_| minute.unwrap_or(0) < 60);
    let what = what.map_or(What::BadDate, |h| What::Clock(h, minute.unwrap_or(0)));
    Some((start - i + n + more, what))
}

/// `9`, `9:30`, `9am`, `22.30` (after "at" only).
fn digits(
    reader: &Reader<'_, '_>,
    i: usize,
    at: bool,
) -> Option<(usize, i8, Option<i8>, Option<Half>)> {
    let word = reader.word(i);
    if !word.starts_with(|c: char| c.is_ascii_digit()) || word.len() > 8 {
        return None;
    }
    let cut =
        word.find(|c: char| !c.is_ascii_digit() && c != ':' && c != '.').unwrap_or(word.len());
    let (time, tail) = word.split_at(cut);
    let half = match tail {
        "" => None,
        tail => Some(reader.lexicon.half(&[tail]).map(|(_, half)| half)?),
    };
    let time = time.trim_end_matches('.');
    let split = time.split_once(':').or_else(|| at.then(|| time.split_once('.')).flatten());
    let (hour, minute) = match split {
        Some((h, m)) if m.len() == 2 => (h.parse().ok()?, Some(m.parse().ok()?)),
        None if time.len() <= 2 => (time.parse().ok()?, None),
        _ => return None,
    };
    Some((1, hour, minute, half))
}

fn hour_of(hour: i8, half: Option<Half>) -> Option<i8> {
    match (hour, half) {
        (0..=23, None)
        | (1..=11, Some(Half::Am))
        | (12..=23, Some(Half::Pm))
        | (0..=5 | 13..=23, Some(Half::Night)) => Some(hour),
        (1..=11, Some(Half::Pm)) | (9..=11, Some(Half::Night)) => Some(hour + 12),
        _ => None,
    }
}

/// "za 2 godziny", "in a week": hours give a moment, days a day.
pub(super) fn later(reader: &Reader<'_, '_>, i: usize) -> Option<(usize, What)> {
    if !reader.lexicon.cues(reader.word(i)).has(Cue::InTime) {
        return None;
    }
    let skip = usize::from(reader.lexicon.cues(reader.word(i + 1)).has(Cue::Fill));
    let (n, what) = super::number::number(reader, i + 1 + skip)?;
    let What::Period(count, unit) = what else { return None };
    let count = i64::try_from(count).ok().filter(|c| *c <= 100_000)?;
    let now = reader.ctx.now.to_zoned(reader.ctx.tz.clone());
    let span = match unit {
        Unit::Second => return None,
        Unit::Minute => count.minutes(),
        Unit::Hour => count.hours(),
        Unit::Day => count.days(),
        Unit::Week => count.weeks(),
        Unit::Month => count.months(),
        Unit::Year => count.years(),
    };
    let then = now.checked_add(span).ok()?;
    let what = match unit {
        Unit::Second | Unit::Minute | Unit::Hour => What::Moment(then.timestamp()),
        _ => What::In(then.date(), count, unit),
    };
    Some((1 + skip + n, what))
}

/// "piątek", "this Friday": the next such day; "next Friday" could be two.
pub(super) fn weekday(reader: &Reader<'_, '_>, i: usize) -> Option<(usize, What)> {
    let word = reader.word(i);
    let (n, doubtful) = match reader.lexicon.weekday(word) {
        Some(_) => (1, false),
        None if reader.lexicon.cues(word).has(Cue::NextOne) => (2, true),
        None => return None,
    };
    let day = reader.lexicon.weekday(reader.word(i + n - 1))?;
    if doubtful {
        return Some((n, What::BadDate));
    }
    let today = date::today(reader.ctx);
    let ahead =
        (i32::from(day) - i32::from(today.weekday().to_monday_one_offset()) + 6).rem_euclid(7) + 1;
    let date = today.checked_add(ahead.days()).ok()?;
    Some((n, What::Date(date, date)))
}

/// "wieczorem", "in the morning" without an hour.
pub(super) fn vague(reader: &Reader<'_, '_>, i: usize) -> Option<(usize, What)> {
    reader
        .lexicon
        .half(reader.ahead(i))
        .filter(|(n, _)| *n > 1 || reader.word(i).len() > 2)
        .map(|(n, _)| (n, What::BadDate))
}
