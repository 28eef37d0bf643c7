//! Slots in their normal forms, and questions for those that are missing.

use std::collections::BTreeMap;

use dombot_core::action::{Action, spec};
use dombot_core::parse::{AskReason, Clarify, Wish};
use serde_json::{Value, json};

/// Slots by name, as in JSON.
pub(crate) type Slots = BTreeMap<String, Value>;

/// A question before its kind is put to it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ask {
    /// Slots that are clear.
    pub(crate) known: Slots,
    /// Slots to ask for.
    pub(crate) missing: Vec<String>,
    /// Why, where the slot's name alone does not tell.
    pub(crate) reason: Option<AskReason>,
}

impl Ask {
    /// Asks for these slots.
    pub(crate) fn missing(slots: &[&str]) -> Self {
        Self { missing: slots.iter().map(|s| (*s).to_owned()).collect(), ..Self::default() }
    }

    /// With what is known.
    pub(crate) fn knowing(mut self, known: Slots) -> Self {
        self.known = known;
        self
    }

    /// With a reason.
    pub(crate) fn because(mut self, reason: AskReason) -> Self {
        self.reason = Some(reason);
        self
    }

    /// The question about a wish of this kind.
    pub(crate) fn of(self, kind: &str) -> Clarify {
        let Self { known, missing, reason } = self;
        Clarify { kind: Some(kind.to_owned()), known, missing, reason, guesses: vec![] }
    }
}

/// Slots that a wish of this kind can't do without.
pub(crate) fn required(kind: &str) -> Vec<String> {
    let Some(spec) = spec(kind) else { return vec![] };
    let schema = (spec.slots)();
    let list = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    list.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect()
}

/// The wish when nothing is missing.
pub(crate) fn finish(kind: &str, slots: Slots) -> Result<Wish, Clarify> {
    let mut missing: Vec<String> =
        required(kind).into_iter().filter(|s| !slots.contains_key(s)).collect();
    match kind {
        "dns.set" if !slots.contains_key("value") && !slots.contains_key("ttl") => {
            missing.retain(|s| s != "type");
            missing.push("value".into());
        }
        "dns.add" if !slots.contains_key("value") => missing.retain(|s| s != "type"),
        "dns.delete" => {
            let has = |s: &str| slots.contains_key(s);
            if !has("scope") && !has("name") && has("domain") {
                missing.push("name".into());
            }
        }
        _ => {}
    }
    if !missing.is_empty() {
        return Err(Ask { known: slots, missing, reason: None }.of(kind));
    }
    let action: Result<Action, _> =
        serde_json::from_value(json!({ "kind": kind, "slots": slots.clone() }));
    match action {
        Ok(action) => Ok(Wish { action, at: None }),
        Err(_) => {
            Err(Ask { known: slots, missing: vec![], reason: Some(AskReason::BadValue) }.of(kind))
        }
    }
}
