//! Codes: what they approve, and all that they do not.

use std::fmt::Write as _;
use std::time::Duration;

use dombot_core::chat::ReplyKind;
use dombot_core::store::PlanState;
use dombot_tests::Talk;

const SET_WWW: [&str; 2] =
    ["ustaw www.demo-firma.test na 203.0.113.7", "set www.demo-firma.test to 203.0.113.7"];
const SET_API: [&str; 2] =
    ["ustaw api.demo-firma.test na 203.0.113.8", "set api.demo-firma.test to 203.0.113.8"];

fn wrong(talk: &Talk) -> String {
    // Not the code of any step that would be told apart as a wrong clock.
    let near: Vec<String> = (-30..=30).map(|n| talk.shown_at(n)).collect();
    (0..1_000_000).map(|n| format!("{n:06}")).find(|c| !near.contains(c)).unwrap()
}

#[tokio::test]
async fn a_second_plan_is_not_swapped_in() {
    for talk in Talk::both().await {
        let first = talk.plan(SET_WWW).await;
        let reply = talk.say(SET_API).await;
        assert_eq!(reply.kind, ReplyKind::Plan);
        let second = reply.plan.unwrap();
        assert!(!second.armed, "{}", reply.text);
        talk.code().await;
        talk.work().await;
        assert_eq!(talk.progress(first.plan.id).await.state, PlanState::Completed);
        assert_eq!(talk.progress(second.plan.id).await.state, PlanState::Open);
        assert!(talk.zone("api.demo-firma.test", "A").await.is_empty());
        assert_eq!(talk.ledger().len(), 1);
        // Nothing is armed now: never "the latest".
        let reply = talk.code().await;
        assert_eq!(reply.code.as_deref(), Some("code_burnt"), "{}", reply.text);
        talk.work().await;
        assert_eq!(talk.ledger().len(), 1);
    }
}

#[tokio::test]
async fn the_label_before_the_code_must_fit() {
    for talk in Talk::both().await {
        let card = talk.plan(SET_WWW).await;
        let reply = talk.say(&format!("ZZZZ {}", talk.shown())).await;
        assert_eq!(reply.code.as_deref(), Some("code_burnt"), "{}", reply.text);
        talk.clock.advance(Duration::from_secs(30));
        let typed = format!("{} {}", card.label.to_lowercase(), talk.shown());
        assert_eq!(talk.say(&typed).await.kind, ReplyKind::Answer);
        talk.work().await;
        assert_eq!(talk.zone("www.demo-firma.test", "A").await, ["300 203.0.113.7"]);
    }
}

#[expect(clippy::too_many_lines, reason = "one walk through every wrong place")]
#[tokio::test]
async fn a_code_in_the_wrong_place_is_burnt_and_rests_nowhere() {
    for mut talk in Talk::both().await {
        let mut canaries = Vec::new();
        let places: [fn(&str) -> [String; 2]; 6] = [
            |c| [format!("mój kod to {c}"), format!("my code is {c}")],
            |c| [format!("tak {c}"), format!("yes {c}")],
            |c| {
                [
                    format!("ustaw www.demo-firma.test na 203.0.113.7 {c}"),
                    format!("set www.demo-firma.test to 203.0.113.7 {c}"),
                ]
            },
            |c| {
                [
                    format!("przedłuż demo-firma.test o 2 lata, {c}."),
                    format!("renew demo-firma.test for 2 years, {c}."),
                ]
            },
            |c| [format!("{} {}", &c[..3], &c[3..]), format!("{}-{}", &c[..3], &c[3..])],
            |c| {
                [
                    format!("kod: {}-{} proszę", &c[..3], &c[3..]),
                    format!("code: {} {} please", &c[..3], &c[3..]),
                ]
            },
        ];
        for place in places {
            let code = talk.shown();
            let [pl, en] = place(&code);
            let reply = talk.say([&pl[..], &en]).await;
            assert_eq!(reply.code.as_deref(), Some("code_burnt"), "{pl} / {en}: {}", reply.text);
            assert!(!reply.text.contains(&code));
            canaries.push(code);
            // Burnt: it approves nothing any more, not even at its plan.
            let card = talk.plan(SET_WWW).await;
            let again = talk.code_for(card.plan.id).await;
            assert_eq!(again.code.as_deref(), Some("code_replayed"), "{}", again.text);
            talk.say(["nie", "no"]).await;
        }
        talk.plan(SET_WWW).await;
        canaries.push(talk.shown());
        talk.code().await;
        talk.work().await;
        // While the vault is locked nobody can tell a code from a number: it must not be kept either.
        talk.restart_locked().await;
        let code = talk.shown();
        talk.say([
            &format!("przedłuż demo-firma.test o 2 lata {code}")[..],
            &format!("renew demo-firma.test for 2 years {code}"),
        ])
        .await;
        canaries.push(code);
        canaries.push(talk.secret().to_owned());
        canaries.extend(talk.tokens());
        let disk = talk.disk();
        for canary in canaries {
            let found = disk.windows(canary.len()).any(|w| w == canary.as_bytes());
            assert!(!found, "{canary} rests on the disk");
        }
        assert!(
            disk.windows(15).any(|w| w == b"demo-firma.test"),
            "the search itself finds things"
        );
    }
}

#[tokio::test]
async fn wrong_replayed_old_and_expired_codes_change_nothing() {
    for talk in Talk::both().await {
        let mut told = String::new();
        let mut tell = |reply: dombot_core::chat::Reply, code: &str| {
            assert_eq!(reply.code.as_deref(), Some(code), "{}", reply.text);
            writeln!(told, "{}", reply.text).unwrap();
        };
        talk.plan(SET_API).await;
        let used = talk.shown();
        assert_eq!(talk.say(&used).await.kind, ReplyKind::Answer);
        let card = talk.plan(SET_WWW).await;
        tell(talk.say(&used).await, "code_replayed");
        tell(talk.say(&wrong(&talk)).await, "code_wrong");
        // Of five minutes ago: one of the clocks is wrong.
        tell(talk.say(&talk.shown_at(-10)).await, "code_skewed");
        tell(talk.say(&talk.shown_at(4)).await, "code_skewed");
        talk.clock.advance(Duration::from_secs(601));
        tell(talk.code_for(card.plan.id).await, "plan_expired");
        tell(talk.code().await, "code_burnt");
        talk.work().await;
        assert_eq!(talk.ledger().len(), 1, "only the first plan");
        assert_eq!(talk.zone("www.demo-firma.test", "A").await, ["300 192.0.2.10"]);
        insta::assert_snapshot!(format!("codes_{}", talk.lang.id()), told);
    }
}

#[tokio::test]
async fn five_wrong_codes_kill_the_plan_and_ten_lock_the_authenticator() {
    for talk in Talk::both().await {
        let bad = wrong(&talk);
        for round in 0..2 {
            let card = talk.plan(SET_WWW).await;
            for n in 1..=5 {
                let reply = talk.say(&bad).await;
                let expected = if n == 5 { "plan_dead" } else { "code_wrong" };
                assert_eq!(reply.code.as_deref(), Some(expected), "round {round}, {n}");
            }
            let late = talk.code_for(card.plan.id).await;
            assert_eq!(late.code.as_deref(), Some("plan_dead"), "{}", late.text);
        }
        talk.plan(SET_WWW).await;
        let locked = talk.code().await;
        assert_eq!(locked.code.as_deref(), Some("factor_locked"), "{}", locked.text);
        talk.work().await;
        assert!(talk.ledger().is_empty());
        talk.clock.advance(Duration::from_secs(16 * 60));
        let (_, done) = talk.get(SET_WWW).await;
        assert_eq!(done.state, PlanState::Completed, "the lock ends");
    }
}

#[tokio::test]
async fn a_code_counts_in_its_own_conversation_only() {
    let talk = Talk::pl().await;
    let card = talk.plan(SET_WWW).await;
    let reply = talk.code_in("telegram").await;
    assert_eq!(reply.code.as_deref(), Some("code_burnt"));
    talk.work().await;
    assert!(talk.ledger().is_empty());
    assert_eq!(talk.progress(card.plan.id).await.state, PlanState::Open);
    talk.code().await;
    talk.work().await;
    assert_eq!(talk.ledger().len(), 1);
}

#[tokio::test]
async fn a_dangerous_plan_in_a_chat_wants_its_label_before_the_code() {
    for talk in Talk::both().await {
        let card = talk.plan(["usuń strefę sklep-demo.test", "delete zone sklep-demo.test"]).await;
        let bare = talk.shown();
        let reply = talk.say(&bare).await;
        assert_eq!(reply.code.as_deref(), Some("label_first"), "{}", reply.text);
        let burnt = talk.say(&format!("{} {bare}", card.label)).await;
        assert_eq!(burnt.code.as_deref(), Some("code_replayed"), "{}", burnt.text);
        talk.work().await;
        assert!(talk.ledger().is_empty());
        talk.clock.advance(Duration::from_secs(30));
        let reply = talk.say(&format!("{} {}", card.label, talk.shown())).await;
        assert_eq!(reply.kind, ReplyKind::Answer, "{}", reply.text);
        talk.work().await;
        assert!(talk.zone("sklep-demo.test", "NS").await.is_empty());
    }
}
