//! Laws of plans: what a diff means, and what a digest covers.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use serde::Serialize;
use serde_json::{Value, json};

use super::*;
use crate::domain::arbitrary::any_set;
use crate::domain::{SetBody, SetKey};

type Sets = BTreeMap<SetKey, SetBody>;

fn map(sets: Vec<RecordSet>) -> Sets {
    sets.into_iter().map(|s| (s.key, s.body)).collect()
}

/// Two states of one zone: some sets in both, some changed, some in one only.
fn two_states() -> impl Strategy<Value = (Sets, Sets)> {
    vec((any_set(), any_set(), 0..4_u8), 0..10).prop_map(|rows| {
        let (mut a, mut b) = (Vec::new(), Vec::new());
        for (one, other, kind) in rows {
            match kind {
                0 => a.push(one),
                1 => b.push(one),
                2 => {
                    a.push(one.clone());
                    b.push(one);
                }
                _ => {
                    b.push(RecordSet { key: one.key.clone(), body: other.body });
                    a.push(one);
                }
            }
        }
        (map(a), map(b))
    })
}

proptest! {
    #[test]
    fn a_diff_leads_there_and_back((a, b) in two_states()) {
        let changes = diff(&a, &b);
        prop_assert_eq!(&apply(&a, &changes), &b);
        let back: Vec<SetChange> = changes.iter().rev().map(SetChange::inverse).collect();
        prop_assert_eq!(&apply(&b, &back), &a);
        prop_assert_eq!(diff(&b, &a), changes.iter().map(SetChange::inverse).collect::<Vec<_>>());
        prop_assert!(diff(&a, &a).is_empty());
        for c in &changes {
            prop_assert_ne!(&c.before, &c.after);
            prop_assert_eq!(&c.before, &a.get(&c.key).cloned());
        }
        prop_assert!(changes.is_sorted_by(|x, y| x.key < y.key));
    }

    #[test]
    fn changes_survive_json((a, b) in two_states()) {
        let changes = diff(&a, &b);
        let text = canonical_json(&changes).unwrap();
        let back: Vec<SetChange> = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(&back, &changes);
        prop_assert_eq!(canonical_json(&back).unwrap(), text);
    }
}

/// A plan with every kind of step and every optional field.
fn sample() -> Plan {
    let id = |n: u8| format!("01ARZ3NDEKTSV4RRFFQ69G5F{n:02}");
    let zone = json!({"account": id(1), "id": "firma.pl.", "name": "firma.pl"});
    let order = json!({"domain": "firma.pl", "years": 2, "expected_expiry": "2026-12-05",
        "new_expiry": "2028-12-05", "price_cap": {"amount": "98.00", "currency": "PLN"}, "premium": false, "tax": "included"});
    let change = json!({"name": "www", "type": "A", "before": {"ttl": 300, "data": ["192.0.2.10"]},
        "after": {"ttl": 600, "data": ["203.0.113.7", "203.0.113.8"]}});
    let set = json!({"name": "@", "type": "MX", "ttl": 300, "data": ["10 mail.firma.pl."]});
    serde_json::from_value(json!({
        "v": 1, "id": id(2), "nonce": "00112233445566778899aabbccddeeff", "person": id(3),
        "conversation": "terminal",
        "actions": [{"kind": "zone.delete", "slots": {"domain": "firma.pl"}}],
        "steps": [
            {"kind": "dns_change", "zone": zone, "changes": [change]},
            {"kind": "zone_create", "account": id(1), "name": "nowa.pl"},
            {"kind": "zone_delete", "zone": zone, "before": [set]},
            {"kind": "renew", "account": id(1), "order": order, "again": id(6)},
            {"kind": "auto_renew", "account": id(1), "domain": "firma.pl", "before": false, "enabled": true},
            {"kind": "settle", "job": id(4), "verdict": "happened"}
        ],
        "tier": 3,
        "cost": [{"account": id(1), "price": {"amount": "98.00", "currency": "PLN"},
            "balance": {"amount": "500.00", "currency": "PLN"}, "enforced": true}],
        "warnings": [{"key": "dns.warn_mx", "args": {"name": "firma.pl"}}],
        "undo": {"steps": [{"kind": "zone_create", "account": id(1), "name": "firma.pl"}]},
        "follows": id(5),
        "created_at": "2026-11-23T12:00:00Z", "expires_at": "2026-11-23T12:10:00Z",
        "start_by": "2026-11-24T12:00:00Z",
        "not_before": "2026-11-24T11:00:00Z", "delay": 900
    }))
    .unwrap()
}

/// Every way to a value that is neither list nor object.
fn leaves(value: &Value, path: &str, out: &mut Vec<String>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(k, v)| leaves(v, &format!("{path}/{k}"), out)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(i, v)| leaves(v, &format!("{path}/{i}"), out));
        }
        _ => out.push(path.to_owned()),
    }
}

/// Other values for a leaf; at least one should still be a plan.
fn others(leaf: &Value) -> Vec<Value> {
    match leaf {
        Value::Bool(b) => vec![json!(!b)],
        Value::Number(n) => vec![json!(n.as_u64().unwrap() + 1), json!(n.as_u64().unwrap() - 1)],
        Value::String(s) => {
            let words = ["dns_change", "did_not", "TXT", "EUR", "unknown"];
            // One character of it, from the end on.
            let turned = (0..s.len()).rev().map(|i| {
                let next = match &s[i..=i] {
                    "z" | "Z" => "a",
                    "9" => "8",
                    c if c.bytes().all(|b| b.is_ascii_alphanumeric()) => {
                        return format!(
                            "{}{}{}",
                            &s[..i],
                            char::from(c.as_bytes()[0] + 1),
                            &s[i + 1..]
                        );
                    }
                    c => c,
                };
                format!("{}{next}{}", &s[..i], &s[i + 1..])
            });
            let all = turned.chain(words.iter().map(ToString::to_string));
            all.filter(|t| t != s).map(Value::String).collect()
        }
        Value::Null => vec![json!(true)],
        _ => vec![],
    }
}

#[test]
fn the_digest_covers_every_field() {
    let plan = sample();
    let json = serde_json::to_value(&plan).unwrap();
    let digest = Digest::of(&plan).unwrap();
    // A field that serialisation leaves out would be missing here.
    let mut fields: Vec<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
    fields.sort_unstable();
    assert_eq!(
        fields,
        [
            "actions",
            "conversation",
            "cost",
            "created_at",
            "delay",
            "expires_at",
            "follows",
            "id",
            "nonce",
            "not_before",
            "person",
            "start_by",
            "steps",
            "tier",
            "undo",
            "v",
            "warnings"
        ]
    );
    let mut paths = Vec::new();
    leaves(&json, "", &mut paths);
    assert!(paths.len() > 55, "{}", paths.len());
    for path in paths {
        let mut changed = 0;
        for other in others(json.pointer(&path).unwrap()) {
            let mut copy = json.clone();
            *copy.pointer_mut(&path).unwrap() = other.clone();
            assert_ne!(Digest::of_bytes(canonical_json(&copy).unwrap().as_bytes()), digest);
            // What is no plan any more cannot be approved; what is one must have another digest, unless the words
            // mean the same.
            let Ok(other_plan) = serde_json::from_value::<Plan>(copy) else { continue };
            assert_ne!(other_plan, plan, "{path} {other}");
            assert_ne!(Digest::of(&other_plan).unwrap(), digest, "{path} {other}");
            changed += 1;
        }
        // The kind of a step changes its other fields too.
        assert!(changed > 0 || path.ends_with("/kind"), "{path} was never another plan");
    }
}

#[test]
fn the_digest_covers_lists_and_absent_fields() {
    let plan = sample();
    let digest = Digest::of(&plan).unwrap();
    let edits: [fn(&mut Plan); 7] = [
        |p| p.steps.swap(0, 1),
        |p| drop(p.steps.pop()),
        |p| p.cost.clear(),
        |p| p.warnings.clear(),
        |p| p.follows = None,
        |p| p.undo = Undo::Impossible,
        |p| p.cost[0].balance = None,
    ];
    for (i, edit) in edits.iter().enumerate() {
        let mut other = plan.clone();
        edit(&mut other);
        assert_ne!(Digest::of(&other).unwrap(), digest, "edit {i}");
    }
    assert_eq!(Digest::of(&plan.clone()).unwrap(), digest);
    assert_eq!(digest.to_string().parse::<Digest>().unwrap(), digest);
    assert_eq!(digest.label().len(), 4);
}

#[test]
fn canonical_json_has_one_form() {
    #[derive(Serialize)]
    struct Forth {
        a: u8,
        #[serde(rename = "ż")]
        z: &'static str,
        b: Vec<i64>,
    }
    #[derive(Serialize)]
    struct Back {
        b: Vec<i64>,
        #[serde(rename = "ż")]
        z: &'static str,
        a: u8,
    }
    let one = canonical_json(&Forth { a: 1, z: "ó\"\n", b: vec![-5, i64::MAX] }).unwrap();
    assert_eq!(one, "{\"a\":1,\"b\":[-5,9223372036854775807],\"ż\":\"ó\\\"\\n\"}");
    assert_eq!(canonical_json(&Back { a: 1, z: "ó\"\n", b: vec![-5, i64::MAX] }).unwrap(), one);
    // UTF-16 order (RFC 8785 3.2.3): U+1F600 is D83D DE00 and stands before U+FB01.
    assert_eq!(
        canonical_json(&json!({"\u{fb01}": 1, "\u{1f600}": 2})).unwrap(),
        "{\"\u{1f600}\":2,\"\u{fb01}\":1}"
    );
    for float in [json!(1.5), json!([{"a": 1.0}]), json!(-0.0)] {
        assert!(canonical_json(&float).is_err(), "{float}");
    }
}

/// The label is the first 20 bits in Crockford's letters; the digest is `sha256sum` of the bytes.
#[test]
fn a_digest_by_hand() {
    let digest = Digest::of_bytes(b"abc");
    assert_eq!(
        digest.to_string(),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
    // 10111 01001 11100 00001
    assert_eq!(digest.label(), "Q9W1");
    for bad in ["", "ba", &"g".repeat(64), &"é".repeat(32), &format!("+{}", "a".repeat(63))] {
        assert!(bad.parse::<Digest>().is_err(), "{bad}");
    }
}
