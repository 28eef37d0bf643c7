//! The answer to a question that was put: it fills the slot that was asked for, or it is a new message.

use std::collections::BTreeMap;

use dombot_core::domain::{DomainName, RecordType};
use dombot_core::parse::{Context, Frame, Parsed};
use serde_json::{Value, json};

use crate::cue::{CHANGES, Cue, Cues, LOOKS};
use crate::kind::mutates;
use crate::span::{Host, Piece, What, seconds};
use crate::token::Stop;
use crate::wish::{Ask, Bag, Slots, fill, finish, registrable, split_host, value_answer, years_of};

/// Words that may stand in an answer.
const LIGHT: Cues = Cues::of(&[
    Cue::Fill,
    Cue::Onto,
    Cue::To,
    Cue::Of,
    Cue::Domain,
    Cue::Zone,
    Cue::Record,
    Cue::Ttl,
    Cue::Thanks,
    Cue::And,
    Cue::Priority,
    Cue::Named,
    Cue::Host,
    Cue::Job,
    Cue::Plan,
    Cue::Yes,
]);

/// `None`: no question waits, or this is no answer to it.
pub(crate) fn answer(pieces: &[Piece<'_>], ctx: &Context) -> Option<Parsed> {
    let frame = ctx.frame.as_ref().filter(|f| !f.missing.is_empty())?;
    // "firma.pl?" wonders.
    if mutates(&frame.kind) && pieces.iter().any(|p| p.stop == Stop::Question) {
        return None;
    }
    let switch = frame.missing.iter().any(|m| m == "enabled");
    let mut allowed = LIGHT;
    if switch {
        allowed = allowed.union(Cues::of(&[Cue::On, Cue::Off]));
    }
    let word = |p: &Piece<'_>| {
        let verbs = p.cues.minus(allowed).any(CHANGES.union(LOOKS).union(TURNS));
        p.what != What::Word || !verbs
    };
    let unknown = pieces.iter().filter(|p| p.what == What::Word && p.cues.is_empty()).count();
    if pieces.is_empty() || unknown > 2 || !pieces.iter().all(word) {
        return None;
    }
    if !BY_VALUE.contains(&frame.kind.as_str()) {
        return by_reading(pieces, frame, ctx);
    }
    let mut slots: Slots = frame.known.clone();
    let values = pieces
        .iter()
        .filter(|p| p.what != What::Word || switch && p.cues.any(Cues::of(&[Cue::On, Cue::Off])));
    let mut any = false;
    for piece in values {
        put(piece, frame, &mut slots, ctx)?;
        any = true;
    }
    if !any {
        return None;
    }
    // Everything of a name is deleted only when "all" was said, not because nothing more was.
    let vague = ["type", "value", "scope"].iter().all(|s| !slots.contains_key(*s));
    if frame.kind == "dns.delete" && vague {
        return Some(Parsed::Clarify(Ask::missing(&["type"]).knowing(slots).of("dns.delete")));
    }
    Some(match finish(&frame.kind, slots) {
        Ok(wish) => Parsed::Actions(vec![wish]),
        Err(ask) => Parsed::Clarify(ask),
    })
}

/// Kinds whose answers are put in value by value; the others read the answer as they read a wish.
const BY_VALUE: &[&str] = &[
    "dns.set",
    "dns.add",
    "dns.delete",
    "dns.list",
    "dns.find",
    "dns.import",
    "dns.export",
    "zone.create",
    "zone.delete",
    "domain.renew",
    "domain.autorenew",
    "domain.expiry",
    "domain.check",
    "domain.history",
    "job.status",
    "job.cancel",
    "job.settle",
    "undo",
    "freeze",
];

/// The answer as a wish of the kind that was asked about, with what is known already.
fn by_reading(pieces: &[Piece<'_>], frame: &Frame, ctx: &Context) -> Option<Parsed> {
    let mut bag = Bag::new(pieces, ctx, None);
    let mut learned = match fill(&frame.kind, &mut bag) {
        Ok(mut list) if list.len() == 1 => list.swap_remove(0),
        Ok(_) => return None,
        Err(ask) => ask.known,
    };
    if frame.missing.iter().any(|m| m == "currency") {
        let said = pieces.iter().find_map(|p| crate::lexicon::lexicon().currency(&p.folded));
        learned.extend(said.map(|code| ("currency".to_owned(), json!(code))));
    }
    if learned.is_empty() {
        return None;
    }
    let mut slots = frame.known.clone();
    merge(&mut slots, learned)?;
    let held = |v: &Value| {
        slots.values().any(|known| known == v || known.to_string().contains(&v.to_string()))
    };
    let values = pieces.iter().filter_map(|p| match &p.what {
        What::Host(h) => Some(json!(h.name)),
        What::Provider(p) => Some(json!(p)),
        _ => None,
    });
    if values.into_iter().any(|v| !held(&v) && !held(&json!(v.as_str().unwrap_or_default()))) {
        return None;
    }
    Some(match finish(&frame.kind, slots) {
        Ok(wish) => Parsed::Actions(vec![wish]),
        Err(ask) => Parsed::Clarify(ask),
    })
}

/// Words that turn an answer into something else.
const TURNS: Cues = Cues::of(&[
    Cue::Not,
    Cue::No,
    Cue::If,
    Cue::Suppose,
    Cue::Or,
    Cue::Limit,
    Cue::Said,
    Cue::Doubt,
    Cue::After,
    Cue::Soon,
    Cue::Asks,
    Cue::Hello,
    Cue::Free,
    Cue::Expiry,
    Cue::FindWhat,
    Cue::ListWhat,
    Cue::History,
    Cue::Other,
]);

/// Puts one value where it belongs; `None` when it has no place.
fn put(piece: &Piece<'_>, frame: &Frame, slots: &mut Slots, ctx: &Context) -> Option<()> {
    let asked = |slot: &str| frame.missing.iter().any(|m| m == slot);
    let set = |slots: &mut Slots, slot: &str, value: Value| match slots.get(slot) {
        Some(old) if *old != value => None,
        _ => {
            slots.insert(slot.to_owned(), value);
            Some(())
        }
    };
    let rtype: Option<RecordType> = slots.get("type").and_then(|t| t.as_str()?.parse().ok());
    match &piece.what {
        What::Word if piece.cues.has(Cue::On) => set(slots, "enabled", json!(true)),
        What::Word => set(slots, "enabled", json!(false)),
        What::Host(h) if asked("value") && !asked("domain") => {
            merge(slots, value_answer(&piece.what, rtype).or_else(|| find(&frame.kind, h))?)
        }
        What::Host(h) => merge(slots, owner(h, &frame.kind, slots, asked("name"))?),
        What::Ip(ip) if frame.kind == "dns.find" => set(slots, "value", json!(ip.to_string())),
        What::Ip(_) | What::Text(_) | What::Quote(_) if asked("value") => {
            merge(slots, value_answer(&piece.what, rtype)?)
        }
        What::Type(t) if asked("type") => set(slots, "type", json!(t)),
        What::Name(n) if asked("name") => set(slots, "name", json!(n)),
        What::Number(n) if asked("years") => {
            set(slots, "years", json!(years_of(*n, crate::span::Unit::Year)?))
        }
        What::Period(n, unit) if frame.kind == "domain.renew" => {
            set(slots, "years", json!(years_of(*n, *unit)?))
        }
        What::Number(n) if asked("ttl") => set(slots, "ttl", json!(n)),
        What::Period(n, unit) if asked("ttl") => set(slots, "ttl", json!(seconds(*n, *unit)?)),
        What::Number(n) if asked("priority") => set(slots, "priority", json!(n)),
        What::Number(n) if asked("within_days") => set(slots, "within_days", json!(n)),
        What::Id(id) if asked("job_id") => set(slots, "job_id", json!(id)),
        What::Id(id) if asked("target") => set(slots, "target", json!(id)),
        What::File(f) if asked("attachment") && ctx.attachment.as_ref() == Some(f) => {
            set(slots, "attachment", json!(f))
        }
        _ => None,
    }
}

fn find(kind: &str, host: &Host) -> Option<Slots> {
    (kind == "dns.find" && !host.wildcard)
        .then(|| BTreeMap::from([("value".to_owned(), json!(host.name))]))
}

/// Domain and name, as the kind wants them.
fn owner(host: &Host, kind: &str, known: &Slots, name_asked: bool) -> Option<Slots> {
    let of = |d: DomainName| BTreeMap::from([("domain".to_owned(), json!(d))]);
    match kind {
        "dns.set" | "dns.add" | "dns.delete" | "dns.list" => {
            let (domain, name) = split_host(host)?;
            let mut out = of(domain);
            // A name that is known stays; a list of a whole zone needs none.
            let needed = !known.contains_key("name") && (kind != "dns.list" || !name.is_apex());
            if needed || name_asked {
                out.insert("name".into(), json!(name));
            } else if !name.is_apex() && known.get("name") != Some(&json!(name)) {
                return None;
            }
            Some(out)
        }
        "zone.create" | "zone.delete" | "dns.import" | "dns.export" => {
            (!host.wildcard && !host.url).then(|| of(host.name.clone()))
        }
        "freeze" => Some(BTreeMap::from([
            ("scope".to_owned(), json!("domain")),
            ("name".to_owned(), json!(host.name)),
        ])),
        "domain.renew" | "domain.autorenew" => registrable(host).map(of),
        "dns.find" => find(kind, host),
        _ => split_host(host).map(|(d, _)| of(d)),
    }
}

/// Nothing that is known is overwritten with something else.
fn merge(slots: &mut Slots, more: Slots) -> Option<()> {
    for (slot, value) in more {
        if slots.get(&slot).is_some_and(|old| *old != value) {
            return None;
        }
        slots.insert(slot, value);
    }
    Some(())
}
