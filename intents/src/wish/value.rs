//! Values of records: addresses, texts, hosts with priority, CAA; and TTLs.

use dombot_core::domain::RecordType;
use dombot_core::parse::AskReason;
use serde_json::json;

use super::{Ask, Bag, Slots, split_host};
use crate::cue::{Cue, Cues};
use crate::span::{Piece, What, seconds};

/// One value, and where it was said.
#[derive(Debug, Clone)]
pub(crate) struct Value {
    /// Place in the clause.
    pub(crate) at: usize,
    /// As in a zone file; TXT without quotes; MX and SRV without the priority.
    pub(crate) text: String,
    /// By its shape, or as said.
    pub(crate) rtype: RecordType,
    /// Of MX and SRV.
    pub(crate) priority: Option<u16>,
}

/// The values that a clause gives.
pub(crate) fn values(
    bag: &mut Bag<'_, '_>,
    rtype: Option<RecordType>,
    kind: &str,
) -> Result<Vec<Value>, Ask> {
    let mut out = plain(bag, rtype);
    if kind == "dns.set" {
        without_old(bag, &mut out);
    }
    if rtype == Some(RecordType::CAA) {
        out.extend(caa(bag)?);
    } else if let Some(rtype) = rtype.filter(|t| takes_host(*t)) {
        out.extend(target(bag, rtype, kind)?);
    }
    Ok(out)
}

/// "from X to Y": X is what is there now; the plan shows it.
fn without_old(bag: &Bag<'_, '_>, values: &mut Vec<Value>) {
    let before = |v: &Value| v.at.checked_sub(1).map(|i| &bag.pieces[i]);
    let old = |v: &Value| is_old(bag.pieces, v.at);
    let new = |v: &Value| before(v).is_some_and(|p| p.cues.any(Cues::of(&[Cue::Onto, Cue::To])));
    if let [a, b] = &values[..]
        && a.rtype == b.rtype
        && (old(a) && new(b) || new(a) && old(b))
    {
        values.retain(|v| !old(v));
    }
}

/// "from X": what is there now.
pub(crate) fn is_old(pieces: &[Piece<'_>], at: usize) -> bool {
    let before = at.checked_sub(1).map(|i| pieces[i].folded.as_str());
    before.is_some_and(|word| matches!(word, "z" | "ze" | "from"))
}

/// Values by which something is deleted; hosts there are owners.
pub(crate) fn doomed(bag: &mut Bag<'_, '_>, rtype: Option<RecordType>) -> Vec<Value> {
    plain(bag, rtype)
}

/// Addresses and texts.
fn plain(bag: &mut Bag<'_, '_>, rtype: Option<RecordType>) -> Vec<Value> {
    let txt = rtype.is_none_or(|t| t == RecordType::TXT);
    let found = bag.all(|w| match w {
        What::Ip(ip) if ip.is_ipv4() => Some((RecordType::A, ip.to_string())),
        What::Ip(ip) => Some((RecordType::AAAA, ip.to_string())),
        What::Text(t) | What::Quote(t) if txt => Some((RecordType::TXT, t.clone())),
        _ => None,
    });
    found
        .into_iter()
        .map(|(at, (rtype, text))| {
            bag.take(at);
            Value { at, text, rtype, priority: None }
        })
        .collect()
}

pub(crate) fn takes_host(rtype: RecordType) -> bool {
    use RecordType as T;
    matches!(rtype, T::CNAME | T::MX | T::NS | T::SRV | T::DNAME) || rtype.to_string() == "PTR"
}

/// The host that is the value, told from the owner by the words before each. In doubt it is asked.
fn target(bag: &mut Bag<'_, '_>, rtype: RecordType, kind: &str) -> Result<Option<Value>, Ask> {
    let hosts: Vec<usize> = bag.hosts().iter().map(|(i, _)| *i).collect();
    let Some(at) = choose(bag, rtype, kind, &hosts)? else { return Ok(None) };
    let host = bag.hosts().into_iter().find(|(i, _)| *i == at).map(|(_, h)| h);
    let Some(host) = host.filter(|h| !h.wildcard && !h.url) else {
        return Err(Ask::missing(&["value"]).because(AskReason::BadValue));
    };
    let mut text = host.name.to_string();
    let mut priority = None;
    if matches!(rtype, RecordType::MX | RecordType::SRV) {
        let numbers = numbers_before(bag, at);
        priority = number_16(bag, priority_word(bag).or_else(|| numbers.first().copied()))?;
        if rtype == RecordType::SRV {
            let [_, weight, port] = numbers[..] else {
                return Err(Ask::missing(&["value"]).because(AskReason::BadValue));
            };
            let (weight, port) = (number_16(bag, Some(weight))?, number_16(bag, Some(port))?);
            text = format!("{} {} {text}", weight.unwrap_or(0), port.unwrap_or(0));
        }
    }
    bag.take(at);
    Ok(Some(Value { at, text, rtype, priority }))
}

/// Which of the hosts is the value.
fn choose(
    bag: &Bag<'_, '_>,
    rtype: RecordType,
    kind: &str,
    hosts: &[usize],
) -> Result<Option<usize>, Ask> {
    let has = |i: usize, cue| bag.before(i).has(cue);
    let numbered = |i: usize| !numbers_before(bag, i).is_empty();
    let strong: Vec<usize> =
        hosts.iter().copied().filter(|i| numbered(*i) || has(*i, Cue::Onto)).collect();
    let names = bag.all(|w| if let What::Name(n) = w { Some(n.clone()) } else { None });
    let domainless = !names.is_empty() || bag.cues.has(Cue::It);
    match (&strong[..], hosts) {
        ([one], _) => return Ok(Some(*one)),
        (_, [one]) if domainless && has(*one, Cue::To) => return Ok(Some(*one)),
        (_, [] | [_]) => return Ok(None),
        _ => {}
    }
    if let Some(value) = by_ownership(bag, hosts) {
        return Ok(Some(value));
    }
    let [first, second] = *hosts else {
        return Err(Ask::missing(&["value"]).because(AskReason::Ambiguous));
    };
    let owned = |i: usize| bag.before(i).any(Cues::of(&[Cue::Of, Cue::Zone, Cue::Domain]));
    let (to_first, to_second) = (has(first, Cue::To), has(second, Cue::To));
    let between = bag.types().iter().any(|(t, _)| (first..second).contains(t));
    let alias = bag.pieces.iter().rposition(|p| p.cues.has(Cue::Alias));
    let alias_between = alias.is_some_and(|a| (first..second).contains(&a));
    Ok(Some(match (owned(first), owned(second)) {
        // "make x an alias of y".
        (false, _) if alias_between => second,
        (true, false) => second,
        (false, true) => first,
        _ if between => second,
        _ if kind == "dns.set" && to_second => second,
        _ if rtype == RecordType::CNAME => {
            return by_portfolio(bag, first, second, to_second).map(Some);
        }
        _ if to_second => first,
        _ if to_first => second,
        _ => return Err(Ask::missing(&["value"]).because(AskReason::Ambiguous)),
    }))
}

/// Of two hosts one lies in a domain of the person's own: that is the owner, the other the value.
fn by_ownership(bag: &Bag<'_, '_>, hosts: &[usize]) -> Option<usize> {
    let own = |i: usize| match &bag.pieces[i].what {
        What::Host(h) => split_host(h).is_some_and(|(d, _)| bag.ctx.portfolio.contains(&d)),
        _ => false,
    };
    match *hosts {
        [a, b] if own(a) && !own(b) => Some(b),
        [a, b] if own(b) && !own(a) => Some(a),
        _ => None,
    }
}

/// "add CNAME x to y": whose is which shows when only one of them is the person's.
fn by_portfolio(bag: &Bag<'_, '_>, first: usize, second: usize, to: bool) -> Result<usize, Ask> {
    let own = |i: usize| match &bag.pieces[i].what {
        What::Host(h) => split_host(h).is_some_and(|(d, _)| bag.ctx.portfolio.contains(&d)),
        _ => false,
    };
    match (own(first), own(second), to) {
        (true, false, true) => Ok(second),
        (false, true, true) => Ok(first),
        _ => Err(Ask::missing(&["name", "value"]).because(AskReason::Ambiguous)),
    }
}

/// Numbers directly before a piece, in order.
fn numbers_before(bag: &Bag<'_, '_>, at: usize) -> Vec<usize> {
    let number = |i: &usize| matches!(bag.pieces[*i].what, What::Number(_));
    let mut out: Vec<usize> = (0..at).rev().take_while(number).collect();
    out.reverse();
    out
}

/// The number after "priority".
fn priority_word(bag: &Bag<'_, '_>) -> Option<usize> {
    let at = bag.pieces.iter().position(|p| p.cues.has(Cue::Priority))?;
    (at + 1..bag.pieces.len().min(at + 3)).find(|i| matches!(bag.pieces[*i].what, What::Number(_)))
}

fn number_16(bag: &mut Bag<'_, '_>, at: Option<usize>) -> Result<Option<u16>, Ask> {
    let Some(at) = at else { return Ok(None) };
    let What::Number(n) = bag.pieces[at].what else { return Ok(None) };
    let bad = |_| Ask::missing(&["priority"]).because(AskReason::BadValue);
    let n = u16::try_from(n).map_err(bad)?;
    bag.take(at);
    Ok(Some(n))
}

/// `0 issue letsencrypt.org` -> `0 issue "letsencrypt.org"`.
fn caa(bag: &mut Bag<'_, '_>) -> Result<Option<Value>, Ask> {
    let tags = ["issue", "issuewild", "iodef"];
    let Some(at) = bag.pieces.iter().position(|p| tags.contains(&p.folded.as_str())) else {
        return Ok(None);
    };
    let flags = match at.checked_sub(1).map(|i| (i, &bag.pieces[i].what)) {
        Some((i, What::Number(n))) if *n <= 255 => {
            let n = *n;
            bag.take(i);
            n
        }
        _ => 0,
    };
    let value = bag.pieces.get(at + 1).map(|p| (&p.what, p.raw));
    let Some((What::Host(_) | What::Quote(_) | What::Email, raw)) = value else {
        return Err(Ask::missing(&["value"]).because(AskReason::BadValue));
    };
    let text = format!("{flags} {} \"{}\"", bag.pieces[at].folded, raw.to_ascii_lowercase());
    bag.take(at);
    bag.take(at + 1);
    Ok(Some(Value { at: at + 1, text, rtype: RecordType::CAA, priority: None }))
}

/// Seconds: the number or period that "TTL" speaks of.
pub(crate) fn ttl(bag: &mut Bag<'_, '_>) -> Result<Option<u64>, Ask> {
    let Some(word) = bag.pieces.iter().position(|p| p.cues.has(Cue::Ttl)) else { return Ok(None) };
    let length = |i: &usize| matches!(bag.pieces[*i].what, What::Number(_) | What::Period(..));
    let onto = |i: &usize| bag.pieces[i - 1].cues.any(Cues::of(&[Cue::Onto, Cue::To]));
    let after: Vec<usize> = (word..bag.pieces.len()).filter(length).collect();
    let at = after
        .iter()
        .copied()
        .find(|i| *i > 0 && onto(i))
        .or_else(|| after.first().copied())
        .or_else(|| word.checked_sub(1).filter(length));
    let Some(at) = at else { return Ok(None) };
    let secs = match bag.pieces[at].what {
        What::Number(n) => Some(n),
        What::Period(n, unit) => seconds(n, unit),
        _ => None,
    };
    let bad = || Ask::missing(&["ttl"]).because(AskReason::BadValue);
    // "by 300": more or less, not exactly.
    let by = at > 0 && matches!(bag.pieces[at - 1].folded.as_str(), "o" | "by");
    let secs = secs.filter(|s| *s <= 0x7fff_ffff && !by).ok_or_else(bad)?;
    bag.take(at);
    Ok(Some(secs))
}

/// The slot to ask for when nothing was given.
pub(crate) fn missing(bag: &Bag<'_, '_>, rtype: Option<RecordType>) -> &'static str {
    let hosts = bag.hosts().len();
    match rtype {
        None if bag.cues.has(Cue::Ttl) => "ttl",
        None if hosts == 2 => "type",
        _ => "value",
    }
}

/// A value that answers a question: its slots.
pub(crate) fn answer(what: &What, rtype: Option<RecordType>) -> Option<Slots> {
    let (own, text) = match what {
        What::Ip(ip) if ip.is_ipv4() => (RecordType::A, ip.to_string()),
        What::Ip(ip) => (RecordType::AAAA, ip.to_string()),
        What::Text(t) | What::Quote(t) => (RecordType::TXT, t.clone()),
        What::Host(h) if rtype.is_some_and(takes_host) && !h.wildcard && !h.url => {
            (rtype?, h.name.to_string())
        }
        _ => return None,
    };
    let fits = rtype.is_none_or(|t| t == own);
    fits.then(|| Slots::from([("type".into(), json!(own)), ("value".into(), json!(text))]))
}
