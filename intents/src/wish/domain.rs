//! Slots of wishes about domains and zones.

use dombot_core::domain::{DomainName, RecordName};
use dombot_core::parse::AskReason;
use serde_json::json;

use super::{Ask, Bag, Slots};
use crate::cue::{Cue, Cues};
use crate::span::{Host, Unit, What, years};
use crate::token::Stop;

/// Registrable domain and relative name by the Public Suffix List; `None` for a public suffix.
pub(crate) fn split_host(host: &Host) -> Option<(DomainName, RecordName)> {
    let domain = host.name.registrable()?;
    let name = host.name.relative_to(&domain).ok()?;
    if !host.wildcard {
        return Some((domain, name));
    }
    let wild = if name.is_apex() { "*".to_owned() } else { format!("*.{name}") };
    Some((domain, RecordName::parse(&wild).ok()?))
}

/// The registrable domain, when the host is it, or its `www`.
pub(crate) fn registrable(host: &Host) -> Option<DomainName> {
    let (domain, name) = split_host(host)?;
    matches!(name.as_str(), "@" | "www").then_some(domain)
}

/// One wish a domain, without other slots.
pub(crate) fn each(bag: &mut Bag<'_, '_>) -> Result<Vec<Slots>, Ask> {
    let domains = domains(bag, |h| split_host(h).map(|(d, _)| d))?;
    Ok(domains.iter().map(of).collect())
}

/// `{"domain": ...}`.
pub(super) fn of(domain: &DomainName) -> Slots {
    Slots::from([("domain".to_owned(), json!(domain))])
}

pub(super) fn domains(
    bag: &mut Bag<'_, '_>,
    of: impl Fn(&Host) -> Option<DomainName>,
) -> Result<Vec<DomainName>, Ask> {
    let mut out: Vec<DomainName> = Vec::new();
    for (i, host) in bag.hosts() {
        let bad = || Ask::missing(&["domain"]).because(AskReason::BadValue);
        let domain = of(host).ok_or_else(bad)?;
        bag.take(i);
        if !out.contains(&domain) {
            out.push(domain);
        }
    }
    if out.is_empty() {
        out.extend(bag.it());
    }
    if out.is_empty() { Err(Ask::missing(&["domain"])) } else { Ok(out) }
}

/// Domains and one period for all, or a period after each.
pub(crate) fn renew(bag: &mut Bag<'_, '_>) -> Result<Vec<Slots>, Ask> {
    let periods = periods(bag)?;
    let hosts: Vec<usize> = bag.hosts().iter().map(|(i, _)| *i).collect();
    let known = |years: u64| Slots::from([("years".to_owned(), json!(years))]);
    let with_years = |ask: Ask| match periods[..] {
        [(_, years)] => ask.knowing(known(years)),
        _ => ask,
    };
    let domains = domains(bag, registrable).map_err(with_years)?;
    let bare = bag.all(|w| matches!(w, What::Number(_) | What::BadNumber).then_some(()));
    if periods.is_empty() && !bare.is_empty() {
        let known = if domains.len() == 1 { of(&domains[0]) } else { Slots::new() };
        return Err(Ask::missing(&["years"]).knowing(known).because(AskReason::BadValue));
    }
    let mut out: Vec<Slots> = domains.iter().map(of).collect();
    let pairs = periods.len() == hosts.len()
        && hosts.iter().zip(&periods).all(|(h, (p, _))| h < p)
        && periods.iter().zip(hosts.iter().skip(1)).all(|((p, _), h)| p < h);
    match periods.len() {
        0 => {}
        1 => out.iter_mut().for_each(|s| drop(s.insert("years".into(), json!(periods[0].1)))),
        n if pairs && out.len() == n => {
            for (slots, (_, years)) in out.iter_mut().zip(&periods) {
                slots.insert("years".into(), json!(years));
            }
        }
        _ => return Err(Ask::missing(&["years"]).because(AskReason::Ambiguous)),
    }
    bag.take_all(&periods);
    Ok(out)
}

/// Whole years, 1 to 10, said as a length ("for", "o") and not as a moment ("in", "za").
fn periods(bag: &Bag<'_, '_>) -> Result<Vec<(usize, u64)>, Ask> {
    let said = bag.all(|w| if let What::Period(n, unit) = w { Some((*n, *unit)) } else { None });
    let mut out = Vec::new();
    for (i, (n, unit)) in said {
        let before = i.checked_sub(1).map(|j| &bag.pieces[j]);
        let length = !before.is_some_and(|p| {
            p.cues.any(MOMENT) && !p.cues.any(Cues::of(&[Cue::Long, Cue::NextOne]))
        });
        let years = years(n, unit).filter(|y| (1..=10).contains(y) && length);
        let slots = match &bag.hosts()[..] {
            [(_, host)] => registrable(host).as_ref().map(of).unwrap_or_default(),
            _ => Slots::new(),
        };
        let bad = || Ask::missing(&["years"]).knowing(slots).because(AskReason::BadValue);
        out.push((i, years.ok_or_else(bad)?));
    }
    Ok(out)
}

/// Before a moment, not a length: "until", "within", "after".
const MOMENT: Cues = Cues::of(&[Cue::Until, Cue::InTime, Cue::Within, Cue::After, Cue::From]);

/// On or off, not both.
pub(crate) fn autorenew(bag: &mut Bag<'_, '_>) -> Result<Vec<Slots>, Ask> {
    let (on, off) = (bag.cues.has(Cue::On), bag.cues.has(Cue::Off));
    // "Stop trying to turn it off" is neither.
    let stops = bag.cues.has(Cue::Cancel);
    let (on, off) = (on || stops && off, off || stops);
    let renew = bag.cues.any(Cues::of(&[Cue::Renew, Cue::Set, Cue::Point]));
    if let Some(pairs) = switches(bag) {
        return Ok(pairs);
    }
    let domains = domains(bag, registrable);
    let enabled = match (on, off) {
        (true, false) => Some(true),
        (false, true) => Some(false),
        (false, false) if renew => Some(true),
        _ => None,
    };
    each_switched(enabled, domains)
}

/// One wish a domain, all on or all off; asks for what is missing and keeps what is known.
pub(super) fn each_switched(
    enabled: Option<bool>,
    domains: Result<Vec<DomainName>, Ask>,
) -> Result<Vec<Slots>, Ask> {
    let Some(enabled) = enabled else {
        let known = match domains.as_deref() {
            Ok([one]) => of(one),
            _ => Slots::new(),
        };
        return Err(Ask::missing(&["enabled"]).knowing(known));
    };
    let flag = |mut slots: Slots| {
        slots.insert("enabled".into(), json!(enabled));
        slots
    };
    let domains = domains.map_err(|ask| ask.knowing(flag(Slots::new())))?;
    Ok(domains.iter().map(|d| flag(of(d))).collect())
}

/// "a.pl: on, b.pl: off", "on for a.pl and off for b.pl": every part has its switch and its domains.
pub(super) fn switches(bag: &mut Bag<'_, '_>) -> Option<Vec<Slots>> {
    let mut out = Vec::new();
    let (mut hosts, mut way) = (Vec::new(), None);
    let mut ways = Vec::new();
    for (i, piece) in bag.pieces.iter().enumerate() {
        let (on, off) = (bag.words[i].has(Cue::On), bag.words[i].has(Cue::Off));
        if piece.cues.has(Cue::And) && way.is_some() && !hosts.is_empty() {
            out.append(&mut pair(&mut hosts, way.take()?));
        }
        if on || off {
            if way.is_some_and(|w| w != on) {
                return None;
            }
            way = Some(on);
            ways.push(on);
        }
        if let What::Host(h) = &piece.what {
            hosts.push((i, registrable(h)?));
        }
        if piece.stop >= Stop::Comma && way.is_some() && !hosts.is_empty() {
            out.append(&mut pair(&mut hosts, way.take()?));
        }
    }
    if !hosts.is_empty() {
        out.append(&mut pair(&mut hosts, way?));
    }
    let both = ways.contains(&true) && ways.contains(&false);
    if !both || way.is_some() && out.is_empty() {
        return None;
    }
    for i in 0..bag.pieces.len() {
        if matches!(bag.pieces[i].what, What::Host(_)) {
            bag.take(i);
        }
    }
    Some(out.into_iter().map(|(_, slots)| slots).collect())
}

fn pair(hosts: &mut Vec<(usize, DomainName)>, enabled: bool) -> Vec<(usize, Slots)> {
    let one = |(i, d): (usize, DomainName)| {
        let mut slots = of(&d);
        slots.insert("enabled".into(), json!(enabled));
        (i, slots)
    };
    hosts.drain(..).map(one).collect()
}

/// A zone is named as it was said: `sub.firma.pl` may be one of its own.
pub(crate) fn zone(kind: &str, bag: &mut Bag<'_, '_>) -> Result<Vec<Slots>, Ask> {
    let mut extra = Slots::new();
    let providers = bag.all(|w| if let What::Provider(p) = w { Some(p.clone()) } else { None });
    if let ("zone.create", [(i, provider)]) = (kind, &providers[..]) {
        extra.insert("provider".into(), json!(provider));
        bag.take(*i);
    }
    if kind == "dns.import" {
        attachment(bag, &mut extra)?;
    }
    let formats = bag.pull(|w| if let What::Format(f) = w { Some(f.clone()) } else { None });
    match (kind, &formats[..]) {
        (_, []) => {}
        ("dns.export", [one]) => drop(extra.insert("format".into(), json!(one))),
        _ => return Err(Ask::missing(&["format"]).because(AskReason::Ambiguous)),
    }
    let whole = |h: &Host| {
        (!h.wildcard && !h.url && h.name.registrable().is_some()).then(|| h.name.clone())
    };
    let domains = domains(bag, whole).map_err(|ask| ask.knowing(extra.clone()))?;
    if kind == "dns.import" && domains.len() > 1 {
        return Err(Ask::missing(&["domain"]).knowing(extra).because(AskReason::Ambiguous));
    }
    let slots: Vec<Slots> =
        domains.iter().map(|d| of(d).into_iter().chain(extra.clone()).collect()).collect();
    if kind == "dns.import" && !extra.contains_key("attachment") {
        return Err(Ask::missing(&["attachment"]).knowing(slots[0].clone()));
    }
    Ok(slots)
}

/// `dns.compare`: a zone and an account, or the file that came.
pub(crate) fn compare(bag: &mut Bag<'_, '_>) -> Result<Vec<Slots>, Ask> {
    let mut extra = Slots::new();
    let providers = bag.all(|w| if let What::Provider(p) = w { Some(p.clone()) } else { None });
    if let [(i, provider)] = &providers[..] {
        extra.insert("other".into(), json!(provider));
        bag.take(*i);
    } else {
        attachment(bag, &mut extra)?;
    }
    let whole = |h: &Host| (!h.wildcard && !h.url).then(|| h.name.clone());
    let domains = domains(bag, whole).map_err(|ask| ask.knowing(extra.clone()))?;
    if extra.is_empty() {
        return Err(Ask::missing(&["other"]).knowing(of(&domains[0])));
    }
    Ok(domains.iter().map(|d| of(d).into_iter().chain(extra.clone()).collect()).collect())
}

/// The file that came with the message; one that is only named is not there.
fn attachment(bag: &mut Bag<'_, '_>, extra: &mut Slots) -> Result<(), Ask> {
    let said = bag.all(|w| if let What::File(f) = w { Some(f.clone()) } else { None });
    let Some(came) = &bag.ctx.attachment else {
        bag.take_all(&said);
        return Ok(());
    };
    for (i, file) in said {
        if !file.eq_ignore_ascii_case(came) {
            return Err(Ask::missing(&["attachment"]).because(AskReason::BadValue));
        }
        bag.take(i);
    }
    extra.insert("attachment".into(), json!(came));
    Ok(())
}

/// Whole years of a unit, for answers to a question.
pub(crate) fn years_of(n: u64, unit: Unit) -> Option<u64> {
    years(n, unit).filter(|y| (1..=10).contains(y))
}
