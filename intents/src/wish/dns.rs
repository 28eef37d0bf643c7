//! Slots of wishes about records.

use dombot_core::domain::RecordType;
use dombot_core::parse::AskReason;
use serde_json::json;

use super::owner::{Owner, joined, owners};
use super::value::{self, Value};
use super::{Ask, Bag, Slots};
use crate::cue::{Cue, Cues};

/// `dns.set`: owners before their values, or a TTL alone.
pub(crate) fn set(bag: &mut Bag<'_, '_>) -> Result<Vec<Slots>, Ask> {
    let change = Change::read(bag, "dns.set")?;
    if change.values.is_empty() && change.ttl.is_some() {
        let Some(rtype) = change.rtype else {
            return Err(Ask::missing(&["type"]).knowing(change.known()));
        };
        let slots =
            |o: &Owner| with(o.slots(), &[("type", json!(rtype)), ("ttl", json!(change.ttl))]);
        return Ok(change.owners.iter().map(slots).collect());
    }
    let onto = Cues::of(&[Cue::Onto, Cue::To]);
    let turned =
        |o: &Owner| change.values.iter().any(|v| v.at < o.at) && bag.before(o.at).any(onto);
    if change.owners.len() == 1 && turned(&change.owners[0]) && bag.cues.has(Cue::Point) {
        return Err(Ask::missing(&["name", "value"]).because(AskReason::Ambiguous));
    }
    let doubled = |v: &Value| change.values.iter().filter(|w| w.rtype == v.rtype).count() > 1;
    if change.owners.len() == 1 && change.values.iter().any(doubled) {
        return Err(Ask::missing(&["value"]).knowing(change.known()).because(AskReason::Ambiguous));
    }
    change.pairs()?.into_iter().map(|(o, v)| one(&change, o, v, false)).collect()
}

/// `dns.add`: every value for every owner.
pub(crate) fn add(bag: &mut Bag<'_, '_>) -> Result<Vec<Slots>, Ask> {
    let change = Change::read(bag, "dns.add")?;
    change.pairs()?.into_iter().map(|(o, v)| one(&change, o, v, true)).collect()
}

/// What a changing clause says.
struct Change {
    owners: Vec<Owner>,
    values: Vec<Value>,
    rtype: Option<RecordType>,
    ttl: Option<u64>,
}

impl Change {
    fn read(bag: &mut Bag<'_, '_>, kind: &str) -> Result<Self, Ask> {
        let rtype = match bag.types()[..] {
            [] if bag.cues.has(Cue::Alias) => Some(RecordType::CNAME),
            [] => None,
            [(i, first), ref rest @ ..] if rest.iter().all(|(_, t)| *t == first) => {
                bag.take(i);
                Some(first)
            }
            _ => return Err(Ask::missing(&["type"]).because(AskReason::Ambiguous)),
        };
        let ttl = value::ttl(bag)?;
        let values = value::values(bag, rtype, kind)?;
        let places: Vec<usize> = values.iter().map(|v| v.at).collect();
        let partial = Self { owners: vec![], values, rtype, ttl };
        let owners = owners(bag, &places).map_err(|mut ask| {
            let owner = std::mem::take(&mut ask.known);
            ask.knowing(partial.known().into_iter().chain(owner).collect())
        })?;
        let change = Self { owners, ..partial };
        if change.values.is_empty() && (change.ttl.is_none() || kind == "dns.add") {
            let missing = value::missing(bag, rtype);
            return Err(Ask::missing(&[missing]).knowing(change.known()));
        }
        Ok(change)
    }

    /// What is clear, for a question.
    fn known(&self) -> Slots {
        let mut out = match &self.owners[..] {
            [one] => one.slots(),
            _ => Slots::new(),
        };
        if let [value] = &self.values[..] {
            out.insert("value".into(), json!(value.text));
            if let Some(priority) = value.priority {
                out.insert("priority".into(), json!(priority));
            }
        }
        let rtype = self.rtype.or_else(|| self.values.first().map(|v| v.rtype));
        out.extend(rtype.map(|t| ("type".to_owned(), json!(t))));
        out.extend(self.ttl.map(|t| ("ttl".to_owned(), json!(t))));
        out
    }

    /// Owners with their values: "a and b to X", "a to X and b to Y", "X and Y for a".
    fn pairs(&self) -> Result<Vec<(&Owner, &Value)>, Ask> {
        let mut marks: Vec<(usize, Option<&Owner>, Option<&Value>)> = Vec::new();
        marks.extend(self.owners.iter().map(|o| (o.at, Some(o), None)));
        marks.extend(self.values.iter().map(|v| (v.at, None, Some(v))));
        marks.sort_by_key(|(at, ..)| *at);
        let turns = marks.windows(2).filter(|w| w[0].1.is_some() != w[1].1.is_some()).count();
        let product = || self.owners.iter().flat_map(|o| self.values.iter().map(move |v| (o, v)));
        let doubled = |v: &Value| self.values.iter().filter(|w| w.rtype == v.rtype).count() > 1;
        if turns <= 1 && self.owners.len() > 1 && self.values.iter().any(doubled) {
            return Err(Ask::missing(&["value"]).because(AskReason::Ambiguous));
        }
        if turns <= 1 {
            return Ok(product().collect());
        }
        if marks[0].1.is_none() {
            return Err(Ask::missing(&["value"]).because(AskReason::Ambiguous));
        }
        let (mut out, mut waiting, mut open) = (Vec::new(), Vec::<&Owner>::new(), false);
        for (_, owner, value) in marks {
            if let Some(owner) = owner {
                if open {
                    waiting.clear();
                }
                waiting.push(owner);
                open = false;
            } else if let Some(value) = value {
                out.extend(waiting.iter().map(|o| (*o, value)));
                open = true;
            }
        }
        let served = self.owners.iter().all(|o| out.iter().any(|(p, _)| p.at == o.at));
        if served { Ok(out) } else { Err(Ask::missing(&["value"]).because(AskReason::Ambiguous)) }
    }
}

/// One record, checked: an address has the type it has, a zone alone is no owner of an address.
fn one(change: &Change, owner: &Owner, value: &Value, adding: bool) -> Result<Slots, Ask> {
    let known = || change.known();
    if change.rtype.is_some_and(|t| t != value.rtype) {
        return Err(Ask::missing(&["value"]).knowing(owner.slots()).because(AskReason::BadValue));
    }
    let address = matches!(value.rtype, RecordType::A | RecordType::AAAA | RecordType::CNAME);
    // An alias can't stand beside the SOA of the apex (RFC 1034 3.6.2): a name was meant.
    let apex_alias = value.rtype == RecordType::CNAME && owner.name.is_apex();
    // "add MX mail.firma.pl na firma.pl": which is the value?
    let turned = adding && value.text == owner.domain.as_str() && !owner.name.is_apex();
    if turned && value.rtype != RecordType::CNAME {
        return Err(Ask::missing(&["name", "value"]).because(AskReason::Ambiguous));
    }
    if owner.zone_only && address || apex_alias {
        let mut known = known();
        known.remove("name");
        return Err(Ask::missing(&["name"]).knowing(known));
    }
    let text = match value.priority {
        Some(priority) if !adding => format!("{priority} {}", value.text),
        _ => value.text.clone(),
    };
    let mut slots = with(owner.slots(), &[("type", json!(value.rtype)), ("value", json!(text))]);
    slots.extend(value.priority.filter(|_| adding).map(|p| ("priority".to_owned(), json!(p))));
    slots.extend(change.ttl.map(|t| ("ttl".to_owned(), json!(t))));
    Ok(slots)
}

fn with(mut slots: Slots, more: &[(&str, serde_json::Value)]) -> Slots {
    slots.extend(more.iter().map(|(k, v)| ((*k).to_owned(), v.clone())));
    slots
}

/// `dns.delete`: a value, a set, all sets of a name, or everything; never less than that said clearly.
pub(crate) fn delete(bag: &mut Bag<'_, '_>) -> Result<Vec<Slots>, Ask> {
    let types = bag.types();
    let said = types.first().map(|(_, t)| *t);
    let values = value::doomed(bag, said);
    let places: Vec<usize> = values.iter().map(|v| v.at).collect();
    bag.take_all(&types);
    let by_type = said.map(|t| Slots::from([("type".to_owned(), json!(t))])).unwrap_or_default();
    let owners = owners(bag, &places).map_err(|ask| {
        let known = by_type.clone().into_iter().chain(ask.known.clone()).collect();
        ask.knowing(known)
    })?;
    let apart = owners.windows(2).any(|w| !joined(bag, w[0].at, w[1].at));
    if apart && said.is_some_and(value::takes_host) {
        return Err(Ask::missing(&["name"]).knowing(by_type).because(AskReason::Ambiguous));
    }
    let all = bag.cues.has(Cue::All);
    let mut out = Vec::new();
    for owner in &owners {
        let base = owner.slots();
        let whole = all && owner.name.is_apex();
        match (&types[..], &values[..]) {
            ([], []) if whole && bag.cues.has(Cue::Record) => {
                let domain = json!(owner.domain);
                out.push(Slots::from([("domain".into(), domain), ("scope".into(), json!("all"))]));
            }
            ([], []) if all && bag.cues.has(Cue::Record) => out.push(base),
            ([], []) => return Err(Ask::missing(&["type"]).knowing(base)),
            (_, []) if whole || owner.zone_only && said != Some(RecordType::MX) => {
                let known = Slots::from([("domain".to_owned(), json!(owner.domain))]);
                return Err(
                    Ask::missing(&["name"]).knowing(known.into_iter().chain(by_type).collect())
                );
            }
            (types, []) => {
                out.extend(types.iter().map(|(_, t)| with(base.clone(), &[("type", json!(t))])));
            }
            // "delete 203.0.113.7 from firma.pl": at the apex, or wherever it stands?
            ([], [Value { rtype: RecordType::A | RecordType::AAAA, .. }, ..])
                if owner.name.is_apex() =>
            {
                let Value { rtype, text, .. } = &values[0];
                let mut known = with(base, &[("type", json!(rtype)), ("value", json!(text))]);
                known.remove("name");
                return Err(Ask::missing(&["name"]).knowing(known));
            }
            (types, values) if types.len() <= 1 => {
                for value in values {
                    if said.is_some_and(|t| t != value.rtype) {
                        return Err(Ask::missing(&["value"])
                            .knowing(base)
                            .because(AskReason::BadValue));
                    }
                    let pair = [("type", json!(value.rtype)), ("value", json!(value.text))];
                    out.push(with(base.clone(), &pair));
                }
            }
            _ => return Err(Ask::missing(&["type"]).knowing(base).because(AskReason::Ambiguous)),
        }
    }
    Ok(out)
}

/// `dns.list`: a domain, perhaps one name, perhaps types.
pub(crate) fn list(bag: &mut Bag<'_, '_>) -> Result<Vec<Slots>, Ask> {
    let types = bag.types();
    bag.take_all(&types);
    let by_type = match types[..] {
        [(_, t)] => Slots::from([("type".to_owned(), json!(t))]),
        _ => Slots::new(),
    };
    let mut out = Vec::new();
    for owner in owners(bag, &[]).map_err(|ask| ask.knowing(by_type))? {
        let mut slots = owner.slots();
        let asked = bag.cues.any(Cues::of(&[Cue::ListWhat, Cue::Apex]));
        if owner.name.is_apex() && !asked {
            slots.remove("name");
        }
        if types.is_empty() {
            out.push(slots.clone());
        }
        out.extend(types.iter().map(|(_, t)| with(slots.clone(), &[("type", json!(t))])));
    }
    Ok(out)
}

/// `dns.find`: an address or a host name.
pub(crate) fn find(bag: &mut Bag<'_, '_>) -> Result<Vec<Slots>, Ask> {
    use crate::span::What;
    let said = bag.all(|w| match w {
        What::Ip(ip) => Some(ip.to_string()),
        What::Host(h) if !h.wildcard => Some(h.name.to_string()),
        _ => None,
    });
    if said.is_empty() {
        return Err(Ask::missing(&["value"]));
    }
    if bag.cues.has(Cue::Ip) && bag.cues.has(Cue::Host) {
        return Err(Ask::missing(&["value"]).because(AskReason::Ambiguous));
    }
    bag.take_all(&said);
    Ok(said.into_iter().map(|(_, v)| Slots::from([("value".to_owned(), json!(v))])).collect())
}
