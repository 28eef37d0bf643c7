//! A disk that is full, and a crash in the middle of saving the vault.

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use dombot_core::vault::{Unlock, Vault};

use super::judge;
use super::points::recover;
use super::scene::{DNS, Prepared, RENEW_A, Scene, private_dir, run, signal, wait};

/// `approve` that may write files of at most `kib`, ended after a while where it waits for a disk with room.
fn on_a_full_disk(scene: &Scene, kib: u32) -> (Option<i32>, String) {
    let plain = scene.command(&["approve", &scene.label, "--code", "-", "--wait", "--json"]);
    let mut command = Command::new("bash");
    // An ignored signal stays ignored: writing then fails with an error, as on a full disk.
    command.args(["-c", &format!("trap '' XFSZ; ulimit -f {kib}; exec \"$@\""), "bash"]);
    command.arg(plain.get_program()).args(plain.get_args()).env_clear();
    command.envs(plain.get_envs().filter_map(|(k, v)| Some((k, v?))).collect::<Vec<_>>());
    let err = scene.dir.path().join("err");
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(fs::File::create(&err).unwrap())
        .spawn()
        .unwrap();
    let _ = std::io::Write::write_all(&mut child.stdin.take().unwrap(), scene.code().as_bytes());
    let started = Instant::now();
    while child.try_wait().unwrap().is_none() && started.elapsed() < Duration::from_secs(5) {
        std::thread::sleep(Duration::from_millis(20));
    }
    if child.try_wait().unwrap().is_none() {
        signal(&child, rustix::process::Signal::KILL);
    }
    (wait(&mut child).code(), fs::read_to_string(err).unwrap())
}

/// The write-ahead log grows from nothing: each limit ends it at another commit of the road.
#[test]
fn a_full_disk_stops_the_road_and_loses_nothing() {
    let mut prepared = Prepared::new(RENEW_A);
    let mut ends = Vec::new();
    for kib in [1, 8, 20, 40, 60, 80, 100, 130] {
        let scene = prepared.copy(&[]);
        let (code, err) = on_a_full_disk(&scene, kib);
        assert!(!err.contains("panicked"), "{kib} KiB: {err}");
        if code == Some(1) {
            assert!(!err.trim().is_empty(), "{kib} KiB: it fails and says nothing");
        }
        // What it says is lost here; the person looks again when there is room.
        recover(&scene);
        let rest = judge::rest(&scene, RENEW_A);
        rest.judge(RENEW_A, true, &format!("at most {kib} KiB"));
        ends.push((kib, code));
    }
    eprintln!("crash: full disk: {ends:?}");
    assert!(ends.iter().any(|(_, code)| *code != Some(0)), "the disk was never full: {ends:?}");
}

#[test]
fn a_crash_while_the_vault_is_saved_leaves_a_whole_vault() {
    let mut prepared = Prepared::new(DNS);
    let set = |scene: &Scene, fail: (&str, &str)| {
        let mut command = scene.command(&["config", "set", "note"]);
        command.env(fail.0, fail.1);
        run(command, &format!("new value\n{}\n", scene.code()))
    };
    let scene = prepared.copy(&[]);
    let log = private_dir();
    let log = log.path().join("points");
    let ran = set(&scene, ("DOMBOT_FAIL_LOG", log.to_str().unwrap()));
    assert_eq!(ran.code(), Some(0), "{ran:?}");
    // Its operator has the ports that the copies need.
    drop(scene);
    let points = fs::read_to_string(log).unwrap();
    let mut crashes = 0;
    let mut kept = [0, 0];
    for name in points.lines().filter(|l| l.contains("vault: ")) {
        let scene = prepared.copy(&[]);
        let ran = set(&scene, ("DOMBOT_FAIL_AT", name));
        crashes += usize::from(ran.crashed());
        let vault = Vault::open(&scene.file("vault.kdbx"), &Unlock::KeyFile(scene.key()))
            .unwrap_or_else(|e| panic!("{name}: the vault does not open: {e}"));
        let value = vault.content().config("note");
        assert!(value.is_none() || value.as_deref() == Some("new value"), "{name}: {value:?}");
        kept[usize::from(value.is_some())] += 1;
        assert_eq!(vault.content().accounts().len(), 3, "{name}");
        drop(vault);
        let next = scene.dombot(&["config", "get", "language"]);
        assert_eq!(next.code(), Some(0), "{name}: {next:?}");
    }
    eprintln!("crash: saving the vault: {crashes} points, {kept:?} old and new");
    assert!(crashes >= 6 && kept[0] > 0 && kept[1] > 0, "{crashes} {kept:?}");
}
