//! Database, vault and key: missing, damaged, read-only, from a newer program. Each says what is wrong, changes
//! nothing, and with the right file back in its place everything goes on.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;
use std::process::Command;

use dombot_tests::{binary, servers};

use super::owners::{in_language, refuses};
use super::scene::{DNS, Scene, run};

/// Every command that opens the home refuses.
const OPENING: [&[&str]; 2] = [&["ask", "pomoc"], &["serve"]];

fn all_refuse(scene: &Scene, polish: &str, english: &str) {
    for args in OPENING {
        refuses(scene, args, polish, english);
    }
}

/// The plan from before is still there and works, once.
fn goes_on(scene: &Scene) {
    let approved = scene.approve(&[]);
    assert_eq!(approved.code(), Some(0), "{approved:?}");
    assert_eq!(scene.books.effects().len(), 1);
}

#[test]
fn a_spoilt_database_is_refused_and_nothing_is_lost() {
    let scene = Scene::with_plan(DNS.words);
    let path = scene.file("dombot.db");
    let whole = fs::read(&path).unwrap();

    fs::remove_file(&path).unwrap();
    all_refuse(&scene, "Brakuje bazy danych", "is missing, but the vault is there");
    assert!(!path.exists(), "an empty database in the place of the missing one");

    let mut garbled = whole.clone();
    garbled[..64].fill(0x55);
    for spoilt in [&garbled[..], &[], &whole[..1000], &whole[..whole.len() / 2]] {
        write_private(&path, spoilt);
        all_refuse(&scene, "jest uszkodzona", "is damaged");
        assert_eq!(fs::read(&path).unwrap(), spoilt, "a damaged file was written to");
    }

    write_private(&path, &whole);
    goes_on(&scene);
}

#[test]
fn a_database_of_a_newer_program_is_refused() {
    let scene = Scene::with_plan(DNS.words);
    let path = scene.file("dombot.db");
    let whole = fs::read(&path).unwrap();
    let made =
        Command::new("sqlite3").arg(&path).arg("INSERT INTO migration VALUES (999)").status();
    let Ok(made) = made else {
        servers::skip("sqlite3, to make a newer database", "sqlite3");
        return;
    };
    assert!(made.success());
    all_refuse(&scene, "zapisał nowszy dombot (schemat 999", "by a newer dombot (schema 999");
    fs::write(&path, whole).unwrap();
    goes_on(&scene);
}

/// Root may write anywhere: the refusal is tried as somebody else.
#[test]
fn a_database_that_cannot_be_written_is_refused() {
    const NOBODY: u32 = 65_534;
    let scene = Scene::with_plan(DNS.words);
    let (home, path) = (scene.home(), scene.file("dombot.db"));
    let root = rustix::process::geteuid().is_root();
    let program = scene.dir.path().join("dombot");
    fs::copy(binary::with_fail_points(), &program).unwrap();
    let own = |to: u32| {
        let files = [&home, &path, &scene.file("vault.kdbx"), &scene.file("lock"), &scene.key()];
        for file in files.into_iter().chain([&scene.dir.path().to_owned(), &program]) {
            chown(file, Some(to), Some(to)).unwrap();
        }
    };
    let mode = |path: &Path, mode: u32| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    if root {
        own(NOBODY);
    }
    mode(&path, 0o400);
    mode(&home, 0o500);
    for (lang, text) in [("pl", "nie da się pisać"), ("en", "cannot be written")] {
        let mut command = scene.command(&["ask", "pomoc"]);
        if root {
            let mut dropped = Command::new("setpriv");
            dropped.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(&program);
            dropped.args(["ask", "pomoc"]).env_clear();
            let set = command.get_envs().filter_map(|(k, v)| Some((k, v?)));
            dropped.envs(set.collect::<Vec<_>>());
            dropped.stdin(std::process::Stdio::piped());
            dropped.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
            command = dropped;
        }
        command.env("LC_ALL", format!("{lang}.UTF-8"));
        let ran = run(command, "");
        assert_eq!(ran.code(), Some(1), "{ran:?}");
        assert!(ran.err.contains(text), "{text:?}: {ran:?}");
    }
    mode(&home, 0o700);
    mode(&path, 0o600);
    if root {
        own(0);
    }
    goes_on(&scene);
}

#[test]
fn a_spoilt_vault_is_refused_and_nothing_is_lost() {
    let scene = Scene::with_plan(DNS.words);
    let path = scene.file("vault.kdbx");
    let whole = fs::read(&path).unwrap();

    fs::remove_file(&path).unwrap();
    all_refuse(&scene, "nie ma sejfu", "There is no vault at");
    assert!(!path.exists());

    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    for spoilt in [&[][..], b"no vault", &whole[..whole.len() / 2], &whole[..100], &flipped] {
        write_private(&path, spoilt);
        all_refuse(&scene, "Plik sejfu jest uszkodzony", "The vault file is damaged");
        assert_eq!(fs::read(&path).unwrap(), spoilt, "a damaged vault was written to");
    }

    write_private(&path, &whole);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    all_refuse(&scene, "mogą czytać inni", "can be read by others");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    goes_on(&scene);
}

#[test]
fn a_wrong_key_is_refused_and_a_missing_one_starts_locked() {
    let mut scene = Scene::with_plan(DNS.words);
    let key = scene.key();
    let right = fs::read(&key).unwrap();
    let other = Scene::empty("en");
    write_private(&key, &fs::read(other.key()).unwrap());
    all_refuse(&scene, "Ten klucz nie otwiera sejfu", "This key does not open the vault");
    write_private(&key, &right[..right.len() / 2]);
    all_refuse(&scene, "Pliku klucza", "The key file");

    fs::remove_file(&key).unwrap();
    all_refuse(&scene, "Pliku klucza", "The key file");
    // Named nowhere and not in its usual place either: without a terminal nobody can be asked for a password.
    scene.names_key = false;
    let mut serving = scene.serve(&[]);
    let approved = scene.approve(&[]);
    assert_eq!(approved.code(), Some(5), "nothing is approved while it is locked: {approved:?}");
    let read = in_language(&scene, "pl", &["job", "list"], "");
    assert_eq!(read.code(), Some(0), "reading goes on: {read:?}");
    assert!(serving.runs());
    assert!(serving.stop().success());
    assert!(scene.books.effects().is_empty());

    scene.names_key = true;
    write_private(&key, &right);
    goes_on(&scene);
}

fn write_private(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}
