//! Somebody writes into the database behind dombot's back. Nothing that he writes takes effect: the worker
//! compares everything with the sealed approval before a byte leaves, and the operator's ledger shows it.

use dombot_core::chat::PlanCard;
use dombot_core::job::JobState;
use dombot_core::store::JobFilter;
use dombot_tests::Talk;
use serde_json::Value;

const RENEW: &str = "przedłuż demo-firma.test o 2 lata";
const SET_WWW: &str = "ustaw www.demo-firma.test na 203.0.113.7";

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Every way to change one leaf of a JSON value, with the leaf's path.
fn flips(value: &Value) -> Vec<(String, Value)> {
    match value {
        Value::Object(map) => map
            .iter()
            .flat_map(|(key, inner)| {
                flips(inner).into_iter().map(move |(path, flipped)| {
                    let mut copy = map.clone();
                    copy.insert(key.clone(), flipped);
                    (format!("/{key}{path}"), Value::Object(copy))
                })
            })
            .collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .flat_map(|(n, inner)| {
                flips(inner).into_iter().map(move |(path, flipped)| {
                    let mut copy = items.clone();
                    copy[n] = flipped;
                    (format!("/{n}{path}"), Value::Array(copy))
                })
            })
            .collect(),
        Value::String(text) => vec![(String::new(), Value::String(other(text)))],
        Value::Number(n) => vec![(String::new(), (n.as_i64().unwrap() + 1).into())],
        Value::Bool(b) => vec![(String::new(), (!b).into())],
        Value::Null => vec![(String::new(), 1.into())],
    }
}

/// As long as the text and of its kind, so that what it stands in can still be read wherever possible.
fn other(text: &str) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    match chars.iter_mut().rev().find(|c| c.is_ascii_alphanumeric()) {
        Some(c) if c.is_ascii_digit() => *c = if *c == '1' { '2' } else { '1' },
        Some(c) if c.is_ascii_uppercase() => *c = if *c == 'X' { 'Y' } else { 'X' },
        Some(c) => *c = if *c == 'a' { 'b' } else { 'a' },
        None => chars.push('x'),
    }
    chars.into_iter().collect()
}

/// Approved, not begun.
async fn approved(words: &str) -> (Talk, PlanCard) {
    let talk = Talk::pl().await;
    let card = talk.plan(words).await;
    talk.code().await;
    (talk, card)
}

/// Lets the worker try, puts everything back as it was, and answers whether it refused.
async fn refused(talk: &Talk, spoil: &str, mend: &str) -> Option<String> {
    talk.sql(spoil)?;
    let mut said = Vec::new();
    for _ in 0..4 {
        // A row that cannot even be read is refused, too, with a fault of its own.
        if let Err(e) = talk.engine.work_once().await {
            said.push(format!("{e}"));
        }
    }
    assert!(talk.ledger().is_empty(), "{spoil}: a byte left");
    said.push(talk.sql("SELECT state || ' ' || coalesce(note, '') FROM job")?);
    talk.sql(&format!(
        "{mend};
         UPDATE job SET state = 'ready', note = NULL, lease_owner = NULL, lease_until = NULL;
         UPDATE plan SET state = 'running'; DELETE FROM event; DELETE FROM outbox;"
    ))?;
    Some(said.join("\n"))
}

fn is_refusal(said: &str) -> bool {
    said.contains("job.tampered")
        || said.contains("job.no_right")
        || said.lines().any(|l| !l.starts_with("ready") && !l.starts_with("failed"))
}

#[tokio::test]
async fn no_field_of_a_stored_plan_can_be_changed() {
    for words in [RENEW, SET_WWW] {
        let (talk, card) = approved(words).await;
        let stored = talk.engine.store().plan(card.plan.id).await.unwrap().unwrap();
        let body: Value = serde_json::from_str(&stored.body).unwrap();
        let all = flips(&body);
        assert!(all.len() > 25, "{}", all.len());
        for (path, flipped) in all {
            let set = |text: &str| format!("UPDATE plan SET body = {}", quoted(text));
            let spoiled = set(&flipped.to_string());
            let Some(said) = refused(&talk, &spoiled, &set(&stored.body)).await else { return };
            assert!(said.contains("job.tampered"), "{path}: {said}");
        }
        // The same with a digest that fits the new bytes: the seal does not.
        for (path, flipped) in flips(&body) {
            let canonical = dombot_core::plan::canonical_json(&flipped).unwrap();
            let digest = dombot_core::plan::Digest::of_bytes(canonical.as_bytes()).to_string();
            let set = |body: &str, digest: &str| {
                format!(
                    "UPDATE plan SET body = {}, digest = '{digest}'; UPDATE approval SET digest = '{digest}'",
                    quoted(body)
                )
            };
            let (spoil, mend) =
                (set(&canonical, &digest), set(&stored.body, &stored.digest.to_string()));
            let said = refused(&talk, &spoil, &mend).await.unwrap();
            assert!(said.contains("job.tampered"), "{path}: {said}");
        }
        talk.work().await;
        assert_eq!(talk.ledger().len(), 1, "mended, the same rows are carried out");
    }
}

#[tokio::test]
async fn no_field_of_an_approval_can_be_changed() {
    let (talk, _) = approved(RENEW).await;
    for column in ["digest", "person", "factor", "step", "approved_at", "jobs", "seal"] {
        let Some(old) = talk.sql(&format!("SELECT {column} FROM approval")) else { return };
        let flipped = match old.parse::<i64>() {
            Ok(n) => (n + 1).to_string(),
            Err(_) => other(&old),
        };
        let set = |v: &str| format!("UPDATE approval SET {column} = {}", quoted(v));
        let said = refused(&talk, &set(&flipped), &set(&old)).await.unwrap();
        assert!(said.contains("job.tampered"), "{column}: {said}");
    }
    let keep = "CREATE TABLE kept_approval AS SELECT * FROM approval; DELETE FROM approval";
    let mend = "INSERT INTO approval SELECT * FROM kept_approval; DROP TABLE kept_approval";
    let said = refused(&talk, keep, mend).await.unwrap();
    assert!(said.contains("job.tampered"), "no approval at all: {said}");
    talk.work().await;
    assert_eq!(talk.ledger().len(), 1, "mended, the same rows are carried out");
}

#[tokio::test]
async fn no_field_of_a_step_in_the_queue_can_be_changed() {
    for words in [RENEW, SET_WWW] {
        let (talk, card) = approved(words).await;
        let Some(old) = talk.sql("SELECT step FROM job") else { return };
        let step: Value = serde_json::from_str(&old).unwrap();
        for (path, flipped) in flips(&step) {
            let set = |text: &str| format!("UPDATE job SET step = {}", quoted(text));
            let said = refused(&talk, &set(&flipped.to_string()), &set(&old)).await.unwrap();
            assert!(is_refusal(&said), "{path}: {said}");
        }
        let id = talk.sql("SELECT id FROM job").unwrap();
        let spoiled = [
            ("n = 1".to_owned(), "n = 0".to_owned()),
            ("n = 7".to_owned(), "n = 0".to_owned()),
            // The id is the operator's key against doubles: another one would be another order.
            (format!("id = '{}'", other(&id)), format!("id = '{id}'")),
        ];
        for (to, back) in spoiled {
            let (spoil, mend) = (format!("UPDATE job SET {to}"), format!("UPDATE job SET {back}"));
            let said = refused(&talk, &spoil, &mend).await.unwrap();
            assert!(said.contains("job.tampered"), "{to}: {said}");
        }
        talk.work().await;
        assert_eq!(talk.ledger().len(), 1);
        assert_eq!(talk.progress(card.plan.id).await.steps[0].state, JobState::Done);
    }
}

fn job_row(id: &str, plan: &str, n: u32, step: &str) -> String {
    format!(
        "INSERT INTO job (id, plan, n, kind, state, domain, money, step, run_at, attempts, epoch, created_at,
         updated_at) VALUES ('{id}', '{plan}', {n}, 'renew', 'ready', 'demo-shop.test', 0, {}, 0, 0, 0, 0, 0);",
        quoted(step)
    )
}

#[tokio::test]
async fn a_job_that_was_put_into_the_queue_does_nothing() {
    const ID: &str = "01JD0000000000000000000000";
    // Into an open plan that nobody approved, with its very own step.
    let talk = Talk::pl().await;
    let card = talk.plan(RENEW).await;
    let step = serde_json::to_string(&card.plan.steps[0]).unwrap();
    let plan = card.plan.id.to_string();
    let Some(_) = talk.sql(&job_row(ID, &plan, 0, &step)) else { return };
    talk.work().await;
    assert!(talk.ledger().is_empty());
    let [job] = &talk.engine.store().jobs(&JobFilter::Plan(card.plan.id)).await.unwrap()[..] else {
        panic!("one job")
    };
    assert_eq!(job.state, JobState::Failed);

    // Into an approved plan, as one step more.
    let (talk, card) = approved(SET_WWW).await;
    talk.sql(&job_row(ID, &card.plan.id.to_string(), 1, &step)).unwrap();
    talk.work().await;
    let kinds: Vec<String> = talk.ledger().into_iter().map(|e| e.kind).collect();
    assert_eq!(kinds, ["dns_change"]);

    // With the approval of another plan.
    let (talk, _) = approved(SET_WWW).await;
    let other = talk.plan(RENEW).await;
    let step = serde_json::to_string(&other.plan.steps[0]).unwrap();
    let plan = other.plan.id.to_string();
    talk.sql(&format!(
        "INSERT INTO approval (plan, digest, person, factor, step, approved_at, jobs, seal)
         SELECT '{plan}', digest, person, factor, step, approved_at, jobs, seal FROM approval;
         UPDATE plan SET state = 'running' WHERE id = '{plan}'; {}",
        job_row(ID, &plan, 0, &step)
    ))
    .unwrap();
    talk.work().await;
    let kinds: Vec<String> = talk.ledger().into_iter().map(|e| e.kind).collect();
    assert_eq!(kinds, ["dns_change"]);
}

#[tokio::test]
async fn a_finished_order_that_is_set_back_is_not_given_again() {
    for words in [RENEW, "przedłuż demo-shop.test o 2 lata"] {
        let (talk, _) = approved(words).await;
        talk.work().await;
        assert_eq!(talk.ledger().len(), 1);
        let Some(_) = talk.sql(
            "UPDATE job SET state = 'ready', intent_at = NULL, evidence = NULL, attempts = 0;
             UPDATE plan SET state = 'running'",
        ) else {
            return;
        };
        talk.work().await;
        assert_eq!(talk.ledger().len(), 1, "{words}");
    }
}
