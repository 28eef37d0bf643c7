//! A worker that slept past its lease, and another that took over: the first writes nothing any more.

use std::time::Duration;

use dombot_core::clock::{Clock, SystemClock};
use dombot_core::job::JobState;
use dombot_core::store::{Settlement, Start};
use jiff::{SignedDuration, Timestamp};

use super::judge::now;
use super::points::APPROVED;
use super::scene::{Prepared, RENEW_B, Scene};

const LEASE: Duration = Duration::from_mins(1);

fn settlement(state: JobState, run_at: Timestamp) -> Settlement {
    Settlement {
        state,
        evidence: None,
        note: None,
        run_at,
        at: run_at,
        base_at: None,
        no_effect: false,
    }
}

/// A home whose process died right after the approval: one job waits for any worker.
fn one_ready_job() -> Scene {
    let mut prepared = Prepared::new(RENEW_B);
    let mut scene = prepared.copy(&[]);
    let ran = scene.approve(&[("DOMBOT_FAIL_AT", APPROVED)]);
    assert!(ran.crashed(), "{ran:?}");
    scene.close_business();
    if let Some(database) = &scene.database {
        database.later(Duration::ZERO);
    }
    scene
}

/// So many seconds go by: for the process, and for the database where that has a clock of its own.
fn later(scene: &Scene, start: Timestamp, seconds: u32) -> Timestamp {
    if let Some(database) = &scene.database {
        database.later(Duration::from_secs(seconds.into()));
    }
    start + SignedDuration::from_secs(seconds.into())
}

#[test]
fn a_stale_worker_writes_nothing() {
    let scene = one_ready_job();
    now(async {
        let store = scene.store().await;
        let start = SystemClock::default().now();
        let old = store.claim("old", start, LEASE).await.unwrap().expect("a job is ready");
        assert!(store.claim("new", start, LEASE).await.unwrap().is_none(), "claimed twice");
        assert!(store.renew_lease(&old, "old", start, LEASE).await.unwrap());

        let later = later(&scene, start, 61);
        let new = store.claim("new", later, LEASE).await.unwrap().expect("the lease has ended");
        assert_eq!((new.id, new.epoch), (old.id, old.epoch + 1));
        let needs = Duration::from_secs(20);
        assert!(!store.renew_lease(&old, "old", later, LEASE).await.unwrap());
        assert_eq!(store.store_intent(&old, later, needs).await.unwrap(), Start::Lost);
        let done = settlement(JobState::Done, later);
        assert!(!store.settle(&old, &done, None, None).await.unwrap());

        // The new one has sent its call: the old one can end nothing and begin nothing either.
        assert_eq!(store.store_intent(&new, later, needs).await.unwrap(), Start::Stored);
        assert!(!store.settle(&old, &done, None, None).await.unwrap());
        let failed = settlement(JobState::Failed, later);
        assert!(!store.settle(&old, &failed, None, None).await.unwrap());
        assert_eq!(store.store_intent(&old, later, needs).await.unwrap(), Start::Lost);

        assert!(store.settle(&new, &done, None, None).await.unwrap());
        assert!(!store.settle(&new, &failed, None, None).await.unwrap(), "settled twice");
        assert!(store.claim("third", later, LEASE).await.unwrap().is_none(), "it is done");
        store.close().await;
    });
}

/// The lease must outlast the call: a worker that read for too long does not begin.
#[test]
fn no_call_leaves_on_a_lease_that_is_too_short() {
    let scene = one_ready_job();
    now(async {
        let store = scene.store().await;
        let start = SystemClock::default().now();
        let job = store.claim("slow", start, LEASE).await.unwrap().expect("a job is ready");
        let late = later(&scene, start, 45);
        let begun = store.store_intent(&job, late, Duration::from_secs(20)).await.unwrap();
        assert_eq!(begun, Start::Lost);
        store.close().await;
    });
}

/// Two processes' stores, many claims at once: one gets the job.
#[test]
fn a_race_of_claims_has_one_winner() {
    let scene = one_ready_job();
    now(async {
        let (one, two) = (scene.store().await, scene.store().await);
        let at = SystemClock::default().now();
        let mut tasks = Vec::new();
        for n in 0..16 {
            let store = if n % 2 == 0 { one.clone() } else { two.clone() };
            tasks.push(tokio::spawn(async move {
                store.claim(&format!("worker-{n}"), at, LEASE).await.unwrap()
            }));
        }
        let mut won = 0;
        for task in tasks {
            won += usize::from(task.await.unwrap().is_some());
        }
        assert_eq!(won, 1);
        one.close().await;
        two.close().await;
    });
}
