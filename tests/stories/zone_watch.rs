//! Zones that somebody changes behind dombot's back: noticed, told once, put back or accepted; and two copies of a
//! zone compared.

use dombot_core::action::{Action, Answer, Compared, DnsCompare, Drifted, OfZone};
use dombot_core::chat::{Reply, ReplyKind};
use dombot_core::clock::Clock as _;
use dombot_core::engine::Here;
use dombot_tests::{HERE, Talk};
use jiff::SignedDuration;
use std::time::Duration;

const ZONE: &str = "demo-firma.test";
const DRIFT: [&str; 2] =
    ["sprawdź rozjazd strefy demo-firma.test", "check demo-firma.test for drift"];

async fn drift(talk: &Talk) -> Drifted {
    let reply = talk.say(DRIFT).await;
    let Some(Answer::Drifted(drifted)) = reply.data else { panic!("{}", reply.text) };
    drifted
}

/// Every zone is looked at once; the story's time goes on far enough for the next look.
async fn looks(talk: &Talk) {
    while talk.engine.look_around().await.unwrap() {}
    talk.clock.advance(Duration::from_mins(16));
}

fn names(drifted: &Drifted) -> Vec<String> {
    drifted.changes.iter().map(|c| format!("{:?}", c.key)).collect()
}

#[tokio::test]
async fn a_drift_is_told_once_and_put_back() {
    for talk in Talk::both().await {
        looks(&talk).await;
        assert_eq!(talk.news().await, "", "what is there at first is right");
        // dombot's own changes are none of it.
        talk.get([
            "ustaw api.demo-firma.test na 203.0.113.9",
            "set api.demo-firma.test to 203.0.113.9",
        ])
        .await;
        let _ = talk.news().await;
        looks(&talk).await;
        assert_eq!(talk.news().await, "");
        assert_eq!(names(&drift(&talk).await), [""; 0]);

        let before = talk.zone("www.demo-firma.test", "A").await;
        talk.meanwhile("www.demo-firma.test", "A", 300, &["198.51.100.66"]);
        talk.meanwhile("new.demo-firma.test", "TXT", 300, &["\"x\""]);
        serial_moves(&talk, 4_000_000_001);
        looks(&talk).await;
        let news = talk.news().await;
        assert!(
            news.contains("www A") && news.contains("new TXT") && news.contains(ZONE),
            "{news}"
        );
        for _ in 0..3 {
            looks(&talk).await;
        }
        assert_eq!(talk.news().await, "", "it is told once");
        assert_eq!(names(&drift(&talk).await), ["new TXT", "www A"]);

        let (card, _) = talk
            .get(["cofnij rozjazd strefy demo-firma.test", "undo the drift of demo-firma.test"])
            .await;
        assert_eq!(card.plan.steps.len(), 1);
        assert_eq!(talk.zone("www.demo-firma.test", "A").await, before);
        assert_eq!(talk.zone("new.demo-firma.test", "TXT").await, [""; 0]);
        let _ = talk.news().await;
        looks(&talk).await;
        assert_eq!(names(&drift(&talk).await), [""; 0]);
        assert_eq!(talk.news().await, "", "putting back is dombot's own change");
    }
}

#[tokio::test]
async fn a_drift_is_accepted_and_the_next_one_is_told() {
    for talk in Talk::both().await {
        looks(&talk).await;
        talk.meanwhile("www.demo-firma.test", "A", 300, &["198.51.100.66"]);
        serial_moves(&talk, 4_000_000_002);
        looks(&talk).await;
        assert!(talk.news().await.contains("www A"));
        let reply = talk
            .say([
                "zaakceptuj rozjazd strefy demo-firma.test",
                "accept the drift of demo-firma.test",
            ])
            .await;
        assert_eq!(reply.kind, ReplyKind::Answer, "{}", reply.text);
        assert_eq!(names(&drift(&talk).await), [""; 0]);
        let nothing = talk
            .say(["cofnij rozjazd strefy demo-firma.test", "undo the drift of demo-firma.test"])
            .await;
        assert!(nothing.plan.is_none(), "{}", nothing.text);
        assert_eq!(talk.zone("www.demo-firma.test", "A").await, ["300 198.51.100.66"]);
        // Another drift is another message.
        talk.meanwhile("www.demo-firma.test", "A", 300, &["198.51.100.67"]);
        serial_moves(&talk, 4_000_000_003);
        looks(&talk).await;
        assert!(talk.news().await.contains("www A"));
    }
}

#[tokio::test]
async fn what_should_be_there_survives_a_restart() {
    let mut talk = Talk::en().await;
    looks(&talk).await;
    talk.meanwhile("www.demo-firma.test", "A", 300, &["198.51.100.66"]);
    talk.restart_locked().await;
    assert!(!talk.engine.look_around().await.unwrap(), "locked, nobody is asked");
    talk.unlock();
    let drifted = drift(&talk).await;
    assert!(!drifted.first);
    assert_eq!(names(&drifted), ["www A"]);
    assert!(talk.clock.now().duration_since(drifted.since) >= SignedDuration::from_mins(15));
}

/// The operator moves the serial with every change; the kit's hand does not.
fn serial_moves(talk: &Talk, serial: u32) {
    let soa = format!("ns1.sandbox.test. hostmaster.sandbox.test. {serial} 7200 3600 1209600 300");
    talk.meanwhile(ZONE, "SOA", 3600, &[&soa]);
}

async fn act(talk: &Talk, action: Action, file: Option<&str>) -> Reply {
    let way = dombot_core::approval::Way::Host;
    let here = Here { person: &talk.person, conversation: HERE, arms: false, way };
    talk.engine.act(here, action, file.map(str::to_owned).as_ref()).await
}

#[tokio::test]
async fn a_zone_is_compared_with_a_file() {
    let talk = Talk::en().await;
    let zone = OfZone { domain: ZONE.parse().unwrap(), account: Some("sandbox-dns".into()) };
    let export = serde_json::json!({"kind": "dns.export", "slots": zone});
    let reply = act(&talk, serde_json::from_value(export).unwrap(), None).await;
    let Some(Answer::Exported(exported)) = reply.data else { panic!("{}", reply.text) };
    let compare = |other: Option<&str>| {
        Action::DnsCompare(DnsCompare {
            domain: ZONE.parse().unwrap(),
            account: None,
            other: other.map(str::to_owned),
            attachment: Some("zone".into()),
        })
    };
    let of = async |file: &str| -> Compared {
        let reply = act(&talk, compare(None), Some(file)).await;
        let Some(Answer::Compared(compared)) = reply.data else { panic!("{}", reply.text) };
        compared
    };
    assert!(of(&exported.file).await.changes.is_empty());
    let compared = of(&exported.file.replace("192.0.2.10", "192.0.2.99")).await;
    assert!(!compared.changes.is_empty() && compared.same > 3, "{compared:?}");
    for (action, why) in [(compare(None), "With what"), (compare(Some("nobody")), "nobody")] {
        let reply = act(&talk, action, None).await;
        assert!(reply.kind == ReplyKind::Error && reply.text.contains(why), "{}", reply.text);
    }
}
