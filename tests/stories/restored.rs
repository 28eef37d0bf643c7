//! A backup is put back. Whatever happened after it was made, no old code, plan or right works, and nothing that may
//! have been sent is sent again: the operator's ledger is the judge. Rule 24.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use dombot_core::account::Person;
use dombot_core::action::Role;
use dombot_core::approval::SealKey;
use dombot_core::chat::{PlanCard, ReplyKind, Sender};
use dombot_core::clock::Clock;
use dombot_core::ids::PersonId;
use dombot_core::job::JobState;
use dombot_core::store::{JobFilter, PlanState, TABLES};
use dombot_providers::sandbox::world::{Fault, Rule};
use dombot_tests::Talk;
use dombot_tests::clock::Dice;

/// At a host that compares, at a registrar with keys, at one without.
const DEEDS: [&str; 3] = [
    "ustaw www.demo-firma.test na 203.0.113.7",
    "przedłuż demo-firma.test o 2 lata",
    "przedłuż demo-shop.test o rok",
];

/// Where the job stood when the backup was made.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Stood {
    /// Approved, not begun.
    Ready,
    /// The call was sent and took effect; its answer was lost.
    Sent,
    /// The call was sent and never arrived.
    Lost,
    /// Going on at the provider.
    Waiting,
    /// Done, and settled.
    Done,
}

const ALL: [Stood; 5] = [Stood::Ready, Stood::Sent, Stood::Lost, Stood::Waiting, Stood::Done];

/// The way to there, and a backup.
async fn lived(deed: &str, stood: Stood) -> Option<(Talk, PlanCard, PathBuf)> {
    let talk = Talk::pl().await;
    match stood {
        Stood::Sent => talk.fault(Rule::next("write", Fault::ApplyThenReset)),
        Stood::Lost => talk.fault(Rule::next("write", Fault::Reset)),
        _ => {}
    }
    let card = talk.plan(deed).await;
    talk.code().await;
    match stood {
        Stood::Ready => {}
        Stood::Sent | Stood::Lost => {
            talk.engine.work_once().await.unwrap();
        }
        Stood::Waiting => {
            talk.sql(
                "UPDATE job SET state = 'waiting', intent_at = created_at, called_at = created_at,
                 attempts = 1, run_at = run_at + 600000",
            )?;
        }
        Stood::Done => talk.work().await,
    }
    let copy = talk.copy("backup").await;
    Some((talk, card, copy))
}

async fn state(talk: &Talk, card: &PlanCard) -> JobState {
    talk.engine.store().jobs(&JobFilter::Plan(card.plan.id)).await.unwrap()[0].state
}

#[tokio::test]
async fn no_write_is_repeated_from_a_backup_of_any_state() {
    let mut ends = BTreeSet::new();
    for deed in DEEDS {
        for stood in ALL {
            // The old life goes on after the backup, or ends with it.
            for goes_on in [true, false] {
                let Some((mut talk, card, copy)) = lived(deed, stood).await else { return };
                if goes_on {
                    talk.work().await;
                }
                let before = talk.ledger().len();
                let reborn = talk.restored(&copy).await;
                assert_eq!(reborn.unknown, u64::from(stood != Stood::Done), "{deed} {stood:?}");
                talk.work().await;
                let case = format!("{deed}, {stood:?}, the old life goes on: {goes_on}");
                assert_eq!(talk.ledger().len(), before, "{case}: something was sent");
                let state = state(&talk, &card).await;
                match before {
                    0 => assert_eq!(state, JobState::NeedsHuman, "{case}"),
                    _ => assert_eq!(state, JobState::Done, "{case}: it can be seen"),
                }
                ends.insert(state.word());
                if stood != Stood::Done {
                    let news = talk.news().await;
                    assert!(news.contains(&card.label), "{case}: the person is told: {news}");
                }
            }
        }
    }
    assert_eq!(ends.len(), 2, "both ends were seen: {ends:?}");
}

/// What was done and taken back after the backup looks as if it had never been done.
#[tokio::test]
async fn a_change_that_was_taken_back_after_the_backup_is_not_made_again() {
    let Some((mut talk, card, copy)) = lived(DEEDS[0], Stood::Ready).await else { return };
    let before = talk.zone("www.demo-firma.test", "A").await;
    talk.work().await;
    talk.get("cofnij ostatnie").await;
    assert_eq!(talk.zone("www.demo-firma.test", "A").await, before);
    let effects = talk.ledger().len();
    talk.restored(&copy).await;
    talk.work().await;
    assert_eq!(talk.ledger().len(), effects);
    assert_eq!(talk.zone("www.demo-firma.test", "A").await, before);
    assert_eq!(state(&talk, &card).await, JobState::NeedsHuman);
}

#[tokio::test]
async fn no_code_of_before_works_and_no_plan() {
    let mut talk = Talk::pl().await;
    let card = talk.plan(DEEDS[0]).await;
    let copy = talk.copy("backup").await;
    talk.clock.advance(Duration::from_secs(60));
    let reborn = talk.restored(&copy).await;
    assert_eq!((reborn.plans, reborn.unknown, reborn.frozen), (1, 0, 0));
    let reply = talk.code_for(card.plan.id).await;
    assert_eq!(reply.code.as_deref(), Some("plan_not_open"), "{}", reply.text);
    let stored = talk.engine.store().plan(card.plan.id).await.unwrap().unwrap();
    assert_eq!(stored.state, PlanState::Dropped);
    // Codes of the step of the restore, of the ones before and of the one after it.
    talk.restored(&copy).await;
    let card = talk.plan(DEEDS[0]).await;
    for steps in [-1, 0, 1] {
        let code = talk.shown_at(steps);
        let reply = talk.say(&code).await;
        assert_eq!(reply.code.as_deref(), Some("code_replayed"), "{steps}: {}", reply.text);
    }
    assert!(talk.ledger().is_empty());
    talk.clock.advance(Duration::from_secs(60));
    let reply = talk.code_for(card.plan.id).await;
    assert_eq!(reply.kind, ReplyKind::Answer, "{}", reply.text);
    talk.work().await;
    assert_eq!(talk.ledger().len(), 1, "the new life works");
}

#[tokio::test]
async fn others_are_frozen_until_somebody_at_the_host_says_otherwise() {
    let mut talk = Talk::pl().await;
    let dice = Dice::new(9);
    let other = Person {
        id: PersonId::new(&*talk.clock, &dice),
        name: "Ewa".into(),
        role: Role::Admin,
        ..talk.person.clone()
    };
    let sender = Sender { platform: "telegram".into(), id: "77".into() };
    talk.engine
        .store()
        .add_person(&other, &sender, (&SealKey::new([7; 32]), talk.clock.now()))
        .await
        .unwrap();
    let copy = talk.copy("backup").await;
    // Her rights are taken away after the backup: it knows nothing of that.
    assert_eq!(talk.restored(&copy).await.frozen, 1);
    let she = talk.engine.store().person(other.id).await.unwrap().unwrap();
    assert!(she.frozen_at.is_some());
    assert_eq!(talk.say("pomoc").await.kind, ReplyKind::Answer);
}

/// The one money job of a domain is read back; an order that waited behind it may have been carried out, too.
#[tokio::test]
async fn an_order_behind_another_one_is_left_to_a_person() {
    let mut talk = Talk::pl().await;
    for words in ["przedłuż demo-firma.test o rok", "przedłuż sklep-demo.test o rok"] {
        talk.plan(words).await;
        talk.code().await;
    }
    let one = "UPDATE job SET domain = 'demo-firma.test' WHERE money = 1";
    let Some(_) = talk.sql(one) else { return };
    let copy = talk.copy("backup").await;
    let reborn = talk.restored(&copy).await;
    assert_eq!((reborn.unknown, reborn.left), (1, 1));
    talk.work().await;
    assert!(talk.ledger().is_empty());
    let jobs = talk.engine.store().jobs(&JobFilter::State(JobState::Cancelled)).await.unwrap();
    assert_eq!(jobs.len(), 1);
    assert!(jobs[0].intent_at.is_some(), "a person can still say what happened");
}

/// A table that a restore does not know keeps what must be void.
#[tokio::test]
async fn every_table_has_its_fate() {
    let talk = Talk::en().await;
    let sql = "SELECT group_concat(name) FROM sqlite_master WHERE type = 'table'";
    let Some(there) = talk.sql(sql) else { return };
    let there: BTreeSet<&str> = there.split(',').collect();
    let known: BTreeSet<&str> = TABLES.iter().map(|(name, _)| *name).collect();
    assert_eq!(there, known);
}
