//! The two registrars' rules. They differ on purpose: a knows keys again and checks the expected expiry,
//! b writes the key down, charges each time, and looks at no expectation.

use jiff::{SignedDuration, Timestamp, ToSpan, tz::TimeZone};
use serde_json::{Value, json};

use super::ops::{AutoRenewBody, Outcome, Refusal, RenewBody, ok};
use super::state::{Domain, NewEffect, Order, Registrar, State, Who, amount, minor};

/// How long registrar a knows a key.
pub(super) const KEY_VALID: SignedDuration = SignedDuration::from_hours(24);

/// A renewal as it was sent.
#[derive(Debug)]
pub(super) struct Renewal<'a> {
    /// Which domain.
    pub name: &'a str,
    /// The customer's key.
    pub key: &'a Option<String>,
    /// The rest.
    pub body: &'a RenewBody,
}

fn facts(name: &str, d: &Domain) -> Value {
    json!({
        "name": name, "expires": d.expires, "auto_renew": d.auto_renew, "locked": d.locked,
        "nameservers": d.nameservers, "statuses": d.statuses,
    })
}

/// `{"domains": [..]}`.
pub(super) fn domains(r: &Registrar) -> Outcome {
    ok(json!({"domains": r.domains.iter().map(|(n, d)| facts(n, d)).collect::<Vec<_>>()}))
}

/// One of them.
pub(super) fn domain(r: &Registrar, name: &str) -> Outcome {
    ok(facts(name, r.domains.get(name).ok_or_else(|| Refusal::unknown("domain"))?))
}

fn price(r: &Registrar, name: &str) -> Option<i64> {
    r.prices.get(name.rsplit('.').next()?).copied()
}

/// Free means: no registrar of the sandbox holds it and its top level has a price.
pub(super) fn check(state: &State, r: &Registrar, name: &str) -> Outcome {
    let taken = state.a.domains.contains_key(name) || state.b.domains.contains_key(name);
    let price = price(r, name);
    let sellable = price.is_some() && name.matches('.').count() == 1;
    ok(json!({
        "name": name, "available": sellable && !taken, "price": price.map(amount),
        "currency": r.currency, "premium": false,
    }))
}

/// Total for so many years, and the balance.
pub(super) fn quote(r: &Registrar, name: &str, years: u8) -> Outcome {
    r.domains.get(name).ok_or_else(|| Refusal::unknown("domain"))?;
    let total = total(r, name, years)?;
    ok(json!({
        "name": name, "years": years, "price": amount(total), "balance": amount(r.balance),
        "currency": r.currency, "premium": false, "tax": "included",
    }))
}

fn total(r: &Registrar, name: &str, years: u8) -> Result<i64, Refusal> {
    if !(1..=10).contains(&years) {
        return Err(Refusal::invalid("1 to 10 years"));
    }
    let one = price(r, name).ok_or_else(|| Refusal::invalid("this top level is not sold here"))?;
    Ok(one * i64::from(years))
}

fn order_json(r: &Registrar, o: &Order) -> Value {
    json!({
        "id": o.id, "at": o.at, "key": o.key, "domain": o.domain, "charged": amount(o.charged),
        "currency": r.currency, "expires": o.expires, "balance": amount(o.balance),
    })
}

/// `{"orders": [..]}`, oldest first.
pub(super) fn orders(r: &Registrar, key: Option<&str>, domain: Option<&str>) -> Outcome {
    let wanted = |o: &&Order| {
        (key.is_none() || o.key.as_deref() == key) && domain.is_none_or(|d| o.domain == d)
    };
    ok(
        json!({"orders": r.orders.iter().filter(wanted).map(|o| order_json(r, o)).collect::<Vec<_>>()}),
    )
}

/// Charges and moves the expiry.
pub(super) fn renew(state: &mut State, now: Timestamp, who: Who, renewal: &Renewal<'_>) -> Outcome {
    let r = state.registrar(who).ok_or_else(|| Refusal::unknown("registrar"))?;
    let request = json!({"domain": renewal.name, "body": renewal.body});
    if who == Who::A {
        let key = renewal
            .key
            .as_deref()
            .ok_or_else(|| Refusal::invalid("the header Idempotency-Key is missing"))?;
        if let Some(first) = known_key(r, key, now) {
            return repeated(r, first, &request);
        }
    }
    let order = accept(r, now, who, renewal)?;
    let id = format!("{}-{}", who.id(), state.new_id());
    let before = state.registrar(who).map(|r| picture(r, renewal.name));
    let order = Order { id, request, ..order };
    let Some(r) = state.registrar_mut(who) else { return Err(Refusal::unknown("registrar")) };
    r.balance = order.balance;
    if let Some(domain) = r.domains.get_mut(renewal.name) {
        domain.expires = order.expires;
    }
    r.orders.push(order.clone());
    let (body, after) = (order_json(r, &order), picture(r, renewal.name));
    state.book(NewEffect {
        at: now,
        who,
        kind: "renew",
        domain: renewal.name,
        key: renewal.key.as_deref(),
        amount: order.charged,
        before: json!(before),
        after,
    });
    ok(body)
}

fn picture(r: &Registrar, name: &str) -> Value {
    json!({
        "expires": r.domains.get(name).map(|d| d.expires), "balance": amount(r.balance),
    })
}

fn known_key<'r>(r: &'r Registrar, key: &str, now: Timestamp) -> Option<&'r Order> {
    let fresh = |o: &&Order| now.duration_since(o.at) < KEY_VALID;
    r.orders.iter().rev().filter(fresh).find(|o| o.key.as_deref() == Some(key))
}

fn repeated(r: &Registrar, first: &Order, request: &Value) -> Outcome {
    if first.request != *request {
        return Err(Refusal::new(422, "key_reused", "this key was used with another body"));
    }
    let mut body = order_json(r, first);
    body["repeated"] = json!(true);
    ok(body)
}

/// All checks of a renewal, and the order that it becomes (without number and request).
fn accept(
    r: &Registrar,
    now: Timestamp,
    who: Who,
    renewal: &Renewal<'_>,
) -> Result<Order, Refusal> {
    let body = renewal.body;
    let domain = r.domains.get(renewal.name).ok_or_else(|| Refusal::unknown("domain"))?;
    let total = total(r, renewal.name, body.years)?;
    let expires = domain
        .expires
        .checked_add(i64::from(body.years).years())
        .map_err(|_| Refusal::invalid("too far"))?;
    let today = now.to_zoned(TimeZone::UTC).date();
    if today.checked_add(10.years()).is_ok_and(|most| expires > most) {
        return Err(Refusal::invalid("more than 10 years from today"));
    }
    if domain.statuses.iter().any(|s| s.ends_with("RenewProhibited") || s == "pendingDelete") {
        return Err(Refusal::new(409, "status", "the domain cannot be renewed in its status"));
    }
    if who == Who::A && body.expected_expiry != Some(domain.expires) {
        let message = format!("the domain expires on {}", domain.expires);
        return Err(Refusal::new(409, "expiry", message));
    }
    within(r, body, total)?;
    if total > r.balance {
        return Err(Refusal::new(402, "balance", format!("{} is left", amount(r.balance))));
    }
    Ok(Order {
        id: String::new(),
        at: now,
        key: renewal.key.clone(),
        request: Value::Null,
        domain: renewal.name.to_owned(),
        charged: total,
        expires,
        balance: r.balance - total,
    })
}

/// The price is not above the one that the customer agreed to, and of the same currency.
fn within(r: &Registrar, body: &RenewBody, total: i64) -> Result<(), Refusal> {
    let Some(text) = &body.max_price else { return Ok(()) };
    let most = minor(text).ok_or_else(|| Refusal::invalid("max_price is written like 98.00"))?;
    let foreign = body.currency.as_ref().is_some_and(|c| *c != r.currency);
    if total > most || foreign {
        let message = format!("the price is {} {}", amount(total), r.currency);
        return Err(Refusal::new(409, "price", message));
    }
    Ok(())
}

/// Switches automatic renewal; no effect is booked when it was so already.
pub(super) fn auto_renew(
    state: &mut State,
    now: Timestamp,
    who: Who,
    name: &str,
    key: Option<&str>,
    body: &AutoRenewBody,
) -> Outcome {
    let domain = state.registrar_mut(who).and_then(|r| r.domains.get_mut(name));
    let domain = domain.ok_or_else(|| Refusal::unknown("domain"))?;
    let before = domain.auto_renew;
    if body.expected.is_some_and(|e| e != before) {
        return Err(Refusal::new(409, "changed", format!("auto_renew is {before}")));
    }
    domain.auto_renew = body.auto_renew;
    let answer = facts(name, domain);
    if before != body.auto_renew {
        state.book(NewEffect {
            at: now,
            who,
            kind: "auto_renew",
            domain: name,
            key,
            amount: 0,
            before: json!({"auto_renew": before}),
            after: json!({"auto_renew": body.auto_renew}),
        });
    }
    ok(answer)
}
