//! What the answer to a question would lose: said, but neither known nor asked for again.

use dombot_core::parse::{AskReason, Clarify};
use serde_json::Value;

use super::{Ask, Bag, Slots, finish, value};
use crate::cue::{CHANGES, Cue};
use crate::span::{Piece, What, amount, seconds, years};

/// The question for what is missing, without a frame: its answer alone would be less, or sooner, than was said.
pub(crate) fn question(kind: &str, bag: &Bag<'_, '_>, ask: &Ask) -> Option<Clarify> {
    let again = asked_again(kind, ask);
    let words = (0..bag.pieces.len()).any(|i| is_lost_word(bag, i, &again));
    let values = (0..bag.pieces.len()).any(|i| is_lost(bag.pieces, i, &ask.known, &again));
    (words || values).then(|| Clarify {
        kind: None,
        known: Slots::new(),
        missing: ask.missing.clone(),
        reason: ask.reason.or(Some(if values { AskReason::BadValue } else { AskReason::Unclear })),
        guesses: vec![kind.to_owned()],
    })
}

/// What is asked for now, or must be later. A deletion may do without what it can't do without elsewhere.
fn asked_again(kind: &str, ask: &Ask) -> Vec<String> {
    let mut out = ask.missing.clone();
    if kind != "dns.delete" {
        out.extend(finish(kind, ask.known.clone()).err().into_iter().flat_map(|more| more.missing));
    }
    out
}

/// A word that we do not know. "Renew the company": the domain in the person's words, which is asked for.
fn is_lost_word(bag: &Bag<'_, '_>, i: usize, again: &[String]) -> bool {
    let piece = &bag.pieces[i];
    let unknown = bag.is_free(i)
        && piece.what == What::Word
        && piece.cues.is_empty()
        && piece.folded.chars().any(char::is_alphanumeric);
    let verb = bag.pieces[..i].iter().rfind(|p| !p.cues.has(Cue::Fill));
    let object = verb.is_some_and(|p| p.what == What::Word && p.cues.any(CHANGES));
    unknown && !(object && again.iter().any(|slot| slot == "domain"))
}

/// Whether a value has no place in what is known, nor is for something that is asked for again.
fn is_lost(pieces: &[Piece<'_>], i: usize, slots: &Slots, again: &[String]) -> bool {
    let asked = |slots: &[&str]| again.iter().any(|m| slots.contains(&m.as_str()));
    let known = |slot: &str| slots.get(slot);
    let text = |slot: &str| known(slot).and_then(Value::as_str).unwrap_or_default();
    match &pieces[i].what {
        What::Word => false,
        What::Host(h)
            if known("nameservers")
                .or(known("names"))
                .is_some_and(|l| l.to_string().contains(h.name.as_str())) =>
        {
            false
        }
        What::Host(h) => {
            let registrable = h.name.registrable();
            let owner = [Some(&h.name), registrable.as_ref()];
            let held = owner.iter().flatten().any(|d| d.as_str() == text("domain"));
            !held
                && text("value") != h.name.as_str()
                && !asked(&["domain", "name", "value", "names", "nameservers"])
        }
        What::BadHost(_) => !asked(&["domain", "name", "value"]),
        What::Ip(ip) => {
            text("value") != ip.to_string() && !value::is_old(pieces, i) && !asked(&["value"])
        }
        What::Text(t) | What::Quote(t) => text("value") != t && !asked(&["value"]),
        What::BadIp => !asked(&["value"]),
        What::Type(t) => text("type") != t.to_string() && !asked(&["type", "value"]),
        What::Name(n) => text("name") != n.as_str() && !asked(&["name", "value"]),
        What::Number(n) => !holds(slots, *n) && !asked(NUMBERS),
        What::Period(n, unit) => {
            let whole = [years(*n, *unit), seconds(*n, *unit)];
            !whole.iter().flatten().any(|n| holds(slots, *n)) && !asked(&["years", "ttl"])
        }
        What::BadNumber => !asked(NUMBERS),
        What::Id(_) => !asked(&["job_id", "target"]) && !text_of(slots, &pieces[i].what),
        What::File(_) => !asked(&["attachment"]) && !text_of(slots, &pieces[i].what),
        // home.pl is a provider, and may be the domain that was meant.
        What::Provider(_) if pieces[i].raw.contains('.') => !asked(&["domain"]),
        What::Provider(_) => !text_of(slots, &pieces[i].what),
        What::Money { minor, .. } => {
            let said = amount(*minor);
            text("price") != said && text("min_offer") != said && !asked(&["price"])
        }
        What::Issuer(i) => text("issuer") != i,
        What::Format(f) => text("format") != f && !asked(&["format"]),
        What::Profile(p) => text("profile") != p && !asked(&["profile"]),
        What::Code(c) => text("auth_code") != c,
        What::Phone(p) => !within_fields(slots, p),
        What::Email => !within_fields(slots, pieces[i].raw),
        // A time is no slot: the answer alone would be sooner.
        What::Date(..)
        | What::Days(..)
        | What::In(..)
        | What::Clock(..)
        | What::Moment(_)
        | What::BadDate => true,
    }
}

fn within_fields(known: &Slots, said: &str) -> bool {
    let fields = known.get("fields").and_then(Value::as_object);
    fields.is_some_and(|f| f.values().any(|v| v == said))
}

const NUMBERS: &[&str] = &["years", "ttl", "priority", "value"];

/// A number as such, or inside a value: "10 mail.firma.pl".
fn holds(known: &Slots, n: u64) -> bool {
    known.values().any(|v| match v {
        Value::String(text) => text.split(' ').any(|part| part.parse() == Ok(n)),
        other => other.as_u64() == Some(n),
    })
}

fn text_of(known: &Slots, what: &What) -> bool {
    let (What::Id(text) | What::File(text) | What::Provider(text)) = what else { return false };
    known.values().any(|v| v.as_str().is_some_and(|v| v.eq_ignore_ascii_case(text)))
}
