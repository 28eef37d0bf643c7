//! A whole engine around one registrar: clocks that jump, a vault that is locked, codes in the wrong place.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::SignedDuration;
use secrecy::ExposeSecret;

use super::*;
use crate::action::Renew;
use crate::approval::totp;
use crate::clock::SystemChance;
use crate::job::Turn;
use crate::job::tests::fixture::{Bench, days, domain};
use crate::parse::{Context, Parsed, Wish};
use crate::provider::Repeat;

/// Hears one wish in everything, for later where a time is named.
struct OneWish;

#[async_trait]
impl Parser for OneWish {
    async fn parse(&self, text: &str, _: &Context) -> Parsed {
        let action = Action::DomainRenew(Renew { domain: domain(), years: None });
        let at = text.split_once(" at ").map(|(_, at)| at.to_owned());
        Parsed::Actions(vec![Wish { action, at }])
    }
}

fn engine(bench: &Bench) -> Engine {
    let engine = locked(bench);
    engine.unlock(Unlocked {
        accounts: bench.accounts.clone(),
        seal: Some(bench.seal.clone()),
        totp: BTreeMap::from([(bench.factor, bench.secret.clone())]),
        delay: 0,
    });
    engine
}

fn locked(bench: &Bench) -> Engine {
    Engine::new(Parts {
        store: bench.store.clone(),
        parser: Box::new(OneWish),
        clock: bench.clock.clone(),
        chance: Arc::new(SystemChance),
        verify: bench.verify.clone(),
    })
}

async fn say(engine: &Engine, bench: &Bench, conversation: &str, text: &str) -> Reply {
    let here = Here { person: &bench.person, conversation, arms: true, way: Way::Host };
    let reply = engine.handle_for(here, Body::Text(text.to_owned())).await;
    if let Some(card) = &reply.plan {
        engine.delivered(card.plan.id).await.unwrap();
    }
    reply
}

fn code(bench: &Bench) -> String {
    bench.code().expose_secret().to_owned()
}

#[tokio::test]
async fn a_clock_that_was_set_is_trusted_again_when_a_person_at_the_host_says_so() {
    let bench = Bench::new(Repeat::ReadBackOnly).await;
    let engine = engine(&bench);
    assert!(engine.time_is_right().await.unwrap());
    // A board without a battery starts in the past; the network sets it right.
    bench.clock.set_off(days(400));
    assert!(!engine.time_is_right().await.unwrap());
    engine.trust_clock().await.unwrap();
    assert!(engine.time_is_right().await.unwrap());
    let reply = say(&engine, &bench, "terminal", "renew").await;
    assert_eq!(reply.kind, ReplyKind::Plan, "{reply:?}");
    let reply = say(&engine, &bench, "terminal", &code(&bench)).await;
    assert_eq!(reply.kind, ReplyKind::Answer, "{reply:?}");
    assert_eq!(engine.work_once().await.unwrap(), Turn::Worked);
    assert_eq!(bench.shop.charges(), 1);
}

#[tokio::test]
async fn nobody_is_shut_out_by_what_a_wrong_clock_counted() {
    let bench = Bench::new(Repeat::ReadBackOnly).await;
    let good = bench.clock.now();
    bench.clock.set_off(days(365));
    let wrong = engine(&bench);
    assert!(wrong.time_is_right().await.unwrap(), "nothing later was seen yet");
    let scope = Way::Host.scope(bench.factor);
    for _ in 0..10 {
        bench.store.count_wrong(&scope, bench.clock.now()).await.unwrap();
    }
    let step = totp::step_at(bench.clock.now());
    assert!(bench.store.burn_step(bench.factor, step, bench.clock.now()).await.unwrap());
    bench.clock.set_off(good.duration_since(bench.clock.now()));
    let engine = engine(&bench);
    assert!(!engine.time_is_right().await.unwrap());
    assert_eq!(engine.work_once().await.unwrap(), Turn::Idle);
    engine.trust_clock().await.unwrap();
    say(&engine, &bench, "terminal", "renew").await;
    bench.clock.forward(SignedDuration::from_secs(60));
    let reply = say(&engine, &bench, "terminal", &code(&bench)).await;
    assert_eq!(reply.kind, ReplyKind::Answer, "{reply:?}");
}

#[tokio::test]
async fn a_request_to_a_locked_dombot_is_kept_until_it_is_answered_wherever_it_was_said() {
    let bench = Bench::new(Repeat::ReadBackOnly).await;
    let reply = say(&locked(&bench), &bench, "cli", "renew firma").await;
    assert_eq!(reply.kind, ReplyKind::Locked);
    let engine = engine(&bench);
    let replies = engine.kept(&bench.person, "terminal").await.unwrap();
    assert_eq!(replies.len(), 1);
    assert!(replies[0].plan.as_ref().is_some_and(|c| c.armed), "{replies:?}");
    assert!(engine.kept(&bench.person, "terminal").await.unwrap().is_empty());
    assert!(bench.store.kept(bench.person.id).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_code_counts_in_its_conversation_only_and_is_burnt_elsewhere() {
    let bench = Bench::new(Repeat::ReadBackOnly).await;
    let engine = engine(&bench);
    say(&engine, &bench, "terminal", "renew").await;
    let used = code(&bench);
    let reply = say(&engine, &bench, "elsewhere", &used).await;
    assert_eq!(reply.code.as_deref(), Some("code_burnt"));
    let reply = say(&engine, &bench, "terminal", &used).await;
    assert_eq!(reply.code.as_deref(), Some("code_replayed"), "{reply:?}");
    let reply = say(&engine, &bench, "terminal", &format!("0000 {}", code(&bench))).await;
    assert_eq!(reply.code.as_deref(), Some("code_burnt"), "the label of no plan: {reply:?}");
    let reply = say(&engine, &bench, "terminal", &format!("well, {}", code(&bench))).await;
    assert_eq!(reply.code.as_deref(), Some("code_burnt"));
    let reply = say(&engine, &bench, "terminal", &code(&bench)).await;
    assert_eq!(reply.kind, ReplyKind::Answer);
    assert_eq!(engine.work_once().await.unwrap(), Turn::Worked);
}

#[tokio::test]
async fn an_idle_engine_does_not_write_the_time_at_every_look() {
    let bench = Bench::new(Repeat::ReadBackOnly).await;
    let engine = engine(&bench);
    engine.time_is_right().await.unwrap();
    let noted = bench.store.highest_time().await.unwrap().unwrap();
    bench.clock.forward(SignedDuration::from_secs(1));
    engine.time_is_right().await.unwrap();
    assert_eq!(bench.store.highest_time().await.unwrap(), Some(noted));
    bench.clock.forward(SignedDuration::from_secs(60));
    engine.time_is_right().await.unwrap();
    assert!(bench.store.highest_time().await.unwrap().unwrap() > noted);
}

#[tokio::test]
async fn what_is_approved_for_later_begins_then_and_not_before() {
    let bench = Bench::new(Repeat::ReadBackOnly).await;
    let engine = engine(&bench);
    let reply = say(&engine, &bench, "terminal", "renew at 2026-11-25").await;
    let card = reply.plan.unwrap();
    assert!(reply.text.contains("Not before 2026-11-25 09:00"), "{}", reply.text);
    say(&engine, &bench, "terminal", &code(&bench)).await;
    let progress = engine.progress(card.plan.id).await.unwrap().unwrap();
    assert_eq!(progress.word(), "scheduled");
    assert!(
        progress.text(Language::En).contains("2026-11-25 09:00"),
        "{}",
        progress.text(Language::En)
    );
    assert_eq!(engine.work_once().await.unwrap(), Turn::Idle);
    // Somebody moves the row: the approved plan says when.
    bench.store.tamper("UPDATE job SET run_at = 0").await;
    assert_eq!(engine.work_once().await.unwrap(), Turn::Worked);
    assert_eq!(bench.shop.calls(), 0);
    bench.clock.forward(days(2) - SignedDuration::from_mins(30));
    engine.trust_clock().await.unwrap();
    assert_eq!(engine.work_once().await.unwrap(), Turn::Worked);
    assert_eq!(bench.shop.charges(), 1);
}

#[tokio::test]
async fn what_was_missed_by_an_hour_needs_a_new_code() {
    let bench = Bench::new(Repeat::ReadBackOnly).await;
    let engine = engine(&bench);
    let card = say(&engine, &bench, "terminal", "renew at 2026-11-25").await.plan.unwrap();
    say(&engine, &bench, "terminal", &code(&bench)).await;
    bench.clock.forward(days(2) + SignedDuration::from_mins(1));
    assert_eq!(engine.work_once().await.unwrap(), Turn::Worked);
    let progress = engine.progress(card.plan.id).await.unwrap().unwrap();
    assert!(progress.wants_new_plan(), "{progress:?}");
    assert_eq!(bench.shop.calls(), 0);
}

#[tokio::test]
async fn a_dangerous_plan_can_be_stopped_in_its_delay() {
    let bench = Bench::new(Repeat::ReadBackOnly).await;
    let step = bench.renew_step(&domain());
    let mut plan = bench.plan_of(vec![step]);
    plan.delay = 600;
    let stored = bench.put_plan(&plan).await;
    let job = bench.approve(&stored).await[0];
    bench.clock.forward(SignedDuration::from_mins(9));
    assert_eq!(bench.turn().await, Turn::Idle);
    let event = bench.event("job.cancelled");
    assert_eq!(bench.store.cancel_jobs(stored.id, Some(job), &event).await.unwrap(), 1);
    bench.clock.forward(SignedDuration::from_mins(2));
    assert_eq!(bench.turn().await, Turn::Idle);
    assert_eq!(bench.shop.calls(), 0);
}
