//! The span of one slot, by the slot's name; a slot that this file does not know must stand in the words literally.

use dombot_core::action::{Spec, spec};
use serde_json::{Map, Value, json};

use super::evidence::Evidence;
use super::ground::type_of;
use crate::cue::{Cue, Cues};
use crate::span::{Piece, What, days, seconds, years};
use crate::wish::is_old;

/// Words before a length of time.
const LENGTH: &[&str] = &[
    "o",
    "na",
    "for",
    "by",
    "another",
    "a",
    "kolejny",
    "kolejne",
    "jeszcze",
    "further",
    "extra",
    "additional",
    "more",
    "next",
    "an",
    "the",
];

/// The pieces that say it; none for what follows from others (the type of an address). `None` = it was not said.
pub(super) fn find(
    spec: &Spec,
    slot: (&str, &Value),
    slots: &Map<String, Value>,
    evidence: &Evidence<'_, '_>,
) -> Option<Vec<usize>> {
    let (name, value) = slot;
    let text = value.as_str().unwrap_or_default();
    let kind = spec.kind;
    match name {
        "type" => rtype(text, slots, evidence),
        "value" => record_value(text, evidence),
        "ttl" => one(evidence, |i, p| after_ttl(evidence, i) && number(p, value, seconds)),
        "years" => one(evidence, |i, p| is_length(evidence, i) && period(p, value, years)),
        "within_days" => one(evidence, |_, p| period(p, value, days)),
        "priority" => {
            one(evidence, |i, p| before_host(evidence, i) && json_number(p) == Some(value.clone()))
        }
        "enabled" => switch(value, evidence),
        "scope" => (text == "all" && evidence.cues().has(Cue::All)).then(Vec::new),
        "job_id" => one(evidence, |_, p| p.what == What::Id(text.to_ascii_uppercase())),
        "target" if text == "last" => no_id(evidence).then(Vec::new),
        "target" => one(evidence, |_, p| p.what == What::Id(text.to_ascii_uppercase())),
        "attachment" => attachment(text, evidence),
        "state" => state(text, evidence.cues()).then(Vec::new),
        "topic" => is_topic(text).then(Vec::new),
        "from" | "to" if kind.starts_with("calendar.") => one(evidence, |_, p| day(p, text, name)),
        "provider" => one(evidence, |_, p| p.what == What::Provider(text.to_owned())),
        "from" | "to" => one(evidence, |i, p| {
            p.what == What::Provider(text.to_owned()) && leads(evidence, i, name)
        }),
        _ => literal(value, evidence),
    }
}

fn one(
    evidence: &Evidence<'_, '_>,
    fits: impl Fn(usize, &Piece<'_>) -> bool,
) -> Option<Vec<usize>> {
    let mut all = evidence.pieces.iter().enumerate().filter(|(i, p)| fits(*i, p));
    all.next().map(|(i, _)| vec![i])
}

/// Said as a type, or the only one that the value can have. A list of types that was said rules out any other.
fn rtype(
    text: &str,
    slots: &Map<String, Value>,
    evidence: &Evidence<'_, '_>,
) -> Option<Vec<usize>> {
    let said = one(evidence, |_, p| matches!(p.what, What::Type(t) if t.to_string() == text));
    if said.is_some() {
        return said;
    }
    let value = slots.get("value").and_then(Value::as_str).unwrap_or_default();
    let any = evidence.pieces.iter().any(|p| matches!(p.what, What::Type(_)));
    let alias = text == "CNAME" && evidence.cues().has(Cue::Alias);
    (!any && (alias || type_of(value) == Some(text))).then(Vec::new)
}

/// An address, a host, a text, or words in a row: `10 mail.firma.pl`, `0 issue "letsencrypt.org"`.
fn record_value(text: &str, evidence: &Evidence<'_, '_>) -> Option<Vec<usize>> {
    let whole = one(evidence, |i, p| match &p.what {
        What::Ip(ip) => ip.to_string() == text && !is_old_of_two(evidence, i),
        What::Host(h) => !h.wildcard && !h.url && h.name.as_str() == text.trim_end_matches('.'),
        What::Text(t) | What::Quote(t) => t == text,
        _ => false,
    });
    whole.or_else(|| in_a_row(text, evidence))
}

/// "from X to Y": X is what is there now, and no new value.
fn is_old_of_two(evidence: &Evidence<'_, '_>, i: usize) -> bool {
    let addresses = evidence.pieces.iter().filter(|p| matches!(p.what, What::Ip(_))).count();
    addresses > 1 && is_old(&evidence.pieces, i)
}

/// Several words that stand side by side, quotation marks aside. Case counts, except in names.
fn in_a_row(text: &str, evidence: &Evidence<'_, '_>) -> Option<Vec<usize>> {
    let words: Vec<&str> = text.split_whitespace().map(|w| w.trim_matches('"')).collect();
    let same = |p: &Piece<'_>, word: &str| match &p.what {
        What::Host(h) => !h.wildcard && !h.url && h.name.as_str() == word.trim_end_matches('.'),
        What::Text(_) | What::Quote(_) => p.raw == word,
        _ => p.raw.eq_ignore_ascii_case(word) && p.raw.is_ascii(),
    };
    let fits = |from: &usize| {
        words
            .iter()
            .enumerate()
            .all(|(k, w)| evidence.pieces.get(from + k).is_some_and(|p| same(p, w)))
    };
    let from = (0..evidence.pieces.len()).find(fits).filter(|_| !words.is_empty())?;
    Some((from..from + words.len()).collect())
}

fn number(
    p: &Piece<'_>,
    value: &Value,
    of: impl Fn(u64, crate::span::Unit) -> Option<u64>,
) -> bool {
    json_number(p).as_ref() == Some(value) || period(p, value, of)
}

fn json_number(p: &Piece<'_>) -> Option<Value> {
    if let What::Number(n) = p.what { Some(json!(n)) } else { None }
}

fn period(
    p: &Piece<'_>,
    value: &Value,
    of: impl Fn(u64, crate::span::Unit) -> Option<u64>,
) -> bool {
    matches!(p.what, What::Period(n, unit) if of(n, unit).map(|n| json!(n)).as_ref() == Some(value))
}

/// "TTL 300", "TTL of 5 minutes", "ttl=300".
fn after_ttl(evidence: &Evidence<'_, '_>, i: usize) -> bool {
    let glued = evidence.pieces[i].cues.has(Cue::Ttl);
    let mut before = evidence.pieces[..i].iter().rev().take(3);
    glued || before.by_ref().take_while(|p| p.what == What::Word).any(|p| p.cues.has(Cue::Ttl))
}

/// "for two years", not "in two years".
fn is_length(evidence: &Evidence<'_, '_>, i: usize) -> bool {
    let Some(before) = i.checked_sub(1).map(|j| &evidence.pieces[j]) else { return false };
    matches!(before.what, What::Host(_))
        || before.cues.any(Cues::of(&[Cue::Domain, Cue::It, Cue::Renew]))
        || LENGTH.contains(&before.folded.as_str())
}

/// A priority stands before its host, or behind its own word.
fn before_host(evidence: &Evidence<'_, '_>, i: usize) -> bool {
    let host = matches!(evidence.pieces.get(i + 1).map(|p| &p.what), Some(What::Host(_)));
    let named = evidence.pieces[..i].iter().rev().take(2).any(|p| p.cues.has(Cue::Priority));
    host || named
}

/// On or off, and not both in one message.
fn switch(value: &Value, evidence: &Evidence<'_, '_>) -> Option<Vec<usize>> {
    let cues = evidence
        .clauses
        .iter()
        .enumerate()
        .fold(Cues::NONE, |all, (i, _)| all.union(evidence.clause_cues(i)));
    let said = match (cues.has(Cue::On), cues.has(Cue::Off)) {
        (true, false) => Some(true),
        (false, true) => Some(false),
        _ => None,
    };
    (said.map(Value::Bool).as_ref() == Some(value)).then(Vec::new)
}

fn no_id(evidence: &Evidence<'_, '_>) -> bool {
    let id = |p: &Piece<'_>| matches!(p.what, What::Id(_) | What::Number(_) | What::Host(_));
    !evidence.pieces.iter().any(id)
}

/// The file that came; its name may be said.
fn attachment(text: &str, evidence: &Evidence<'_, '_>) -> Option<Vec<usize>> {
    let came = evidence.ctx.attachment.as_deref()?;
    let said =
        one(evidence, |_, p| matches!(&p.what, What::File(f) if f.eq_ignore_ascii_case(came)));
    came.eq_ignore_ascii_case(text).then(|| said.unwrap_or_default())
}

fn state(text: &str, cues: Cues) -> bool {
    let known = [("failed", Cue::Failed), ("done", Cue::Finished), ("open", Cue::Open)];
    known.iter().any(|(state, cue)| *state == text && cues.has(*cue))
}

/// A kind or an area of the table.
fn is_topic(text: &str) -> bool {
    let area = |s: &Spec| s.kind.split('.').next() == Some(text);
    spec(text).is_some() || dombot_core::action::SPECS.iter().any(area)
}

fn day(p: &Piece<'_>, text: &str, edge: &str) -> bool {
    let What::Date(first, last) = p.what else { return false };
    let wanted = if edge == "from" { first } else { last };
    wanted.to_string() == text
}

/// "from OVH to Gandi": which is which stands before each.
fn leads(evidence: &Evidence<'_, '_>, i: usize, edge: &str) -> bool {
    let Some(before) = i.checked_sub(1).map(|j| &evidence.pieces[j]) else { return false };
    match edge {
        "from" => matches!(before.folded.as_str(), "z" | "ze" | "od" | "from"),
        _ => matches!(before.folded.as_str(), "do" | "na" | "to" | "into" | "onto" | "->"),
    }
}

/// As it was said, word for word; lists and objects part by part.
fn literal(value: &Value, evidence: &Evidence<'_, '_>) -> Option<Vec<usize>> {
    let all = |parts: Vec<&Value>| {
        let found: Option<Vec<Vec<usize>>> =
            parts.into_iter().map(|v| literal(v, evidence)).collect();
        found.map(|f| f.concat())
    };
    match value {
        Value::String(text) => in_a_row(text, evidence),
        Value::Number(_) => one(evidence, |_, p| json_number(p).as_ref() == Some(value)),
        Value::Array(list) => all(list.iter().collect()),
        Value::Object(map) => all(map.values().collect()),
        Value::Bool(_) | Value::Null => None,
    }
}
