//! Slots of wishes about registration, moves, locks, certificates, sales, contacts.

use dombot_core::domain::DomainName;
use dombot_core::parse::AskReason;
use serde_json::{Map, Value, json};

use super::domain::{self, domains, of};
use super::{Ask, Bag, Slots, registrable, split_host};
use crate::cue::{Cue, Cues};
use crate::span::{Host, What, amount};

/// `domain.register`: as a renewal, with a provider perhaps.
pub(crate) fn register(bag: &mut Bag<'_, '_>) -> Result<Vec<Slots>, Ask> {
    let places = providers(bag);
    let provider = match &places[..] {
        [] => None,
        [(i, one)] if !bag.just_before(*i).has(Cue::Source) || at_place(bag, *i) => {
            bag.take(*i);
            Some(json!(one))
        }
        _ => return Err(Ask::missing(&["provider"]).because(AskReason::Ambiguous)),
    };
    let extra = provider.map(|p| Slots::from([("provider".to_owned(), p)])).unwrap_or_default();
    let out = domain::renew(bag).map_err(|ask| add(ask, &extra))?;
    Ok(out.into_iter().map(|slots| slots.into_iter().chain(extra.clone()).collect()).collect())
}

/// "przez home.pl", "at ovh": where, though "from" may stand there too ("buy it from ovh").
fn at_place(bag: &Bag<'_, '_>, i: usize) -> bool {
    bag.cues.has(Cue::Register) && bag.just_before(i).has(Cue::Of)
}

fn add(mut ask: Ask, more: &Slots) -> Ask {
    for (slot, value) in more {
        ask.known.entry(slot.clone()).or_insert_with(|| value.clone());
    }
    ask
}

fn providers(bag: &Bag<'_, '_>) -> Vec<(usize, String)> {
    bag.all(|w| if let What::Provider(p) = w { Some(p.clone()) } else { None })
}

/// `domain.transfer`, `dns.move`, `site.move`: from where, to where.
pub(crate) fn moved(bag: &mut Bag<'_, '_>) -> Result<Vec<Slots>, Ask> {
    let mut extra = Slots::new();
    for (i, provider) in providers(bag) {
        let from = bag.just_before(i).has(Cue::Source);
        let slot = if from { "from" } else { "to" };
        if extra.insert(slot.to_owned(), json!(provider)).is_some() {
            return Err(Ask::missing(&["to"]).because(AskReason::Ambiguous));
        }
        bag.take(i);
    }
    if !extra.is_empty() && extra.get("from") == extra.get("to") {
        return Err(Ask::missing(&["to"]).because(AskReason::Ambiguous));
    }
    // "Move www.firma.pl": the domain, or the site?
    let apex = |h: &Host| registrable(h).filter(|d| *d == h.name);
    let domains = domains(bag, apex).map_err(|ask| add(ask, &extra))?;
    let with = |d: &DomainName| of(d).into_iter().chain(extra.clone()).collect::<Slots>();
    if !extra.contains_key("to") {
        let known = if domains.len() == 1 { with(&domains[0]) } else { extra.clone() };
        return Err(Ask::missing(&["to"]).knowing(known));
    }
    Ok(domains.iter().map(with).collect())
}

/// `domain.transfer_in`: one domain, its code perhaps.
pub(crate) fn transfer_in(bag: &mut Bag<'_, '_>) -> Result<Vec<Slots>, Ask> {
    let codes = bag.pull(|w| if let What::Code(c) = w { Some(c.clone()) } else { None });
    let extra = match &codes[..] {
        [] => Slots::new(),
        [one] => Slots::from([("auth_code".to_owned(), json!(one))]),
        _ => return Err(Ask::missing(&["auth_code"]).because(AskReason::Ambiguous)),
    };
    let domains = domains(bag, registrable).map_err(|ask| add(ask, &extra))?;
    if domains.len() > 1 && !extra.is_empty() {
        return Err(Ask::missing(&["domain"]).because(AskReason::Ambiguous));
    }
    Ok(domains.iter().map(|d| of(d).into_iter().chain(extra.clone()).collect()).collect())
}

/// `domain.lock` and `domain.dnssec`: one of two ways.
pub(crate) fn switched(kind: &str, bag: &mut Bag<'_, '_>) -> Result<Vec<Slots>, Ask> {
    if let Some(pairs) = domain::switches(bag) {
        return Ok(pairs);
    }
    let on = Cues::of(&[Cue::On, Cue::Lock, Cue::Set, Cue::Add, Cue::Create]);
    let off = Cues::of(&[Cue::Off, Cue::Unlock, Cue::Delete, Cue::Withdraw, Cue::Cancel]);
    // A particle decides over the verb: "put the lock off" is off; "lock" is a noun beside "remove".
    let particle = Cues::of(&[Cue::On, Cue::Off]);
    let words = bag.words.iter();
    let noun = kind == "domain.lock" && bag.cues.any(off.union(Cues::of(&[Cue::On])));
    let told = words.fold(Cues::NONE, |all, w| {
        let w = if noun && w.has(Cue::Locking) { w.minus(Cues::of(&[Cue::Lock])) } else { *w };
        all.union(w)
    });
    let told = if told.any(particle) {
        told.minus(Cues::of(&[Cue::Set, Cue::Add, Cue::Create, Cue::Withdraw]))
    } else {
        told
    };
    let doubled = told.has(Cue::Cancel) && told.any(off.minus(Cues::of(&[Cue::Cancel])));
    let enabled = match (told.any(on) || doubled, told.any(off)) {
        (true, false) => Some(true),
        (false, true) => Some(false),
        _ => None,
    };
    domain::each_switched(enabled, domains(bag, registrable))
}

/// `domain.ns_set`: one domain, and the servers, which are hosts below some domain.
pub(crate) fn ns(bag: &mut Bag<'_, '_>) -> Result<Vec<Slots>, Ask> {
    let hosts: Vec<(usize, Host)> = bag.hosts().into_iter().map(|(i, h)| (i, h.clone())).collect();
    let bad = |h: &Host| h.wildcard || h.url;
    if hosts.iter().any(|(_, h)| bad(h)) {
        return Err(Ask::missing(&["nameservers"]).because(AskReason::BadValue));
    }
    let is_apex = |h: &Host| split_host(h).is_some_and(|(_, name)| name.is_apex());
    let (owners, servers): (Vec<_>, Vec<_>) = hosts.into_iter().partition(|(_, h)| is_apex(h));
    let names: Vec<_> = servers.iter().map(|(_, h)| json!(h.name)).collect();
    bag.take_all(&servers);
    bag.take_all(&owners);
    let extra = Slots::from([("nameservers".to_owned(), Value::Array(names.clone()))]);
    let extra = if names.is_empty() { Slots::new() } else { extra };
    let owner = match &owners[..] {
        [(_, one)] => one.name.clone(),
        [] => bag.it().ok_or_else(|| Ask::missing(&["domain"]).knowing(extra.clone()))?,
        _ => return Err(Ask::missing(&["nameservers"]).because(AskReason::Ambiguous)),
    };
    let known: Slots = of(&owner).into_iter().chain(extra).collect();
    if names.is_empty() {
        return Err(Ask::missing(&["nameservers"]).knowing(known));
    }
    Ok(vec![known])
}

/// `domain.contact_set`: whose, and what is new.
pub(crate) fn contact(bag: &mut Bag<'_, '_>) -> Result<Vec<Slots>, Ask> {
    let roles = [
        (Cue::Registrant, "registrant"),
        (Cue::Administrative, "admin"),
        (Cue::Technical, "tech"),
        (Cue::Billing, "billing"),
    ];
    let said: Vec<&str> =
        roles.iter().filter(|(cue, _)| bag.cues.has(*cue)).map(|(_, role)| *role).collect();
    let mut fields = Map::new();
    let mails: Vec<(usize, String)> = bag
        .pieces
        .iter()
        .enumerate()
        .filter(|(_, p)| p.what == What::Email)
        .map(|(i, p)| (i, p.raw.to_owned()))
        .collect();
    let phones = bag.all(|w| if let What::Phone(p) = w { Some(p.clone()) } else { None });
    for (field, values) in [("email", &mails), ("phone", &phones)] {
        match &values[..] {
            [] => {}
            [(i, one)] => {
                bag.take(*i);
                fields.insert(field.to_owned(), json!(one));
            }
            _ => return Err(Ask::missing(&["fields"]).because(AskReason::Ambiguous)),
        }
    }
    let mut missing = Vec::new();
    let mut extra = Slots::new();
    match said[..] {
        [role] => drop(extra.insert("role".to_owned(), json!(role))),
        _ => missing.push("role"),
    }
    if fields.is_empty() {
        missing.push("fields");
    } else {
        extra.insert("fields".to_owned(), Value::Object(fields));
    }
    let domains = domains(bag, registrable).map_err(|ask| add(ask, &extra))?;
    let with = |d: &DomainName| of(d).into_iter().chain(extra.clone()).collect::<Slots>();
    if !missing.is_empty() {
        let known = if domains.len() == 1 { with(&domains[0]) } else { extra.clone() };
        return Err(Ask::missing(&missing).knowing(known));
    }
    Ok(domains.iter().map(with).collect())
}

/// A host with its wildcard, as a certificate names it.
fn cert_name(host: &Host) -> String {
    format!("{}{}", if host.wildcard { "*." } else { "" }, host.name)
}

/// `cert.issue`: all names in one certificate.
pub(crate) fn issue(bag: &mut Bag<'_, '_>) -> Result<Vec<Slots>, Ask> {
    let issuers = bag.pull(|w| if let What::Issuer(i) = w { Some(i.clone()) } else { None });
    let mut extra = Slots::new();
    match &issuers[..] {
        [] => {}
        [one] => drop(extra.insert("issuer".to_owned(), json!(one))),
        _ => return Err(Ask::missing(&["issuer"]).because(AskReason::Ambiguous)),
    }
    let hosts = bag.hosts();
    let wildcards = hosts.iter().filter(|(_, h)| h.wildcard).count();
    // "a wildcard for firma.pl": with or without firma.pl itself?
    if hosts.is_empty() && bag.it().is_none() || bag.cues.has(Cue::Wildcard) && wildcards == 0 {
        return Err(Ask::missing(&["names"]).knowing(extra));
    }
    let mut names: Vec<String> = Vec::new();
    let short = bag.all(|w| if let What::Name(n) = w { Some(n.clone()) } else { None });
    for (i, host) in hosts {
        bag.take(i);
        names.push(cert_name(host));
    }
    if names.is_empty() {
        names.extend(bag.it().map(|d| d.to_string()));
    }
    if !short.is_empty() && names.len() != 1 {
        return Err(Ask::missing(&["names"]).knowing(extra).because(AskReason::Ambiguous));
    }
    for (i, name) in short {
        bag.take(i);
        if !name.is_apex() {
            names.push(format!("{name}.{}", names[0].trim_start_matches("*.")));
        }
    }
    extra.insert("names".to_owned(), json!(names));
    Ok(vec![extra])
}

/// `cert.renew`, `cert.revoke`: one certificate each, by a name. Reasons only as RFC 5280 writes them.
pub(crate) fn cert(kind: &str, bag: &mut Bag<'_, '_>) -> Result<Vec<Slots>, Ask> {
    let hosts: Vec<(usize, String)> =
        bag.hosts().into_iter().map(|(i, h)| (i, cert_name(h))).collect();
    bag.take_all(&hosts);
    let mut names: Vec<String> = hosts.into_iter().map(|(_, n)| n).collect();
    if names.is_empty() {
        names.extend(bag.it().map(|d| d.to_string()));
    }
    let slots = |n: &String| Slots::from([("name".to_owned(), json!(n))]);
    if names.is_empty() {
        return Err(Ask::missing(&["name"]));
    }
    let mut out: Vec<Slots> = names.iter().map(slots).collect();
    let reason = bag.pieces.iter().position(|p| {
        REASONS.iter().any(|r| r.eq_ignore_ascii_case(&p.raw.replace(['_', '-'], "")))
    });
    if let (Some(i), "cert.revoke") = (reason, kind) {
        let said = bag.pieces[i].raw.replace(['_', '-'], "");
        let reason = REASONS.iter().find(|r| r.eq_ignore_ascii_case(&said));
        bag.take(i);
        for slots in &mut out {
            slots.insert("reason".into(), json!(reason));
        }
    } else if kind == "cert.revoke" && bag.cues.has(Cue::Because) {
        return Err(Ask::missing(&["reason"]).knowing(out.swap_remove(0)));
    }
    Ok(out)
}

/// RFC 5280 section 5.3.1, those that a subscriber may give.
const REASONS: &[&str] =
    &["keyCompromise", "superseded", "cessationOfOperation", "affiliationChanged", "unspecified"];

/// `sale.create`: price with its currency; the least offer is in the same one.
pub(crate) fn sale(bag: &mut Bag<'_, '_>) -> Result<Vec<Slots>, Ask> {
    let said = bag.all(|w| match w {
        What::Money { minor, currency } => Some((*minor, currency.clone())),
        What::Number(n) => Some((n.checked_mul(100)?, None)),
        _ => None,
    });
    let bad = bag.pieces.iter().any(|p| p.what == What::BadNumber);
    let domains = domains(bag, registrable);
    let known = match domains.as_deref() {
        Ok([one]) => of(one),
        _ => Slots::new(),
    };
    if bad {
        return Err(Ask::missing(&["price"]).knowing(known).because(AskReason::Ambiguous));
    }
    let (least, prices): (Vec<_>, Vec<_>) =
        said.iter().cloned().partition(|(i, _)| is_least(bag, *i));
    let ([(_, (price, currency))], [] | [_]) = (&prices[..], &least[..]) else {
        let reason = (!said.is_empty()).then_some(AskReason::Ambiguous);
        return Err(Ask { known, missing: vec!["price".into()], reason });
    };
    let other = least.first().and_then(|(_, (_, c))| c.clone());
    let mut extra = Slots::from([("price".to_owned(), json!(amount(*price)))]);
    if let Some((_, (minor, _))) = least.first() {
        extra.insert("min_offer".to_owned(), json!(amount(*minor)));
    }
    bag.take_all(&said);
    let currency = match (currency, other) {
        (Some(a), Some(b)) if *a != b => {
            return Err(Ask::missing(&["currency"]).knowing(known).because(AskReason::Ambiguous));
        }
        (a, b) => a.clone().or(b),
    };
    let Some(currency) = currency else {
        let known = known.into_iter().chain(extra).collect();
        return Err(Ask::missing(&["currency"]).knowing(known));
    };
    extra.insert("currency".to_owned(), json!(currency));
    let domains = domains.map_err(|ask| add(ask, &extra))?;
    if domains.len() > 1 {
        return Err(Ask::missing(&["domain"]).knowing(extra).because(AskReason::Ambiguous));
    }
    Ok(domains.iter().map(|d| of(d).into_iter().chain(extra.clone()).collect()).collect())
}

/// "minimum offer" stands before the amount, with nothing but words between.
fn is_least(bag: &Bag<'_, '_>, i: usize) -> bool {
    let words = bag.pieces[..i].iter().rev().take_while(|p| p.what == What::Word);
    words.into_iter().any(|p| p.cues.has(Cue::Minimum))
        || bag.pieces.get(i + 1).is_some_and(|p| p.cues.has(Cue::Minimum) && p.what == What::Word)
            && i > 0
            && bag.pieces[i].stop == crate::token::Stop::None
            && bag.pieces.get(i + 2).is_none_or(|p| p.what == What::Word)
}

/// `profile.switch`: one of the person's profiles.
pub(crate) fn profile(bag: &mut Bag<'_, '_>) -> Result<Vec<Slots>, Ask> {
    let mut said = bag.pull(|w| if let What::Profile(p) = w { Some(p.clone()) } else { None });
    said.dedup();
    match &said[..] {
        [one] => Ok(vec![Slots::from([("profile".to_owned(), json!(one))])]),
        _ => Err(Ask::missing(&["profile"])),
    }
}
