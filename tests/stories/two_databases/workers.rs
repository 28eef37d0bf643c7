//! Many processes on one PostgreSQL. The operator's ledger is the judge.
//!
//! `DOMBOT_WORKER_JOBS=10000` runs the whole, else a sample is worked.

use std::time::Duration;

use dombot_providers::sandbox::world::{Fault, Rule, Who};
use dombot_tests::place::Place;
use dombot_tests::postgres::{Database, PASSWORD};
use rustix::process::Signal;

use super::firm::{Firm, Worker};

const OPEN: &str =
    "SELECT COUNT(*) FROM job WHERE state NOT IN ('done', 'failed', 'cancelled', 'needs_human')";

async fn firm(domains: usize) -> Option<Firm> {
    Some(Firm::with(domains, Place::Postgres(Database::new()?)).await)
}

fn database(firm: &Firm) -> &Database {
    let Place::Postgres(database) = &firm.place else { panic!("made on PostgreSQL") };
    database
}

/// 8 processes, one of them killed every second, and a new one in its place.
#[tokio::test]
async fn eight_workers_that_are_killed_at_random_do_each_thing_once() {
    let wanted = std::env::var("DOMBOT_WORKER_JOBS").ok().and_then(|n| n.parse().ok());
    let jobs: usize = wanted.unwrap_or(120);
    let Some(firm) = firm(jobs).await else { return };
    firm.order(jobs).await;
    // Leases of the killed run out in 6 seconds; those of the living more often than they should.
    database(&firm).hurry(10);
    let mut workers: Vec<Worker> = (0..8).map(|_| firm.worker()).collect();
    let (mut seed, mut kills) = (7u64, 0u32);
    while kills < 6 || firm.sql(OPEN) != "0" {
        tokio::time::sleep(Duration::from_secs(1)).await;
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let which = usize::try_from(seed >> 33).unwrap() % workers.len();
        workers[which] = firm.worker();
        kills += 1;
        assert!(kills < 3600, "the queue does not come to rest");
    }
    drop(workers);
    let mut asked = 0;
    let rows = firm.sql("SELECT domain, state FROM job");
    let states: std::collections::BTreeMap<_, _> =
        rows.lines().filter_map(|l| l.split_once('|')).collect();
    assert_eq!(states.len(), jobs, "no job was lost");
    for n in 0..jobs {
        let (keyed, effects) = (n % 2 == 0, firm.effects(n));
        match states[Firm::domain(n).as_str()] {
            "done" => assert_eq!(effects, 1, "{n}: called done"),
            // Only where nobody but the operator can tell.
            "needs_human" => {
                assert!(!keyed && effects <= 1, "{n}: asked, {effects} effects");
                asked += 1;
            }
            other => panic!("{n}: {other}"),
        }
    }
    let all = firm.world.ledger().iter().filter(|e| !e.kind.starts_with("admin_")).count();
    assert!(all <= jobs, "nothing else took effect");
    let again: u32 = firm.sql("SELECT COUNT(*) FROM job WHERE epoch > 1").parse().unwrap();
    assert!(again > 0, "nobody was killed with a job in his hands");
    let told: usize = firm.sql("SELECT COUNT(DISTINCT plan) FROM outbox").parse().unwrap();
    assert_eq!(told, jobs, "each end is told");
    eprintln!(
        "workers: {jobs} jobs, {kills} kills, {again} taken over, {asked} asked, {all} effects"
    );
}

/// One is stopped in the middle of its turn until its lease is over, another finishes, the first goes on.
async fn a_stalled_worker(n: usize, rule: Rule, has_begun: impl Fn(&Firm) -> bool) {
    let Some(firm) = firm(2).await else { return };
    firm.world.fault(rule).unwrap();
    let plan = firm.put(n, "terminal").await;
    firm.approve(&firm.store, plan, &firm.code()).await.unwrap();
    let stalled = firm.worker();
    firm.until("the first begins", has_begun).await;
    stalled.signal(Signal::STOP);
    database(&firm).later(Duration::from_secs(120));
    let second = firm.worker();
    firm.until("the second finishes", |f| f.sql(OPEN) == "0").await;
    let look = |f: &Firm| {
        f.sql("SELECT * FROM job; SELECT * FROM plan; SELECT * FROM event; SELECT * FROM outbox")
    };
    let after = look(&firm);
    assert!(after.contains("|done|"), "{after}");
    stalled.signal(Signal::CONT);
    // It ends only after the turn that it was in the middle of.
    stalled.signal(Signal::TERM);
    let mut stalled = stalled;
    let mut ended = false;
    for _ in 0..1200 {
        ended = stalled.0.try_wait().unwrap().is_some();
        if ended {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(ended, "the stalled one does not end");
    assert_eq!(look(&firm), after, "the stalled one wrote");
    assert_eq!(firm.effects(n), 1);
    drop(second);
}

fn slow(account: Who, verb: &str) -> Rule {
    let mut rule = Rule::next(verb, Fault::Delay { ms: 5_000 });
    rule.account = Some(account);
    rule
}

#[tokio::test]
async fn a_worker_that_stalls_before_its_intent_sends_nothing_afterwards() {
    let claimed = |f: &Firm| f.sql("SELECT COUNT(*) FROM job WHERE lease_owner IS NOT NULL") == "1";
    a_stalled_worker(0, slow(Who::A, "read"), claimed).await;
    a_stalled_worker(1, slow(Who::B, "read"), claimed).await;
}

#[tokio::test]
async fn a_worker_that_stalls_in_its_call_writes_nothing_afterwards() {
    a_stalled_worker(0, slow(Who::A, "write"), |f| f.effects(0) == 1).await;
    a_stalled_worker(1, slow(Who::B, "write"), |f| f.effects(1) == 1).await;
}

/// A worker works only for the vault whose jobs they are, and only where there is a shared database.
#[tokio::test]
async fn a_worker_of_another_home_is_refused() {
    let Some(firm) = firm(2).await else { return };
    let other = self::firm(2).await.unwrap();
    firm.order(2).await;
    let mut stranger = other.command(&["worker"]);
    stranger.env("DOMBOT_DATABASE_URL", database(&firm).url());
    let mut alone = firm.command(&["worker"]);
    alone.env_remove("DOMBOT_DATABASE_URL");
    let mut locked = firm.command(&["worker"]);
    locked.env("DOMBOT_KEY_FILE", firm.dir.path().join("none"));
    for (command, why) in
        [(stranger, "another vault"), (alone, "DOMBOT_DATABASE_URL"), (locked, "key")]
    {
        let ran = tokio::process::Command::from(command).output().await.unwrap();
        let said = String::from_utf8_lossy(&ran.stderr).into_owned();
        assert_eq!(ran.status.code(), Some(1), "{said}");
        assert!(said.contains(why), "{why}: {said}");
    }
    assert_eq!(firm.sql("SELECT COUNT(*) FROM job WHERE state = 'ready' AND epoch = 0"), "2");
}

/// The URL holds a password: it is in no output, whatever goes wrong and however much is logged.
#[tokio::test]
async fn the_databases_password_is_never_shown() {
    let Some(firm) = firm(0).await else { return };
    let url = database(&firm).url();
    let nowhere = url.replace("postgres:", "postgresql:") + "_gone";
    let broken = [
        url.clone(),
        nowhere,
        format!("postgres://u:{PASSWORD}@127.0.0.1:1/x"),
        format!("postgres://u:{PASSWORD}@127.0.0.1:99999/x"),
        format!("postgres://u:{PASSWORD}@db.invalid/x?sslmode=off"),
        format!("postgres://u:{PASSWORD}@127.0.0.1:1/x?password={PASSWORD}"),
        format!("{PASSWORD}://x"),
    ];
    for (n, url) in broken.iter().enumerate() {
        for args in [&["doctor"][..], &["job", "list"], &["--help"]] {
            let mut command = firm.command(args);
            command.env("DOMBOT_DATABASE_URL", url).env("DOMBOT_LOG", "trace");
            let ran = tokio::process::Command::from(command).output().await.unwrap();
            let all = [ran.stdout, ran.stderr].concat();
            let all = String::from_utf8_lossy(&all);
            assert!(!all.contains(PASSWORD), "{n} {args:?}: {all}");
            assert_eq!(ran.status.success(), n == 0 || args == ["--help"], "{n} {args:?}: {all}");
        }
    }
}
