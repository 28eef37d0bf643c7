//! "Freeze everything": at once, without a code, by an administrator. Nothing is approved and nothing is sent until a
//! code at the host thaws it.

use std::time::Duration;

use dombot_core::action::Role;
use dombot_core::chat::ReplyKind;
use dombot_core::clock::Clock;
use dombot_core::freeze::Scope;
use dombot_core::job::{JobState, Turn};
use dombot_core::phrase::Language;
use dombot_core::store::PlanState;
use dombot_providers::sandbox::world::{Fault, Rule};
use dombot_tests::Talk;

const SET: [&str; 2] =
    ["ustaw www.demo-firma.test na 203.0.113.7", "point www.demo-firma.test at 203.0.113.7"];
const OTHER: [&str; 2] =
    ["ustaw ftp.demo-firma.test na 203.0.113.8", "point ftp.demo-firma.test at 203.0.113.8"];
const RENEW: &str = "przedłuż demo-shop.test o rok";
const ALL: [&str; 2] = ["zamroź wszystko", "freeze everything"];

async fn thaw(talk: &Talk, scope: &Scope) {
    let now = talk.clock.now();
    assert!(talk.engine.store().thaw(scope, talk.person.id, now).await.unwrap());
}

#[tokio::test]
async fn everything_stands_still_and_then_goes_on() {
    for talk in Talk::both().await {
        let (done, _) = talk.get(SET).await;
        let sent = talk.ledger().len();
        // Approved and not begun, and one that waits for its code.
        let approved = talk
            .plan([
                "usuń rekord A www.demo-firma.test",
                "delete the A record of www.demo-firma.test",
            ])
            .await;
        talk.code().await;
        let open = talk.plan(OTHER).await;
        let reply = talk.say(ALL).await;
        assert_eq!(reply.kind, ReplyKind::Answer, "{}", reply.text);
        assert!(
            reply.text.contains(&done.label) && reply.text.contains(&approved.label),
            "what was approved: {}",
            reply.text
        );
        assert!(reply.text.contains(&open.label), "what is void: {}", reply.text);
        let stored = talk.engine.store().plan(open.plan.id).await.unwrap().unwrap();
        assert_eq!(stored.state, PlanState::Dropped);
        // Its code approves nothing, no new plan is made, nothing is sent.
        assert_eq!(talk.code_for(open.plan.id).await.code.as_deref(), Some("plan_not_open"));
        assert_eq!(talk.say(OTHER).await.code.as_deref(), Some("frozen"));
        for _ in 0..5 {
            talk.engine.work_once().await.unwrap();
            talk.clock.advance(Duration::from_secs(61));
        }
        assert_eq!(talk.ledger().len(), sent);
        assert_eq!(talk.progress(approved.plan.id).await.steps[0].state, JobState::Ready);
        // Reading goes on.
        assert_eq!(
            talk.say(["jakie mam domeny?", "which domains do I have?"]).await.kind,
            ReplyKind::Answer
        );
        thaw(&talk, &Scope::All).await;
        talk.work().await;
        assert_eq!(talk.ledger().len(), sent + 1, "what was approved goes on");
        talk.get(SET).await;
    }
}

/// Between the plan's card and its code.
#[tokio::test]
async fn the_approving_transaction_looks_too() {
    let talk = Talk::pl().await;
    let card = talk.plan(RENEW).await;
    // Frozen by another process, whose freeze does not know this plan.
    let Some(_) =
        talk.sql("INSERT INTO frozen (scope, at, person) VALUES ('domain:demo-shop.test', 1, '')")
    else {
        return;
    };
    let reply = talk.code_for(card.plan.id).await;
    assert_eq!(reply.code.as_deref(), Some("frozen"), "{}", reply.text);
    talk.sql("DELETE FROM frozen").unwrap();
    let reply = talk.code_for(card.plan.id).await;
    assert_eq!(
        reply.kind,
        ReplyKind::Answer,
        "a code that approved nothing was not used up: {}",
        reply.text
    );
}

#[tokio::test]
async fn only_what_was_named_is_frozen() {
    for (words, scope) in
        [("zamroź demo-shop.test", "domain:demo-shop.test"), ("zamroź konto sandbox-b", "account:")]
    {
        let talk = Talk::pl().await;
        let reply = talk.say(words).await;
        assert_eq!(reply.kind, ReplyKind::Answer, "{}", reply.text);
        let frozen = talk.engine.store().frozen().await.unwrap();
        assert_eq!(frozen.len(), 1);
        assert!(frozen[0].0.to_string().starts_with(scope), "{:?}", frozen[0]);
        assert_eq!(talk.say(RENEW).await.code.as_deref(), Some("frozen"));
        talk.get(SET).await;
        assert_eq!(talk.ledger().len(), 1, "the rest goes on");
    }
}

/// A call whose outcome is unknown is still read back; it is not repeated.
#[tokio::test]
async fn what_was_sent_is_read_back_and_not_repeated() {
    let talk = Talk::pl().await;
    talk.fault(Rule::next("write", Fault::Reset));
    let card = talk.plan(SET).await;
    talk.code().await;
    talk.engine.work_once().await.unwrap();
    talk.say(ALL).await;
    for _ in 0..10 {
        talk.clock.advance(Duration::from_secs(61));
        talk.engine.work_once().await.unwrap();
    }
    assert!(talk.ledger().is_empty(), "it was repeated");
    assert_eq!(talk.progress(card.plan.id).await.steps[0].state, JobState::Calling);
    thaw(&talk, &Scope::All).await;
    talk.work().await;
    assert_eq!(talk.ledger().len(), 1);
}

#[tokio::test]
async fn whoever_may_not_change_the_rules_freezes_nothing() {
    for role in [Role::Viewer, Role::Tech, Role::Billing] {
        let talk = Talk::new(Language::Pl, role).await;
        let reply = talk.say(ALL).await;
        assert_eq!(reply.kind, ReplyKind::Refuse, "{}", reply.text);
        assert!(talk.engine.store().frozen().await.unwrap().is_empty());
    }
    let talk = Talk::new(Language::Pl, Role::Admin).await;
    talk.say(ALL).await;
    assert_eq!(talk.engine.store().frozen().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_locked_dombot_can_be_frozen() {
    let mut talk = Talk::pl().await;
    let card = talk.plan(RENEW).await;
    talk.code().await;
    talk.restart_locked().await;
    let reply = talk.say(ALL).await;
    assert_eq!(reply.kind, ReplyKind::Answer, "{}", reply.text);
    assert!(reply.text.contains(&card.label));
    talk.unlock();
    talk.engine.work_once().await.unwrap();
    assert!(talk.ledger().is_empty());
}

#[tokio::test]
async fn a_frozen_person_does_nothing_and_his_approved_work_is_not_begun() {
    let talk = Talk::pl().await;
    let card = talk.plan(SET).await;
    talk.code().await;
    let scope = Scope::Person(talk.person.id);
    let now = talk.clock.now();
    let back = jiff::SignedDuration::from_hours(24);
    let froze = talk.engine.store().freeze(&scope, talk.person.id, now, back).await.unwrap();
    assert_eq!((froze.held, froze.approved.len()), (1, 1));
    assert_eq!(talk.say(SET).await.kind, ReplyKind::Refuse);
    while talk.engine.work_once().await.unwrap() == Turn::Worked {}
    assert!(talk.ledger().is_empty());
    assert_eq!(talk.progress(card.plan.id).await.steps[0].state, JobState::Failed);
}
