//! "Restore the zone to the state of ...": one plan from now back to then, with a new code; the name server is asked.

use std::collections::BTreeMap;
use std::time::Duration;

use dombot_core::action::{Action, DnsRestore};
use dombot_core::approval::Way;
use dombot_core::chat::{Reply, ReplyKind};
use dombot_core::clock::Clock;
use dombot_core::engine::Here;
use dombot_core::plan::Step;
use dombot_providers::sandbox::world::{Fault, Rule};
use dombot_tests::{HERE, Talk};
use jiff::Timestamp;

const ZONE: &str = "demo-firma.test";
const SETS: [(&str, &str); 6] = [
    ("www.demo-firma.test", "A"),
    ("ftp.demo-firma.test", "A"),
    ("api.demo-firma.test", "CNAME"),
    (ZONE, "MX"),
    (ZONE, "TXT"),
    (ZONE, "A"),
];

async fn snapshot(talk: &Talk) -> BTreeMap<&'static str, Vec<String>> {
    let mut out = BTreeMap::new();
    for (name, rtype) in SETS {
        let key: &'static str = Box::leak(format!("{name} {rtype}").into_boxed_str());
        out.insert(key, talk.zone(name, rtype).await);
    }
    out
}

async fn restore(talk: &Talk, at: Timestamp) -> Reply {
    let here = Here { person: &talk.person, conversation: HERE, arms: true, way: Way::Host };
    let slots = DnsRestore { domain: ZONE.parse().unwrap(), at };
    let reply = talk.engine.act(here, Action::DnsRestore(slots), None).await;
    talk.seen(&reply).await;
    reply
}

async fn carry_out(talk: &Talk) {
    let reply = talk.code().await;
    assert_eq!(reply.kind, ReplyKind::Answer, "{}", reply.text);
    talk.work().await;
}

#[tokio::test]
async fn a_zone_goes_back_to_each_of_its_states_in_one_plan() {
    let talk = Talk::pl().await;
    let wishes = [
        "ustaw www.demo-firma.test na 203.0.113.7",
        "ustaw ftp.demo-firma.test na 203.0.113.8",
        "usuń rekord MX demo-firma.test",
        "ustaw www.demo-firma.test na 203.0.113.9",
        "dodaj TXT \"v=1\" do demo-firma.test",
        "usuń rekord A www.demo-firma.test",
        "ustaw ftp.demo-firma.test na 203.0.113.10",
    ];
    let mut states = vec![(talk.clock.now(), snapshot(&talk).await)];
    for wish in wishes {
        talk.clock.advance(Duration::from_secs(600));
        talk.get(wish).await;
        talk.clock.advance(Duration::from_secs(600));
        states.push((talk.clock.now(), snapshot(&talk).await));
    }
    let all: std::collections::BTreeSet<_> = states.iter().map(|(_, s)| s).collect();
    assert_eq!(all.len(), states.len(), "each wish changed the zone");
    // Back and forth: each restore is a change of its own that the next one takes back.
    for k in [6, 0, 3, 7, 1, 5, 2, 4, 0] {
        talk.clock.advance(Duration::from_secs(600));
        let (at, state) = &states[k];
        let reply = restore(&talk, *at).await;
        let before = talk.ledger().len();
        if reply.kind == ReplyKind::Plan {
            let steps = reply.plan.unwrap().plan.steps;
            assert_eq!(steps.len(), 1, "one plan, one step");
            carry_out(&talk).await;
            assert_eq!(talk.ledger().len(), before + 1);
        }
        assert_eq!(&snapshot(&talk).await, state, "state {k}");
    }
}

#[tokio::test]
async fn what_somebody_else_changed_meanwhile_is_said_and_the_rest_of_the_zone_stays() {
    let talk = Talk::pl().await;
    let at = talk.clock.now();
    let www = talk.zone("www.demo-firma.test", "A").await;
    talk.clock.advance(Duration::from_secs(600));
    talk.get("ustaw www.demo-firma.test na 203.0.113.7").await;
    talk.meanwhile("www.demo-firma.test", "A", 300, &["198.51.100.1"]);
    talk.meanwhile("new.demo-firma.test", "A", 300, &["198.51.100.2"]);
    let reply = restore(&talk, at).await;
    assert_eq!(reply.kind, ReplyKind::Plan, "{}", reply.text);
    assert!(reply.text.contains("ktoś zmienił to po mnie"), "{}", reply.text);
    carry_out(&talk).await;
    assert_eq!(talk.zone("www.demo-firma.test", "A").await, www);
    assert_eq!(talk.zone("new.demo-firma.test", "A").await, ["300 198.51.100.2"]);
}

#[tokio::test]
async fn a_deleted_zone_comes_back_whole() {
    let talk = Talk::pl().await;
    let (at, state) = (talk.clock.now(), snapshot(&talk).await);
    talk.clock.advance(Duration::from_secs(600));
    talk.get("ustaw www.demo-firma.test na 203.0.113.7").await;
    let (card, _) = talk.get("usuń strefę demo-firma.test").await;
    assert!(matches!(card.plan.steps[..], [Step::ZoneDelete { .. }]));
    assert_ne!(snapshot(&talk).await, state);
    let reply = talk.get("utwórz strefę demo-firma.test").await.1;
    assert!(reply.is_over());
    talk.clock.advance(Duration::from_secs(600));
    let reply = restore(&talk, at).await;
    assert_eq!(reply.kind, ReplyKind::Plan, "{}", reply.text);
    carry_out(&talk).await;
    assert_eq!(snapshot(&talk).await, state);
}

#[tokio::test]
async fn it_says_so_where_it_cannot() {
    let talk = Talk::pl().await;
    let start = talk.clock.now();
    let reply = restore(&talk, start + jiff::SignedDuration::from_hours(1)).await;
    assert!(reply.text.contains("jeszcze nie było"), "{}", reply.text);
    talk.clock.advance(Duration::from_secs(60));
    let reply = restore(&talk, start).await;
    assert_eq!(reply.kind, ReplyKind::Answer);
    assert!(reply.text.contains("nie ma czego przywracać"), "{}", reply.text);
    // An unknown outcome: nothing compensates for it. Rule 18.
    talk.fault(Rule::next("write", Fault::Reset));
    talk.plan("ustaw www.demo-firma.test na 203.0.113.7").await;
    talk.code().await;
    talk.engine.work_once().await.unwrap();
    let reply = restore(&talk, start).await;
    assert_eq!(reply.kind, ReplyKind::Error);
    assert!(reply.text.contains("nie jest jeszcze znany"), "{}", reply.text);
    // By words.
    talk.work().await;
    let reply = talk.say("przywróć strefę demo-firma.test z 2026-11-23").await;
    assert_eq!(reply.kind, ReplyKind::Plan, "{}", reply.text);
}
