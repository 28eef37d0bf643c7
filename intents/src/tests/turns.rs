//! Conversations of more than one turn: a question, its answer, or something new.

use std::collections::BTreeMap;

use crate::{outcome, understand};
use dombot_core::parse::{Clarify, Context, Frame, Parsed};
use serde_json::{Value, json};

fn context(frame: Option<Frame>) -> Context {
    Context { frame, ..super::context() }
}

/// Says the turns one after the other; each question is the next one's frame.
fn talk(turns: &[&str]) -> Value {
    let mut frame = None;
    let mut last = Value::Null;
    for turn in turns {
        let parsed = understand(turn, &context(frame.take()));
        last = outcome::json(&parsed);
        if let Parsed::Clarify(Clarify { kind: Some(kind), known, missing, .. }) = parsed {
            frame = Some(Frame { kind, known, missing });
        }
    }
    last
}

fn action(kind: &str, slots: impl serde::Serialize) -> Value {
    json!({"outcome": "action", "actions": [{"kind": kind, "slots": slots}]})
}

#[test]
fn answers_fill_the_slot() {
    let set = json!({"domain": "firma.pl", "name": "www", "type": "A", "value": "203.0.113.7"});
    let years = json!({"domain": "firma.pl", "years": 2});
    let txt = json!({"domain": "firma.pl", "name": "@", "type": "TXT", "value": "Ala Ma"});
    let cases: &[(&[&str], Value)] = &[
        (&["ustaw www.firma.pl", "203.0.113.7"], action("dns.set", set.clone())),
        (&["ustaw www na 203.0.113.7", "firma.pl"], action("dns.set", set.clone())),
        (&["ustaw www.firma.pl na 300.1.2.3", "na 203.0.113.7"], action("dns.set", set.clone())),
        (&["dodaj rekord A 203.0.113.7 do strefy firma.pl", "www"], action("dns.add", set.clone())),
        (&["przedłuż", "firma.pl na 2 lata"], action("domain.renew", years.clone())),
        (&["przedłuż domenę o 2 lata", "firma.pl"], action("domain.renew", years.clone())),
        (&["renew firma.pl for 2", "2 years"], action("domain.renew", years.clone())),
        (&["renew firma.pl for 2", "2"], action("domain.renew", years.clone())),
        (&["dodaj rekord TXT do firma.pl", "\"Ala Ma\""], action("dns.add", txt)),
        (
            &["usuń rekord A", "www.firma.pl"],
            action("dns.delete", json!({"domain": "firma.pl", "name": "www", "type": "A"})),
        ),
        (
            &["usuń www.firma.pl", "A"],
            action("dns.delete", json!({"domain": "firma.pl", "name": "www", "type": "A"})),
        ),
        (
            &["usuń www.firma.pl", "rekord CNAME"],
            action("dns.delete", json!({"domain": "firma.pl", "name": "www", "type": "CNAME"})),
        ),
        (
            &["ustaw TTL www.firma.pl na 300", "A"],
            action(
                "dns.set",
                json!({"domain": "firma.pl", "name": "www", "type": "A", "ttl": 300}),
            ),
        ),
        (
            &["usuń 203.0.113.7 z firma.pl", "www"],
            action(
                "dns.delete",
                json!({"domain": "firma.pl", "name": "www", "type": "A", "value": "203.0.113.7"}),
            ),
        ),
        (&["przedłuż firma.pll o 2 lata", "firma.pl"], action("domain.renew", years.clone())),
        (&["pokaż rekordy", "firma.pl"], action("dns.list", json!({"domain": "firma.pl"}))),
        (&["cancel the job", "7f3a"], action("job.cancel", json!({"job_id": "7F3A"}))),
        (
            &["usuń strefę", "sub.firma.pl"],
            action("zone.delete", json!({"domain": "sub.firma.pl"})),
        ),
    ];
    for (turns, want) in cases {
        assert_eq!(talk(turns), *want, "{turns:?}");
    }
}

#[test]
fn anything_else_starts_anew() {
    let list = action("domain.list", json!({}));
    assert_eq!(talk(&["ustaw www.firma.pl", "pokaż moje domeny"]), list);
    assert_eq!(
        talk(&["ustaw www.firma.pl", "przedłuż inna.pl o rok"]),
        action("domain.renew", json!({"domain": "inna.pl", "years": 1}))
    );
    for turns in [
        &["przedłuż", "nie"][..],
        &["przedłuż", "tak"],
        &["przedłuż firma.pl o 2", "o 20 lat"],
        &["przedłuż firma.pl o 2", "jeśli będzie tanio to 2 lata"],
        &["ustaw www.firma.pl", "203.0.113.7 albo 203.0.113.8"],
        &["ustaw www.firma.pl", "nie 203.0.113.7"],
        &["ustaw www.firma.pl", "203.0.113.7 203.0.113.8"],
        &["usuń rekord", "www.firma.pl"],
        &["przedłuż a.pl i b.plx", "b.pl"],
        &["ustaw wszystkie rekordy A na 203.0.113.7", "firma.pl"],
        &["usuń strefę", "firma.pl inna.pl"],
        &["usuń strefę", "> firma.pl"],
        &["ustaw www.firma.pl na 203.0.113.7 na 5 minut", "tak"],
    ] {
        assert_ne!(talk(turns)["outcome"], "action", "{turns:?}");
    }
}

#[test]
fn an_answer_loses_nothing_that_was_said() {
    for turns in [
        &["ustaw www na 203.0.113.7 jutro o 8", "firma.pl"][..],
        &["set www to 203.0.113.7 for 5 minutes", "firma.pl"],
        &["ustaw www na 203.0.113.7 w cloudflare", "firma.pl"],
        &["set www to 203.0.113.7 proxied", "firma.pl"],
        &["ustaw www.firma.pl na 300.1.2.3 od piątku", "203.0.113.7"],
        &["renew for 2 years on 5 December", "firma.pl"],
        &["odnów na 2 lata taniej niż 50 zł", "firma.pl"],
        &["usuń strefę w piątek", "firma.pl"],
        &["delete the A record 203.0.113.7", "firma.pl"],
        &["turn off auto-renew next year", "firma.pl"],
        &["cancel the job tomorrow", "7f3a"],
        &["usuń strefę", "firma.pl?"],
    ] {
        assert_ne!(talk(turns)["outcome"], "action", "{turns:?}");
    }
    let old = json!({"domain": "firma.pl", "name": "www", "type": "A", "value": "203.0.113.8"});
    let turns = ["ustaw www z 203.0.113.7 na 203.0.113.8", "firma.pl"];
    assert_eq!(talk(&turns), action("dns.set", old), "{turns:?}");
}

#[test]
fn the_end_of_a_month_has_no_first_day() {
    let until = action("calendar.expiring", json!({"to": "2027-01-31"}));
    for said in ["co wygasa do końca stycznia 2027?", "what expires by the end of January 2027?"] {
        assert_eq!(talk(&[said]), until, "{said}");
    }
}

#[test]
fn a_frame_that_asks_nothing_swallows_nothing() {
    let frame = Frame {
        kind: "zone.delete".into(),
        known: BTreeMap::from([("domain".into(), json!("firma.pl"))]),
        missing: vec![],
    };
    let got = understand("inna.pl", &context(Some(frame)));
    assert!(matches!(got, Parsed::Clarify(_)), "{got:?}");
}

/// What the message before asked for, and what it becomes.
fn after(before: &str, text: &str) -> Value {
    let Parsed::Actions(before) = understand(before, &super::context()) else { panic!("{before}") };
    let ctx = Context { before, pending_plan: true, ..super::context() };
    outcome::json(&understand(text, &ctx))
}

#[test]
fn a_plan_is_corrected_by_one_clear_word_only() {
    let renew = |n: u8| action("domain.renew", json!({"domain": "firma.pl", "years": n}));
    for said in ["nie, na 3 lata", "no, 3 years", "jednak na 3 lata", "make it three years"] {
        assert_eq!(after("przedłuż firma.pl na rok", said), renew(3), "{said}");
    }
    let other = action("domain.renew", json!({"domain": "kowalski.pl", "years": 1}));
    for said in ["ups, kowalski.pl", "I meant kowalski.pl", "miało być kowalski.pl"] {
        assert_eq!(after("przedłuż firma.pl na rok", said), other, "{said}");
    }
    for said in [
        "nie, 3 lata za drogo",
        "no, 3 years is too expensive",
        "nie na 3 lata?",
        "a jakby na 3 lata",
        "może na 3 lata",
        "nie, na 20 lat",
        "kowalski.pl",
        "a kowalski.pl?",
    ] {
        assert_ne!(after("przedłuż firma.pl na rok", said)["outcome"], "action", "{said}");
    }
}

#[test]
fn the_same_again_is_only_what_was_said() {
    let on = action("domain.dnssec", json!({"domain": "kowalski.pl", "enabled": true}));
    for said in ["to samo dla kowalski.pl", "do the same for kowalski.pl"] {
        assert_eq!(after("włącz dnssec dla firma.pl", said), on, "{said}");
    }
    for said in [
        "to samo dla kowalski.pl?",
        "to samo dla kowalski.pl jutro",
        "the same for kowalski.pl after Christmas",
        "to samo",
        "nie to samo dla kowalski.pl",
    ] {
        assert_ne!(after("włącz dnssec dla firma.pl", said)["outcome"], "action", "{said}");
    }
    let second = action("domain.expiry", json!({"domain": "kowalski.pl"}));
    assert_eq!(after("pokaż rekordy firma.pl i kowalski.pl", "kiedy wygasa ta druga?"), second);
}
