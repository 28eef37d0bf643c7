//! Laws: any text gives an answer, soon, and a change only holds values that were said.

use super::context;
use crate::understand;
use dombot_core::parse::{Parsed, Refusal};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Words that could go wrong together.
const WORDS: &str = "ustaw dodaj usuń przedłuż renew set point delete all wszystkie nie don't jeśli www.firma.pl firma.pl \
    kowalski.pl 203.0.113.7 2001:db8::1 300.1.2.3 na to o for 2 lata A MX TXT CNAME 10 ttl 300 rekord record strefę zone \
    i and ; \" v=spf1 -all cofnij 7F3A anuluj job zadanie ją it piątek za oprócz www @ -> włącz auto";

fn word() -> impl Strategy<Value = String> {
    let known: Vec<&str> = WORDS.split_whitespace().chain(["\n"]).collect();
    prop_oneof![prop::sample::select(known).prop_map(str::to_owned), "\\PC{0,12}"]
}

fn strings(value: &Value) -> Vec<String> {
    match value {
        Value::String(s) => vec![s.clone()],
        Value::Array(a) => a.iter().flat_map(strings).collect(),
        Value::Object(o) => o.values().flat_map(strings).collect(),
        _ => vec![],
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn any_text_gets_an_answer(text in any::<String>()) {
        let _ = understand(&text, &context());
    }

    #[test]
    fn any_words_get_an_answer_and_nothing_is_invented(words in prop::collection::vec(word(), 0..14)) {
        let text = words.join(" ");
        if let Parsed::Actions(wishes) = understand(&text, &context()) {
            prop_assert!(wishes.len() <= 4, "{text}");
            for wish in wishes.iter().filter(|w| w.action.spec().mutates()) {
                let slots = json!(wish)["slots"].clone();
                for said in strings(&slots) {
                    let derived = ["A", "AAAA", "TXT", "CNAME", "@", "all", "last", "*"].contains(&said.as_str());
                    let parts = said.split([' ', '"']).filter(|p| !p.is_empty());
                    let in_text = |p: &str| text.to_lowercase().contains(&p.to_lowercase());
                    prop_assert!(derived || parts.clone().all(in_text) || said.contains("xn--"), "{said} was not said in {text}");
                }
            }
        }
    }

    #[test]
    fn no_negated_change(words in prop::collection::vec(word(), 0..8), at in 0usize..8) {
        let mut words = words;
        // One clause: of several the refused one may be left out.
        words.retain(|w| !w.contains(['"', '=', ';', ',', '.', '!', '?', '\n']) && w != "i" && w != "and");
        words.insert(at.min(words.len()), "nie".to_owned());
        let text = words.join(" ");
        if let Parsed::Actions(wishes) = understand(&text, &context()) {
            prop_assert!(wishes.iter().all(|w| !w.action.spec().mutates()), "{text}: {wishes:?}");
        }
    }
}

#[test]
fn long_messages_are_refused() {
    let text = "usuń strefę firma.pl ".repeat(200);
    assert_eq!(understand(&text, &context()), Parsed::Refuse(Refusal::TooLong));
}
