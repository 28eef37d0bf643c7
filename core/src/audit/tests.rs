//! Somebody edits, removes, moves and adds rows of the audit log, with and without computing hashes anew.

use std::collections::BTreeSet;

use serde_json::json;

use super::*;
use crate::clock::SystemChance;
use crate::job::tests::fixture::Bench;
use crate::provider::Repeat;
use crate::store::{AuditRow, Entry};

/// A renewal from words to proof, a wrong code before it, and a sealed head over all of it.
async fn lived() -> (Bench, Head) {
    let bench = Bench::new(Repeat::ReadBackOnly).await;
    let plan = bench.renewal().await;
    bench.try_code(&plan, &"123456".to_owned().into()).await.unwrap_err();
    bench.approve(&plan).await;
    bench.turn().await;
    let head = sealed(&bench).await.expect("there is something to seal");
    (bench, head)
}

async fn sealed(bench: &Bench) -> Option<Head> {
    seal(&bench.store, &bench.seal, &*bench.clock, &SystemChance).await.unwrap()
}

async fn flaws(bench: &Bench) -> Vec<Flaw> {
    verify(&bench.store, Some(&bench.seal), &[]).await.unwrap().flaws
}

async fn rows(bench: &Bench) -> Vec<AuditRow> {
    bench.store.audit_rows(0).await.unwrap().into_iter().map(|(_, r)| r.unwrap()).collect()
}

#[tokio::test]
async fn the_road_from_plan_to_proof_stands_in_the_log() {
    let (bench, head) = lived().await;
    let rows = rows(&bench).await;
    let kinds: Vec<&str> = rows.iter().map(|r| r.kind.as_str()).collect();
    let road = [
        "person.added",
        "factor.added",
        "plan.made",
        "plan.shown",
        "code.counted",
        "code.wrong",
        "plan.approved",
        "job.intent",
        "job.done",
    ];
    assert_eq!(kinds, road);
    let report = verify(&bench.store, Some(&bench.seal), &[]).await.unwrap();
    assert_eq!((report.rows, report.sealed, report.flaws), (9, 9, Vec::new()));
    assert_eq!(head.seq, 9);
    let approved = &rows[6];
    assert_eq!(approved.facts["digest"], rows[2].facts["digest"]);
    assert_eq!(approved.facts["factor"], bench.factor.to_string());
    assert_eq!(approved.place.as_deref(), Some("terminal"));
    assert_eq!(rows[8].facts["evidence"]["reference"], "order-1");
    assert!(!serde_json::to_string(&rows).unwrap().contains("123456"), "a code is in the log");
}

#[tokio::test]
async fn an_exported_row_proves_itself() {
    let (bench, _) = lived().await;
    for row in rows(&bench).await {
        let line = serde_json::to_string(&row).unwrap();
        let again: AuditRow = serde_json::from_str(&line).unwrap();
        assert_eq!(again.computed().unwrap(), row.hash);
    }
}

#[tokio::test]
async fn every_edit_of_every_column_is_found_and_named() {
    let (bench, _) = lived().await;
    let columns = [
        "id", "at", "kind", "plan", "label", "job", "person", "domain", "body", "place", "facts",
        "prev", "hash",
    ];
    for seq in 1..=9 {
        for column in columns {
            let keep = format!(
                "CREATE TABLE aside AS SELECT {column} AS old FROM event WHERE seq = {seq}"
            );
            bench.store.tamper(&keep).await;
            let new =
                if column == "at" { "at + 1" } else { &format!("COALESCE({column}, '') || 'x'") };
            let set = format!("UPDATE event SET {column} = {new} WHERE seq = {seq}");
            assert_eq!(bench.store.tamper(&set).await, 1);
            let found = flaws(&bench).await;
            assert!(found.contains(&Flaw::Edited { seq }), "{column} of {seq}: {found:?}");
            let mend =
                format!("UPDATE event SET {column} = (SELECT old FROM aside) WHERE seq = {seq}");
            bench.store.tamper(&mend).await;
            bench.store.tamper("DROP TABLE aside").await;
            assert_eq!(flaws(&bench).await, [], "mended");
        }
    }
}

#[tokio::test]
async fn removed_and_moved_rows_are_named() {
    for seq in 1..=9 {
        let (bench, _) = lived().await;
        bench.store.tamper(&format!("DELETE FROM event WHERE seq = {seq}")).await;
        let found = flaws(&bench).await;
        assert!(found.contains(&Flaw::Missing { from: seq, to: seq }), "{seq}: {found:?}");
    }
    let (bench, _) = lived().await;
    for (from, to) in [(3, 99), (4, 3), (99, 4)] {
        bench.store.tamper(&format!("UPDATE event SET seq = {to} WHERE seq = {from}")).await;
    }
    let found = flaws(&bench).await;
    assert!(found.contains(&Flaw::Edited { seq: 3 }), "{found:?}");
    assert!(found.contains(&Flaw::Edited { seq: 4 }), "{found:?}");
}

/// Rewrites a row with a hash that fits it.
async fn forge(bench: &Bench, mut row: AuditRow, prev: &str) -> String {
    row.prev = prev.to_owned();
    row.hash = row.computed().unwrap();
    let sql = format!(
        "UPDATE event SET kind = '{}', prev = '{prev}', hash = '{}' WHERE seq = {}",
        row.kind, row.hash, row.seq
    );
    assert_eq!(bench.store.tamper(&sql).await, 1);
    row.hash
}

#[tokio::test]
async fn whoever_computes_hashes_anew_is_caught_by_the_next_row_or_by_the_seal() {
    let (bench, head) = lived().await;
    let all = rows(&bench).await;
    let edited = AuditRow { kind: "plan.forged".into(), ..all[2].clone() };
    let mut hash = forge(&bench, edited, &all[1].hash).await;
    assert!(flaws(&bench).await.contains(&Flaw::Unlinked { seq: 4 }));
    for row in &all[3..] {
        hash = forge(&bench, row.clone(), &hash).await;
    }
    bench.store.tamper(&format!("UPDATE chain SET hash = '{hash}'")).await;
    assert_eq!(flaws(&bench).await, [Flaw::NotSealed { seq: 9, at: head.at }]);
    // He also makes a head; he has not the vault's key.
    bench.store.tamper(&format!("UPDATE audit_head SET hash = '{hash}'")).await;
    assert_eq!(flaws(&bench).await, [Flaw::Seal { seq: 9 }]);
    // He has the vault, too: a head that was sent out shows it.
    bench.store.tamper("DELETE FROM audit_head").await;
    assert_eq!(sealed(&bench).await.map(|h| h.seq), Some(9));
    assert_eq!(flaws(&bench).await, []);
    let kept = told(&format!("{}:{}", head.seq, head.hash)).unwrap();
    let found = verify(&bench.store, Some(&bench.seal), &[kept]).await.unwrap().flaws;
    assert!(matches!(found[..], [Flaw::NotSealed { seq: 9, .. }]), "{found:?}");
}

#[tokio::test]
async fn a_tail_that_was_cut_off_or_added_is_seen() {
    let (bench, head) = lived().await;
    bench.store.tamper("DELETE FROM event WHERE seq > 5").await;
    let hash = rows(&bench).await.pop().unwrap().hash;
    bench.store.tamper(&format!("UPDATE chain SET seq = 5, hash = '{hash}'")).await;
    assert_eq!(flaws(&bench).await, [Flaw::Missing { from: 6, to: 9 }]);
    bench.store.tamper("DELETE FROM audit_head").await;
    assert_eq!(flaws(&bench).await, [], "nothing in the database knows of it");
    let kept = verify(&bench.store, Some(&bench.seal), &[head]).await.unwrap().flaws;
    assert_eq!(kept, [Flaw::Missing { from: 6, to: 9 }], "the home's file does");

    let (bench, _) = lived().await;
    bench
        .store
        .tamper(
            "INSERT INTO event (id, at, kind, body, seq, facts, prev, hash)
             SELECT 'x', at, kind, body, 10, facts, hash, 'x' FROM event WHERE seq = 9",
        )
        .await;
    let found = flaws(&bench).await;
    assert_eq!(found, [Flaw::Edited { seq: 10 }, Flaw::End { found: 10, said: 9 }]);
    bench.store.tamper("UPDATE event SET seq = NULL WHERE seq = 10").await;
    assert_eq!(flaws(&bench).await, [Flaw::Outside { found: 1, said: 0 }]);
    bench.store.tamper("UPDATE chain SET older = 1").await;
    assert_eq!(flaws(&bench).await, [Flaw::Outside { found: 1, said: 0 }], "the seal covers it");
}

#[tokio::test]
async fn a_log_that_does_not_fit_is_not_sealed_over() {
    let (bench, _) = lived().await;
    bench.store.record(Entry::new("x", bench.clock.now())).await.unwrap();
    bench.store.tamper("UPDATE event SET kind = 'y' WHERE seq = 10").await;
    assert_eq!(sealed(&bench).await, None);
    bench.store.tamper("UPDATE event SET kind = 'x' WHERE seq = 10").await;
    assert_eq!(sealed(&bench).await.map(|h| h.seq), Some(10));
    assert_eq!(sealed(&bench).await, None, "nothing new");
}

#[tokio::test]
async fn many_writers_do_not_fork_the_chain() {
    let (bench, _) = lived().await;
    let other = bench.another_store().await;
    let mut tasks = Vec::new();
    for n in 0..8 {
        let store = if n % 2 == 0 { bench.store.clone() } else { other.clone() };
        let at = bench.clock.now();
        tasks.push(tokio::spawn(async move {
            for k in 0..25 {
                let facts = json!({"writer": n, "k": k});
                store.record(Entry { facts, ..Entry::new("test", at) }).await.unwrap();
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let report = verify(&bench.store, Some(&bench.seal), &[]).await.unwrap();
    assert_eq!((report.rows, report.flaws), (209, Vec::new()));
    let told: BTreeSet<String> =
        rows(&bench).await.into_iter().skip(9).map(|r| r.facts.to_string()).collect();
    assert_eq!(told.len(), 200, "each is there once");
}

#[tokio::test]
async fn a_head_is_due_once_a_day_and_is_told_once() {
    let (bench, head) = lived().await;
    let due = || async { is_due(&bench.store, bench.clock.now()).await.unwrap() };
    assert!(!due().await);
    bench.clock.forward(EVERY);
    assert!(due().await);
    let waiting = || async {
        let mut all = bench.store.undelivered(bench.person.id).await.unwrap();
        all.retain(|m| m.plan.is_none());
        all
    };
    assert_eq!(waiting().await.len(), 1);
    bench.store.record(Entry::new("x", bench.clock.now())).await.unwrap();
    sealed(&bench).await.unwrap();
    let waiting = waiting().await;
    assert_eq!(waiting.len(), 1, "an older head that nobody saw is not told any more");
    let said = waiting[0].text.arg("head").unwrap();
    assert!(said.starts_with("10:") && told(said).is_some(), "{said}");
    assert!(told(&format!("{}:{}", head.seq, head.hash)).is_some());
    for bad in ["", "9", "9:xyz", "0:00", "x:9"] {
        assert_eq!(told(bad), None, "{bad}");
    }
}

/// A database from before the chain: its rows stay as they are, and their number is part of every seal.
#[tokio::test]
async fn rows_from_before_the_chain_are_counted() {
    let (bench, _) = lived().await;
    bench
        .store
        .tamper("INSERT INTO event (id, at, kind, body) VALUES ('old', 1, 'plan.approved', '{}')")
        .await;
    bench.store.tamper("UPDATE chain SET older = 1").await;
    bench.store.tamper("DELETE FROM audit_head").await;
    assert_eq!(flaws(&bench).await, []);
    bench.store.tamper("DELETE FROM event WHERE id = 'old'").await;
    assert_eq!(flaws(&bench).await, [Flaw::Outside { found: 0, said: 1 }]);
}
