//! Outcomes as JSON in the normal forms of the intents format, for `parse --json` and for scoring.

use dombot_core::action::{Action, HelpTopic};
use dombot_core::parse::{Parsed, Wish};
use serde_json::{Value, json};

/// `{"outcome": "action" | "clarify" | "refuse" | "chat", ...}`. General help is a topic of chat there.
pub fn json(parsed: &Parsed) -> Value {
    match parsed {
        Parsed::Actions(wishes) => match &wishes[..] {
            [Wish { action: Action::Help(HelpTopic { topic: None }), .. }] => {
                json!({"outcome": "chat", "topic": "help"})
            }
            _ => json!({"outcome": "action", "actions": wishes}),
        },
        Parsed::Clarify(c) => {
            let mut out = json!({"outcome": "clarify", "missing": c.missing});
            let optional = [
                ("kind", json!(c.kind)),
                ("reason", json!(c.reason)),
                ("known", json!((!c.known.is_empty()).then_some(&c.known))),
                ("guesses", json!((!c.guesses.is_empty()).then_some(&c.guesses))),
            ];
            for (key, value) in optional {
                if !value.is_null() {
                    out[key] = value;
                }
            }
            out
        }
        Parsed::Refuse(reason) => json!({"outcome": "refuse", "reason": reason}),
        Parsed::Talk(topic) => json!({"outcome": "chat", "topic": topic}),
    }
}
