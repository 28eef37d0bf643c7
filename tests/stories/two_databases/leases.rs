//! What only one process may do: leases by the database's time.

use std::time::Duration;

use dombot_core::clock::Clock;
use dombot_core::lease::{Lease, TTL};
use dombot_core::store::Store;
use dombot_tests::clock::FakeClock;
use dombot_tests::place::Place;
use dombot_tests::postgres::Database;
use jiff::SignedDuration;
use tempfile::TempDir;

/// Both databases, each with the clock by which its leases run.
async fn worlds() -> Vec<(TempDir, Place, Store, FakeClock)> {
    let dir = tempfile::tempdir().unwrap();
    let mut places = vec![Place::File(dir.path().join("dombot.db"))];
    places.extend(Database::new().map(Place::Postgres));
    let mut worlds = Vec::new();
    let mut dir = Some(dir);
    for place in places {
        let store = place.open(true).await.unwrap();
        let clock = FakeClock::at("2026-11-23T09:00:00Z".parse().unwrap());
        if let Place::Postgres(database) = &place {
            clock.shown_in(database.clock_file());
        }
        let dir = dir.take().unwrap_or_else(|| tempfile::tempdir().unwrap());
        worlds.push((dir, place, store, clock));
    }
    worlds
}

/// The holder dies; another one, who tries three times in a lease's life, has it before two lives are over. The
/// first one had stopped by his own clock before that.
#[tokio::test]
async fn a_dead_leaders_lease_goes_to_another_in_time() {
    for (_dir, _place, store, clock) in worlds().await {
        let first = Lease::new(&store, &clock, ("cron", "first"), TTL);
        let second = Lease::new(&store, &clock, ("cron", "second"), TTL);
        assert!(first.tend().await.unwrap() && first.holds());
        assert!(!second.tend().await.unwrap() && !second.holds());
        let mut waited = Duration::ZERO;
        while !second.tend().await.unwrap() {
            clock.advance(TTL / 3);
            waited += TTL / 3;
            assert!(!(first.holds() && second.holds()), "two after {waited:?}");
            assert!(waited < TTL * 2, "nobody after {waited:?}");
        }
        assert!(waited >= TTL, "taken away after {waited:?}");
        assert!(second.holds() && !first.holds());
        assert!(!first.tend().await.unwrap(), "it comes back and finds another one");
        // Given back, it is free at once.
        second.release().await.unwrap();
        assert!(!second.holds());
        assert!(first.tend().await.unwrap());
        // Other names are other leases.
        let other = Lease::new(&store, &clock, ("telegram:1", "second"), TTL);
        assert!(other.tend().await.unwrap());
        store.close().await;
    }
}

/// A leader that renews keeps it; one whose renewals do not get through stops before the database lets go.
#[tokio::test]
async fn a_leader_stops_before_its_lease_runs_out() {
    for (_dir, _place, store, clock) in worlds().await {
        let leader = Lease::new(&store, &clock, ("cron", "first"), TTL);
        for _ in 0..10 {
            assert!(leader.tend().await.unwrap());
            clock.advance(TTL / 3);
            assert!(leader.holds());
        }
        clock.advance(TTL / 2);
        assert!(!leader.holds(), "5/6 of its life are over");
        let epoch = store.hold_lease("cron", "first", clock.now(), TTL).await.unwrap();
        assert_eq!(epoch, Some(1), "it was never anybody else's");
        clock.advance(TTL);
        let epoch = store.hold_lease("cron", "first", clock.now(), TTL).await.unwrap();
        assert_eq!(epoch, Some(2), "it ran out: a new term begins");
        store.close().await;
    }
}

/// A node's own clock jumps: by the database's time nothing has happened.
#[tokio::test]
async fn a_wrong_wall_clock_takes_no_lease_away() {
    let Some(database) = Database::new() else { return };
    let place = Place::Postgres(database);
    let store = place.open(true).await.unwrap();
    let (right, wrong) = ("2026-11-23T09:00:00Z", "2027-11-23T09:00:00Z");
    let clock = FakeClock::at(right.parse().unwrap());
    let ahead = FakeClock::at(wrong.parse().unwrap());
    let holder = Lease::new(&store, &clock, ("cron", "right"), TTL);
    let thief = Lease::new(&store, &ahead, ("cron", "ahead"), TTL);
    assert!(holder.tend().await.unwrap());
    assert!(!thief.tend().await.unwrap(), "a year ahead");
    ahead.set_wall(SignedDuration::from_hours(-24 * 800));
    assert!(!thief.tend().await.unwrap(), "a year behind");
    assert!(holder.tend().await.unwrap() && holder.holds());
    store.close().await;
}

/// Two processes that lead in turn: what each does while it holds the lease never overlaps.
#[tokio::test]
async fn leading_is_dropped_in_the_middle_when_the_lease_goes() {
    for (_dir, _place, store, clock) in worlds().await {
        let ttl = Duration::from_millis(300);
        let (first, second) = (
            Lease::new(&store, &clock, ("cron", "first"), ttl),
            Lease::new(&store, &clock, ("cron", "second"), ttl),
        );
        let at_work = std::cell::RefCell::new(Vec::new());
        let (stop_first, stopped_first) = tokio::sync::oneshot::channel::<()>();
        let (stop_second, stopped_second) = tokio::sync::oneshot::channel::<()>();
        let work = |who: &'static str| {
            let at_work = &at_work;
            move || async move {
                at_work.borrow_mut().push(who);
                std::future::pending::<()>().await;
            }
        };
        let script = async {
            while at_work.borrow().is_empty() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            // The first one goes: the second follows, though nobody's lease has run out.
            stop_first.send(()).unwrap();
            while at_work.borrow().len() < 2 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            assert!(!first.holds() && second.holds());
            stop_second.send(()).unwrap();
        };
        let wait = |stopped: tokio::sync::oneshot::Receiver<()>| async { drop(stopped.await) };
        tokio::join!(first.lead(work("first"), wait(stopped_first)), script, async {
            while at_work.borrow().is_empty() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            second.lead(work("second"), wait(stopped_second)).await;
        });
        assert_eq!(*at_work.borrow(), ["first", "second"]);
        store.close().await;
    }
}
