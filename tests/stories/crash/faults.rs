//! The operator's faults and our crashes together.

use std::time::{Duration, Instant};

use dombot_core::job::JobState;
use dombot_providers::sandbox::world::{Fault, Rule};

use super::points::{BEFORE_CALL, Tally, case, record, thorough};
use super::scene::{DNS, Deed, Prepared, RENEW_A, RENEW_B};

/// It happens and nobody says so; it happens and the answer is an error; it happens after everybody gave up
/// asking (the renewal that can only be read back is still being read back then).
fn faults() -> [Fault; 3] {
    [Fault::ApplyThenReset, Fault::ApplyThenError { status: 500 }, Fault::Late { secs: 4 }]
}

fn with_faults(deed: Deed) {
    let mut prepared = Prepared::new(deed);
    let points = record(&mut prepared);
    let mut sample = vec![""];
    if thorough() {
        sample.extend(points.iter().map(String::as_str));
    } else {
        sample.extend([BEFORE_CALL, "job.settle: before commit#1"]);
    }
    let mut tally = Tally::default();
    let started = Instant::now();
    for fault in faults() {
        for k in &sample {
            // Where the call never left and must not be repeated, there is nothing for the fault to spoil.
            if deed.blind && *k == BEFORE_CALL {
                continue;
            }
            let end = case(&mut prepared, deed, (k, 0), &[Rule::next("write", fault.clone())]);
            if k.is_empty() || !deed.blind {
                assert_eq!(end.rest.state(), JobState::Done, "crash at {k}, {fault:?}: {end:?}");
            }
            tally.add(&end);
        }
    }
    let secs = started.elapsed().as_secs();
    eprintln!("crash: faults: {}: {} cases in {secs} s, {tally:?}", deed.words, tally.points);
    assert!(tally.done > 0 && tally.crashes > 0);
}

#[test]
fn a_record_change_meets_a_faulty_operator_and_a_crash() {
    with_faults(DNS);
}

#[test]
fn a_renewal_with_a_key_meets_a_faulty_operator_and_a_crash() {
    with_faults(RENEW_A);
}

#[test]
fn a_renewal_that_can_only_be_read_back_meets_a_faulty_operator_and_a_crash() {
    with_faults(RENEW_B);
}

/// The read-back says "still as before" for as long as it is looked at, and then the call arrives after all: a
/// person is asked, and there is one charge.
#[test]
fn a_call_that_arrives_when_a_person_was_already_asked_is_one_charge() {
    let mut prepared = Prepared::new(RENEW_B);
    let late = Rule::next("write", Fault::Late { secs: 25 });
    let end = case(&mut prepared, RENEW_B, ("", 0), &[late]);
    assert_eq!((end.rest.state(), end.rest.effects), (JobState::NeedsHuman, 1), "{end:?}");
}

/// What was accepted for later has arrived.
pub(super) fn wait_for_late_calls(books: &super::operator::Books) {
    let started = Instant::now();
    while !books.state().late.is_empty() {
        assert!(started.elapsed() < Duration::from_secs(60), "the late call does not arrive");
        std::thread::sleep(Duration::from_millis(100));
    }
}
