//! When a change is wanted: a day, or a day and an hour, in the person's time zone. In doubt it is asked.

use dombot_core::parse::AskReason;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::AmbiguousOffset;

use super::{Ask, Bag};
use crate::cue::Cue;
use crate::span::{Unit, What};

/// `2026-12-01`, `2026-11-24T09:00:00+01:00`, or nothing when no time was said.
pub(crate) fn at(bag: &mut Bag<'_, '_>) -> Result<Option<String>, Ask> {
    let days = bag.all(|w| match w {
        What::Date(from, to) => Some((*from, *to)),
        What::In(date, ..) => Some((*date, *date)),
        _ => None,
    });
    let clocks = bag.all(|w| if let What::Clock(h, m) = w { Some((*h, *m)) } else { None });
    let moments = bag.all(|w| if let What::Moment(t) = w { Some(*t) } else { None });
    let odd = bag.all(|w| matches!(w, What::BadDate | What::Days(..)).then_some(()));
    if days.is_empty() && clocks.is_empty() && moments.is_empty() && odd.is_empty() {
        return Ok(None);
    }
    // "in 2 years" beside a renewal is more likely a slip of "for 2 years".
    if bag.all(|w| matches!(w, What::In(_, _, Unit::Year)).then_some(())).len() == 1 {
        return Err(Ask::missing(&["at", "years"]).because(AskReason::BadTime));
    }
    let bad = || Err(Ask::missing(&["at"]).because(AskReason::BadTime));
    // "until Friday" is a deadline.
    let until = |i: &usize| bag.just_before(*i).has(Cue::Until);
    let places = days.iter().map(|(i, _)| i).chain(clocks.iter().map(|(i, _)| i));
    if !odd.is_empty() || places.into_iter().any(until) || clocks.len() > 1 || moments.len() > 1 {
        return bad();
    }
    bag.take_all(&days);
    bag.take_all(&clocks);
    bag.take_all(&moments);
    let now = bag.ctx.now;
    if let [(_, moment)] = &moments[..] {
        let alone = days.is_empty() && clocks.is_empty();
        return if alone { Ok(Some(written(bag, *moment))) } else { bad() };
    }
    let today = now.to_zoned(bag.ctx.tz.clone()).date();
    let days: Vec<(Date, Date)> = days.into_iter().map(|(_, d)| d).collect();
    let Some(day) = one_day(&days, (!clocks.is_empty()).then_some(today)) else { return bad() };
    let Some((_, (hour, minute))) = clocks.first() else {
        return if day >= today { Ok(Some(day.to_string())) } else { bad() };
    };
    let Ok(time) = Time::new(*hour, *minute, 0, 0) else { return bad() };
    match moment(bag, day.to_datetime(time)) {
        Some(moment) if moment > now => Ok(Some(written(bag, moment))),
        _ => bad(),
    }
}

/// The one day that was said; "Tuesday next week" is one, a whole week is none.
fn one_day(days: &[(Date, Date)], today: Option<Date>) -> Option<Date> {
    match days {
        [] => today,
        [(a, b)] => (a == b).then_some(*a),
        [one, two] => {
            let (week, day) = if one.0 == one.1 { (two, one.0) } else { (one, two.0) };
            let (first, last) = *week;
            if first == last {
                return (day == first).then_some(day);
            }
            let ahead = i32::from(day.weekday().to_monday_zero_offset())
                - i32::from(first.weekday().to_monday_zero_offset());
            let there = first.checked_add(jiff::Span::new().days(ahead.rem_euclid(7))).ok()?;
            (there <= last && (last - first).get_days() == 6).then_some(there)
        }
        _ => None,
    }
}

/// The moment; `None` in an hour that does not exist or comes twice.
fn moment(bag: &Bag<'_, '_>, local: DateTime) -> Option<jiff::Timestamp> {
    match bag.ctx.tz.to_ambiguous_timestamp(local).offset() {
        AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(local).ok(),
        _ => None,
    }
}

fn written(bag: &Bag<'_, '_>, moment: jiff::Timestamp) -> String {
    moment.to_zoned(bag.ctx.tz.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}
