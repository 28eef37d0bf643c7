//! Slots of wishes about dates, jobs, plans and help.

use dombot_core::parse::AskReason;
use jiff::civil::Date;
use serde_json::json;

use super::{Ask, Bag, Slots};
use crate::cue::{Cue, Cues};
use crate::span::{Unit, What, days};

/// Dates said, or a number of days.
pub(crate) fn expiring(bag: &mut Bag<'_, '_>) -> Result<Vec<Slots>, Ask> {
    let dates = bag.all(|w| if let What::Date(a, b) = w { Some((*a, *b)) } else { None });
    let spans = bag.all(|w| if let What::Days(a, b) = w { Some((*a, *b)) } else { None });
    let periods = periods(bag);
    if let ([], [(_, (from, to))], []) = (&dates[..], &spans[..], &periods[..]) {
        let slots = Slots::from([("from".to_owned(), json!(from)), ("to".to_owned(), json!(to))]);
        bag.take_all(&spans);
        return Ok(vec![slots]);
    }
    let mut slots = Slots::new();
    let ambiguous = || Err(Ask::missing(&["within_days"]).because(AskReason::Ambiguous));
    match (&dates[..], &periods[..]) {
        ([], []) => {}
        ([(i, (from, to))], []) => range(bag, *i, *from, *to, &mut slots),
        ([(_, (from, _)), (_, (_, to))], []) if from <= to => {
            slots.insert("from".into(), json!(from));
            slots.insert("to".into(), json!(to));
        }
        ([], [(_, (n, unit))]) if spans.is_empty() => {
            let days = days(*n, *unit).and_then(|d| u32::try_from(d).ok()).filter(|d| *d <= 3660);
            let bad = || Ask::missing(&["within_days"]).because(AskReason::BadValue);
            slots.insert("within_days".into(), json!(days.ok_or_else(bad)?));
        }
        _ => return ambiguous(),
    }
    bag.take_all(&dates);
    bag.take_all(&periods);
    Ok(vec![slots])
}

/// Lengths of time; "in 30 days" is one, too, where a person looks ahead.
fn periods(bag: &Bag<'_, '_>) -> Vec<(usize, (u64, Unit))> {
    bag.all(|w| match w {
        What::Period(n, unit) => Some((*n, *unit)),
        What::In(_, n, unit) => Some((u64::try_from(*n).ok()?, *unit)),
        _ => None,
    })
}

/// `cert.list`: all, or those that end within some days.
pub(crate) fn certs(bag: &mut Bag<'_, '_>) -> Result<Vec<Slots>, Ask> {
    let periods = periods(bag);
    bag.take_all(&periods);
    match periods[..] {
        [] => Ok(vec![Slots::new()]),
        [(_, (n, unit))] => {
            let days = days(n, unit).filter(|d| *d <= 3660);
            let bad = || Ask::missing(&["within_days"]).because(AskReason::BadValue);
            Ok(vec![Slots::from([("within_days".to_owned(), json!(days.ok_or_else(bad)?))])])
        }
        _ => Err(Ask::missing(&["within_days"]).because(AskReason::Ambiguous)),
    }
}

/// `calendar.events`: a day, or a first and a last one.
pub(crate) fn events(bag: &mut Bag<'_, '_>) -> Result<Vec<Slots>, Ask> {
    let said = bag.all(|w| match w {
        What::Date(a, b) | What::Days(a, b) => Some((*a, *b)),
        What::In(a, ..) => Some((*a, *a)),
        _ => None,
    });
    let lengths = bag.all(|w| if let What::Period(n, unit) = w { days(*n, *unit) } else { None });
    bag.take_all(&said);
    let today = bag.ctx.now.to_zoned(bag.ctx.tz.clone()).date();
    let ahead = |n: u64| {
        let span = jiff::Span::new().try_days(i64::try_from(n).ok()?).ok()?;
        today.checked_add(span).ok()
    };
    let (from, to) = match (&said[..], &lengths[..]) {
        ([(i, (from, to))], []) => {
            let until = bag.just_before(*i).has(Cue::Until);
            (if until { today } else { *from }, *to)
        }
        ([(_, (from, _)), (_, (_, to))], []) if from <= to => (*from, *to),
        ([], [(i, n)]) => {
            bag.take(*i);
            (today, ahead(*n).ok_or_else(|| Ask::missing(&["from", "to"]))?)
        }
        _ => return Err(Ask::missing(&["from", "to"])),
    };
    Ok(vec![Slots::from([("from".to_owned(), json!(from)), ("to".to_owned(), json!(to))])])
}

/// `calendar.export`: in a form that was said.
pub(crate) fn calendar_file(bag: &mut Bag<'_, '_>) -> Result<Vec<Slots>, Ask> {
    let said = bag.pull(|w| if let What::Format(f) = w { Some(f.clone()) } else { None });
    match &said[..] {
        [one] => Ok(vec![Slots::from([("format".to_owned(), json!(one))])]),
        _ => Err(Ask::missing(&["format"])),
    }
}

/// "by 31 December" has no first day, "from 1 December" no last one.
fn range(bag: &Bag<'_, '_>, i: usize, from: Date, to: Date, slots: &mut Slots) {
    // "by the end of January" is no "in January": what runs out before would be left out.
    let end = ["the", "end", "of", "konca", "koniec"];
    let before = bag.pieces[..i].iter().rfind(|p| !end.contains(&p.folded.as_str()));
    let before = before.map_or(Cues::NONE, |p| p.cues);
    let (open_end, open_start) = (before.has(Cue::From), before.has(Cue::Until));
    if !open_start {
        slots.insert("from".into(), json!(from));
    }
    if !open_end || open_start {
        slots.insert("to".into(), json!(to));
    }
}

/// Jobs in a state, or all that are not final.
pub(crate) fn jobs(bag: &Bag<'_, '_>) -> Vec<Slots> {
    let states = [
        (Cue::Failed, "failed"),
        (Cue::Finished, "done"),
        (Cue::Running, "running"),
        (Cue::Pending, "pending"),
        (Cue::Open, "open"),
    ];
    let state = states.iter().find(|(cue, _)| bag.cues.has(*cue));
    vec![state.map(|(_, s)| Slots::from([("state".to_owned(), json!(s))])).unwrap_or_default()]
}

/// One job each.
pub(crate) fn job(bag: &mut Bag<'_, '_>) -> Result<Vec<Slots>, Ask> {
    let ids = ids(bag);
    if ids.is_empty() {
        return Err(Ask::missing(&["job_id"]));
    }
    Ok(ids.into_iter().map(|id| Slots::from([("job_id".to_owned(), json!(id))])).collect())
}

/// What a person says about an unknown outcome.
pub(crate) fn settle(bag: &mut Bag<'_, '_>) -> Result<Vec<Slots>, Ask> {
    let ids = ids(bag);
    let said = [
        (bag.cues.has(Cue::DidNot) || bag.cues.has(Cue::Failed), "did_not"),
        (
            !bag.cues.has(Cue::DidNot) && bag.cues.any(Cues::of(&[Cue::Happened, Cue::Finished])),
            "happened",
        ),
        (bag.cues.has(Cue::Leave), "leave"),
    ];
    let verdicts: Vec<&str> = said.iter().filter(|(yes, _)| *yes).map(|(_, v)| *v).collect();
    let [id] = &ids[..] else { return Err(Ask::missing(&["job_id"])) };
    let known = Slots::from([("job_id".to_owned(), json!(id))]);
    let [verdict] = verdicts[..] else { return Err(Ask::missing(&["verdict"]).knowing(known)) };
    let mut slots = known;
    slots.insert("verdict".into(), json!(verdict));
    Ok(vec![slots])
}

/// A zone as it was when a day began where the person lives.
pub(crate) fn restore(bag: &mut Bag<'_, '_>) -> Result<Vec<Slots>, Ask> {
    let dates = bag.all(|w| if let What::Date(from, to) = w { Some((*from, *to)) } else { None });
    let hosts = bag.hosts();
    let [(i, host)] = hosts[..] else { return Err(Ask::missing(&["domain"])) };
    let known = Slots::from([("domain".to_owned(), json!(host.name))]);
    bag.take(i);
    let [(i, (from, to))] = dates[..] else { return Err(Ask::missing(&["at"]).knowing(known)) };
    bag.take(i);
    let at = from.to_zoned(bag.ctx.tz.clone()).ok().filter(|_| from == to);
    let Some(at) = at else { return Err(Ask::missing(&["at"]).knowing(known)) };
    let mut slots = known;
    slots.insert("at".into(), json!(at.timestamp()));
    Ok(vec![slots])
}

/// A plan's label, or the last one.
pub(crate) fn undo(bag: &mut Bag<'_, '_>) -> Result<Vec<Slots>, Ask> {
    let ids = ids(bag);
    let target = |t: &str| Slots::from([("target".to_owned(), json!(t))]);
    match &ids[..] {
        [] => Ok(vec![target("last")]),
        [id] if id.len() == 4 => Ok(vec![target(id)]),
        [_] => Err(Ask::missing(&["target"]).because(AskReason::BadValue)),
        _ => Ok(ids.iter().map(|id| target(id)).collect()),
    }
}

/// Everything, or each domain and account that was named. A person is frozen by command: a name is no word we know.
pub(crate) fn freeze(bag: &mut Bag<'_, '_>) -> Result<Vec<Slots>, Ask> {
    let named = |scope: &str, name: String| {
        Slots::from([("scope".to_owned(), json!(scope)), ("name".to_owned(), json!(name))])
    };
    let mut out = Vec::new();
    for (i, host) in bag.hosts() {
        bag.take(i);
        out.push(named("domain", host.name.to_string()));
    }
    for (i, name) in bag.all(|w| if let What::Provider(p) = w { Some(p.clone()) } else { None }) {
        bag.take(i);
        out.push(named("account", name));
    }
    match (out.is_empty(), bag.cues.has(Cue::All)) {
        (true, true) => Ok(vec![Slots::from([("scope".to_owned(), json!("all"))])]),
        (false, false) => Ok(out),
        (true, false) => Err(Ask::missing(&["scope"])),
        (false, true) => Err(Ask::missing(&["scope"]).because(AskReason::Ambiguous)),
    }
}

/// Help about an area, or about everything.
pub(crate) fn help(bag: &Bag<'_, '_>) -> Vec<Slots> {
    let topics = [
        (Cue::Renew, "domain.renew"),
        (Cue::Zone, "zone"),
        (Cue::Record, "dns"),
        (Cue::Dns, "dns"),
        (Cue::Type, "dns"),
        (Cue::Job, "job"),
        (Cue::Account, "provider"),
        (Cue::Expiry, "calendar"),
        (Cue::Domain, "domain"),
        (Cue::Undo, "undo"),
    ];
    let topic = topics.iter().find(|(cue, _)| bag.cues.has(*cue));
    vec![topic.map(|(_, t)| Slots::from([("topic".to_owned(), json!(t))])).unwrap_or_default()]
}

fn ids(bag: &mut Bag<'_, '_>) -> Vec<String> {
    let said = bag.all(|w| if let What::Id(id) = w { Some(id.clone()) } else { None });
    said.into_iter()
        .map(|(i, id)| {
            bag.take(i);
            id
        })
        .collect()
}
