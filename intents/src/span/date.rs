//! Days, months and words for them. What could mean several days is not guessed.

use dombot_core::parse::Context;
use jiff::ToSpan;
use jiff::civil::Date;

use super::{DateWord, Reader, What};

/// The person's today.
pub(crate) fn today(ctx: &Context) -> Date {
    ctx.now.to_zoned(ctx.tz.clone()).date()
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
        DateWord::EndOfMonth => Some((now, now.last_of_month())),
        DateWord::EndOfYear => Some((now, year(now.year())?.1)),
        DateWord::Vague => None,
    }
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
    let day_at =
        |j: usize| number(j).and_then(|d| i8::try_from(d).ok()).filter(|d| (1..=31).contains(d));
    let now = today(reader.ctx);
    if let (Some(d), Some(m)) = (day_at(i), reader.lexicon.month(reader.word(i + 1))) {
        let year = year_at(i + 2);
        return Some((2 + usize::from(year.is_some()), exact(now, m, d, year)));
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
