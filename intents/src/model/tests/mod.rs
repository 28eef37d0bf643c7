//! A judge that hears liars: what the words do not say never becomes a change.

mod liar;
mod oracle;

use dombot_core::parse::{Clarify, Context, Parsed};
use serde_json::{Value, json};

use super::answer;
use super::evidence::Evidence;
use super::judge::judge;

/// What the judge makes of an answer to these words.
fn judged(text: &str, ctx: &Context, answer: &Value) -> Parsed {
    let answer = answer::read(&answer.to_string()).expect("the test's answer has the form");
    judge(&answer, Clarify::default(), &Evidence::read(text, ctx))
}

/// An answer with one action.
fn action(kind: &str, slots: &Value) -> Value {
    actions(&[(kind, slots)])
}

/// An answer with these actions.
fn actions(list: &[(&str, &Value)]) -> Value {
    let list: Vec<Value> = list
        .iter()
        .map(|(kind, slots)| json!({"at": null, "kind": kind, "slots": slots}))
        .collect();
    json!({"actions": list, "outcome": "action", "topic": null})
}
