mod change;
mod file;
mod look;
mod place;

use serde_json::{Value, json};

pub(super) fn set(name: &str, rtype: &str, value: &str) -> (&'static str, Value) {
    ("dns.set", json!({"domain": "demo-firma.test", "name": name, "type": rtype, "value": value}))
}

pub(super) fn add(name: &str, rtype: &str, value: &str) -> (&'static str, Value) {
    ("dns.add", json!({"domain": "demo-firma.test", "name": name, "type": rtype, "value": value}))
}

pub(super) fn delete(slots: Value) -> (&'static str, Value) {
    let mut slots = slots;
    slots["domain"] = json!("demo-firma.test");
    ("dns.delete", slots)
}
