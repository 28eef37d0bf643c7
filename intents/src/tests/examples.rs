//! Every line of `prompts/<lang>/examples.toml`, as it stands and bent: without diacritics, shouted, with politeness.

use crate::{outcome, understand};
use dombot_core::action::spec;
use dombot_core::parse::{Context, Parsed};
use dombot_core::phrase::Language;
use serde_json::{Value, json};

struct Case {
    section: String,
    say: String,
    want: Value,
}

/// Sections that begin with "with" say what the parser may know.
fn context(section: &str) -> Context {
    Context {
        last: (section == "with last").then(|| "firma.pl".parse().unwrap()),
        pending_plan: section == "with pending",
        attachment: (section == "with file").then(|| "firma.zone".to_owned()),
        ..super::context()
    }
}

fn cases(lang: Language) -> Vec<Case> {
    let source = match lang {
        Language::En => include_str!("../../../prompts/en/examples.toml"),
        Language::Pl => include_str!("../../../prompts/pl/examples.toml"),
    };
    let table: toml::Table = toml::from_str(source).unwrap();
    let mut out = Vec::new();
    for (section, lines) in table {
        for (say, want) in lines.as_table().unwrap() {
            let want = outcome_of(want.as_str().unwrap());
            out.push(Case { section: section.clone(), say: say.clone(), want });
        }
    }
    out
}

/// The short notation as outcome JSON.
fn outcome_of(line: &str) -> Value {
    let mut words = line.split_whitespace();
    match words.next().unwrap() {
        "clarify" => {
            let slots = words.next().unwrap();
            let missing: Vec<&str> = slots.split(',').filter(|s| *s != "-").collect();
            json!({"outcome": "clarify", "missing": missing, "kind": words.next()})
        }
        "refuse" => json!({"outcome": "refuse", "reason": words.next()}),
        "chat" => json!({"outcome": "chat", "topic": words.next()}),
        _ => {
            let action = |l: &str| {
                let (kind, slots) = l.split_once(' ').unwrap();
                let (slots, at) =
                    slots.rsplit_once(" @").map_or((slots, None), |(s, at)| (s, Some(at)));
                let slots: Value = serde_json::from_str(slots).expect(l);
                let mut action = json!({"kind": kind, "slots": slots});
                if let Some(at) = at {
                    action["at"] = json!(at);
                }
                action
            };
            let actions: Vec<Value> = line.trim().lines().map(action).collect();
            json!({"outcome": "action", "actions": actions})
        }
    }
}

/// `missing` must meet, the kind must agree where it is said; everything else must be equal.
fn agrees(got: &Value, want: &Value) -> bool {
    if want["outcome"] != "clarify" || got["outcome"] != "clarify" {
        return got == want;
    }
    let wanted = want["missing"].as_array().unwrap();
    let asked = got["missing"].as_array().unwrap();
    (wanted.is_empty() || wanted.iter().all(|m| asked.contains(m)))
        && (want["kind"].is_null() || got["kind"] == want["kind"])
}

#[test]
fn examples_mean_what_they_say() {
    let mut wrong = Vec::new();
    for lang in Language::ALL {
        let cases = cases(*lang);
        assert!(cases.len() >= 120, "{} has {}", lang.id(), cases.len());
        for case in cases {
            let got = outcome::json(&understand(&case.say, &context(&case.section)));
            if !agrees(&got, &case.want) {
                wrong.push(format!("{}\n   got {got}\n  want {}", case.say, case.want));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

fn mutations(parsed: &Parsed) -> Vec<Value> {
    let Parsed::Actions(wishes) = parsed else { return vec![] };
    wishes.iter().filter(|w| w.action.spec().mutates()).map(|w| json!(w)).collect()
}

#[test]
fn bent_sentences_make_no_other_change() {
    for case in Language::ALL.iter().flat_map(|l| cases(*l)) {
        let ctx = context(&case.section);
        let straight = mutations(&understand(&case.say, &ctx));
        let mut bent = vec![without_diacritics(&case.say), format!("{} dzięki!", case.say)];
        // A mark of quotation counts at the start of a line.
        if case.want["outcome"] != "refuse" {
            bent.push(format!("proszę {} please", case.say));
        }
        // Letters inside values count: only sentences whose values fold may be shouted.
        if !case.say.contains(['=', '"', '„', '@']) && !case.want.to_string().contains("auth_code")
        {
            bent.push(case.say.to_uppercase());
        }
        for text in bent {
            let now = mutations(&understand(&text, &ctx));
            assert!(now.is_empty() || now == straight, "{text}: {now:?} instead of {straight:?}");
        }
    }
}

fn without_diacritics(text: &str) -> String {
    let plain = |c| match c {
        'ą' => 'a',
        'ć' => 'c',
        'ę' => 'e',
        'ł' => 'l',
        'ń' => 'n',
        'ó' => 'o',
        'ś' => 's',
        'ź' | 'ż' => 'z',
        c => c,
    };
    // A domain with diacritics is another domain without them.
    text.split(' ')
        .map(|w| if w.contains('.') { w.to_owned() } else { w.chars().map(plain).collect() })
        .collect::<Vec<String>>()
        .join(" ")
}

#[test]
fn help_sentences_work() {
    for lang in Language::ALL {
        for spec in dombot_core::action::SPECS {
            let section = if spec.kind == "dns.import" { "with file" } else { "" };
            let say = crate::example(*lang, spec.kind).expect(spec.kind);
            let got = understand(say, &context(section));
            let Parsed::Actions(wishes) = &got else { panic!("{say}: {got:?}") };
            assert_eq!(wishes.len(), 1, "{say}");
            assert_eq!(wishes[0].action.spec().kind, spec.kind, "{say}");
        }
    }
}

#[test]
fn every_kind_is_in_the_examples_and_sentences() {
    for lang in Language::ALL {
        let all: Vec<String> = cases(*lang)
            .iter()
            .flat_map(|c| c.want["actions"].as_array().cloned().unwrap_or_default())
            .filter_map(|a| a["kind"].as_str().map(str::to_owned))
            .collect();
        for spec in dombot_core::action::SPECS {
            let optional = spec.kind == "job.settle";
            assert!(
                optional || all.iter().any(|k| k == spec.kind),
                "{}: no example of {}",
                lang.id(),
                spec.kind
            );
        }
        assert!(all.iter().all(|k| spec(k).is_some()));
    }
}
