//! Messages that lean on the one before: "and shop.com?", "the same for shop.com", "no, 3 years".

use dombot_core::domain::{DomainName, RecordType};
use dombot_core::parse::{AskReason, Clarify, Context, Parsed, Wish};
use serde_json::{Value, json};

use crate::cue::{CHANGES, Cue, Cues, LOOKS};
use crate::span::{Host, Piece, What, amount, seconds, years};
use crate::wish::{Slots, finish, split_host};

/// `None`: the message stands on its own.
pub(crate) fn follow(pieces: &[Piece<'_>], ctx: &Context) -> Option<Parsed> {
    if ctx.before.is_empty() {
        return None;
    }
    let cues = pieces.iter().fold(Cues::NONE, |all, p| all.union(p.cues));
    let turned = Cues::of(&[
        Cue::If,
        Cue::Suppose,
        Cue::Or,
        Cue::Limit,
        Cue::Doubt,
        Cue::Said,
        Cue::After,
        Cue::Soon,
        Cue::Asks,
    ]);
    if cues.any(turned) {
        return None;
    }
    same(pieces, cues, ctx)
        .or_else(|| corrected(pieces, cues, ctx))
        .or_else(|| also(pieces, cues, ctx))
}

/// Every value of the message, if it holds nothing but words that carry no wish of their own.
fn values<'a, 't>(pieces: &'a [Piece<'t>], verbs: Cues) -> Option<Vec<&'a Piece<'t>>> {
    let light =
        |p: &&Piece<'_>| p.what != What::Word || !p.cues.any(CHANGES.union(LOOKS).minus(verbs));
    let unknown = pieces.iter().filter(|p| p.what == What::Word && p.cues.is_empty()).count();
    (unknown <= 3 && pieces.iter().filter(light).count() == pieces.len())
        .then(|| pieces.iter().filter(|p| p.what != What::Word).collect())
}

/// "The same for shop.com": the wishes again, for other domains.
fn same(pieces: &[Piece<'_>], cues: Cues, ctx: &Context) -> Option<Parsed> {
    if !cues.has(Cue::Same) || cues.any(Cues::of(&[Cue::Not, Cue::No])) {
        return None;
    }
    let changes = ctx.before.iter().any(|w| w.action.spec().mutates());
    if changes && pieces.iter().any(|p| p.stop == crate::token::Stop::Question) {
        return None;
    }
    let values = values(pieces, Cues::of(&[Cue::Set]))?;
    let hosts: Vec<&Host> = values.iter().filter_map(|p| host(p)).collect();
    if hosts.is_empty() || hosts.len() != values.len() {
        return None;
    }
    let wishes = hosts.iter().flat_map(|h| ctx.before.iter().map(move |w| for_domain(w, h)));
    answer(wishes.collect())
}

/// "And shop.com?", "a txt?": the same question about something else. A change is never repeated by that.
fn also(pieces: &[Piece<'_>], cues: Cues, ctx: &Context) -> Option<Parsed> {
    let asks = ctx.before.iter().all(|w| !w.action.spec().mutates());
    let fresh = Cues::of(&[
        Cue::Not,
        Cue::No,
        Cue::When,
        Cue::Where,
        Cue::Expiry,
        Cue::Free,
        Cue::ListWhat,
        Cue::FindWhat,
        Cue::History,
        Cue::Cert,
        Cue::Help,
        Cue::Thanks,
        Cue::Hello,
    ]);
    if !asks || cues.any(fresh) || ctx.frame.is_some() {
        return None;
    }
    let wonders = pieces.iter().any(|p| p.stop == crate::token::Stop::Question)
        || pieces.first().is_some_and(|p| p.cues.any(Cues::of(&[Cue::And, Cue::Fill, Cue::What])));
    let values = values(pieces, Cues::NONE)?;
    let [last] = &ctx.before[..] else { return None };
    if !wonders || values.is_empty() {
        return None;
    }
    let hosts: Vec<&Host> = values.iter().filter_map(|p| host(p)).collect();
    let types: Vec<RecordType> = values.iter().filter_map(|p| rtype(p)).collect();
    if hosts.len() == values.len() {
        return answer(hosts.iter().map(|h| for_domain(last, h)).collect());
    }
    let records = last.action.spec().kind == "dns.list";
    if records && types.len() == values.len() {
        return answer(types.iter().map(|t| patched(last, &[("type", json!(t))])).collect());
    }
    None
}

/// "No, 3 years", "ups, 203.0.113.18", "I meant shop.com": the one wish before with another value.
fn corrected(pieces: &[Piece<'_>], cues: Cues, ctx: &Context) -> Option<Parsed> {
    let says = Cues::of(&[Cue::No, Cue::Not, Cue::Correct]);
    let [last] = &ctx.before[..] else { return None };
    if cues.has(Cue::Same) {
        return None;
    }
    let first = pieces.first()?;
    let opens = first.cues.any(says) || pieces.iter().take(3).any(|p| p.cues.has(Cue::Correct));
    if !opens || !last.action.spec().mutates() && !cues.has(Cue::Correct) {
        return None;
    }
    // Past the opening "no" nothing may be refused: "no, not 3 years".
    let refused = pieces
        .iter()
        .skip(1)
        .any(|p| p.cues.any(Cues::of(&[Cue::Not])) && !p.cues.has(Cue::Correct));
    let verbs =
        Cues::of(&[Cue::Set, Cue::Point]).union(crate::kind::verbs(last.action.spec().kind));
    let values = values(pieces, verbs)?;
    // "No, 3 years is too expensive" corrects nothing.
    let unknown = pieces.iter().filter(|p| p.what == What::Word && p.cues.is_empty()).count();
    if unknown > if cues.has(Cue::Correct) { 2 } else { 0 } {
        return None;
    }
    if refused || values.is_empty() || pieces.iter().any(|p| p.stop == crate::token::Stop::Question)
    {
        return None;
    }
    let mut wish = last.clone();
    for piece in values {
        let slots = json!(wish)["slots"].clone();
        let Some(changes) = place(piece, &slots, last.action.spec().kind) else {
            return Some(unsure(last));
        };
        let changes: Vec<(&str, Value)> =
            changes.iter().map(|(k, v)| (k.as_str(), v.clone())).collect();
        wish = match patched(&wish, &changes) {
            Some(wish) => wish,
            None => return Some(unsure(last)),
        };
    }
    (wish != *last).then(|| Parsed::Actions(vec![wish]))
}

fn unsure(last: &Wish) -> Parsed {
    Parsed::Clarify(Clarify {
        kind: Some(last.action.spec().kind.to_owned()),
        reason: Some(AskReason::Ambiguous),
        ..Clarify::default()
    })
}

/// Where a new value goes in the wish before: the slot that holds its like.
fn place(piece: &Piece<'_>, slots: &Value, kind: &str) -> Option<Slots> {
    let one = |slot: &str, value: Value| Some(Slots::from([(slot.to_owned(), value)]));
    let has = |slot: &str| !slots[slot].is_null();
    let years_kind = matches!(kind, "domain.renew" | "domain.register");
    match &piece.what {
        What::Period(n, unit) if years_kind => one("years", json!(years(*n, *unit)?)),
        What::Number(n) if years_kind && has("years") => one("years", json!(n)),
        What::Period(n, unit) if has("ttl") => one("ttl", json!(seconds(*n, *unit)?)),
        What::Number(n) if has("ttl") && !has("priority") => one("ttl", json!(n)),
        What::Number(n) if has("priority") && !has("ttl") => one("priority", json!(n)),
        What::Ip(ip) if has("value") => {
            let same = if ip.is_ipv4() { "A" } else { "AAAA" };
            (slots["type"] == same).then(|| one("value", json!(ip.to_string()))).flatten()
        }
        What::Money { minor, currency } if has("price") => {
            let mut out = one("price", json!(amount(*minor)))?;
            out.extend(currency.clone().map(|c| ("currency".to_owned(), json!(c))));
            Some(out)
        }
        What::Provider(p) if has("provider") => one("provider", json!(p)),
        What::Provider(p) if has("to") && !has("from") => one("to", json!(p)),
        What::Host(h) if has("domain") && !h.url => {
            let (domain, name) = split_host(h)?;
            let hostless = matches!(slots["type"].as_str(), None | Some("A" | "AAAA" | "TXT"));
            let mut out = one("domain", json!(domain))?;
            if has("name") {
                out.insert("name".into(), json!(name));
            } else if !name.is_apex() {
                return None;
            }
            hostless.then_some(out)
        }
        _ => None,
    }
}

fn host<'a>(piece: &'a Piece<'_>) -> Option<&'a Host> {
    if let What::Host(h) = &piece.what { Some(h) } else { None }
}

fn rtype(piece: &Piece<'_>) -> Option<RecordType> {
    if let What::Type(t) = piece.what { Some(t) } else { None }
}

/// The wish for another domain; a host keeps its own name where the wish has one.
fn for_domain(wish: &Wish, host: &Host) -> Option<Wish> {
    let slots = json!(wish)["slots"].clone();
    let (domain, name): (DomainName, _) = split_host(host)?;
    if slots["domain"].is_null() {
        return None;
    }
    let mut changes = vec![("domain", json!(domain))];
    match (slots["name"].is_null(), name.is_apex()) {
        (false, false) => changes.push(("name", json!(name))),
        (true, false) if wish.action.spec().kind == "dns.list" => {
            changes.push(("name", json!(name)));
        }
        (true, false) => return None,
        _ => {}
    }
    patched(wish, &changes)
}

/// The wish with other slots, if it is still one.
fn patched(wish: &Wish, changes: &[(&str, Value)]) -> Option<Wish> {
    let mut slots: Slots = serde_json::from_value(json!(wish)["slots"].clone()).ok()?;
    slots.extend(changes.iter().map(|(slot, value)| ((*slot).to_owned(), value.clone())));
    let made = finish(wish.action.spec().kind, slots).ok()?;
    Some(Wish { at: wish.at.clone(), ..made })
}

fn answer(wishes: Vec<Option<Wish>>) -> Option<Parsed> {
    let wishes: Vec<Wish> = wishes.into_iter().collect::<Option<_>>()?;
    let enough = !wishes.is_empty() && wishes.len() <= crate::wish::MOST;
    enough.then_some(Parsed::Actions(wishes))
}
