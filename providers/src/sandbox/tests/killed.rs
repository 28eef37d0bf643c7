//! The sandbox as a process that is killed while it works.

use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::*;
use crate::sandbox::world::{Options, load, run};

const DIR: &str = "DOMBOT_TEST_SANDBOX_DIR";

/// Not a test by itself: the process that [`what_was_answered_is_in_the_ledger`] starts and kills.
#[tokio::test]
async fn carrier() {
    let Ok(dir) = std::env::var(DIR) else { return };
    let any = "127.0.0.1:0".parse().unwrap();
    let options = Options { dir: dir.into(), http: any, dns: any };
    let _open = run(options, Arc::new(SystemClock::default())).await.unwrap();
    std::future::pending::<()>().await;
}

async fn start(dir: &std::path::Path) -> (Child, Value) {
    let card = dir.join("world.addr.json");
    let _ = std::fs::remove_file(&card);
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "sandbox::tests::killed::carrier"])
        .env(DIR, dir)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    for _ in 0..500 {
        if let Ok(bytes) = std::fs::read(&card) {
            return (child, serde_json::from_slice(&bytes).unwrap());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    child.kill().unwrap();
    child.wait().unwrap();
    panic!("the process did not start");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_is_in_the_ledger() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("world");
    let mut answered = Vec::new();
    for round in 0..6_u64 {
        let (mut child, card) = start(&dir).await;
        let url = format!("http://{}/dns", card["http"].as_str().unwrap());
        let face = Face::open(&settings(&url, card["tokens"]["dns"].as_str().unwrap())).unwrap();
        let dns = SandboxDns { account: account(), face, dns: None };
        let killer = tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(60 + 17 * round)).await;
            child.kill().unwrap();
            child.wait().unwrap();
        });
        for n in 0.. {
            let name = domain(&format!("z{round}-{n}.test"));
            match dns.send_create(name.as_str(), SOON, &name).await {
                Outcome::Done(_) => answered.push(name.to_string()),
                _ => break,
            }
        }
        killer.await.unwrap();
        let state = load(&dir).unwrap().unwrap();
        let booked: Vec<_> = state.ledger.iter().map(|e| e.domain.clone()).collect();
        let lost: Vec<_> = answered.iter().filter(|a| !booked.contains(a)).collect();
        assert!(lost.is_empty(), "answered but not in the ledger: {lost:?}");
        // At most the one call that was under way has an effect without an answer.
        let unanswered = u64::try_from(booked.len() - answered.len()).unwrap();
        assert!(unanswered <= round + 1, "{booked:?}");
        assert_eq!(state.zones.len(), 3 + booked.len());
    }
    assert!(!answered.is_empty(), "it was not killed before it did anything");
}
