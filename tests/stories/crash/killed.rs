//! kill -9 and Ctrl-C while the operator holds the call open.

use std::io::Write;
use std::process::Child;
use std::time::{Duration, Instant};

use dombot_core::job::JobState;
use dombot_providers::sandbox::world::{Fault, Rule};
use rustix::process::Signal;

use super::judge;
use super::points::recover;
use super::scene::{DNS, Deed, Prepared, RENEW_A, RENEW_B, Scene, signal, wait};

/// `approve --wait`, with the code typed.
fn approving(scene: &Scene) -> Child {
    let mut child = scene
        .command(&["approve", &scene.label, "--code", "-", "--wait", "--json"])
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(scene.code().as_bytes()).unwrap();
    child
}

fn until(what: &str, holds: impl Fn() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < Duration::from_secs(60), "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The effect is in the ledger, the answer is still on its way, and then the process is gone.
fn killed_in_the_call(deed: Deed, by: Signal) {
    let mut prepared = Prepared::new(deed);
    let scene = prepared.copy(&[Rule::next("write", Fault::Delay { ms: 20_000 })]);
    let mut child = approving(&scene);
    until("the call does not arrive", || !scene.books.effects().is_empty());
    signal(&child, by);
    let status = wait(&mut child);
    assert_eq!(status.code(), None, "it ended by itself: {status}");
    let told = recover(&scene);
    let rest = judge::rest(&scene, deed);
    rest.judge(deed, told, &format!("{} killed in the call", deed.words));
    assert_eq!(rest.state(), JobState::Done, "reading back shows it: {rest:?}");
}

#[test]
fn a_killed_record_change_is_found_done() {
    killed_in_the_call(DNS, Signal::KILL);
}

#[test]
fn a_killed_renewal_with_a_key_is_found_done() {
    killed_in_the_call(RENEW_A, Signal::KILL);
}

#[test]
fn a_killed_renewal_is_found_done_by_reading_back() {
    killed_in_the_call(RENEW_B, Signal::KILL);
}

#[test]
fn an_interrupted_renewal_is_found_done_by_reading_back() {
    killed_in_the_call(RENEW_B, Signal::INT);
}

/// Killed with all its fellows at the same moment: dombot and the operator.
#[test]
fn both_sides_lose_power() {
    let mut prepared = Prepared::new(RENEW_A);
    let mut scene = prepared.copy(&[Rule::next("write", Fault::Delay { ms: 20_000 })]);
    let mut child = approving(&scene);
    until("the call does not arrive", || !scene.books.effects().is_empty());
    signal(&child, Signal::KILL);
    scene.close_business();
    wait(&mut child);
    scene.open_for_business();
    let told = recover(&scene);
    let rest = judge::rest(&scene, RENEW_A);
    rest.judge(RENEW_A, told, "both lose power");
    assert_eq!(rest.state(), JobState::Done);
}
