//! An approval that crashes at each of its points, and in the recovery again.

use std::fs;
use std::time::{Duration, Instant};

use dombot_core::job::JobState;
use dombot_providers::sandbox::world::Rule;

use super::faults::wait_for_late_calls;
use super::judge::{self, Rest};
use super::scene::{DNS, Deed, Prepared, RENEW_A, RENEW_B, Scene, crashed};

/// The approval stands.
pub(super) const APPROVED: &str = "approve: after commit#1";
/// The intent stands, and no byte has left.
pub(super) const BEFORE_CALL: &str = "call.before#1";

/// Every pair instead of a sample, and all points of each road.
pub(super) fn thorough() -> bool {
    std::env::var("DOMBOT_CRASH").is_ok_and(|v| v == "all")
}

/// Counts for the line at the end.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) points: usize,
    pub(super) crashes: usize,
    pub(super) done: usize,
    pub(super) asked: usize,
    pub(super) failed: usize,
}

impl Tally {
    pub(super) fn add(&mut self, end: &Ended) {
        self.points += 1;
        self.crashes += usize::from(end.first) + usize::from(end.second);
        match end.rest.state() {
            JobState::Done => self.done += 1,
            JobState::NeedsHuman => self.asked += 1,
            _ => self.failed += 1,
        }
    }
}

/// How one case came to rest.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) rest: Rest,
    /// The approving process crashed.
    pub(super) first: bool,
    /// The recovering one too.
    pub(super) second: bool,
}

/// The points of an undisturbed approval, by name; the list is never kept by hand.
pub(super) fn record(prepared: &mut Prepared) -> Vec<String> {
    let scene = prepared.copy(&[]);
    let log = scene.dir.path().join("points");
    let ran = scene.approve(&[("DOMBOT_FAIL_LOG", log.to_str().unwrap())]);
    assert_eq!(ran.code(), Some(0), "{ran:?}");
    let text = fs::read_to_string(log).unwrap();
    let names: Vec<String> = text.lines().map(ToOwned::to_owned).collect();
    for needed in [APPROVED, "job.intent: before commit#1", BEFORE_CALL, "call.after#1"] {
        assert!(names.iter().any(|n| n == needed), "{needed} is no point of {names:?}");
    }
    names
}

/// One case: the approval crashes at the point `k` ("" = not at all), the recovery at its `l`-th (0 = not at all),
/// and then nothing more goes wrong.
pub(super) fn case(
    prepared: &mut Prepared,
    deed: Deed,
    (k, l): (&str, usize),
    faults: &[Rule],
) -> Ended {
    let scene = prepared.copy(faults);
    let first = scene.approve(&[("DOMBOT_FAIL_AT", k)]);
    let mut told = tells_the_end(&first.out);
    let mut second = false;
    if l > 0 {
        let serving = scene.serve(&[("DOMBOT_FAIL_AT", &l.to_string())]);
        told |= drive(&scene, serving, &mut second);
    }
    if l == 0 || second {
        told |= recover(&scene);
    }
    wait_for_late_calls(&scene.books);
    let rest = judge::rest(&scene, deed);
    rest.judge(deed, told, &format!("{} crashed at {k}, then at {l}, {faults:?}", deed.words));
    Ended { rest, first: first.crashed(), second }
}

/// Starts it again, and nothing goes wrong any more. Answers whether the person was told the end.
pub(super) fn recover(scene: &Scene) -> bool {
    let mut died = false;
    let told = drive(scene, scene.serve(&[]), &mut died);
    assert!(!died, "an undisturbed recovery crashed");
    told
}

/// A person at the restarted dombot: types the code again where the plan still waits, waits for the end, looks at
/// what is new. Answers whether he was told the end.
fn drive(scene: &Scene, mut serving: super::scene::Serving, died: &mut bool) -> bool {
    let mut told = false;
    if serving.runs() {
        told |= tells_the_end(&scene.approve(&[]).out);
    }
    let started = Instant::now();
    while serving.runs() && !at_rest(scene) {
        assert!(started.elapsed() < Duration::from_secs(90), "jobs do not come to rest");
        std::thread::sleep(Duration::from_millis(100));
    }
    if serving.runs() {
        let news = scene.news();
        // Also where the end comes right after: what was shown was told.
        told |= news.out.contains(&scene.label);
    }
    if serving.runs() {
        let status = serving.stop();
        *died = crashed(status);
        assert!(*died || status.success(), "serve ended badly: {status}");
    } else {
        let status = serving.wait();
        *died = crashed(status);
        assert!(*died, "serve ended by itself: {status}");
    }
    told
}

fn tells_the_end(out: &str) -> bool {
    ["completed", "halted", "needs_human"]
        .iter()
        .any(|s| out.contains(&format!("\"state\":\"{s}\"")))
}

fn at_rest(scene: &Scene) -> bool {
    let listed = scene.dombot(&["job", "list", "--json"]);
    if listed.code() != Some(0) {
        return false;
    }
    let jobs = listed.json()["data"]["result"]["jobs"].clone();
    jobs.as_array().unwrap().iter().all(|j| j["state"] == "needs_human")
}

/// Every single point. The way up to the approval is the same for all deeds: one of them walks it whole.
fn every_point(deed: Deed, from_the_start: bool) {
    let mut prepared = Prepared::new(deed);
    let points = record(&mut prepared);
    let approved = points.iter().position(|p| p == "approve: before commit#1").unwrap();
    let from = if from_the_start || thorough() { 0 } else { approved };
    let mut tally = Tally::default();
    for k in &points[from..] {
        let end = case(&mut prepared, deed, (k, 0), &[]);
        tally.add(&end);
        if !deed.blind {
            assert_eq!(end.rest.state(), JobState::Done, "crash at {k}: {end:?}");
        }
    }
    eprintln!("crash: {}: {} of {} points, {tally:?}", deed.words, tally.points, points.len());
    assert!(tally.crashes * 10 >= tally.points * 9, "the points did not crash: {tally:?}");
    assert!(tally.done > 0);
}

#[test]
fn a_record_change_survives_a_crash_at_every_point() {
    every_point(DNS, true);
}

#[test]
fn a_renewal_with_a_key_survives_a_crash_at_every_point() {
    every_point(RENEW_A, false);
}

#[test]
fn a_renewal_that_can_only_be_read_back_survives_a_crash_at_every_point() {
    every_point(RENEW_B, false);
}

/// Pairs: 4 of each deed by a fixed seed, or all of them.
#[test]
fn crashes_in_the_recovery_do_no_harm_either() {
    let mut tally = Tally::default();
    let mut seed = 0x5eed_u64;
    let mut pick = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((seed >> 33) % u64::try_from(below).unwrap()).unwrap()
    };
    for deed in [DNS, RENEW_A, RENEW_B] {
        let mut prepared = Prepared::new(deed);
        let points = record(&mut prepared);
        let approved = points.iter().position(|p| p == APPROVED).unwrap();
        if thorough() {
            for k in &points {
                // The recovery's points end where it is over before it comes to the next one.
                for l in 1.. {
                    let end = case(&mut prepared, deed, (k, l), &[]);
                    tally.add(&end);
                    if !end.second {
                        break;
                    }
                }
            }
        } else {
            for _ in 0..4 {
                let k = &points[approved + pick(points.len() - approved)];
                let l = 5 + pick(16);
                tally.add(&case(&mut prepared, deed, (k, l), &[]));
            }
        }
    }
    eprintln!("crash: pairs: {} pairs, {tally:?}", tally.points);
    assert!(tally.crashes > tally.points, "no recovery crashed: {tally:?}");
}
