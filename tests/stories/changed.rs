//! The world, the person's rights, the vault or the clock changed between the plan and its execution.

use std::fmt::Write as _;
use std::time::Duration;

use dombot_core::action::Role;
use dombot_core::chat::{Reply, ReplyKind};
use dombot_core::phrase::Language;
use dombot_core::plan::Tier;
use dombot_core::store::PlanState;
use dombot_providers::sandbox::world::{Fault, Rule, Who};
use dombot_tests::Talk;
use jiff::SignedDuration;

const WWW: &str = "www.demo-firma.test";
const SET_WWW: [&str; 2] =
    ["ustaw www.demo-firma.test na 203.0.113.7", "set www.demo-firma.test to 203.0.113.7"];
const RENEW: [&str; 2] = ["przedłuż demo-firma.test o 2 lata", "renew demo-firma.test for 2 years"];

/// The new plan that is offered where an approved one was not begun.
async fn anew(talk: &Talk, old: dombot_core::ids::PlanId) -> Reply {
    let progress = talk.progress(old).await;
    assert_eq!(progress.state, PlanState::Halted, "{}", progress.text(talk.lang));
    assert!(progress.wants_new_plan(), "{}", progress.text(talk.lang));
    let reply = talk.engine.replan(&talk.person, old, true).await.unwrap().unwrap();
    talk.seen(&reply).await;
    reply
}

#[tokio::test]
async fn a_record_that_somebody_else_changed_is_not_overwritten() {
    for talk in Talk::both().await {
        let card = talk.plan(SET_WWW).await;
        talk.meanwhile(WWW, "A", 300, &["198.51.100.1"]);
        talk.code().await;
        talk.work().await;
        assert!(talk.ledger().is_empty());
        assert_eq!(talk.zone(WWW, "A").await, ["300 198.51.100.1"]);
        let mut told = talk.news().await;

        let reply = anew(&talk, card.plan.id).await;
        write!(told, "\n\n{}", reply.text).unwrap();
        assert_eq!(reply.kind, ReplyKind::Plan);
        assert!(reply.text.contains("198.51.100.1  ->  203.0.113.7"), "{}", reply.text);
        let fresh = reply.plan.unwrap();
        assert_eq!(fresh.plan.follows, Some(card.plan.id));
        talk.work().await;
        assert!(talk.ledger().is_empty(), "nothing is inherited: a new code is needed");
        talk.code().await;
        talk.work().await;
        assert_eq!(talk.zone(WWW, "A").await, ["300 203.0.113.7"]);
        insta::assert_snapshot!(format!("changed_zone_{}", talk.lang.id()), talk.plain(&told));
    }
}

#[tokio::test]
async fn a_record_that_changes_at_the_last_moment_is_kept_by_compare_and_swap() {
    for talk in Talk::both().await {
        let card = talk.plan(SET_WWW).await;
        let set = serde_json::from_value(serde_json::json!({"ttl": 60, "data": ["198.51.100.2"]}));
        let rtype = serde_json::from_value(serde_json::json!("A")).unwrap();
        talk.fault(Rule::next(
            "dns_change",
            Fault::Records { name: WWW.into(), rtype, set: Some(set.unwrap()) },
        ));
        talk.code().await;
        talk.work().await;
        assert!(talk.ledger().is_empty());
        assert_eq!(talk.zone(WWW, "A").await, ["60 198.51.100.2"]);
        assert_eq!(anew(&talk, card.plan.id).await.kind, ReplyKind::Plan);
    }
}

#[tokio::test]
async fn a_higher_price_is_not_paid() {
    for talk in Talk::both().await {
        let card = talk.plan(RENEW).await;
        talk.world.edit(|s, _| s.a.prices.insert("test".into(), 5900)).unwrap();
        talk.code().await;
        talk.work().await;
        assert!(talk.ledger().is_empty());
        let mut told = talk.news().await;
        let reply = anew(&talk, card.plan.id).await;
        assert!(reply.text.contains("118.00 PLN"), "{}", reply.text);
        write!(told, "\n\n{}", reply.text).unwrap();
        talk.code().await;
        talk.work().await;
        assert_eq!(talk.effects("renew", "demo-firma.test")[0].amount, 11800);
        insta::assert_snapshot!(format!("changed_price_{}", talk.lang.id()), talk.plain(&told));
    }
}

#[tokio::test]
async fn a_price_that_rises_under_the_order_is_refused_by_the_cap() {
    for talk in Talk::both().await {
        let card = talk.plan(RENEW).await;
        talk.fault(Rule::next("renew", Fault::Price { per_year: 9900 }).at(Who::A));
        talk.code().await;
        talk.work().await;
        assert!(talk.ledger().is_empty());
        assert_eq!(anew(&talk, card.plan.id).await.kind, ReplyKind::Plan);
    }
}

#[tokio::test]
async fn a_balance_that_is_too_low_is_told_before_and_after_the_plan() {
    for talk in Talk::both().await {
        talk.plan(RENEW).await;
        talk.world.edit(|s, _| s.a.balance = 100).unwrap();
        talk.code().await;
        talk.work().await;
        assert!(talk.ledger().is_empty());
        let told = talk.news().await;
        assert!(told.contains("1.00 PLN") && told.contains("98.00 PLN"), "{told}");
        let reply = talk.say(RENEW).await;
        assert_ne!(reply.kind, ReplyKind::Plan, "{}", reply.text);
        assert!(reply.text.contains("1.00 PLN"), "{}", reply.text);
        talk.world.edit(|s, _| s.a.balance = 20_000).unwrap();
        let (_, done) = talk.get(RENEW).await;
        assert_eq!(done.state, PlanState::Completed, "topped up, it may be ordered again");
    }
}

#[tokio::test]
async fn a_domain_that_somebody_else_renewed_is_not_renewed_again() {
    for talk in Talk::both().await {
        let card = talk.plan(RENEW).await;
        let date = "2027-12-05".parse().unwrap();
        talk.world
            .edit(|s, _| s.a.domains.get_mut("demo-firma.test").unwrap().expires = date)
            .unwrap();
        talk.code().await;
        talk.work().await;
        assert!(talk.ledger().is_empty());
        let reply = anew(&talk, card.plan.id).await;
        assert!(reply.text.contains("2027-12-05 -> 2029-12-05"), "{}", reply.text);
    }
}

#[tokio::test]
async fn a_frozen_person_can_do_nothing_and_what_he_approved_does_not_begin() {
    for talk in Talk::both().await {
        let card = talk.plan(SET_WWW).await;
        talk.code().await;
        let Some(_) = talk.sql("UPDATE person SET frozen_at = 1") else { return };
        talk.work().await;
        assert!(talk.ledger().is_empty());
        assert_eq!(talk.progress(card.plan.id).await.state, PlanState::Halted);
        for words in [SET_WWW, ["jakie mam domeny?", "what domains do I have?"]] {
            assert_eq!(talk.say(words).await.kind, ReplyKind::Refuse);
        }
        assert_eq!(talk.code().await.kind, ReplyKind::Refuse);
    }
}

#[tokio::test]
async fn a_role_that_is_too_low_is_refused_and_one_taken_away_stops_the_job() {
    for lang in [Language::Pl, Language::En] {
        let viewer = Talk::new(lang, Role::Viewer).await;
        for words in [SET_WWW, RENEW] {
            let reply = viewer.say(words).await;
            assert_eq!(reply.kind, ReplyKind::Refuse, "{}", reply.text);
        }
        let reply = viewer.say(["jakie mam domeny?", "what domains do I have?"]).await;
        assert_eq!(reply.kind, ReplyKind::Answer);
        let tech = Talk::new(lang, Role::Tech).await;
        assert_eq!(tech.say(RENEW).await.kind, ReplyKind::Refuse);
        let card = tech.plan(SET_WWW).await;
        assert_eq!(card.plan.tier, Tier::Reversible);
        tech.code().await;
        let Some(_) = tech.sql("UPDATE person SET role = '\"viewer\"'") else { return };
        tech.work().await;
        assert!(tech.ledger().is_empty());
        assert_eq!(tech.progress(card.plan.id).await.state, PlanState::Halted);
    }
}

#[tokio::test]
async fn a_clock_that_went_back_or_jumped_stops_approvals_and_work() {
    for by in [SignedDuration::from_hours(-24), SignedDuration::from_hours(24 * 365)] {
        for talk in Talk::both().await {
            let approved = talk.plan(SET_WWW).await;
            talk.code().await;
            let waiting = talk.plan(RENEW).await;
            talk.clock.set_wall(by);
            let reply = talk.code_for(waiting.plan.id).await;
            assert_eq!(reply.code.as_deref(), Some("clock"), "{}", reply.text);
            talk.work().await;
            assert!(talk.ledger().is_empty(), "nothing begins by a clock that is wrong");
            talk.clock.set_wall(-by);
            talk.work().await;
            assert_eq!(talk.progress(approved.plan.id).await.state, PlanState::Completed);
            assert_eq!(talk.ledger().len(), 1, "nothing is lost");
            assert_eq!(talk.code_for(waiting.plan.id).await.kind, ReplyKind::Answer);
        }
    }
}

#[tokio::test]
async fn an_old_clock_after_a_restart_is_noticed_by_the_database() {
    for mut talk in Talk::both().await {
        talk.get(SET_WWW).await;
        talk.clock.set_wall(SignedDuration::from_hours(-48));
        talk.restart_locked().await;
        talk.unlock();
        let card = talk.plan(RENEW).await;
        let reply = talk.code_for(card.plan.id).await;
        assert_eq!(reply.code.as_deref(), Some("clock"), "{}", reply.text);
        assert!(talk.effects("renew", "demo-firma.test").is_empty());
    }
}

#[tokio::test]
async fn a_locked_vault_keeps_the_wish_and_plans_it_after_unlocking() {
    for mut talk in Talk::both().await {
        talk.restart_locked().await;
        let reply = talk.say(SET_WWW).await;
        assert_eq!(reply.kind, ReplyKind::Locked, "{}", reply.text);
        talk.work().await;
        assert!(talk.ledger().is_empty());
        talk.clock.advance(Duration::from_hours(1));
        talk.unlock();
        let kept = talk.engine.kept(&talk.person, dombot_tests::HERE).await.unwrap();
        assert_eq!(kept.len(), 1);
        talk.seen(&kept[0]).await;
        assert_eq!(kept[0].kind, ReplyKind::Plan, "{}", kept[0].text);
        assert!(kept[0].text.contains(if talk.lang == Language::Pl {
            "ustaw www"
        } else {
            "set www"
        }));
        talk.code().await;
        talk.work().await;
        assert_eq!(talk.zone(WWW, "A").await, ["300 203.0.113.7"]);
        assert!(talk.engine.kept(&talk.person, dombot_tests::HERE).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn approved_work_waits_for_the_vault_but_not_longer_than_a_day() {
    for mut talk in Talk::both().await {
        let card = talk.plan(SET_WWW).await;
        talk.code().await;
        talk.restart_locked().await;
        talk.work().await;
        assert!(talk.ledger().is_empty());
        talk.clock.advance(Duration::from_hours(25));
        talk.unlock();
        talk.work().await;
        assert!(talk.ledger().is_empty(), "older than start_by");
        let reply = anew(&talk, card.plan.id).await;
        assert_eq!(reply.kind, ReplyKind::Plan);
        talk.code().await;
        talk.restart_locked().await;
        talk.clock.advance(Duration::from_hours(23));
        talk.unlock();
        talk.work().await;
        assert_eq!(talk.zone(WWW, "A").await, ["300 203.0.113.7"], "within the day it goes on");
    }
}
