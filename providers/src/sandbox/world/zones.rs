//! The DNS host's rules. A change is all or nothing, and may say what it expects to find.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::ops::{Answer, Change, ChangeBody, Outcome, Refusal, ok};
use super::rdata::{Labels, Type};
use super::state::{NewEffect, Set, State, Who, Zone};

/// Most record sets of one call.
pub(super) const MAX_CHANGES: usize = 100;
/// Most bytes of all data of one record set, so that it fits into one DNS message.
pub(super) const MAX_SET: usize = 32 * 1024;
/// Servers of a new zone.
pub(super) const NAMESERVERS: [&str; 2] = ["ns1.sandbox.test", "ns2.sandbox.test"];

fn find<'s>(state: &'s State, id: &str) -> Result<&'s Zone, Refusal> {
    state.zones.get(id).ok_or_else(|| Refusal::unknown("zone"))
}

fn sets_json<'z>(sets: impl Iterator<Item = (&'z Labels, Type, &'z Set)>) -> Vec<Value> {
    sets.map(
        |(name, rtype, set)| json!({"name": name, "type": rtype, "ttl": set.ttl, "data": set.data}),
    )
    .collect()
}

fn all(zone: &Zone) -> impl Iterator<Item = (&Labels, Type, &Set)> {
    zone.sets.iter().flat_map(|(name, at)| at.iter().map(move |(t, set)| (name, *t, set)))
}

/// `{"zones": [{"id", "name"}]}`.
pub(super) fn list(state: &State) -> Outcome {
    let zones = state.zones.iter().map(|(id, z)| json!({"id": id, "name": z.name}));
    ok(json!({"zones": zones.collect::<Vec<_>>()}))
}

/// `{"id", "name", "count", "sets": [..]}`, complete.
pub(super) fn whole(state: &State, id: &str) -> Outcome {
    let zone = find(state, id)?;
    let sets = sets_json(all(zone));
    ok(json!({"id": id, "name": zone.name, "count": sets.len(), "sets": sets}))
}

/// `{"sets": [..]}` of one owner.
pub(super) fn sets(state: &State, id: &str, name: &Labels, rtype: Option<Type>) -> Outcome {
    let at = find(state, id)?.sets.get(name);
    let wanted = at.into_iter().flatten().filter(|(t, _)| rtype.is_none_or(|r| r == **t));
    ok(json!({"sets": sets_json(wanted.map(|(t, set)| (name, *t, set)))}))
}

/// Changes sets, all or none; then the serial goes up by one, whatever an SOA in the change says.
pub(super) fn change(
    state: &mut State,
    now: Timestamp,
    id: &str,
    key: Option<&str>,
    body: &ChangeBody,
) -> Outcome {
    let zone = find(state, id)?;
    if body.changes.is_empty() || body.changes.len() > MAX_CHANGES {
        return Err(Refusal::invalid(format!("1 to {MAX_CHANGES} changes in one call")));
    }
    let mut seen = std::collections::BTreeSet::new();
    for change in &body.changes {
        allowed(zone, change)?;
        if !seen.insert((&change.name, change.rtype)) {
            return Err(Refusal::invalid(format!("{} {} twice", change.name, change.rtype)));
        }
    }
    for change in &body.changes {
        expected(zone, change)?;
    }
    let mut next = zone.clone();
    for change in &body.changes {
        next.put(&change.name, change.rtype, change.after.clone());
    }
    whole_zone_rules(&next, body)?;
    set_serial(&mut next, serial(zone).wrapping_add(1));
    let (before, after) = (picture(zone, body), picture(&next, body));
    let name = zone.name.to_string();
    state.zones.insert(id.to_owned(), next);
    let (who, kind) = (Who::Dns, "dns_change");
    let effect =
        state.book(NewEffect { at: now, who, kind, domain: &name, key, amount: 0, before, after });
    ok(json!({"id": id, "change": format!("dns-{effect}")}))
}

fn picture(zone: &Zone, body: &ChangeBody) -> Value {
    let sets = body
        .changes
        .iter()
        .filter_map(|c| zone.get(&c.name, c.rtype).map(|set| (&c.name, c.rtype, set)));
    json!(sets_json(sets))
}

/// What can be said of one change alone.
fn allowed(zone: &Zone, change: &Change) -> Result<(), Refusal> {
    let at = format!("{} {}", change.name, change.rtype);
    let no = |why: &str| Err(Refusal::invalid(format!("{at}: {why}")));
    if !change.name.is_in(&zone.name) {
        return no("outside the zone");
    }
    if !change.rtype.is_settable() {
        return no("this type cannot be set");
    }
    let at_apex = change.name == zone.name;
    if change.rtype == Type::SOA && (!at_apex || change.after.is_none()) {
        return no("exactly one SOA, at the apex");
    }
    if at_apex && change.rtype == Type::NS && change.after.is_none() {
        return no("the apex needs its NS");
    }
    let Some(set) = &change.after else { return Ok(()) };
    if set.ttl > 0x7fff_ffff {
        return no("the TTL is too long");
    }
    let wires = match set.wires(change.rtype) {
        Ok(wires) => wires,
        Err(why) => return no(&why),
    };
    let single = matches!(change.rtype, Type::CNAME | Type::SOA | Type::DNAME);
    match wires.len() {
        0 => no("no values"),
        n if n > 1 && single => no("only one value"),
        _ if wires.iter().map(|w| w.len() + 12).sum::<usize>() > MAX_SET => no("too much data"),
        _ => Ok(()),
    }
}

/// Compare before set.
fn expected(zone: &Zone, change: &Change) -> Result<(), Refusal> {
    let Some(before) = &change.before else { return Ok(()) };
    let now = zone.get(&change.name, change.rtype);
    let same = match (before, now) {
        (None, None) => true,
        (Some(a), Some(b)) => {
            a.ttl == b.ttl && contents(a, change.rtype) == contents(b, change.rtype)
        }
        _ => false,
    };
    let message = || format!("{} {} is not as expected", change.name, change.rtype);
    if same { Ok(()) } else { Err(Refusal::new(409, "changed", message())) }
}

/// Wire forms, without the SOA's serial, which is ours.
fn contents(set: &Set, rtype: Type) -> Result<Vec<Vec<u8>>, String> {
    let mut wires = set.wires(rtype)?;
    if rtype == Type::SOA {
        for wire in &mut wires {
            let numbers = wire.len().saturating_sub(20);
            wire[numbers..numbers + 4].fill(0);
        }
    }
    Ok(wires)
}

/// A CNAME stands alone at its name (RFC 1034 3.6.2).
fn whole_zone_rules(zone: &Zone, body: &ChangeBody) -> Result<(), Refusal> {
    for change in &body.changes {
        let at = zone.sets.get(&change.name);
        if at.is_some_and(|at| at.len() > 1 && at.contains_key(&Type::CNAME)) {
            let message = format!("{}: a CNAME beside other data", change.name);
            return Err(Refusal::new(422, "cname", message));
        }
    }
    Ok(())
}

fn serial(zone: &Zone) -> u32 {
    let soa = zone.get(&zone.name, Type::SOA).and_then(|s| s.data.first());
    soa.and_then(|text| text.split_whitespace().nth(2)?.parse().ok()).unwrap_or(0)
}

fn set_serial(zone: &mut Zone, to: u32) {
    let apex = zone.name.clone();
    let Some(soa) = zone.sets.get_mut(&apex).and_then(|at| at.get_mut(&Type::SOA)) else { return };
    for text in &mut soa.data {
        let mut fields: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        if let Some(field) = fields.get_mut(2) {
            *field = to.to_string();
        }
        *text = fields.join(" ");
    }
}

/// An empty zone: SOA and NS.
pub(super) fn empty(name: &Labels, now: Timestamp) -> Zone {
    let serial = now.strftime("%Y%m%d01");
    let soa =
        format!("{}. hostmaster.sandbox.test. {serial} 7200 3600 1209600 300", NAMESERVERS[0]);
    let ns = NAMESERVERS.iter().map(|n| format!("{n}.")).collect();
    let mut zone = Zone { name: name.clone(), sets: BTreeMap::new() };
    zone.put(name, Type::SOA, Some(Set { ttl: 3600, data: vec![soa] }));
    zone.put(name, Type::NS, Some(Set { ttl: 3600, data: ns }));
    zone
}

/// Makes a zone; its identifier was never used before.
pub(super) fn create(
    state: &mut State,
    now: Timestamp,
    name: &Labels,
    key: Option<&str>,
) -> Outcome {
    if name.depth() < 2 {
        return Err(Refusal::invalid("not a zone name"));
    }
    if state.zones.values().any(|z| z.name == *name) {
        return Err(Refusal::new(409, "exists", "the account has this zone already"));
    }
    let id = format!("zone-{}", state.new_id());
    state.zones.insert(id.clone(), empty(name, now));
    let (who, kind, after) = (Who::Dns, "zone_create", json!({"id": id}));
    let domain = &name.to_string();
    state.book(NewEffect {
        at: now,
        who,
        kind,
        domain,
        key,
        amount: 0,
        before: Value::Null,
        after,
    });
    Ok(Answer { status: 201, body: json!({"id": id, "name": name}) })
}

/// Deletes a zone with everything in it.
pub(super) fn delete(state: &mut State, now: Timestamp, id: &str, key: Option<&str>) -> Outcome {
    let zone = state.zones.remove(id).ok_or_else(|| Refusal::unknown("zone"))?;
    let (who, kind, before) = (Who::Dns, "zone_delete", json!(sets_json(all(&zone))));
    let domain = &zone.name.to_string();
    state.book(NewEffect {
        at: now,
        who,
        kind,
        domain,
        key,
        amount: 0,
        before,
        after: Value::Null,
    });
    ok(json!({"id": id}))
}

/// Somebody else changes a set: by zone name, with the checks of one set but without the customer's key.
pub(super) fn put_by_admin(
    state: &mut State,
    now: Timestamp,
    zone: &str,
    at: (&str, Type),
    set: Option<Set>,
) -> Result<(), Refusal> {
    let name = Labels::parse(zone).map_err(Refusal::invalid)?;
    let owner = Labels::parse(at.0).map_err(Refusal::invalid)?;
    let found = state.zones.iter().find(|(_, z)| z.name == name).map(|(id, _)| id.clone());
    let id = found.ok_or_else(|| Refusal::unknown("zone"))?;
    let change = Change { name: owner, rtype: at.1, before: None, after: set };
    let body = ChangeBody { changes: vec![change] };
    self::change(state, now, &id, None, &body)?;
    if let Some(effect) = state.ledger.last_mut() {
        effect.kind = "admin_set".into();
    }
    Ok(())
}
