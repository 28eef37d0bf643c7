//! The queue under attack: lost answers, late effects, changed rows, clocks and people.

pub(crate) mod fixture;

use std::time::Duration;

use jiff::SignedDuration;

use self::fixture::{Bench, Call, days, named};
use super::{JobState, Turn};
use crate::clock::{Clock, SystemChance, new_ulid};
use crate::phrase;
use crate::plan::Verdict;
use crate::provider::{Reason, Repeat};
use crate::store::{Event, PlanState};

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
    let bench = Bench::new(Repeat::Keyed { valid_for: Duration::from_hours(1) }).await;
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
    let bench = Bench::new(Repeat::Keyed { valid_for: Duration::from_hours(90 * 24) }).await;
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

#[tokio::test]
async fn a_premium_name_is_renewed_where_the_plan_said_so_and_only_there() {
    let bench = Bench::new(Repeat::ReadBackOnly).await;
    bench.shop.set_premium();
    let plan = bench.renewal().await;
    bench.approve(&plan).await;
    bench.turn().await;
    assert_eq!(bench.states(&plan).await, [JobState::Failed], "it was not shown as one");
    let mut step = bench.renew_step(&named("firma.test"));
    if let crate::plan::Step::Renew { order, .. } = &mut step {
        order.premium = true;
    }
    let plan = bench.put(vec![step]).await;
    bench.approve(&plan).await;
    bench.turn().await;
    assert_eq!(bench.states(&plan).await, [JobState::Done]);
}

async fn asking(bench: &Bench) -> crate::store::StoredPlan {
    let plan = bench.renewal().await;
    bench.approve(&plan).await;
    bench.shop.next(Call::LostBefore);
    for _ in 0..4 {
        bench.turn().await;
        bench.clock.forward(SignedDuration::from_secs(60));
    }
    assert_eq!(bench.states(&plan).await, [JobState::NeedsHuman]);
    plan
}

#[tokio::test]
async fn a_job_that_was_left_closes_its_order_only_until_a_person_says_what_happened() {
    let bench = Bench::new(Repeat::ReadBackOnly).await;
    let job = bench.jobs(&asking(&bench).await).await[0].id;
    bench.settle(job, Verdict::Leave).await;
    bench.turn().await;
    let again = bench.renewal().await;
    assert!(bench.try_approve(&again).await.is_err(), "its outcome is still unknown");
    bench.store.drop_plan(again.id, bench.clock.now()).await.unwrap();
    bench.settle(job, Verdict::DidNot).await;
    bench.turn().await;
    let again = bench.renewal().await;
    bench.approve(&again).await;
    bench.turn().await;
    assert_eq!(bench.states(&again).await, [JobState::Done]);
    assert_eq!(bench.shop.charges(), 1);
}

#[tokio::test]
async fn a_persons_word_counts_though_the_process_dies_right_after() {
    let bench = Bench::new(Repeat::ReadBackOnly).await;
    let target = asking(&bench).await;
    let job = bench.jobs(&target).await[0].id;
    let word = bench.settle(job, Verdict::Happened).await;
    // The first half of the turn, and then the process ended.
    let claimed = bench.claim().await;
    let event = bench.worker().settling(&claimed, &word.plan().unwrap(), Verdict::Happened);
    assert!(bench.store.settle_by_person(job, Verdict::Happened, &event).await.unwrap());
    bench.store.release_leases().await.unwrap();
    bench.turn().await;
    assert_eq!(bench.states(&word).await, [JobState::Done]);
    assert_eq!(bench.state(&word).await, PlanState::Completed);
    assert_eq!(bench.states(&target).await, [JobState::Done]);
}

fn cancelled(bench: &Bench) -> Event {
    Event {
        id: new_ulid(&*bench.clock, &SystemChance).to_string(),
        at: bench.clock.now(),
        kind: "job.cancelled".into(),
        plan: None,
        label: None,
        job: None,
        person: None,
        domain: None,
        text: phrase!("job.done"),
    }
}

#[tokio::test]
async fn a_plan_of_which_steps_were_cancelled_is_not_completed() {
    let bench = Bench::new(Repeat::ReadBackOnly).await;
    let steps = ["a.test", "b.test", "c.test"].map(|d| bench.renew_step(&named(d)));
    let plan = bench.put(steps.into()).await;
    let jobs = bench.approve(&plan).await;
    bench.shop.next(Call::LostAfter);
    bench.turn().await;
    let n = bench.store.cancel_jobs(plan.id, Some(jobs[2]), &cancelled(&bench)).await.unwrap();
    assert_eq!(n, 1, "only the step that was named, and those after it");
    let states = [JobState::Calling, JobState::Pending, JobState::Cancelled];
    assert_eq!(bench.states(&plan).await, states);
    let n = bench.store.cancel_jobs(plan.id, None, &cancelled(&bench)).await.unwrap();
    assert_eq!(n, 1);
    bench.clock.forward(SignedDuration::from_secs(10));
    bench.turn().await;
    let states = [JobState::Done, JobState::Cancelled, JobState::Cancelled];
    assert_eq!(bench.states(&plan).await, states);
    assert_eq!(bench.state(&plan).await, PlanState::Cancelled);
}

#[tokio::test]
async fn an_order_that_the_registrar_works_on_is_waited_for_and_never_sent_again() {
    let bench = Bench::new(Repeat::Keyed { valid_for: Duration::from_hours(1) }).await;
    let plan = bench.renewal().await;
    bench.approve(&plan).await;
    bench.shop.next(Call::Pending);
    bench.turn().await;
    assert_eq!(bench.states(&plan).await, [JobState::Waiting]);
    assert_eq!(bench.turn().await, Turn::Idle, "not before the registrar's own time");
    for _ in 0..5 {
        bench.clock.forward(SignedDuration::from_hours(5));
        assert_eq!(bench.turn().await, Turn::Worked);
        assert_eq!(bench.states(&plan).await, [JobState::Waiting]);
    }
    assert_eq!(bench.shop.calls(), 1);
    assert_eq!(
        bench.jobs(&plan).await[0].evidence.as_ref().unwrap().reference.as_deref(),
        Some("op-1")
    );
    bench.shop.arrives();
    bench.clock.forward(SignedDuration::from_hours(2));
    bench.turn().await;
    assert_eq!(bench.states(&plan).await, [JobState::Done]);
    assert_eq!(bench.shop.charges(), 1);
}

#[tokio::test]
async fn a_person_is_asked_when_the_registrar_never_ends_it() {
    let bench = Bench::new(Repeat::ReadBackOnly).await;
    let plan = bench.renewal().await;
    bench.approve(&plan).await;
    bench.shop.next(Call::Pending);
    bench.turn().await;
    bench.clock.forward(days(31));
    bench.turn().await;
    assert_eq!(bench.states(&plan).await, [JobState::NeedsHuman]);
    assert_eq!(bench.shop.calls(), 1);
}

#[tokio::test]
async fn a_call_that_slept_with_the_machine_is_dropped_and_read_back() {
    let bench = Bench::new(Repeat::ReadBackOnly).await;
    let plan = bench.renewal().await;
    bench.approve(&plan).await;
    bench.shop.next(Call::Stuck);
    // Looks: before the intent, after it, when the call begins, and then at every look at the call.
    bench.clock.sleeps_at_monotonic(5, SignedDuration::from_hours(2));
    bench.turn().await;
    assert_eq!(bench.shop.calls(), 1);
    assert_eq!(bench.states(&plan).await, [JobState::Calling]);
    let note = bench.jobs(&plan).await[0].note.clone().unwrap();
    assert_eq!(note.key(), "job.unknown");
}

#[tokio::test]
async fn a_provider_whose_reads_may_be_old_is_not_said_to_show_nothing() {
    for (bench, key) in [
        (Bench::stale(Repeat::ReadBackOnly).await, "job.needs_human_stale"),
        (Bench::new(Repeat::ReadBackOnly).await, "job.needs_human_base"),
    ] {
        let plan = bench.renewal().await;
        bench.approve(&plan).await;
        bench.shop.next(Call::LostBefore);
        bench.turn().await;
        for _ in 0..3 {
            bench.clock.forward(SignedDuration::from_mins(10));
            bench.turn().await;
        }
        assert_eq!(bench.jobs(&plan).await[0].note.as_ref().unwrap().key(), key);
    }
}

#[tokio::test]
async fn a_price_with_another_tax_is_another_price() {
    let bench = Bench::new(Repeat::ReadBackOnly).await;
    let plan = bench.renewal().await;
    bench.approve(&plan).await;
    bench.shop.set_net();
    bench.turn().await;
    assert_eq!(bench.states(&plan).await, [JobState::Failed]);
    assert_eq!(bench.jobs(&plan).await[0].note.as_ref().unwrap().key(), "job.tax_moved");
    assert_eq!(bench.shop.calls(), 0);
}

#[tokio::test]
async fn the_same_order_again_only_by_a_plan_that_names_the_one_before() {
    let bench = Bench::new(Repeat::ReadBackOnly).await;
    let first = bench.renewal().await;
    let paid = bench.approve(&first).await[0];
    bench.turn().await;
    let unaware = bench.renewal().await;
    assert!(bench.try_approve(&unaware).await.is_err());
    bench.shop.forgets_the_date();
    let mut step = bench.renew_step(&fixture::domain());
    let once = step.once().unwrap();
    assert_eq!(bench.newest(&once).await, paid);
    if let crate::plan::Step::Renew { again, .. } = &mut step {
        *again = Some(paid);
    }
    let aware = bench.put_over(vec![step.clone()], &unaware).await;
    let second = bench.approve(&aware).await[0];
    bench.turn().await;
    assert_eq!(bench.shop.charges(), 2);
    assert_eq!(bench.newest(&once).await, second);
    let third = bench.put(vec![step]).await;
    assert!(bench.try_approve(&third).await.is_err(), "one plan for each time");
}

#[tokio::test]
async fn a_spoiled_row_hides_no_other_job() {
    let bench = Bench::new(Repeat::ReadBackOnly).await;
    let plan = bench
        .put(vec![bench.renew_step(&named("a.test")), bench.renew_step(&named("b.test"))])
        .await;
    let jobs = bench.approve(&plan).await;
    bench.store.tamper(&format!("UPDATE job SET step = '{{' WHERE id = '{}'", jobs[0])).await;
    let left: Vec<_> = bench.jobs(&plan).await.into_iter().map(|j| j.id).collect();
    assert_eq!(left, jobs[1..]);
    assert_eq!(bench.store.unreadable_jobs().await.unwrap(), [jobs[0].to_string()]);
}
