//! The queue under attack: lost answers, late effects, changed rows, clocks and people.

pub(crate) mod fixture;

use std::time::Duration;

use jiff::SignedDuration;

use self::fixture::{Bench, Call, days};
use super::{JobState, Turn};
use crate::provider::{Reason, Repeat};

#[tokio::test]
async fn a_renewal_is_ordered_once_and_proved() {
    let bench = Bench::new(Repeat::ReadBackOnly).await;
    let plan = bench.renewal().await;
    bench.approve(&plan).await;
    assert_eq!(bench.turn().await, Turn::Worked);
    assert_eq!(bench.states(&plan).await, [JobState::Done]);
    assert_eq!(bench.shop.charges(), 1);
    assert_eq!(bench.turn().await, Turn::Idle);
}

#[tokio::test]
async fn an_account_that_goes_away_proves_nothing_about_a_lost_order() {
    let mut bench = Bench::new(Repeat::ReadBackOnly).await;
    let plan = bench.renewal().await;
    bench.approve(&plan).await;
    bench.shop.next(Call::LostAfter);
    bench.turn().await;
    assert_eq!(bench.states(&plan).await, [JobState::Calling]);
    let gone = std::mem::take(&mut bench.accounts);
    for _ in 0..5 {
        bench.clock.forward(SignedDuration::from_hours(1));
        bench.turn().await;
    }
    assert_eq!(bench.states(&plan).await, [JobState::NeedsHuman], "it may have been charged");
    bench.accounts = gone;
    let again = bench.renewal().await;
    assert!(bench.try_approve(&again).await.is_err(), "the same order is not given again");
    assert_eq!(bench.shop.charges(), 1);
}

#[tokio::test]
async fn nothing_to_be_seen_is_said_only_after_two_reads_a_settle_window_after_the_last_call() {
    let bench = Bench::new(Repeat::ReadBackOnly).await;
    let plan = bench.renewal().await;
    bench.approve(&plan).await;
    bench.shop.next(Call::LostBefore);
    bench.turn().await;
    // Off for a day: the first look after it is one look only.
    bench.clock.forward(SignedDuration::from_hours(20));
    bench.turn().await;
    assert_eq!(bench.states(&plan).await, [JobState::Calling]);
    bench.clock.forward(SignedDuration::from_secs(3));
    bench.turn().await;
    assert_eq!(bench.states(&plan).await, [JobState::Calling], "within the settle window");
    bench.clock.forward(SignedDuration::from_secs(180));
    bench.turn().await;
    assert_eq!(bench.states(&plan).await, [JobState::NeedsHuman]);
    assert_eq!(bench.shop.calls(), 1);
}

#[tokio::test]
async fn the_window_begins_anew_with_a_repeated_call() {
    let bench = Bench::new(Repeat::Keyed { valid_for: Duration::from_secs(3600) }).await;
    let plan = bench.renewal().await;
    bench.approve(&plan).await;
    bench.shop.next(Call::LostBefore);
    bench.turn().await;
    bench.clock.forward(SignedDuration::from_secs(3590));
    bench.shop.next(Call::Late);
    bench.turn().await;
    assert_eq!(bench.shop.calls(), 2);
    // The key is too old now; the second call left only moments ago and may still arrive.
    bench.clock.forward(SignedDuration::from_secs(12));
    bench.turn().await;
    bench.clock.forward(SignedDuration::from_secs(2));
    bench.turn().await;
    assert_eq!(bench.states(&plan).await, [JobState::Calling]);
    bench.shop.arrives();
    bench.clock.forward(SignedDuration::from_secs(5));
    bench.turn().await;
    assert_eq!(bench.states(&plan).await, [JobState::Done]);
    assert_eq!(bench.shop.charges(), 1);
}

#[tokio::test]
async fn an_old_approval_repeats_nothing() {
    let bench = Bench::new(Repeat::Keyed { valid_for: Duration::from_secs(90 * 86400) }).await;
    let plan = bench.renewal().await;
    bench.approve(&plan).await;
    bench.shop.next(Call::LostBefore);
    bench.turn().await;
    for _ in 0..4 {
        bench.clock.forward(days(2));
        bench.turn().await;
    }
    assert_eq!(bench.states(&plan).await, [JobState::NeedsHuman]);
    assert_eq!(bench.shop.calls(), 1);
}

#[tokio::test]
async fn a_refused_repetition_says_nothing_of_the_call_before() {
    let bench = Bench::new(Repeat::CompareAndSet).await;
    let plan = bench.renewal().await;
    bench.approve(&plan).await;
    bench.shop.next(Call::Late);
    bench.turn().await;
    bench.shop.next(Call::Refused(Reason::Changed));
    bench.clock.forward(SignedDuration::from_secs(10));
    bench.turn().await;
    assert_eq!(bench.states(&plan).await, [JobState::Calling]);
    bench.shop.arrives();
    bench.clock.forward(SignedDuration::from_secs(10));
    bench.turn().await;
    assert_eq!(bench.states(&plan).await, [JobState::Done]);
}

#[tokio::test]
async fn a_machine_that_slept_before_the_call_does_not_send_it() {
    let bench = Bench::new(Repeat::ReadBackOnly).await;
    let plan = bench.renewal().await;
    bench.approve(&plan).await;
    bench.clock.sleeps_at_monotonic(2, SignedDuration::from_hours(9));
    bench.turn().await;
    assert_eq!(bench.shop.calls(), 0, "the lease was over when the call would have left");
    assert_eq!(bench.states(&plan).await, [JobState::Ready]);
    bench.clock.forward(SignedDuration::from_secs(60));
    bench.turn().await;
    assert_eq!(bench.states(&plan).await, [JobState::Done]);
    assert_eq!(bench.shop.charges(), 1);
}
