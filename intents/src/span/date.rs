//! Days, months and words for them. What could mean several days is not guessed.

use dombot_core::parse::Context;
use jiff::ToSpan;
use jiff::civil::Date;

use super::{DateWord, Reader, What};
use crate::cue::{Cue, Cues};

/// The person's today.
pub(crate) fn today(ctx: &Context) -> Date {
    ctx.now.to_zoned(ctx.tz.clone()).date()
}

/// "od 1 do 7 grudnia", "between 1 and 15 December", "Q1 2027", "pierwszy kwartał 2027".
pub(super) fn span(reader: &Reader<'_, '_>, i: usize) -> Option<(usize, What)> {
    days_of_month(reader, i).or_else(|| quarter(reader, i))
}

fn days_of_month(reader: &Reader<'_, '_>, i: usize) -> Option<(usize, What)> {
    let link = Cues::of(&[Cue::From, Cue::Until, Cue::And, Cue::To, Cue::Onto]);
    let skip = usize::from(reader.lexicon.cues(reader.word(i)).any(Cues::of(&[Cue::From])));
    let first = day_number(reader, i + skip)?;
    if !reader.lexicon.cues(reader.word(i + skip + 1)).any(link) && reader.word(i + skip + 1) != "-"
    {
        return None;
    }
    let (n, last) = month(reader, i + skip + 2)?;
    let What::Date(last, same) = last else { return None };
    let from = Date::new(last.year(), last.month(), first).ok()?;
    (last == same && from < last).then_some((skip + 2 + n, What::Days(from, last)))
}

/// 1 to 31, in digits or as an ordinal.
fn day_number(reader: &Reader<'_, '_>, i: usize) -> Option<i8> {
    let word = reader.word(i);
    let digits = word.trim_end_matches(['s', 't', 'n', 'd', 'r', 'h']);
    let said = digits.parse::<i8>().ok().or_else(|| reader.lexicon.ordinal(word));
    said.filter(|d| (1..=31).contains(d))
}

fn quarter(reader: &Reader<'_, '_>, i: usize) -> Option<(usize, What)> {
    let word = reader.word(i);
    let (n, quarter) = match word.strip_prefix('q').and_then(|q| q.parse::<i8>().ok()) {
        Some(q) => (1, q),
        None if reader.lexicon.is_quarter(reader.word(i + 1)) => (2, day_number(reader, i)?),
        None => return None,
    };
    let of = usize::from(reader.lexicon.cues(reader.word(i + n)).has(Cue::Of));
    let year = reader.word(i + n + of).parse::<i16>().ok().filter(|y| (1970..=2200).contains(y));
    let now = today(reader.ctx);
    let first = (1..=4).contains(&quarter).then(|| (quarter - 1) * 3 + 1)?;
    let of_year =
        |y| Some((Date::new(y, first, 1).ok()?, Date::new(y, first + 2, 1).ok()?.last_of_month()));
    let mut days = of_year(year.unwrap_or(now.year()))?;
    if year.is_none() && days.1 < now {
        days = of_year(now.year() + 1)?;
    }
    let more = if year.is_some() { of + 1 } else { 0 };
    Some((n + more, What::Days(days.0, days.1)))
}

/// The days that a word means.
pub(super) fn of(word: DateWord, ctx: &Context) -> What {
    let now = today(ctx);
    days(word, now).map_or(What::BadDate, |(from, to)| What::Date(from, to))
}

fn days(word: DateWord, now: Date) -> Option<(Date, Date)> {
    let add = |n: i32| now.checked_add(n.days()).ok();
    let monday = add(-i32::from(now.weekday().to_monday_zero_offset()))?;
    let week = |first: Date| Some((first, first.checked_add(6.days()).ok()?));
    let month = |first: Date| (first, first.last_of_month());
    let year = |y: i16| Some((Date::new(y, 1, 1).ok()?, Date::new(y, 12, 31).ok()?));
    match word {
        DateWord::Today => Some((now, now)),
        DateWord::Tomorrow => add(1).map(|d| (d, d)),
        DateWord::DayAfterTomorrow => add(2).map(|d| (d, d)),
        DateWord::ThisWeek => week(monday),
        DateWord::NextWeek => week(monday.checked_add(7.days()).ok()?),
        DateWord::ThisMonth => Some(month(now.first_of_month())),
        DateWord::NextMonth => Some(month(now.first_of_month().checked_add(1.month()).ok()?)),
        DateWord::ThisYear => year(now.year()),
        DateWord::NextYear => year(now.year() + 1),
        DateWord::ThisQuarter => quarter_from(now),
        DateWord::NextQuarter => quarter_from(quarter_from(now)?.1.checked_add(1.day()).ok()?),
        DateWord::EndOfMonth => Some((now, now.last_of_month())),
        DateWord::EndOfYear => Some((now, year(now.year())?.1)),
        DateWord::Vague => None,
    }
}

/// The quarter that a day lies in.
fn quarter_from(day: Date) -> Option<(Date, Date)> {
    let first = (day.month() - 1) / 3 * 3 + 1;
    Some((
        Date::new(day.year(), first, 1).ok()?,
        Date::new(day.year(), first + 2, 1).ok()?.last_of_month(),
    ))
}

/// `2026-12-05`, `5.12.2026`; with slashes only where one reading is possible; hours are vague.
pub(super) fn written(reader: &Reader<'_, '_>, i: usize) -> Option<(usize, What)> {
    let word = reader.word(i);
    if !word.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if let Ok(date) = word.parse::<Date>()
        && word.len() == 10
    {
        return Some((1, What::Date(date, date)));
    }
    let separator = word.chars().find(|c| !c.is_ascii_digit())?;
    let parts: Vec<i16> = word.split(separator).map(str::parse).collect::<Result<_, _>>().ok()?;
    let [a, b, year] = parts[..] else { return None };
    let what = match (separator, year) {
        ('.', 1970..=2200) => day(year, b, a),
        ('/', 1970..=2200) if a > 12 => day(year, b, a),
        ('/', 1970..=2200) if b > 12 => day(year, a, b),
        ('/' | '-', _) => Some(What::BadDate),
        _ => None,
    };
    what.map(|what| (1, what))
}

fn day(year: i16, month: i16, day: i16) -> Option<What> {
    let date = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?);
    Some(date.map_or(What::BadDate, |d| What::Date(d, d)))
}

/// "5 grudnia", "December 5th, 2026", "w grudniu", "March 2027". Short forms need company: "may" is a verb, Jan a name.
pub(super) fn month(reader: &Reader<'_, '_>, i: usize) -> Option<(usize, What)> {
    let number = |j: usize| {
        reader.word(j).trim_end_matches(['s', 't', 'n', 'd', 'r', 'h']).parse::<i16>().ok()
    };
    let year_at = |j: usize| number(j).filter(|y| (1970..=2200).contains(y));
    let day_at = |j: usize| day_number(reader, j);
    let now = today(reader.ctx);
    // "the 5th of December".
    let of = usize::from(reader.word(i + 1) == "of");
    if let (Some(d), Some(m)) = (day_at(i), reader.lexicon.month(reader.word(i + 1 + of))) {
        let year = year_at(i + 2 + of);
        return Some((2 + of + usize::from(year.is_some()), exact(now, m, d, year)));
    }
    let m = reader.lexicon.month(reader.word(i))?;
    if let (Some(d), None) = (day_at(i + 1), year_at(i + 1)) {
        let year = year_at(i + 2);
        return Some((2 + usize::from(year.is_some()), exact(now, m, d, year)));
    }
    let year = year_at(i + 1);
    let before = if i > 0 { reader.word(i - 1) } else { "" };
    if reader.word(i).len() <= 3
        && year.is_none()
        && !matches!(before, "in" | "by" | "until" | "this" | "next")
    {
        return None;
    }
    let wanted = year.unwrap_or(if m < now.month() { now.year() + 1 } else { now.year() });
    let first = Date::new(wanted, m, 1).ok()?;
    Some((1 + usize::from(year.is_some()), What::Date(first, first.last_of_month())))
}

/// A day of the year; without a year the next one.
fn exact(now: Date, month: i8, day: i8, year: Option<i16>) -> What {
    let of = |y| Date::new(y, month, day);
    let date = match year {
        Some(y) => of(y),
        None => of(now.year()).and_then(|d| if d < now { of(now.year() + 1) } else { Ok(d) }),
    };
    date.map_or(What::BadDate, |d| What::Date(d, d))
}
