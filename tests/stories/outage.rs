//! An operator is away for hours: its account is left alone, jobs are held and not failed, and when it is back they go
//! on one after the other.

use std::time::Duration;

use dombot_core::job::{JobState, Turn};
use dombot_core::store::JobFilter;
use dombot_providers::sandbox::world::{Fault, Rule, Who};
use dombot_tests::Talk;

const JOBS: usize = 8;
const PLENTY: u32 = 1_000_000;

async fn approved(talk: &Talk) {
    for n in 0..JOBS {
        talk.plan(&format!("ustaw host{n}.demo-firma.test na 203.0.113.{n}")).await;
        talk.code().await;
    }
}

fn away(talk: &Talk) {
    let rule = Rule { times: PLENTY, ..Rule::next("any", Fault::Error { status: 503 }) };
    talk.fault(rule.at(Who::Dns));
}

/// Calls that reached the operator since it is away.
fn calls(talk: &Talk) -> u32 {
    let left = talk.world.edit(|state, _| state.rules.first().map(|r| r.times)).unwrap();
    PLENTY - left.expect("the rule is there")
}

/// Lets time go by in seconds, and the queue work.
async fn live(talk: &Talk, seconds: u32) {
    for _ in 0..seconds {
        while talk.engine.work_once().await.unwrap() == Turn::Worked {}
        talk.clock.advance(Duration::from_secs(1));
    }
}

async fn states(talk: &Talk) -> Vec<JobState> {
    let mut all = talk.engine.store().jobs(&JobFilter::Open).await.unwrap();
    all.extend(talk.engine.store().jobs(&JobFilter::State(JobState::Failed)).await.unwrap());
    for job in all.iter().filter(|j| j.state == JobState::Failed) {
        eprintln!("outage: failed: {:?}", job.note);
    }
    all.into_iter().map(|j| j.state).collect()
}

#[tokio::test]
async fn an_account_that_is_away_is_left_alone_and_its_jobs_wait() {
    let mut talk = Talk::pl().await;
    approved(&talk).await;
    away(&talk);
    live(&talk, 600).await;
    let first = calls(&talk);
    assert_eq!(talk.engine.store().broken().await.unwrap().len(), 1);
    // The breaker is in the database: a new process does not knock again either.
    talk.restart_locked().await;
    talk.unlock();
    assert_eq!(talk.engine.work_once().await.unwrap(), Turn::Idle);
    live(&talk, 2 * 3600).await;
    let asked = calls(&talk);
    eprintln!(
        "outage: {first} calls in the first ten minutes, {asked} in two hours and ten minutes"
    );
    assert!(first >= 5, "enough failures to know");
    assert!(asked < 60, "it is left alone: {asked} calls for {JOBS} jobs");
    assert_eq!(states(&talk).await, [JobState::Ready; JOBS], "held, not failed");
    // Other accounts work.
    talk.plan("włącz autoodnawianie demo-firma.test").await;
    talk.code().await;
    live(&talk, 2).await;
    assert_eq!(talk.effects("auto_renew", "demo-firma.test").len(), 1);
    // It is back: one tries, then the others follow, each once.
    talk.world.edit(|state, _| state.rules.clear()).unwrap();
    live(&talk, 3600).await;
    assert_eq!(states(&talk).await, []);
    assert_eq!(talk.effects("dns_change", "demo-firma.test").len(), JOBS);
    assert!(talk.engine.store().broken().await.unwrap().is_empty());
}

/// While the probe is out, nobody else calls; when it fails, it is waited longer.
#[tokio::test]
async fn one_probe_at_a_time_and_longer_each_time() {
    let talk = Talk::pl().await;
    approved(&talk).await;
    away(&talk);
    let mut opened = Vec::new();
    for _ in 0..3 * 3600 {
        let before = calls(&talk);
        while talk.engine.work_once().await.unwrap() == Turn::Worked {}
        let broken = talk.engine.store().broken().await.unwrap();
        if let [broken] = &broken[..]
            && opened.last() != Some(&broken.until)
        {
            if !opened.is_empty() {
                assert_eq!(calls(&talk) - before, 1, "more than one probe");
            }
            opened.push(broken.until);
        }
        talk.clock.advance(Duration::from_secs(1));
    }
    let gaps: Vec<i64> =
        opened.windows(2).map(|w| w[1].duration_since(w[0]).as_secs() / 60).collect();
    assert!(gaps.windows(2).all(|w| w[1] >= w[0].min(29)), "{gaps:?}");
    assert!(gaps.last().is_some_and(|last| (29..=32).contains(last)), "{gaps:?}");
}
