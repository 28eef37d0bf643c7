//! What can be asked of the sandbox, apart from how it is asked.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};

use super::rdata::{Labels, Type};
use super::state::{Set, State, Who};
use super::{registrar, zones};

/// One call. Writing ones carry the customer's key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Op {
    /// All domains.
    Domains,
    /// One domain.
    Domain { name: String },
    /// Is it free?
    Check { name: String },
    /// What would renewing cost?
    Quote { name: String, years: u8 },
    /// Paid orders.
    Orders { key: Option<String>, domain: Option<String> },
    /// What was done in the account, by whomever.
    Ledger { since: Option<Timestamp> },
    /// Renews.
    Renew { name: String, key: Option<String>, body: RenewBody },
    /// Switches automatic renewal.
    AutoRenew { name: String, key: Option<String>, body: AutoRenewBody },
    /// All zones.
    Zones,
    /// One whole zone.
    Zone { id: String },
    /// The sets of one owner, or one of them.
    Sets { id: String, name: Labels, rtype: Option<Type> },
    /// Changes sets, all or none.
    Change { id: String, key: Option<String>, body: ChangeBody },
    /// Makes a zone.
    CreateZone { name: Labels, key: Option<String> },
    /// Deletes a zone.
    DeleteZone { id: String, key: Option<String> },
}

/// Body of a renewal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RenewBody {
    /// 1 to 10.
    pub years: u8,
    /// Registrar a refuses when it is another; registrar b does not look at it.
    pub expected_expiry: Option<Date>,
    /// Total, "98.00".
    pub max_price: Option<String>,
    /// Of `max_price`.
    pub currency: Option<String>,
}

/// Body of switching automatic renewal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AutoRenewBody {
    /// As it will be.
    pub auto_renew: bool,
    /// Refused when it is another now.
    #[serde(default)]
    pub expected: Option<bool>,
}

/// Body of a change of record sets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeBody {
    /// All happen or none.
    pub changes: Vec<Change>,
}

/// One record set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// Absolute owner name.
    pub name: Labels,
    /// Type.
    #[serde(rename = "type")]
    pub rtype: Type,
    /// Refused when it is another now. `null` = there must be none; left out = not looked at.
    #[expect(clippy::option_option, reason = "null is something else than nothing")]
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub before: Option<Option<Set>>,
    /// `null` = deleted.
    pub after: Option<Set>,
}

#[expect(clippy::option_option, reason = "null is something else than nothing")]
fn given<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Option<Set>>, D::Error> {
    Option::deserialize(d).map(Some)
}

/// A good answer.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answer {
    /// 200 or 201.
    pub status: u16,
    /// JSON.
    pub body: Value,
}

/// A definite no: nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    /// 4xx.
    pub status: u16,
    /// Stable word.
    pub code: String,
    /// For people.
    pub message: String,
}

impl Refusal {
    /// A new one.
    pub(super) fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.into(), message: message.into() }
    }

    /// 404.
    pub(super) fn unknown(what: &str) -> Self {
        Self::new(404, "unknown", format!("no {what} in this account"))
    }

    /// 422.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(422, "invalid", message)
    }

    /// `{"error": {"code", "message"}}`.
    pub(super) fn body(&self) -> Value {
        json!({"error": {"code": self.code, "message": self.message}})
    }
}

/// [`Answer`] or [`Refusal`].
pub(super) type Outcome = Result<Answer, Refusal>;

/// Status 200.
#[expect(clippy::unnecessary_wraps, reason = "every call ends with it")]
pub(super) fn ok(body: Value) -> Outcome {
    Ok(Answer { status: 200, body })
}

impl Op {
    /// The word for fault rules.
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Domains => "domains",
            Self::Domain { .. } => "domain",
            Self::Check { .. } => "check",
            Self::Quote { .. } => "quote",
            Self::Orders { .. } => "orders",
            Self::Ledger { .. } => "ledger",
            Self::Renew { .. } => "renew",
            Self::AutoRenew { .. } => "auto_renew",
            Self::Zones => "zones",
            Self::Zone { .. } => "zone",
            Self::Sets { .. } => "sets",
            Self::Change { .. } => "dns_change",
            Self::CreateZone { .. } => "zone_create",
            Self::DeleteZone { .. } => "zone_delete",
        }
    }

    /// It can have an effect.
    pub fn is_write(&self) -> bool {
        matches!(
            self,
            Self::Renew { .. }
                | Self::AutoRenew { .. }
                | Self::Change { .. }
                | Self::CreateZone { .. }
                | Self::DeleteZone { .. }
        )
    }

    /// The domain or zone name that it is about.
    pub fn domain(&self, state: &State) -> Option<String> {
        match self {
            Self::Domains | Self::Zones | Self::Ledger { .. } => None,
            Self::Orders { domain, .. } => domain.clone(),
            Self::Domain { name }
            | Self::Check { name }
            | Self::Quote { name, .. }
            | Self::Renew { name, .. }
            | Self::AutoRenew { name, .. } => Some(name.clone()),
            Self::Zone { id }
            | Self::Sets { id, .. }
            | Self::Change { id, .. }
            | Self::DeleteZone { id, .. } => state.zones.get(id).map(|z| z.name.to_string()),
            Self::CreateZone { name, .. } => Some(name.to_string()),
        }
    }
}

/// Carries out a reading call.
pub(super) fn read(state: &State, who: Who, op: &Op) -> Outcome {
    match (op, state.registrar(who)) {
        (Op::Domains, Some(r)) => registrar::domains(r),
        (Op::Domain { name }, Some(r)) => registrar::domain(r, name),
        (Op::Check { name }, Some(r)) => registrar::check(state, r, name),
        (Op::Quote { name, years }, Some(r)) => registrar::quote(r, name, *years),
        (Op::Orders { key, domain }, Some(r)) => {
            registrar::orders(r, key.as_deref(), domain.as_deref())
        }
        (Op::Ledger { since }, _) => ledger(state, who, *since),
        (Op::Zones, None) => zones::list(state),
        (Op::Zone { id }, None) => zones::whole(state, id),
        (Op::Sets { id, name, rtype }, None) => zones::sets(state, id, name, *rtype),
        _ => Err(Refusal::unknown("such call")),
    }
}

/// `{"effects": [..]}`, oldest first: what the operator did himself is in it, too.
fn ledger(state: &State, who: Who, since: Option<Timestamp>) -> Outcome {
    let currency = state.registrar(who).map(|r| r.currency.clone());
    let effects: Vec<Value> = state
        .ledger
        .iter()
        .filter(|e| e.account == who && since.is_none_or(|at| e.at >= at))
        .map(|e| {
            let charged = (e.amount != 0).then_some(e.amount);
            json!({"id": e.id, "at": e.at, "kind": e.kind, "domain": e.domain, "key": e.key,
                   "minor": charged, "currency": currency})
        })
        .collect();
    ok(json!({"effects": effects}))
}

/// Carries out a writing call; on a refusal `state` is as before.
pub(super) fn write(state: &mut State, now: Timestamp, who: Who, op: &Op) -> Outcome {
    match op {
        Op::Renew { name, key, body } => {
            registrar::renew(state, now, who, &registrar::Renewal { name, key, body })
        }
        Op::AutoRenew { name, key, body } => {
            registrar::auto_renew(state, now, who, name, key.as_deref(), body)
        }
        Op::Change { id, key, body } => zones::change(state, now, id, key.as_deref(), body),
        Op::CreateZone { name, key } => zones::create(state, now, name, key.as_deref()),
        Op::DeleteZone { id, key } => zones::delete(state, now, id, key.as_deref()),
        _ => read(state, who, op),
    }
}
