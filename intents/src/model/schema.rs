//! The JSON Schema of an answer, made from the table of actions, in the subset that OpenAI's strict mode takes:
//! no root union, `anyOf` only, every property required, nothing additional, no formats or bounds.

use dombot_core::action::{SPECS, Spec};
use serde_json::{Map, Value, json};

/// Kinds that a model may name. Plans and outcomes of jobs are a person's own word, and freezing asks for no code:
/// only the offline parser hears them.
pub(super) fn kinds() -> impl Iterator<Item = &'static Spec> {
    let own = |kind: &str| kind.starts_with("plan.") || matches!(kind, "job.settle" | "freeze");
    SPECS.iter().filter(move |s| !own(s.kind))
}

/// Of the whole answer. Every slot may be null, so that nothing has to be invented.
pub(super) fn answer() -> Value {
    let action = |spec: &Spec| {
        object([
            ("at", json!({"type": ["string", "null"]})),
            ("kind", json!({"type": "string", "enum": [spec.kind]})),
            ("slots", slots(spec)),
        ])
    };
    let outcomes = ["action", "clarify", "refuse", "chat"];
    object([
        (
            "actions",
            json!({"type": "array", "items": {"anyOf": kinds().map(action).collect::<Vec<_>>()}}),
        ),
        ("outcome", json!({"type": "string", "enum": outcomes})),
        ("topic", json!({"type": ["string", "null"]})),
    ])
}

/// `domain.renew: domain, years?` for the prompt.
pub(super) fn line(spec: &Spec) -> String {
    let schema = (spec.slots)();
    let required = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    let names = schema.get("properties").and_then(Value::as_object).into_iter().flat_map(Map::keys);
    let slots: Vec<String> = names
        .map(|n| if required.contains(&json!(n)) { n.clone() } else { format!("{n}?") })
        .collect();
    format!("{}: {}", spec.kind, slots.join(", "))
}

fn slots(spec: &Spec) -> Value {
    let schema = (spec.slots)();
    let root = schema.as_value();
    strict(root, root.get("$defs").unwrap_or(&Value::Null))
}

fn object<const N: usize>(properties: [(&str, Value); N]) -> Value {
    closed(&properties.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())
}

fn closed(properties: &Map<String, Value>) -> Value {
    let required: Vec<&String> = properties.keys().collect();
    json!({"type": "object", "required": required, "properties": properties, "additionalProperties": false})
}

/// A schema of the table without references, unions of constants, formats, bounds and texts.
fn strict(node: &Value, defs: &Value) -> Value {
    if let Some(name) = node["$ref"].as_str().and_then(|r| r.strip_prefix("#/$defs/")) {
        return strict(&defs[name], defs);
    }
    if let Some(either) = node["anyOf"].as_array().or_else(|| node["oneOf"].as_array()) {
        return union(either.iter().map(|n| strict(n, defs)).collect());
    }
    if let Some(only) = node.get("const") {
        return json!({"type": "string", "enum": [only]});
    }
    if let Some(list) = node.get("enum") {
        return json!({"type": node["type"], "enum": list});
    }
    if let Some(properties) = node["properties"].as_object() {
        let nullable = |(k, v): (&String, &Value)| (k.clone(), or_null(strict(v, defs)));
        return closed(&properties.iter().map(nullable).collect());
    }
    match node["type"].as_str() {
        Some("object") => closed(&Map::new()),
        Some("array") => json!({"type": "array", "items": strict(&node["items"], defs)}),
        _ => json!({"type": node["type"]}),
    }
}

/// Constants become one enumeration, "this or null" one type.
fn union(parts: Vec<Value>) -> Value {
    let constants: Option<Vec<&Value>> =
        parts.iter().map(|p| p["enum"].as_array().and_then(|e| e.first())).collect();
    if let Some(list) = constants.filter(|list| !list.is_empty()) {
        return json!({"type": "string", "enum": list});
    }
    let (null, mut rest): (Vec<Value>, Vec<Value>) =
        parts.into_iter().partition(|p| p["type"] == "null");
    let base = if rest.len() == 1 { rest.remove(0) } else { json!({ "anyOf": rest }) };
    if null.is_empty() { base } else { or_null(base) }
}

fn or_null(mut schema: Value) -> Value {
    if let Some(list) = schema.get_mut("anyOf").and_then(Value::as_array_mut) {
        list.push(json!({"type": "null"}));
        return schema;
    }
    if let Some(list) = schema.get_mut("enum").and_then(Value::as_array_mut) {
        list.push(Value::Null);
    }
    schema["type"] = match schema["type"].take() {
        Value::Array(mut list) => {
            if !list.contains(&json!("null")) {
                list.push(json!("null"));
            }
            Value::Array(list)
        }
        one => json!([one, "null"]),
    };
    schema
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What strict mode refuses, anywhere.
    fn check(node: &Value, path: &str) {
        match node {
            Value::Object(map) => {
                for word in [
                    "$ref", "$defs", "$schema", "oneOf", "allOf", "const", "format", "minimum",
                    "maximum", "pattern", "default",
                ] {
                    assert!(
                        !map.contains_key(word) || path.ends_with("properties"),
                        "{path}: {word}"
                    );
                }
                if map.get("type").is_some_and(|t| t == "object" || t == &json!(["object", "null"]))
                {
                    assert_eq!(map["additionalProperties"], false, "{path}");
                    let names: Vec<&String> =
                        map["properties"].as_object().unwrap().keys().collect();
                    assert_eq!(map["required"], json!(names), "{path}");
                }
                map.iter().for_each(|(k, v)| check(v, &format!("{path}/{k}")));
            }
            Value::Array(list) => list.iter().for_each(|v| check(v, path)),
            _ => {}
        }
    }

    #[test]
    fn it_is_strict_and_as_the_table_says() {
        let schema = answer();
        check(&schema, "");
        assert_eq!(schema["type"], "object");
        let branches = schema["properties"]["actions"]["items"]["anyOf"].as_array().unwrap();
        let named: Vec<&Value> =
            branches.iter().map(|b| &b["properties"]["kind"]["enum"][0]).collect();
        assert_eq!(json!(named), json!(kinds().map(|s| s.kind).collect::<Vec<_>>()));
        let renew =
            branches.iter().find(|b| b["properties"]["kind"]["enum"][0] == "domain.renew").unwrap();
        assert_eq!(
            renew["properties"]["slots"],
            json!({"type": "object", "additionalProperties": false, "required": ["domain", "years"],
                "properties": {"domain": {"type": ["string", "null"]}, "years": {"type": ["integer", "null"]}}})
        );
    }

    #[test]
    fn no_model_can_confirm_or_drop_a_plan() {
        let text = answer().to_string();
        assert!(
            !text.contains("plan.") && !text.contains("settle") && !text.contains("freeze"),
            "{text}"
        );
    }

    #[test]
    fn the_snapshot_is_the_table() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../prompts/intent/v1/schema.json");
        let made = format!("{}\n", serde_json::to_string_pretty(&answer()).unwrap());
        if std::env::var_os("DOMBOT_WRITE_SNAPSHOTS").is_some() {
            std::fs::write(path, &made).unwrap();
        }
        let kept = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            kept == made,
            "prompts/intent/v1/schema.json is old: DOMBOT_WRITE_SNAPSHOTS=1 writes it anew"
        );
    }
}
