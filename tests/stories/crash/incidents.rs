//! The runbooks of docs/runbooks.md, rehearsed with the very commands, by a person at the host.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;

use dombot_core::clock::{Clock, SystemClock};
use dombot_core::store::AuditRow;
use dombot_core::vault::{Unlock, Vault};
use dombot_providers::sandbox::world::{Effect, State, Who, World};
use serde_json::Value;

use super::scene::{DNS, RENEW_A, Ran, Scene, run};

fn typed(scene: &Scene, args: &[&str], input: &str) -> Ran {
    run(scene.command(args), input)
}

fn approve(scene: &Scene) {
    let approved = scene.approve(&[]);
    assert_eq!(approved.code(), Some(0), "{approved:?}");
}

fn doctor(scene: &Scene) -> Vec<(String, bool)> {
    let said = scene.dombot(&["doctor", "--json"]).json();
    let check = |c: &Value| (c["what"].as_str().unwrap().to_owned(), c["ok"] == true);
    said["checks"].as_array().unwrap().iter().map(check).collect()
}

/// Runbook: something is wrong, stop everything.
#[test]
fn stop_everything_and_let_it_go_on() {
    let scene = Scene::with_plan(DNS.words);
    let frozen = scene.dombot(&["freeze", "all"]);
    assert_eq!(frozen.code(), Some(0), "{frozen:?}");
    assert!(frozen.out.contains(&scene.label), "the open plan is void: {frozen:?}");
    assert_eq!(scene.approve(&[]).code(), Some(5));
    assert!(doctor(&scene).contains(&("frozen".to_owned(), false)));
    let wrong = typed(&scene, &["thaw", "all"], "000000");
    assert_eq!(wrong.code(), Some(1), "{wrong:?}");
    assert_eq!(scene.dombot(&["freeze"]).out.lines().count(), 1, "a wrong code thaws nothing");
    let thawed = typed(&scene, &["thaw", "all"], &scene.code());
    assert_eq!(thawed.code(), Some(0), "{thawed:?}");
    assert!(doctor(&scene).iter().all(|(_, ok)| *ok));
    assert!(scene.books.effects().is_empty());
}

/// Runbook: after a restore, or on suspicion: look first.
#[test]
fn look_without_changing_anything() {
    let scene = Scene::with_plan(DNS.words);
    let mut command = scene.command(&["serve", "--no-changes"]);
    command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    let mut child = command.spawn().unwrap();
    let socket = scene.file("dombot.sock");
    let started = std::time::Instant::now();
    while std::os::unix::net::UnixStream::connect(&socket).is_err() {
        assert!(started.elapsed().as_secs() < 30 && child.try_wait().unwrap().is_none());
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let refused = scene.approve(&[]);
    assert_eq!(refused.code(), Some(5), "{refused:?}");
    assert_eq!(refused.json()["code"], "no_changes");
    let set = typed(&scene, &["config", "set", "x"], &format!("y\n{}\n", scene.code()));
    assert_eq!(set.code(), Some(1), "{set:?}");
    assert_eq!(
        scene.dombot(&["ask", "--json", "jakie mam domeny?"]).code(),
        Some(0),
        "reading works"
    );
    super::scene::signal(&child, rustix::process::Signal::TERM);
    super::scene::wait(&mut child);
    assert!(scene.books.effects().is_empty());
    approve(&scene);
    assert_eq!(scene.books.effects().len(), 1, "the code was not used up, and the plan works");
}

/// Runbook: a provider's key has leaked.
#[test]
fn a_leaked_key_is_found_out_and_changed() {
    let mut scene = Scene::with_plan(DNS.words);
    let audited = scene.dombot(&["provider", "audit", "sandbox-dns", "--json"]);
    assert_eq!(audited.code(), Some(0), "{audited:?}");
    // Somebody with the leaked key changes a zone; the operator sees it and gives out another key.
    scene.close_business();
    let clock = std::sync::Arc::new(SystemClock::default());
    let world = World::open(&scene.books.0, clock.clone()).unwrap();
    let edit = |state: &mut State, _| {
        state.ledger.push(Effect {
            id: 4711,
            at: clock.now(),
            account: Who::Dns,
            kind: "zone_delete".into(),
            domain: "demo-firma.test".into(),
            key: Some("not a job of ours".into()),
            amount: 0,
            before: Value::Null,
            after: Value::Null,
        });
        state.tokens.dns = "the-new-token".into();
    };
    world.edit(edit).unwrap();
    drop(world);
    scene.open_for_business();
    // With the old key nothing can be asked any more: it is changed first. A wrong one uses no code up.
    let rotate = ["provider", "rotate", "sandbox-dns", "--secret", "token"];
    let bad = typed(&scene, &rotate, "a-wrong-token\n000000\n");
    assert_eq!(bad.code(), Some(1), "{bad:?}");
    assert!(scene.dombot(&["freeze"]).out.contains("account sandbox-dns"), "it stays frozen");
    let good = typed(&scene, &rotate, &format!("the-new-token\n{}\n", scene.code()));
    assert_eq!(good.code(), Some(0), "{good:?}");
    // It had been frozen by the first try already, so it is a person who thaws it.
    assert!(scene.dombot(&["freeze"]).out.contains("account sandbox-dns"));
    let audited = scene.dombot(&["provider", "audit", "sandbox-dns", "--json"]);
    assert_eq!(audited.code(), Some(1), "{audited:?}");
    let said = audited.json();
    assert_eq!((&said["not_ours"], &said["entries"][0]["whose"]), (&1.into(), &"not_ours".into()));
    assert_eq!(said["entries"][0]["entry"]["kind"], "zone_delete", "not ours comes first");
    let disk = fs::read(scene.file("dombot.db")).unwrap();
    assert!(!disk.windows(13).any(|w| w == b"the-new-token"), "a secret is in the database");
}

/// Runbook: the vault or its key is lost.
#[test]
fn what_the_database_alone_knows() {
    let scene = Scene::with_plan(RENEW_A.words);
    assert_eq!(scene.dombot(&["ask", "jakie mam domeny?"]).code(), Some(0));
    fs::remove_file(scene.file("vault.kdbx")).unwrap();
    fs::remove_file(scene.key()).unwrap();
    let known = scene.dombot(&["doctor", "--without-vault", "--json"]);
    assert_eq!(known.code(), Some(0), "{known:?}");
    let said = known.json();
    let dates: Vec<&str> = said["domains"]
        .as_array()
        .unwrap()
        .iter()
        .map(|d| d["expires"].as_str().unwrap())
        .collect();
    assert_eq!(dates.len(), 3);
    assert!(dates.is_sorted(), "the most urgent first: {dates:?}");
    assert_eq!(said["domains"][0]["account"], "sandbox");
    assert_eq!(said["accounts"].as_array().unwrap().len(), 3);
}

/// Runbook: is the printed key the right one?
#[test]
fn the_printed_key_is_tested() {
    let scene = Scene::empty("en");
    let key = dombot_core::vault::Key::read(&scene.key()).unwrap();
    let printed = secrecy::ExposeSecret::expose_secret(&key.recovery_text()).to_owned();
    let other = dombot_core::vault::Key::generate(&dombot_core::clock::SystemChance);
    let other = secrecy::ExposeSecret::expose_secret(&other.recovery_text()).to_owned();
    let test = |typed_key: &str| typed(&scene, &["doctor", "--recovery-key"], typed_key);
    assert_eq!(test(&printed).code(), Some(0));
    assert_eq!(test(&other).code(), Some(1));
    assert_eq!(test("ABCD").code(), Some(1));
    // The key file is lost, and is made again from paper; not from another paper, and never over a file.
    let write =
        |typed_key: &str| typed(&scene, &["doctor", "--recovery-key", "--write-key"], typed_key);
    assert_eq!(write(&printed).code(), Some(1), "a key file is there");
    fs::remove_file(scene.key()).unwrap();
    assert_eq!(write(&other).code(), Some(1));
    assert!(!scene.key().exists());
    assert_eq!(write(&printed).code(), Some(0));
    assert_eq!(scene.key().metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(scene.dombot(&["doctor"]).code(), Some(0));
}

/// Runbook: hand everything over.
#[test]
fn everything_for_an_investigation_and_nothing_secret() {
    let scene = Scene::with_plan(RENEW_A.words);
    approve(&scene);
    let dir = scene.dir.path().join("incident");
    let exported = scene.dombot(&["incident", "export", dir.to_str().unwrap()]);
    assert_eq!(exported.code(), Some(0), "{exported:?}");
    assert_eq!(dir.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    let read = |name: &str| -> Vec<Value> {
        let path = dir.join(name);
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        let text = fs::read_to_string(path).unwrap();
        text.lines().map(|l| serde_json::from_str(l).unwrap()).collect()
    };
    // The chain proves itself without dombot.
    let mut prev = String::new();
    for (n, row) in read("audit.jsonl").into_iter().enumerate() {
        let row: AuditRow = serde_json::from_value(row).unwrap();
        assert_eq!((row.seq, &row.prev), (i64::try_from(n).unwrap() + 1, &prev));
        assert_eq!(row.computed().unwrap(), row.hash);
        prev = row.hash;
    }
    assert_eq!(read("manifest.json")[0]["audit"]["hash"], prev.as_str());
    assert_eq!(read("heads.jsonl").last().unwrap()["hash"], prev.as_str(), "its end is sealed");
    assert!(exported.out.contains(&prev));
    let jobs = read("jobs.jsonl");
    assert_eq!((jobs.len(), &jobs[0]["state"]), (1, &"done".into()));
    assert!(jobs[0]["evidence"]["reference"].is_string());
    assert_eq!(read("plans.jsonl")[0]["approval"]["person"], read("plans.jsonl")[0]["person"]);
    let vault = Vault::open(&scene.file("vault.kdbx"), &Unlock::KeyFile(scene.key())).unwrap();
    let mut canaries: Vec<String> = Vec::new();
    for account in vault.content().accounts() {
        let token = &account.settings["token"];
        canaries.push(secrecy::ExposeSecret::expose_secret(token).to_owned());
    }
    canaries.push(scene.code());
    for entry in fs::read_dir(&dir).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        assert!(!canaries.iter().any(|c| text.contains(c.as_str())), "a secret is in the export");
    }
    let again = scene.dombot(&["incident", "export", dir.to_str().unwrap()]);
    assert_eq!(again.code(), Some(1), "nothing is overwritten");
}

/// Runbook: dombot itself is away. Somebody outside hears that all is well.
#[test]
fn the_heartbeat_is_heard_outside() {
    let scene = Scene::empty("en");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/beat", listener.local_addr().unwrap());
    let bad = typed(
        &scene,
        &["config", "set", "heartbeat.url"],
        &format!("not an address\n{}\n", scene.code()),
    );
    assert_eq!(bad.code(), Some(1), "{bad:?}");
    let set =
        typed(&scene, &["config", "set", "heartbeat.url"], &format!("{url}\n{}\n", scene.code()));
    assert_eq!(set.code(), Some(0), "{set:?}");
    let serving = scene.serve(&[]);
    let (mut stream, _) = listener.accept().unwrap();
    let mut request = [0; 512];
    let n = stream.read(&mut request).unwrap();
    assert!(request[..n].starts_with(b"GET /beat HTTP/1.1\r\n"));
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").unwrap();
    assert!(serving.stop().success());
}
