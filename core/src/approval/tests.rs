//! Codes under attack: guesses at the same time, guesses ahead of time, rows that somebody else wrote.

use jiff::SignedDuration;
use secrecy::SecretString;

use super::*;
use crate::ids::FactorId;
use crate::job::JobState;
use crate::job::tests::fixture::{Bench, Call, days};
use crate::provider::Repeat;
use crate::store::Enqueued;

fn wrong(bench: &Bench) -> SecretString {
    use secrecy::ExposeSecret;
    let near: Vec<String> = (-25..=25)
        .map(|n| {
            let at = bench.clock.now() + SignedDuration::from_secs(30 * n);
            totp::code_at(&bench.secret, at).expose_secret().to_owned()
        })
        .collect();
    let code = (0..1_000_000).map(|n| format!("{n:06}")).find(|c| !near.contains(c)).unwrap();
    SecretString::from(code)
}

#[tokio::test]
async fn a_code_counts_once_and_wrong_ones_end_the_plan() {
    let bench = Bench::new(Repeat::ReadBackOnly).await;
    let plan = bench.renewal().await;
    let code = bench.code();
    for left in (1..5).rev() {
        assert_eq!(bench.try_code(&plan, &wrong(&bench)).await, Err(Refused::Wrong { left }));
    }
    assert_eq!(bench.try_code(&plan, &wrong(&bench)).await, Err(Refused::Dead));
    assert_eq!(bench.try_code(&plan, &code).await, Err(Refused::Dead));
    let plan = bench.renewal().await;
    assert!(bench.try_code(&plan, &code).await.is_ok(), "a code that approved nothing is not used");
    bench.turn().await;
    let other = bench.renewal().await;
    assert_eq!(bench.try_code(&other, &code).await, Err(Refused::Replay));
}

#[tokio::test]
async fn a_right_code_among_many_at_the_same_time_comes_too_late() {
    let bench = Bench::new(Repeat::ReadBackOnly).await;
    let now = bench.clock.now();
    let (_, step) = code_step(
        &bench.desk(),
        &bench.person,
        Some(&bench.secret),
        &totp::code_at(&bench.secret, now),
        Tier::Dangerous,
    )
    .await
    .unwrap()
    .unwrap();
    // Ten others passed the same look at the lock and were wrong.
    for _ in 0..10 {
        bench.store.count_wrong(&Way::Host.scope(bench.factor), now).await.unwrap();
    }
    let entry = crate::store::Entry::new("x", now);
    let used = bench.store.use_step(Way::Host, (bench.factor, step), entry).await.unwrap();
    assert!(matches!(used, Enqueued::Locked(_)), "{used:?}");
}

#[tokio::test]
async fn a_code_that_was_said_to_be_ahead_never_comes_true() {
    let bench = Bench::new(Repeat::ReadBackOnly).await;
    let plan = bench.renewal().await;
    let ahead = totp::code_at(&bench.secret, bench.clock.now() + SignedDuration::from_secs(120));
    let told = bench.try_code(&plan, &ahead).await;
    assert_eq!(told, Err(Refused::Skewed { steps: 4, left: 4 }));
    bench.clock.forward(SignedDuration::from_secs(120));
    assert_eq!(bench.try_code(&plan, &ahead).await, Err(Refused::Replay));
    assert!(bench.try_approve(&plan).await.is_ok(), "the next code is right");
}

#[tokio::test]
async fn a_new_authenticator_is_held_for_money_and_worse() {
    let bench = Bench::new(Repeat::ReadBackOnly).await;
    let hold_until = Some(bench.clock.now() + days(1));
    let id = FactorId::new(&*bench.clock, &crate::clock::SystemChance);
    let held = crate::store::Factor { id, person: bench.person.id, last_step: 0, hold_until };
    bench.store.add_factor(&held, (&bench.seal, bench.clock.now())).await.unwrap();
    let plan = bench.renewal().await;
    assert!(matches!(bench.try_approve(&plan).await, Err(Refused::Held { .. })));
    bench.store.drop_plan(plan.id, bench.clock.now()).await.unwrap();
    bench.clock.forward(days(1));
    let plan = bench.renewal().await;
    assert!(bench.try_approve(&plan).await.is_ok());
}

/// Every column of every row that leads to a call, changed by somebody with the database in his hands.
#[tokio::test]
async fn whatever_is_changed_in_an_approved_row_nothing_is_called() {
    for sql in [
        "UPDATE plan SET body = replace(body, '\"years\":1', '\"years\":2')",
        "UPDATE plan SET digest = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'",
        "UPDATE approval SET digest = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'",
        "UPDATE approval SET person = '01ARZ3NDEKTSV4RRFFQ69G5FAV'",
        "UPDATE approval SET factor = '01ARZ3NDEKTSV4RRFFQ69G5FAV'",
        "UPDATE approval SET step = step + 1",
        "UPDATE approval SET approved_at = approved_at + 1",
        "UPDATE approval SET jobs = '01ARZ3NDEKTSV4RRFFQ69G5FAV'",
        "UPDATE approval SET seal = replace(seal, substr(seal, 1, 1), 'g')",
        "UPDATE job SET step = replace(step, '\"years\":1', '\"years\":2')",
        "UPDATE job SET id = '01ARZ3NDEKTSV4RRFFQ69G5FAV'",
        "UPDATE job SET n = 1",
        "UPDATE person SET role = '\"viewer\"'",
        "UPDATE person SET frozen_at = 1",
        "DELETE FROM approval",
    ] {
        let bench = Bench::new(Repeat::ReadBackOnly).await;
        let plan = bench.renewal().await;
        bench.approve(&plan).await;
        assert!(bench.store.tamper(sql).await > 0, "{sql}");
        bench.turn().await;
        assert_eq!(bench.shop.calls(), 0, "{sql}");
        assert_eq!(bench.states(&plan).await, [JobState::Failed], "{sql}");
    }
}

#[tokio::test]
async fn whatever_is_changed_in_an_open_plan_its_code_approves_nothing() {
    let bench = Bench::new(Repeat::ReadBackOnly).await;
    for column in ["body", "digest", "label", "conversation", "expires_at", "seal"] {
        let plan = bench.renewal().await;
        let sql = match column {
            // Consistent in itself, as somebody would who knows what he does.
            "body" => {
                let mut other = plan.plan().unwrap();
                other.warnings.push(phrase!("job.done"));
                let body = crate::plan::canonical_json(&other).unwrap();
                let digest = Digest::of_bytes(body.as_bytes());
                let label = digest.label();
                format!("body = '{body}', digest = '{digest}', label = '{label}'")
            }
            "expires_at" => "expires_at = expires_at + 3600000".to_owned(),
            "digest" => format!("digest = '{}'", "0".repeat(64)),
            "conversation" => "conversation = 'elsewhere'".to_owned(),
            other => format!("{other} = '7F3A'"),
        };
        bench.store.tamper(&format!("UPDATE plan SET {sql} WHERE id = '{}'", plan.id)).await;
        if column == "conversation" {
            bench.store.tamper("UPDATE arm SET conversation = 'elsewhere'").await;
        }
        let stored = bench.store.plan(plan.id).await.unwrap().unwrap();
        let code = bench.code();
        let secret = Some(&bench.secret);
        let done = approve(&bench.desk(), &bench.person, stored, secret, &code).await;
        assert!(done.is_err(), "{column}: {done:?}");
        bench.store.drop_plan(plan.id, bench.clock.now()).await.unwrap();
    }
    bench.shop.next(Call::Good);
    assert_eq!(bench.shop.calls(), 0);
}

#[tokio::test]
async fn no_code_counts_for_a_card_that_was_not_shown_to_the_end() {
    let bench = Bench::new(Repeat::ReadBackOnly).await;
    let plan = bench.plan_of(vec![bench.renew_step(&crate::job::tests::fixture::domain())]);
    let (stored, armed) =
        bench.store.put_plan(&plan, &bench.seal, bench.clock.now(), true).await.unwrap();
    assert!(armed);
    let code = bench.code();
    assert_eq!(bench.try_code(&stored, &code).await, Err(Refused::NotShown));
    bench.store.deliver(stored.id, bench.clock.now()).await.unwrap();
    assert!(bench.try_code(&stored, &code).await.is_ok(), "the code was not used up");
}

#[tokio::test]
async fn strangers_who_guess_in_a_chat_never_lock_the_hosts_terminal() {
    let mut bench = Bench::new(Repeat::ReadBackOnly).await;
    bench.way = Way::Chat;
    for _ in 0..2 {
        let plan = bench.renewal().await;
        for _ in 0..5 {
            bench.try_code(&plan, &wrong(&bench)).await.unwrap_err();
        }
    }
    let plan = bench.renewal().await;
    assert!(matches!(bench.try_approve(&plan).await, Err(Refused::Locked { .. })));
    bench.way = Way::Host;
    assert!(bench.try_approve(&plan).await.is_ok());
}

#[tokio::test]
async fn a_role_or_a_hold_that_something_else_wrote_gives_nothing() {
    let bench = Bench::new(Repeat::ReadBackOnly).await;
    let plan = bench.renewal().await;
    bench.store.tamper("UPDATE person SET role = '\"viewer\"'").await;
    let code = bench.code();
    assert!(bench.fault(&plan, &code).await.contains("job.tampered"), "the role");
    bench.store.tamper("UPDATE person SET role = '\"owner\"'").await;
    bench.store.tamper("UPDATE factor SET hold_until = 1").await;
    assert!(bench.fault(&plan, &code).await.contains("job.tampered"), "the hold");
    bench.store.tamper("UPDATE factor SET hold_until = NULL").await;
    assert!(bench.try_code(&plan, &code).await.is_ok());
    bench.store.tamper("UPDATE person SET seal = ''").await;
    bench.turn().await;
    assert_eq!(bench.states(&plan).await, [JobState::Failed], "looked at before the intent too");
    assert_eq!(bench.shop.calls(), 0);
}
