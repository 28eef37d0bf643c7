//! Grounding: every slot of a proposal must be a span of the person's own words. What a model made up, completed or
//! changed finds no span, and the proposal falls.

use std::collections::BTreeMap;
use std::net::IpAddr;

use dombot_core::action::{Action, Spec};
use dombot_core::domain::{DomainName, RecordName};
use serde_json::{Map, Value, json};

use super::answer::Proposal;
use super::evidence::Evidence;
use super::schema;
use super::slot;
use crate::cue::Cue;
use crate::span::{Host, What};
use crate::wish::{registrable, split_host};

/// A proposal whose every slot was said, and where.
#[derive(Debug, Clone)]
pub(super) struct Claim {
    /// Its row of the table.
    pub(super) spec: &'static Spec,
    /// Typed and valid.
    pub(super) action: Action,
    /// Its moment, in the normal form.
    pub(super) at: Option<String>,
    /// Pieces that say whose it is: the domain, and the name in it.
    pub(super) owner: Vec<usize>,
    /// Pieces of the other slots; a derived slot has none.
    pub(super) values: BTreeMap<String, Vec<usize>>,
}

impl Claim {
    /// All pieces that it used.
    pub(super) fn used(&self) -> Vec<usize> {
        self.owner.iter().chain(self.values.values().flatten()).copied().collect()
    }

    /// It can change something.
    pub(super) fn changes(&self) -> bool {
        self.spec.mutates()
    }
}

/// The claim, or the slots that were not said. An invented kind, field or value misses everything.
pub(super) fn ground(
    proposal: &Proposal,
    evidence: &Evidence<'_, '_>,
) -> Result<Claim, Vec<String>> {
    let spec = schema::kinds().find(|s| s.kind == proposal.kind).ok_or_else(Vec::new)?;
    let mut slots: Map<String, Value> = proposal
        .slots
        .iter()
        .filter(|(_, v)| !v.is_null())
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect();
    let known = known_slots(spec);
    whole_host(&mut slots, &known, evidence);
    if spec.kind == "dns.delete" {
        of_the_domain(&mut slots);
    }
    let missing: Vec<String> =
        required(spec).into_iter().filter(|s| !slots.contains_key(s)).collect();
    if !missing.is_empty() {
        return Err(missing);
    }
    let (action, slots) = typed(spec, &slots)?;
    let mut claim = Claim { spec, action, at: None, owner: vec![], values: BTreeMap::new() };
    let missed = find_all(&mut claim, &slots, evidence);
    if !missed.is_empty() {
        return without(proposal, spec, &missed, evidence);
    }
    claim.at = moment(proposal.at.as_deref(), &mut claim.values, evidence)
        .ok_or_else(|| vec!["at".to_owned()])?;
    Ok(claim)
}

/// A look may do without a slot that was not said: it shows more then.
fn without(
    proposal: &Proposal,
    spec: &Spec,
    missed: &[String],
    evidence: &Evidence<'_, '_>,
) -> Result<Claim, Vec<String>> {
    let needed = required(spec);
    let optional = missed.iter().all(|m| !needed.contains(m) && proposal.slots.contains_key(m));
    if spec.mutates() || !optional {
        return Err(missed.to_vec());
    }
    let mut less = proposal.clone();
    less.slots.retain(|k, _| !missed.contains(k));
    ground(&less, evidence)
}

fn known_slots(spec: &Spec) -> Vec<String> {
    let schema = (spec.slots)();
    schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(Map::keys)
        .cloned()
        .collect()
}

fn required(spec: &Spec) -> Vec<String> {
    let schema = (spec.slots)();
    let list = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    list.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect()
}

/// Models write `{"domain": "www.firma.pl"}`: where exactly that host was said, it is cut by the Public Suffix List.
fn whole_host(slots: &mut Map<String, Value>, known: &[String], evidence: &Evidence<'_, '_>) {
    let Some(Ok(said)) = slots.get("domain").and_then(Value::as_str).map(DomainName::parse) else {
        return;
    };
    if !known.iter().any(|k| k == "name") {
        return;
    }
    let host = evidence.pieces.iter().find_map(|p| match &p.what {
        What::Host(h) if h.name == said => Some(h),
        _ => None,
    });
    let Some((domain, name)) = host.and_then(split_host) else { return };
    let given = slots.get("name").and_then(Value::as_str).unwrap_or("@");
    if !name.is_apex() && (given == "@" || given == name.as_str()) {
        slots.insert("domain".into(), json!(domain));
        slots.insert("name".into(), json!(name));
    }
}

/// What a deletion says by saying nothing: the domain's own records, of the type that the value has.
fn of_the_domain(slots: &mut Map<String, Value>) {
    let value = slots.get("value").and_then(Value::as_str).and_then(type_of);
    if let Some(rtype) = value {
        slots.entry("type").or_insert_with(|| json!(rtype));
    }
    if slots.contains_key("type") && !slots.contains_key("scope") {
        slots.entry("name").or_insert_with(|| json!("@"));
    }
}

/// Valid by the table, and its slots in their normal forms.
fn typed(
    spec: &Spec,
    slots: &Map<String, Value>,
) -> Result<(Action, Map<String, Value>), Vec<String>> {
    let action: Action =
        serde_json::from_value(json!({"kind": spec.kind, "slots": slots})).map_err(|_| vec![])?;
    match json!(action)["slots"].take() {
        Value::Object(normal) => Ok((action, normal)),
        _ => Err(vec![]),
    }
}

/// Finds every slot; gives those that were not said.
fn find_all(
    claim: &mut Claim,
    slots: &Map<String, Value>,
    evidence: &Evidence<'_, '_>,
) -> Vec<String> {
    let mut missed = Vec::new();
    for (name, value) in slots.iter().filter(|(n, _)| !matches!(n.as_str(), "domain" | "name")) {
        match slot::find(claim.spec, (name, value), slots, evidence) {
            Some(pieces) => drop(claim.values.insert(name.clone(), pieces)),
            None => missed.push(name.clone()),
        }
    }
    let taken: Vec<usize> = claim.values.values().flatten().copied().collect();
    if let Some(domain) = slots.get("domain").and_then(Value::as_str) {
        let name = slots.get("name").and_then(Value::as_str);
        match owner(claim.spec, (domain, name), &taken, evidence) {
            Some(pieces) => claim.owner = pieces,
            None => missed.push("domain".to_owned()),
        }
    }
    missed
}

/// Whose it is: one host that was said, whole; or a domain and a name below it that were said apart.
fn owner(
    spec: &Spec,
    wanted: (&str, Option<&str>),
    taken: &[usize],
    evidence: &Evidence<'_, '_>,
) -> Option<Vec<usize>> {
    let (domain, name) = wanted;
    let hosts = evidence.pieces.iter().enumerate().filter(|(i, _)| !taken.contains(i));
    let hosts =
        hosts.filter_map(|(i, p)| if let What::Host(h) = &p.what { Some((i, h)) } else { None });
    let of_records = known_slots(spec).iter().any(|k| k == "name");
    hosts.into_iter().find_map(|(i, host)| {
        if !of_records {
            return (whole(spec, host)?.as_str() == domain).then(|| vec![i]);
        }
        let (d, below) = split_host(host).filter(|_| !host.url)?;
        if d.as_str() != domain {
            return None;
        }
        // "To the zone firma.pl" names no owner in it.
        let only_zone = spec.mutates() && below.is_apex() && evidence.before(i).has(Cue::Zone);
        match name {
            None => below.is_apex().then(|| vec![i]),
            Some(name) if name == below.as_str() && !only_zone => Some(vec![i]),
            Some(name) => label(name, (i, &below), taken, evidence).map(|j| vec![i, j]),
        }
    })
}

/// The domain that a host means where no owner name is in question.
fn whole(spec: &Spec, host: &Host) -> Option<DomainName> {
    let area = spec.kind.split('.').next().unwrap_or_default();
    match area {
        "zone" | "dns" => (!host.wildcard && !host.url).then(|| host.name.clone()),
        _ if spec.mutates() => registrable(host),
        _ => split_host(host).map(|(d, _)| d),
    }
}

/// A relative name that was said apart: "www", "the subdomain kasa", "kasa w firma.pl".
fn label(
    name: &str,
    host: (usize, &RecordName),
    taken: &[usize],
    evidence: &Evidence<'_, '_>,
) -> Option<usize> {
    let (at, below) = host;
    let full =
        |part: &str| if below.is_apex() { part.to_owned() } else { format!("{part}.{below}") };
    let fits = |what: &What, raw: &str| match what {
        What::Name(n) if n.is_apex() => name == below.as_str(),
        What::Name(n) => full(n.as_str()) == name,
        What::Word => RecordName::parse(raw).is_ok_and(|n| full(n.as_str()) == name),
        _ => false,
    };
    let pieces = evidence.pieces.iter().enumerate();
    let mut found = pieces.filter(|(i, p)| {
        let word = p.cues.is_empty() && i + 2 == at && evidence.pieces[i + 1].cues.has(Cue::Of);
        !taken.contains(i) && (p.what != What::Word || word) && fits(&p.what, p.raw)
    });
    found.next().map(|(i, _)| i)
}

/// `None`: a moment that was not said. A bare day that was said is one; hours belong to the offline parser.
#[expect(clippy::option_option, reason = "no moment is an answer too")]
fn moment(
    at: Option<&str>,
    values: &mut BTreeMap<String, Vec<usize>>,
    evidence: &Evidence<'_, '_>,
) -> Option<Option<String>> {
    let Some(at) = at else { return Some(None) };
    let day: jiff::civil::Date = at.parse().ok().filter(|_| at.len() == 10)?;
    let piece = evidence.pieces.iter().position(|p| p.what == What::Date(day, day))?;
    values.insert("at".to_owned(), vec![piece]);
    Some(Some(at.to_owned()))
}

/// The type that a value has by its shape.
pub(super) fn type_of(value: &str) -> Option<&'static str> {
    match value.parse() {
        Ok(IpAddr::V4(_)) => Some("A"),
        Ok(IpAddr::V6(_)) => Some("AAAA"),
        Err(_) => value.starts_with("v=").then_some("TXT"),
    }
}
