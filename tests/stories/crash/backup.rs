//! `dombot backup` and `dombot restore` as processes: while it serves, with either key, damaged, on a full disk, and
//! killed at each of their points.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::judge;
use super::points::recover;
use super::scene::{DNS, Prepared, RENEW_B, Ran, Scene, run};

fn backup_of(scene: &Scene) -> PathBuf {
    scene.dir.path().join("the.backup")
}

fn back_up(scene: &Scene) -> Ran {
    scene.dombot(&["backup", backup_of(scene).to_str().unwrap()])
}

fn restore(scene: &Scene) -> Ran {
    scene.dombot(&["restore", "--json", backup_of(scene).to_str().unwrap()])
}

/// The machine is lost, its key file is not.
fn lose(scene: &Scene) {
    fs::rename(scene.home(), scene.dir.path().join("lost")).unwrap();
}

fn mode(path: &std::path::Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

fn audit_fits(scene: &Scene) {
    let verified = scene.dombot(&["audit", "verify", "--json"]);
    assert_eq!(verified.code(), Some(0), "{verified:?}");
    assert_eq!(verified.json()["fits"], true);
}

#[test]
fn a_backup_made_while_it_serves_holds_everything_and_only_the_keys_open_it() {
    let mut scene = Scene::with_plan(DNS.words);
    let serving = scene.serve(&[]);
    let made = back_up(&scene);
    assert_eq!(made.code(), Some(0), "{made:?}");
    assert!(serving.stop().success());
    let backup = backup_of(&scene);
    assert_eq!(mode(&backup), 0o600);
    let bytes = fs::read(&backup).unwrap();
    let clear = |what: &[u8]| bytes.windows(what.len()).any(|w| w == what);
    assert!(!clear(b"SQLite format") && !clear(scene.label.as_bytes()), "it is not encrypted");
    let key = fs::read_to_string(scene.key()).unwrap();
    let secret = key.split_once("\">").unwrap().1.split('<').next().unwrap();
    assert!(secret.len() == 64 && !clear(secret.as_bytes()), "the key file is in it");

    // Not over a home that is there.
    let refused = restore(&scene);
    assert_eq!(refused.code(), Some(1));
    assert!(refused.err.contains("mv "), "{refused:?}");
    lose(&scene);
    let restored = restore(&scene);
    assert_eq!(restored.code(), Some(0), "{restored:?}");
    assert_eq!(restored.json()["plans"], 1, "the open plan is void: {restored:?}");
    assert_eq!(restored.json()["recovery_codes"].as_array().unwrap().len(), 10);
    assert_eq!(mode(&scene.home()), 0o700);
    assert_eq!(mode(&scene.file("dombot.db")), 0o600);
    audit_fits(&scene);
    // The plan from before takes no code; a new one is made as before.
    assert_eq!(scene.approve(&[]).code(), Some(5), "an old plan took a code");
    scene.ask(DNS.words);
}

#[test]
fn the_printed_key_opens_it_where_the_key_file_is_lost() {
    let mut scene = Scene::empty("pl");
    assert_eq!(back_up(&scene).code(), Some(0));
    let key = dombot_core::vault::Key::read(&scene.key()).unwrap();
    let printed = secrecy::ExposeSecret::expose_secret(&key.recovery_text()).to_owned();
    lose(&scene);
    fs::remove_file(scene.key()).unwrap();
    let backup = backup_of(&scene);
    let with = |typed: &str| {
        let args = ["restore", "--json", "--recovery-key", backup.to_str().unwrap()];
        run(scene.command(&args), typed)
    };
    let typo = format!("Z{}", &printed[1..]);
    for (typed, said) in [("ABCD", "56"), (typo.as_str(), "")] {
        let refused = with(typed);
        assert_eq!(refused.code(), Some(1), "{refused:?}");
        assert!(refused.err.contains(said), "{refused:?}");
        assert!(!scene.home().exists() && !scene.key().exists());
    }
    let other = dombot_core::vault::Key::generate(&dombot_core::clock::SystemChance);
    let other = secrecy::ExposeSecret::expose_secret(&other.recovery_text()).to_owned();
    assert!(with(&other).err.contains("not open") || with(&other).err.contains("nie otwiera"));
    assert!(!scene.home().exists() && !scene.key().exists());
    let restored = with(&printed);
    assert_eq!(restored.code(), Some(0), "{restored:?}");
    assert!(scene.key().exists(), "the key file is there again");
    scene.names_key = true;
    audit_fits(&scene);
}

#[test]
fn a_damaged_backup_is_refused_and_nothing_is_changed() {
    let scene = Scene::empty("en");
    assert_eq!(back_up(&scene).code(), Some(0));
    lose(&scene);
    let path = backup_of(&scene);
    let whole = fs::read(&path).unwrap();
    let refused = |bytes: &[u8], said: &str| {
        fs::write(&path, bytes).unwrap();
        let refused = restore(&scene);
        assert_eq!(refused.code(), Some(1), "{refused:?}");
        assert!(refused.err.contains(said) && refused.err.contains("othing"), "{refused:?}");
        let left: Vec<_> = fs::read_dir(scene.dir.path())
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .filter(|n| n.starts_with("home"))
            .collect();
        assert_eq!(left, Vec::<String>::new());
    };
    for at in [200, whole.len() / 2, whole.len() - 1] {
        let mut flipped = whole.clone();
        flipped[at] ^= 1;
        refused(&flipped, "damaged");
    }
    for length in [50, 117, 70_000, whole.len() - 1] {
        refused(&whole[..length], "damaged");
    }
    refused(b"", "no backup");
    refused(
        b"some other file, long enough to have a header of its own and more".repeat(3).as_slice(),
        "no backup",
    );
    let mut newer = whole.clone();
    newer[15] = 7;
    refused(&newer, "newer");
    fs::write(&path, &whole).unwrap();
    assert_eq!(restore(&scene).code(), Some(0));
}

#[test]
fn a_file_that_is_no_backup_is_not_overwritten_and_a_full_disk_leaves_the_old_one() {
    let scene = Scene::empty("en");
    let path = backup_of(&scene);
    fs::write(&path, "my thesis").unwrap();
    let refused = back_up(&scene);
    assert_eq!(refused.code(), Some(1));
    assert_eq!(fs::read(&path).unwrap(), b"my thesis");
    fs::remove_file(&path).unwrap();
    assert_eq!(back_up(&scene).code(), Some(0));
    let old = fs::read(&path).unwrap();
    let plain = scene.command(&["backup", path.to_str().unwrap()]);
    for kib in [100, 150, 193] {
        let mut command = Command::new("bash");
        command.args(["-c", &format!("trap '' XFSZ; ulimit -f {kib}; exec \"$@\""), "bash"]);
        command.arg(plain.get_program()).args(plain.get_args()).env_clear();
        command.envs(plain.get_envs().filter_map(|(k, v)| Some((k, v?))).collect::<Vec<_>>());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let full = run(command, "");
        assert_eq!(full.code(), Some(1), "{kib} KiB: {full:?}");
        assert!(full.err.contains("No backup was made"), "{full:?}");
        assert_eq!(fs::read(&path).unwrap(), old, "the earlier backup");
        assert!(!scene.dir.path().join("the.backup.new").exists());
        assert!(!scene.file("backup.copy").exists());
    }
    assert_eq!(back_up(&scene).code(), Some(0), "with room again");
}

/// At each point of a backup the earlier one is whole or the new one is; at each of a restore the home is there, whole,
/// or not at all, and the next try works.
#[test]
fn a_crash_at_any_point_of_backup_and_restore_leaves_a_whole_one() {
    let scene = Scene::empty("en");
    assert_eq!(back_up(&scene).code(), Some(0));
    let path = backup_of(&scene);
    for point in ["backup: copied#1", "backup: written#1", "backup: renamed#1"] {
        let mut command = scene.command(&["backup", path.to_str().unwrap()]);
        command.env("DOMBOT_FAIL_AT", point);
        assert!(run(command, "").crashed(), "{point}");
        let lost = scene.dir.path().join("lost");
        fs::rename(scene.home(), &lost).unwrap();
        assert_eq!(restore(&scene).code(), Some(0), "{point}");
        fs::remove_dir_all(scene.home()).unwrap();
        fs::rename(&lost, scene.home()).unwrap();
    }
    lose(&scene);
    for point in ["restore: unpacked#1", "incarnation: before commit#1", "restore: made#1"] {
        let mut command = scene.command(&["restore", "--json", path.to_str().unwrap()]);
        command.env("DOMBOT_FAIL_AT", point);
        assert!(run(command, "").crashed(), "{point}");
        assert!(!scene.home().exists(), "{point}: half a home");
    }
    let mut command = scene.command(&["restore", "--json", path.to_str().unwrap()]);
    command.env("DOMBOT_FAIL_AT", "restore: in place#1");
    assert!(run(command, "").crashed());
    audit_fits(&scene);
}

/// Killed in the middle of a call; a backup of that moment is restored, and the operator was called once.
#[test]
fn a_backup_in_the_middle_of_a_call_repeats_nothing() {
    let mut prepared = Prepared::new(RENEW_B);
    let mut scene = prepared.copy(&[]);
    let crashed = scene.approve(&[("DOMBOT_FAIL_AT", "call.after#1")]);
    assert!(crashed.crashed());
    assert_eq!(scene.books.effects().len(), 1);
    // The operator is not there, so that nothing can be read back while the backup is made.
    scene.close_business();
    let made = back_up(&scene);
    assert_eq!(made.code(), Some(0), "{made:?}");
    lose(&scene);
    scene.open_for_business();
    let restored = restore(&scene);
    assert_eq!(restored.json()["unknown"], 1, "{restored:?}");
    let told = recover(&scene);
    let rest = judge::rest(&scene, RENEW_B);
    rest.judge(RENEW_B, told, "restored in the middle of a call");
    assert_eq!(rest.state(), dombot_core::job::JobState::Done);
}
