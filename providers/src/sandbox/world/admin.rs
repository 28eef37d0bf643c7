//! The operator's own face: what a test does to the world behind the customer's back.

use std::collections::BTreeMap;

use axum::http::Method;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::World;
use super::faults::Rule;
use super::ops::{Outcome, Refusal, ok};
use super::rdata::{Labels, Type};
use super::state::{Domain, Effect, NewEffect, Set, State, Who, amount, minor};
use super::zones;

/// Books what no customer did.
pub(super) fn book(
    state: &mut State,
    at: Timestamp,
    who: Who,
    kind: &str,
    domain: &str,
    (before, after): (Value, Value),
) {
    state.book(NewEffect { at, who, kind, domain, key: None, amount: 0, before, after });
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockBody {
    offset_secs: Option<i64>,
    advance_secs: Option<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DomainBody {
    registrar: Who,
    name: String,
    expires: Date,
    #[serde(default)]
    auto_renew: bool,
    #[serde(default)]
    locked: bool,
    #[serde(default)]
    nameservers: Vec<String>,
    #[serde(default)]
    statuses: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BalanceBody {
    registrar: Who,
    balance: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PriceBody {
    registrar: Who,
    tld: String,
    price: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ZoneBody {
    name: Labels,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetBody {
    zone: String,
    name: String,
    #[serde(rename = "type")]
    rtype: Type,
    set: Option<Set>,
}

/// Answers a call below `/admin`.
pub(super) fn answer(
    world: &World,
    (method, path): (&Method, &[&str]),
    query: &BTreeMap<String, String>,
    body: &[u8],
) -> Outcome {
    let edit = |f: &mut dyn FnMut(&mut State, Timestamp) -> Outcome| {
        world.edit(|s, now| f(s, now)).unwrap_or_else(|e| Err(disk(&e)))
    };
    match (method.as_str(), path) {
        ("GET", ["ledger"]) => ledger(world, query),
        ("GET", ["clock"]) => clock(world),
        ("POST", ["clock"]) => set_clock(world, &parse(body)?),
        ("GET", ["faults"]) => ok(json!({"rules": world.lock().rules})),
        ("POST", ["faults"]) => {
            let id = world.fault(parse::<Rule>(body)?).map_err(|e| disk(&e))?;
            ok(json!({"id": id}))
        }
        ("DELETE", ["faults"]) => edit(&mut |s, _| {
            s.rules.clear();
            ok(json!({}))
        }),
        ("POST", ["domains"]) => {
            let body: DomainBody = parse(body)?;
            edit(&mut |s, now| put_domain(s, now, &body))
        }
        ("POST", ["balance"]) => {
            let body: BalanceBody = parse(body)?;
            edit(&mut |s, now| set_balance(s, now, &body))
        }
        ("POST", ["price"]) => {
            let body: PriceBody = parse(body)?;
            edit(&mut |s, _| set_price(s, &body))
        }
        ("POST", ["zones"]) => {
            let body: ZoneBody = parse(body)?;
            edit(&mut |s, now| zones::create(s, now, &body.name, None))
        }
        ("POST", ["sets"]) => {
            let body: SetBody = parse(body)?;
            edit(&mut |s, now| {
                let at = (body.name.as_str(), body.rtype);
                zones::put_by_admin(s, now, &body.zone, at, body.set.clone())?;
                ok(json!({}))
            })
        }
        _ => Err(Refusal::unknown("such call")),
    }
}

/// Decodes a body.
pub(super) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|e| Refusal::invalid(e.to_string()))
}

fn disk(e: &std::io::Error) -> Refusal {
    Refusal::new(500, "disk", e.to_string())
}

fn ledger(world: &World, query: &BTreeMap<String, String>) -> Outcome {
    let wanted = |e: &Effect| {
        query.get("domain").is_none_or(|d| *d == e.domain)
            && query.get("kind").is_none_or(|k| *k == e.kind)
    };
    let effects = world.look(&[], |s| s.ledger.iter().filter(|e| wanted(e)).cloned().collect());
    let effects: Vec<Effect> = effects.map_err(|e| disk(&e))?;
    ok(json!({"effects": effects}))
}

fn clock(world: &World) -> Outcome {
    let offset = world.lock().offset_secs;
    ok(json!({"now": world.now(), "offset_secs": offset}))
}

fn set_clock(world: &World, body: &ClockBody) -> Outcome {
    let offset = world.lock().offset_secs;
    let to = body.offset_secs.unwrap_or(offset).checked_add(body.advance_secs.unwrap_or(0));
    let to = to.ok_or_else(|| Refusal::invalid("too far"))?;
    world.advance(to.saturating_sub(offset)).map_err(|e| disk(&e))?;
    clock(world)
}

fn put_domain(state: &mut State, now: Timestamp, body: &DomainBody) -> Outcome {
    let domain = Domain {
        expires: body.expires,
        auto_renew: body.auto_renew,
        locked: body.locked,
        nameservers: body.nameservers.clone(),
        statuses: body.statuses.clone(),
    };
    let after = json!(domain);
    let Some(r) = state.registrar_mut(body.registrar) else {
        return Err(Refusal::unknown("registrar"));
    };
    let before = json!(r.domains.insert(body.name.clone(), domain));
    book(state, now, body.registrar, "admin_domain", &body.name, (before, after));
    ok(json!({}))
}

fn set_balance(state: &mut State, now: Timestamp, body: &BalanceBody) -> Outcome {
    let to = minor(&body.balance).ok_or_else(|| Refusal::invalid("balance like 500.00"))?;
    let Some(r) = state.registrar_mut(body.registrar) else {
        return Err(Refusal::unknown("registrar"));
    };
    let before = amount(std::mem::replace(&mut r.balance, to));
    let change = (json!(before), json!(amount(to)));
    book(state, now, body.registrar, "admin_balance", "", change);
    ok(json!({}))
}

fn set_price(state: &mut State, body: &PriceBody) -> Outcome {
    let price = minor(&body.price).ok_or_else(|| Refusal::invalid("price like 49.00"))?;
    let Some(r) = state.registrar_mut(body.registrar) else {
        return Err(Refusal::unknown("registrar"));
    };
    r.prices.insert(body.tld.clone(), price);
    ok(json!({}))
}
