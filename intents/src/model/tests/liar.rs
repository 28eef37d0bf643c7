//! The worst liar: for sentences whose meaning is known it proposes thousands of other meanings, made only of what
//! the sentence itself holds, and of what it does not. Whatever is accepted must be what was meant.

use dombot_core::action::{Spec, spec};
use dombot_core::parse::{Context, Parsed};
use dombot_core::phrase::Language;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{super::schema, judged};
use crate::span::{What, read};
use crate::{outcome, understand};

/// Numbers in a row (splitmix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z >> 33) % sides.max(1) as u64).unwrap()
    }

    fn pick(&mut self, list: &[Value]) -> Value {
        list[self.roll(list.len())].clone()
    }
}

/// What a sentence offers for a slot, with a few things that it does not.
struct Pool {
    domains: Vec<Value>,
    names: Vec<Value>,
    types: Vec<Value>,
    values: Vec<Value>,
    numbers: Vec<Value>,
    ids: Vec<Value>,
    others: Vec<Value>,
}

impl Pool {
    fn of(text: &str, ctx: &Context) -> Self {
        let strings = |list: &[&str]| list.iter().map(|s| json!(s)).collect::<Vec<_>>();
        let mut pool = Self {
            domains: strings(&["evil.com"]),
            names: strings(&["@", "*"]),
            types: strings(&["A", "AAAA", "TXT", "MX", "CNAME"]),
            values: strings(&["192.0.2.66"]),
            numbers: vec![json!(1), json!(9), json!(300)],
            ids: strings(&["last", "7F3A"]),
            others: vec![
                json!("all"),
                json!("zone"),
                json!("ovh"),
                Value::Null,
                json!("2026-12-05"),
            ],
        };
        for piece in read(text, ctx) {
            match &piece.what {
                What::Host(h) => {
                    if let Some((domain, name)) = crate::wish::split_host(h) {
                        pool.domains.extend([json!(domain), json!(domain), json!(h.name)]);
                        pool.names.extend([json!(name), json!(name)]);
                    }
                    pool.values.push(json!(h.name));
                }
                What::Ip(ip) => pool.values.extend([json!(ip.to_string()), json!(ip.to_string())]),
                What::Type(t) => pool.types.extend([json!(t), json!(t), json!(t)]),
                What::Name(n) => pool.names.push(json!(n)),
                What::Number(n) => pool.numbers.push(json!(n)),
                What::Period(n, unit) => {
                    let all =
                        [crate::span::years(*n, *unit), crate::span::seconds(*n, *unit), Some(*n)];
                    pool.numbers.extend(all.into_iter().flatten().map(|n| json!(n)));
                }
                What::Text(t) | What::Quote(t) => pool.values.push(json!(t)),
                What::Id(id) => pool.ids.extend([json!(id), json!(id)]),
                What::Provider(p) => pool.others.push(json!(p)),
                _ => pool.names.push(json!(piece.folded)),
            }
        }
        pool
    }

    fn lie(&self, dice: &mut Dice) -> Value {
        let kinds: Vec<_> = schema::kinds().filter(|s| s.mutates()).collect();
        let spec = kinds[dice.roll(kinds.len())];
        let table = (spec.slots)();
        let required = table.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
        let mut slots = Map::new();
        for name in
            table.get("properties").and_then(Value::as_object).into_iter().flat_map(Map::keys)
        {
            if !required.contains(&json!(name)) && dice.roll(2) == 0 {
                continue;
            }
            let list = match name.as_str() {
                "domain" => &self.domains,
                "name" => &self.names,
                "type" => &self.types,
                "value" => &self.values,
                "years" | "ttl" | "priority" | "within_days" => &self.numbers,
                "job_id" | "target" => &self.ids,
                "enabled" => &vec![json!(true), json!(false)],
                _ => &self.others,
            };
            slots.insert(name.clone(), dice.pick(list));
        }
        let at = if dice.roll(12) == 0 { dice.pick(&self.others) } else { Value::Null };
        json!({"at": at.as_str(), "kind": spec.kind, "slots": slots})
    }
}

/// The changes of an outcome, without nulls.
fn changes(outcome: &Value) -> Vec<Value> {
    let all = outcome["actions"].as_array().cloned().unwrap_or_default();
    let changes = |a: &Value| spec(a["kind"].as_str().unwrap()).is_some_and(Spec::mutates);
    let mut out: Vec<Value> = all.into_iter().filter(changes).collect();
    for action in &mut out {
        action.as_object_mut().unwrap().retain(|_, v| !v.is_null());
        action["slots"].as_object_mut().unwrap().retain(|_, v| !v.is_null());
    }
    out
}

/// Tells this many lies about a sentence; gives what was accepted and not meant, and how many were accepted.
fn tell(
    text: &str,
    ctx: &Context,
    meant: &[Value],
    seed: u64,
    lies: usize,
) -> (Vec<String>, usize) {
    let pool = Pool::of(text, ctx);
    let mut dice = Dice(seed);
    let (mut wrong, mut accepted) = (Vec::new(), 0);
    for _ in 0..lies {
        let mut list = vec![pool.lie(&mut dice)];
        if dice.roll(4) == 0 {
            list.push(pool.lie(&mut dice));
        }
        // Half a lie: the truth with something more, or with one slot changed.
        if !meant.is_empty() && dice.roll(3) == 0 {
            let mut truth = meant[dice.roll(meant.len())].clone();
            if dice.roll(2) == 0 {
                let keys: Vec<String> =
                    truth["slots"].as_object().unwrap().keys().cloned().collect();
                if !keys.is_empty() {
                    let key = &keys[dice.roll(keys.len())];
                    truth["slots"][key] = pool.lie(&mut dice)["slots"][key].clone();
                }
                list = vec![truth];
            } else {
                list.insert(dice.roll(2).min(list.len()), truth);
            }
        }
        let parsed =
            judged(text, ctx, &json!({"actions": list, "outcome": "action", "topic": null}));
        if let Parsed::Actions(_) = parsed {
            accepted += 1;
            let bad = changes(&outcome::json(&parsed)).into_iter().find(|c| !meant.contains(c));
            wrong.extend(bad.map(|bad| format!("{text}\n    meant {meant:?}\n    got {bad}")));
        }
    }
    wrong.sort();
    wrong.dedup();
    (wrong, accepted)
}

/// Every example of the languages: what the offline parser hears there is what is meant.
#[test]
fn no_lie_about_an_example_is_believed() {
    let (mut wrong, mut accepted) = (Vec::new(), 0);
    for (n, (say, ctx, want)) in crate::tests::examples::all().into_iter().enumerate() {
        // No model hears of what was refused.
        if want["outcome"] == "refuse" {
            continue;
        }
        let meant = changes(&want);
        let (bad, ok) = tell(&say, &ctx, &meant, n as u64, 120);
        wrong.extend(bad);
        accepted += ok;
    }
    assert!(wrong.is_empty(), "{} lies were believed:\n{}", wrong.len(), wrong.join("\n"));
    assert!(accepted > 20, "the liar never says anything believable: {accepted}");
}

/// Sentences that the offline parser does not take, with what they mean.
#[test]
fn no_lie_about_a_sentence_with_strange_words_is_believed() {
    let tails = [
        "zgodnie z mailem klienta",
        "per Tom's spreadsheet",
        "wg cennika",
        "for the Kowalski campaign",
    ];
    let (mut wrong, mut accepted) = (Vec::new(), 0);
    for (n, (say, ctx, want)) in crate::tests::examples::all().into_iter().enumerate() {
        let meant = changes(&want);
        if meant.is_empty() || say.ends_with(['?', '"', '”']) {
            continue;
        }
        let text = format!("{} {}", say.trim_end_matches(['.', '!']), tails[n % tails.len()]);
        let (bad, ok) = tell(&text, &ctx, &meant, n as u64 + 7000, 120);
        wrong.extend(bad);
        accepted += ok;
    }
    assert!(wrong.is_empty(), "{} lies were believed:\n{}", wrong.len(), wrong.join("\n"));
    assert!(accepted > 10, "the liar never says anything believable: {accepted}");
}

/// Words that could go wrong together; the offline reading, where there is one, is what is meant.
const WORDS: &str = "ustaw dodaj usuń przedłuż renew set point delete all nie jeśli www.firma.pl firma.pl kowalski.pl \
    203.0.113.7 203.0.113.8 2001:db8::1 na to o for 2 lata rok A MX TXT CNAME 10 ttl 300 rekord strefę zone i and z do \
    cofnij 7F3A anuluj zadanie ją włącz wyłącz auto mail.firma.pl www @ klienta zgodnie";

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, rng_seed: proptest::test_runner::RngSeed::Fixed(20_261_124), ..ProptestConfig::default() })]

    #[test]
    fn no_lie_about_any_words_contradicts_the_offline_parser(
        words in prop::collection::vec(prop::sample::select(WORDS.split_whitespace().collect::<Vec<_>>()), 1..10),
        seed in any::<u64>(),
    ) {
        let (text, ctx) = (words.join(" "), crate::tests::context());
        if let heard @ Parsed::Actions(_) = understand(&text, &ctx) {
            let meant = changes(&outcome::json(&heard));
            let (wrong, _) = tell(&text, &ctx, &meant, seed, 60);
            prop_assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        }
    }

    #[test]
    fn the_judge_never_panics(text in any::<String>(), kind in "[a-z.]{0,14}", slots in prop::collection::btree_map("[a-z_]{0,9}", "\\PC{0,12}", 0..5)) {
        let _ = judged(&text, &crate::tests::context(), &json!({"actions": [{"kind": kind, "slots": slots}], "outcome": "action"}));
    }
}

#[test]
fn both_languages_are_lied_about() {
    assert!(Language::ALL.len() >= 2 && crate::tests::examples::all().len() > 300);
}
