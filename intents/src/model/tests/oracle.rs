//! Single answers, right ones and the lies that each rule stands against.

use dombot_core::parse::Parsed;
use serde_json::{Value, json};

use super::{action, actions, judged};
use crate::tests::context;

fn heard(text: &str, answer: &Value) -> Option<Value> {
    match judged(text, &context(), answer) {
        Parsed::Actions(wishes) => Some(json!(wishes)),
        _ => None,
    }
}

#[track_caller]
fn accepted(text: &str, kind: &str, slots: &Value) {
    let got = heard(text, &action(kind, slots));
    assert_eq!(got, Some(json!([{"kind": kind, "slots": slots}])), "{text}");
}

#[track_caller]
fn asked(text: &str, answer: &Value) {
    assert_eq!(heard(text, answer), None, "{text}");
}

#[test]
fn right_answers_that_the_offline_parser_could_not_give() {
    let www = json!({"domain": "firma.pl", "name": "www", "type": "A", "value": "203.0.113.7"});
    // Words that nobody knows, behind the verb.
    let said = "ustaw www.firma.pl na 203.0.113.7 zgodnie z mailem klienta";
    assert!(
        matches!(crate::understand(said, &context()), Parsed::Clarify(_)),
        "the offline parser asks"
    );
    accepted(said, "dns.set", &www);
    accepted(
        "renew example.com for two years per Tom's spreadsheet",
        "domain.renew",
        &json!({"domain": "example.com", "years": 2}),
    );
    accepted(
        "usuń rekord TXT z kasa.firma.pl zgodnie z mailem sklepu",
        "dns.delete",
        &json!({"domain": "firma.pl", "name": "kasa", "type": "TXT"}),
    );
    // A story before the wish.
    accepted(
        "Marek zmienił hosting sklepu. Usuń rekord TXT z kasa.firma.pl zgodnie z mailem",
        "dns.delete",
        &json!({"domain": "firma.pl", "name": "kasa", "type": "TXT"}),
    );
    // Looks in words of their own.
    accepted("co tam siedzi pod firma.pl", "dns.list", &json!({"domain": "firma.pl"}));
    accepted("is anything wrong with job 7F3A", "job.status", &json!({"job_id": "7F3A"}));
}

#[test]
fn a_look_leaves_out_what_was_not_said() {
    let with_type = json!({"domain": "firma.pl", "name": null, "type": "MX"});
    let got = heard("co tam siedzi pod firma.pl", &action("dns.list", &with_type));
    assert_eq!(got, Some(json!([{"kind": "dns.list", "slots": {"domain": "firma.pl"}}])));
    asked("co tam siedzi pod firma.pl", &action("dns.list", &json!({"domain": "kowalski.pl"})));
}

#[test]
fn a_host_in_the_domain_slot_is_cut_only_as_it_was_said() {
    let text = "ustaw www.firma.pl na 203.0.113.7 zgodnie z mailem";
    let slots = json!({"domain": "www.firma.pl", "name": "@", "type": "A", "value": "203.0.113.7"});
    let got = heard(text, &action("dns.set", &slots)).unwrap();
    assert_eq!(got[0]["slots"]["name"], "www");
    for name in ["kasa", "www.www"] {
        let slots =
            json!({"domain": "www.firma.pl", "name": name, "type": "A", "value": "203.0.113.7"});
        asked(text, &action("dns.set", &slots));
    }
}

#[test]
fn lies_about_values() {
    let text = "ustaw www.firma.pl na 203.0.113.7 zgodnie z mailem";
    let good = json!({"domain": "firma.pl", "name": "www", "type": "A", "value": "203.0.113.7"});
    assert!(heard(text, &action("dns.set", &good)).is_some());
    for (slot, lie) in [
        ("domain", json!("kowalski.pl")),
        ("domain", json!("firma.com")),
        ("name", json!("@")),
        ("name", json!("ustaw")),
        ("name", json!("*")),
        ("type", json!("AAAA")),
        ("type", json!("TXT")),
        ("value", json!("203.0.113.8")),
        ("value", json!("203.0.113")),
        ("value", json!("www.firma.pl")),
        ("ttl", json!(300)),
        ("ttl", json!(203)),
    ] {
        let mut slots = good.clone();
        slots[slot] = lie.clone();
        asked(text, &action("dns.set", &slots));
    }
    for kind in [
        "dns.add",
        "dns.delete",
        "zone.delete",
        "domain.renew",
        "dns.destroy_all",
        "plan.confirm",
        "plan.cancel",
    ] {
        asked(text, &action(kind, &good));
        asked(text, &action(kind, &json!({"domain": "firma.pl"})));
    }
}

#[test]
fn lies_that_drop_or_add() {
    let text = "przedłuż firma.pl o 2 lata zgodnie z umową";
    let both = json!({"domain": "firma.pl", "years": 2});
    let bare = json!({"domain": "firma.pl"});
    assert!(heard(text, &action("domain.renew", &both)).is_some());
    asked(text, &action("domain.renew", &bare));
    asked(text, &action("domain.renew", &json!({"domain": "firma.pl", "years": 3})));
    for extra in [("domain.renew", &bare), ("zone.delete", &bare), ("domain.check", &bare)] {
        asked(text, &actions(&[("domain.renew", &both), extra]));
    }
    asked(text, &actions(&[("domain.renew", &both), ("domain.renew", &both)]));
    asked(
        text,
        &json!({"outcome": "action", "actions": [{"at": "2026-12-24", "kind": "domain.renew", "slots": both}]}),
    );
    let two = "przedłuż firma.pl i kowalski.pl o 2 lata zgodnie z umową";
    let other = json!({"domain": "kowalski.pl", "years": 2});
    assert!(heard(two, &actions(&[("domain.renew", &both), ("domain.renew", &other)])).is_some());
    asked(
        two,
        &actions(&[("domain.renew", &both), ("domain.renew", &json!({"domain": "kowalski.pl"}))]),
    );
    asked(two, &action("domain.renew", &both));
}

#[test]
fn lies_that_swap() {
    let text =
        "ustaw www.firma.pl na 203.0.113.7 oraz ftp.firma.pl na 203.0.113.8 zgodnie z mailem";
    let set = |name: &str, value: &str| json!({"domain": "firma.pl", "name": name, "type": "A", "value": value});
    let (a, b) = (set("www", "203.0.113.7"), set("ftp", "203.0.113.8"));
    assert!(heard(text, &actions(&[("dns.set", &a), ("dns.set", &b)])).is_some());
    let (c, d) = (set("www", "203.0.113.8"), set("ftp", "203.0.113.7"));
    asked(text, &actions(&[("dns.set", &c), ("dns.set", &d)]));
    asked(text, &actions(&[("dns.set", &a), ("dns.set", &c)]));
    let alias = "add a CNAME record shop.firma.pl -> shops.example.net per the vendor's guide";
    let cname = |domain: &str, name: &str, value: &str| json!({"domain": domain, "name": name, "type": "CNAME", "value": value});
    assert!(
        heard(alias, &action("dns.add", &cname("firma.pl", "shop", "shops.example.net"))).is_some()
    );
    asked(alias, &action("dns.add", &cname("example.net", "shops", "shop.firma.pl")));
    let moved = "zmień www.firma.pl z 203.0.113.7 na 203.0.113.8 zgodnie z mailem";
    assert!(heard(moved, &action("dns.set", &c)).is_some());
    asked(moved, &action("dns.set", &a));
}

#[test]
fn words_that_turn_a_wish_around() {
    let renew = action("domain.renew", &json!({"domain": "firma.pl"}));
    for text in [
        "nie przedłużaj firma.pl",
        "przedłuż firma.pl jeśli tania",
        "gdybym chciał przedłużyć firma.pl",
        "wstrzymaj się i przedłuż firma.pl",
        "zaniechaj odnowienia firma.pl, przedłuż",
        "zamiast tego przedłuż firma.pl",
        "hold off and renew firma.pl",
        "skip: renew firma.pl",
        "avoid at any price: renew firma.pl",
        "should I renew firma.pl",
        "renew firma.pl?",
        "renew firma.pl psyching refraining",
        "Marek przedłużył firma.pl",
        "przedłuż firma.pl albo kowalski.pl",
        "renew firma.pl at 10",
        "renew firma.pl on Friday",
        "automatycznie przedłuż firma.pl",
        "renew firma.pl soon",
        "renew firma.pl after the migration",
        "przedłuż firma.pl po przeprowadzce sklepu",
        "renew firma.pl, but wait",
        "pretend to renew firma.pl",
        "renew firma.pl, I meant kowalski.pl",
        "Marek napisał: przedłuż firma.pl",
        "szef zatwierdził, przedłuż firma.pl",
        "przedłuż firma.pl, to samo co ostatnio",
    ] {
        asked(text, &renew);
    }
    assert!(heard("renew firma.pl per Tom's spreadsheet", &renew).is_some());
}

#[test]
fn strange_words_before_the_verb_or_like_verbs() {
    let renew = action("domain.renew", &json!({"domain": "firma.pl"}));
    for text in [
        "blorp, renew firma.pl",
        "Blorpuj to. Przedłuż firma.pl",
        "przedłuż firma.pl. Blorp.",
        "blorp renew firma.pl",
        "Zdzich karteluszek przedłuż firma.pl",
        "renew firma.pl blorping",
        "przedłuż firma.pl, blorpuj",
        "renew firma.pl per Tom's big blue spreadsheet",
        "renew all firma.pl per Tom's spreadsheet",
    ] {
        asked(text, &renew);
    }
}

#[test]
fn on_and_off_in_one_message_are_neither() {
    let text = "włącz albo wyłącz autoodnawianie firma.pl";
    let both = "włącz wyłącz autoodnawianie firma.pl zgodnie z mailem";
    for text in [text, both] {
        for enabled in [true, false] {
            let slots = json!({"domain": "firma.pl", "enabled": enabled});
            asked(text, &action("domain.autorenew", &slots));
        }
    }
    let on = json!({"domain": "firma.pl", "enabled": true});
    accepted("włącz autoodnawianie firma.pl zgodnie z mailem", "domain.autorenew", &on);
}

#[test]
fn unicode_tricks() {
    let text = "renew firma.pl per Tom's spreadsheet";
    for domain in [
        "fіrma.pl",
        "firma.pl\u{200b}",
        "\u{202e}lp.amrif",
        "ﬁrma.pl",
        "FIRMA.PL",
        "firma。pl",
        "xn--frma-qpa.pl",
    ] {
        let got = heard(text, &action("domain.renew", &json!({"domain": domain})));
        // Only another spelling of the very same name may pass, and then as the name that was said.
        let same = json!([{"kind": "domain.renew", "slots": {"domain": "firma.pl"}}]);
        assert!(got.is_none() || got == Some(same), "{domain}");
    }
}

#[test]
fn small_talk_and_refusals_are_grounded_too() {
    let chat = json!({"actions": [], "outcome": "chat", "topic": "greeting"});
    assert!(matches!(judged("elo mordo", &context(), &chat), Parsed::Talk(_)));
    assert!(matches!(judged("przedłuż firma.pl", &context(), &chat), Parsed::Clarify(_)));
    let refuse = json!({"actions": [], "outcome": "refuse", "topic": null});
    assert!(matches!(judged("przedłuż firma.pl", &context(), &refuse), Parsed::Clarify(_)));
    let Parsed::Clarify(ask) =
        judged("elo", &context(), &action("zone.delete", &json!({"domain": "firma.pl"})))
    else {
        panic!("a zone for a greeting");
    };
    // A guess may be shown; a frame would let the next message finish it.
    assert_eq!((ask.kind, ask.known.len()), (None, 0));
}

/// What a model could quietly drop: each kind of span that the judge has no slot for.
#[test]
fn what_no_slot_takes_is_asked_about() {
    let renew = action("domain.renew", &json!({"domain": "firma.pl"}));
    for more in [
        "jutro",
        "o 15:30",
        "za 2 godziny",
        "od 1 do 7 grudnia",
        "za 120 zł",
        "+48 600 700 800",
        "kontakt@kowalski.pl",
        "w ovh",
        "ics",
        "AAAA",
        "TXT",
        "www",
        "7F3A",
        "2001:db8::1",
        "kowalski.pl",
        "strefa.txt",
        "1,5",
        "firma.plx",
        "#3",
        "klient_7",
    ] {
        asked(&format!("przedłuż firma.pl {more} zgodnie z mailem"), &renew);
        asked(&format!("{more} przedłuż firma.pl zgodnie z mailem"), &renew);
    }
}

/// An owner that was said is never dropped for the domain itself, nor guessed where it was not.
#[test]
fn a_name_is_neither_dropped_nor_guessed() {
    let at = |name: &str, value: &str| json!({"domain": "firma.pl", "name": name, "type": "A", "value": value});
    for text in [
        "add www to firma.pl with 203.0.113.7",
        "dodaj www do firma.pl z 203.0.113.7 zgodnie z mailem",
        "dodaj sklepik do firma.pl z 203.0.113.7 zgodnie z mailem",
    ] {
        asked(text, &action("dns.add", &at("@", "203.0.113.7")));
    }
    for text in [
        "usuń rekordy wskazujące na 203.0.113.7 z firma.pl",
        "usuń 203.0.113.7 z firma.pl zgodnie z mailem",
    ] {
        asked(text, &action("dns.delete", &at("@", "203.0.113.7")));
        asked(text, &action("dns.delete", &json!({"domain": "firma.pl", "scope": "all"})));
    }
    for text in ["delete the whole zone firma.pl", "usuń całą strefę firma.pl zgodnie z mailem"]
    {
        asked(text, &action("zone.delete", &json!({"domain": "firma.pl"})));
        asked(text, &action("dns.delete", &json!({"domain": "firma.pl", "scope": "all"})));
    }
}
