//! The queue under races, at the store itself, on both databases: every transaction stands alone.

use std::collections::BTreeSet;
use std::time::Duration;

use dombot_core::approval::Refused;
use dombot_core::clock::{Clock, SystemClock};
use dombot_core::job::JobState;
use dombot_core::store::{JobFilter, Settlement, Store};
use dombot_tests::place::Place;
use dombot_tests::postgres::Database;
use jiff::Timestamp;

use super::firm::Firm;

const LEASE: Duration = Duration::from_mins(1);

/// The same firm on SQLite and, where it is installed, on PostgreSQL.
async fn firms(domains: usize) -> Vec<Firm> {
    let dir = tempfile::tempdir().unwrap().keep();
    let mut firms = vec![Firm::with(domains, Place::File(dir.join("dombot.db"))).await];
    if let Some(database) = Database::new() {
        firms.push(Firm::with(domains, Place::Postgres(database)).await);
    }
    firms
}

fn done(at: Timestamp) -> Settlement {
    let (evidence, note, base_at) = (None, None, None);
    Settlement { state: JobState::Done, evidence, note, run_at: at, at, base_at, no_effect: false }
}

async fn stores(firm: &Firm, n: usize) -> Vec<Store> {
    let mut stores = Vec::new();
    for _ in 0..n {
        stores.push(firm.place.open(false).await.unwrap());
    }
    stores
}

async fn close(stores: Vec<Store>) {
    for store in stores {
        store.close().await;
    }
}

#[tokio::test]
async fn many_posts_of_one_code_make_one_set_of_jobs() {
    for firm in firms(1).await {
        let plan = firm.put(0, "terminal").await;
        let code = firm.code();
        let stores = stores(&firm, 4).await;
        let posts = (0..24).map(|n| firm.approve(&stores[n % 4], plan.clone(), &code));
        let posts = join(posts.collect()).await;
        let won: Vec<_> = posts.iter().filter(|p| p.is_ok()).collect();
        assert_eq!(won.len(), 1, "{posts:?}");
        let lost = posts.iter().filter_map(|p| p.as_ref().err());
        assert!(lost.into_iter().all(|r| matches!(r, Refused::NotOpen | Refused::Replay)));
        assert_eq!(firm.sql("SELECT COUNT(*) FROM job"), "1");
        assert_eq!(firm.sql("SELECT COUNT(*) FROM approval"), "1");
        close(stores).await;
    }
}

/// Two plans and one code at the same moment: the code counts once.
#[tokio::test]
async fn one_code_never_approves_two_plans() {
    for firm in firms(2).await {
        let plans = [firm.put(0, "one").await, firm.put(1, "two").await];
        let code = firm.code();
        let stores = stores(&firm, 2).await;
        let posts = (0..16).map(|n| firm.approve(&stores[n % 2], plans[n % 2].clone(), &code));
        let posts = join(posts.collect()).await;
        assert_eq!(posts.iter().filter(|p| p.is_ok()).count(), 1, "{posts:?}");
        assert_eq!(firm.sql("SELECT COUNT(*) FROM job"), "1");
        close(stores).await;
    }
}

/// The second order for one expiry is refused by the last statement of its transaction: nothing of it stays.
#[tokio::test]
async fn an_enqueue_that_is_rolled_back_leaves_nothing() {
    for firm in firms(1).await {
        let first = firm.put(0, "one").await;
        firm.approve(&firm.store, first, &firm.code()).await.unwrap();
        let second = firm.put(0, "two").await;
        let look = || {
            firm.sql("SELECT COUNT(*) FROM job; SELECT * FROM factor; SELECT state FROM plan ORDER BY id; SELECT * FROM arm")
        };
        let before = look();
        let refused = firm.approve(&firm.store, second, &firm.code()).await;
        assert_eq!(refused, Err(Refused::AlreadyOrdered));
        assert_eq!(look(), before);
    }
}

#[tokio::test]
async fn a_race_of_many_workers_for_many_jobs_gives_each_to_one() {
    const JOBS: usize = 24;
    for firm in firms(JOBS).await {
        firm.order(JOBS).await;
        let stores = stores(&firm, 6).await;
        let at = SystemClock::default().now();
        let work = stores.iter().enumerate().map(|(n, store)| async move {
            let mut mine = Vec::new();
            let owner = format!("worker-{n}");
            // On PostgreSQL a claim passes over rows that others are claiming: nothing may be left for all that.
            for _ in 0..JOBS * 2 {
                mine.extend(store.claim(&owner, at, LEASE).await.unwrap().map(|j| j.id));
            }
            mine
        });
        let all: Vec<_> = join(work.collect()).await.into_iter().flatten().collect();
        let different: BTreeSet<_> = all.iter().collect();
        assert_eq!((all.len(), different.len()), (JOBS, JOBS));
        close(stores).await;
    }
}

/// The lease has run out: somebody takes the job over at the very moment at which its worker settles it.
#[tokio::test]
async fn taking_over_and_settling_exclude_each_other() {
    const ROUNDS: usize = 16;
    for firm in firms(ROUNDS).await {
        firm.order(ROUNDS).await;
        let stores = stores(&firm, 2).await;
        let at = SystemClock::default().now();
        for _ in 0..ROUNDS {
            // A lease that is over at once.
            let old =
                stores[0].claim("old", at, Duration::ZERO).await.unwrap().expect("a job is ready");
            tokio::time::sleep(Duration::from_millis(3)).await;
            let now = at + Duration::from_secs(1);
            let end = done(now);
            let (settled, taken) = tokio::join!(
                stores[0].settle(&old, &end, None, None),
                stores[1].claim("new", now, LEASE)
            );
            let (settled, taken) = (settled.unwrap(), taken.unwrap());
            let took_it = taken.as_ref().is_some_and(|j| j.id == old.id);
            assert!(settled != took_it, "settled {settled}, taken {took_it}");
            if let Some(job) = taken {
                assert!(stores[1].settle(&job, &end, None, None).await.unwrap());
            }
            let state = stores[0].jobs(&JobFilter::Id(old.id)).await.unwrap()[0].state;
            assert_eq!(state, JobState::Done);
            if firm.sql("SELECT COUNT(*) FROM job WHERE state = 'ready'") == "0" {
                break;
            }
        }
        close(stores).await;
    }
}

/// A process that starts takes nothing away from those that work: on PostgreSQL the home's lock proves nothing.
#[tokio::test]
async fn a_starting_process_leaves_the_leases_of_others_alone() {
    for firm in firms(1).await {
        firm.order(1).await;
        let at = SystemClock::default().now();
        let job = firm.store.claim("works", at, LEASE).await.unwrap().expect("a job is ready");
        let other = firm.place.open(false).await.unwrap();
        other.release_leases().await.unwrap();
        let again = other.claim("starts", at, LEASE).await.unwrap();
        assert_eq!(again.is_some(), !other.shared());
        assert_eq!(firm.store.settle(&job, &done(at), None, None).await.unwrap(), other.shared());
        other.close().await;
    }
}

/// 40 wrong codes at once, in 4 processes: each is counted.
#[tokio::test]
async fn wrong_codes_are_counted_exactly() {
    for firm in firms(1).await {
        let stores = stores(&firm, 4).await;
        let at = SystemClock::default().now();
        let counts = (0..9).map(|n| stores[n % 4].count_wrong("someone", at));
        let counts: BTreeSet<_> =
            join(counts.collect()).await.into_iter().map(|g| g.unwrap().wrong).collect();
        assert_eq!(counts, (1..=9).collect());
        assert!(stores[0].count_wrong("someone", at).await.unwrap().locked_until > at);
        close(stores).await;
    }
}

/// All at the same time.
async fn join<F: Future>(futures: Vec<F>) -> Vec<F::Output> {
    let mut futures: Vec<_> = futures.into_iter().map(|f| (Box::pin(f), None)).collect();
    std::future::poll_fn(|cx| {
        let mut pending = false;
        for (future, out) in &mut futures {
            if out.is_none() {
                match future.as_mut().poll(cx) {
                    std::task::Poll::Ready(value) => *out = Some(value),
                    std::task::Poll::Pending => pending = true,
                }
            }
        }
        if pending { std::task::Poll::Pending } else { std::task::Poll::Ready(()) }
    })
    .await;
    futures.into_iter().filter_map(|(_, out)| out).collect()
}
