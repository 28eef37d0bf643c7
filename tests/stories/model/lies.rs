//! Models that always lie, over the sentences of strangers: nothing wrong is ever changed.

use dombot_intents::eval;

use super::*;

const FRESH: &str = include_str!("../../data/fresh.jsonl");

/// Runs the set against a liar; gives the report and how often the liar was asked.
async fn against(
    lie: impl Fn(&Asked, usize) -> String + Send + Sync + 'static,
) -> (eval::Report, usize) {
    let (server, parser) = scene(Rules::default(), move |asked, n| Says::Text(lie(asked, n))).await;
    let report = eval::run(&parser, FRESH, &code_in).await.unwrap();
    let asked = server.journal().len();
    (report, asked)
}

fn honest(report: &eval::Report) {
    let wrong: Vec<_> = report.misses.iter().filter(|m| m.wrong_mutation).collect();
    assert_eq!(report.wrong_mutations, 0, "{wrong:#?}");
}

#[tokio::test]
async fn a_liar_that_always_says_the_same() {
    for (kind, slots) in [
        ("zone.delete", json!({"domain": "firma.pl"})),
        ("domain.renew", json!({"domain": "shop.com", "years": 10})),
        (
            "dns.delete",
            json!({"domain": "firma.pl", "name": "@", "type": "MX", "value": null, "scope": null}),
        ),
        (
            "dns.set",
            json!({"domain": "firma.pl", "name": "www", "type": "A", "value": "192.0.2.66", "ttl": null}),
        ),
        ("domain.autorenew", json!({"domain": "firma.pl", "enabled": false})),
        ("undo", json!({"target": "last"})),
    ] {
        let text = answer(kind, &slots);
        let (report, asked) = against(move |_, _| text.clone()).await;
        honest(&report);
        assert!(asked > 3, "the liar was asked {asked} times");
    }
}

/// Words with a dot in them, of a message.
fn dotted(words: &str) -> Vec<String> {
    let clean = |w: &str| w.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    words.split_whitespace().map(clean).filter(|w| w.contains('.')).collect()
}

/// What a liar can make of the words of a message: every kind, with the domains and addresses that were said.
fn twisted(words: &str, n: usize) -> String {
    let all = dotted(words);
    let host = |k: usize| {
        all.get((n + k) % all.len().max(1)).cloned().unwrap_or_else(|| "firma.pl".into())
    };
    let (first, second) = (host(0), host(1));
    let (name, domain) = match first.matches('.').count() {
        1 => ("@".to_owned(), first.clone()),
        _ => first.split_once('.').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap(),
    };
    let set = |kind: &str| {
        let rtype = if second.parse::<std::net::Ipv4Addr>().is_ok() { "A" } else { "CNAME" };
        answer(
            kind,
            &json!({"domain": domain, "name": name, "type": rtype, "value": second, "ttl": null}),
        )
    };
    match n % 9 {
        0 => set("dns.set"),
        1 => set("dns.add"),
        2 => answer(
            "dns.delete",
            &json!({"domain": domain, "name": name, "type": "A", "value": null, "scope": null}),
        ),
        3 => answer("zone.delete", &json!({"domain": domain})),
        4 => answer("domain.renew", &json!({"domain": domain, "years": 1 + n % 4})),
        5 => answer("domain.autorenew", &json!({"domain": domain, "enabled": n.is_multiple_of(2)})),
        6 => answer("zone.create", &json!({"domain": domain, "provider": null})),
        7 => answer(
            "dns.delete",
            &json!({"domain": domain, "name": null, "type": null, "value": null, "scope": "all"}),
        ),
        _ => answer(
            "job.cancel",
            &json!({"job_id": words.split_whitespace().last().unwrap_or("7F3A")}),
        ),
    }
}

#[tokio::test]
async fn a_liar_that_turns_the_persons_own_words_around() {
    for round in 0..9 {
        let (report, _) = against(move |asked, n| twisted(&asked.words, n + round)).await;
        honest(&report);
    }
}

#[tokio::test]
async fn a_liar_in_a_conversation_opens_no_frame() {
    let renew = answer("domain.renew", &json!({"domain": null, "years": 9}))
        .replace("\"outcome\":\"action\"", "\"outcome\":\"clarify\"");
    let (_server, parser) = scene(Rules::default(), move |_, _| Says::Text(renew.clone())).await;
    let Parsed::Clarify(ask) = parser.parse(ODD, &context()).await else { panic!("a question") };
    assert_eq!((ask.kind, ask.known.len()), (None, 0));
}
