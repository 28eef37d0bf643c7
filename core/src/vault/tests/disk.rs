//! What the disk, the mode bits, other processes and other keys can do to a vault.

use std::process::Command;

use super::*;
use crate::clock::Chance;

#[test]
fn another_key_opens_it_not() {
    let home = Home::new();
    home.create();
    let other = home.file("other.key");
    Key::generate(&SystemChance).write(&other).unwrap();
    let open = |unlock: Unlock| Vault::open(&home.path(), &unlock).err();
    assert_eq!(open(Unlock::KeyFile(other)), Some(Error::WrongKey));
    assert_eq!(open(Unlock::Password("x".into())), Some(Error::WrongKey));
    let both = Unlock::Both { key_file: home.file("the.key"), password: "x".into() };
    assert_eq!(open(both), Some(Error::WrongKey));
    let gone = home.file("gone.key");
    assert!(matches!(open(Unlock::KeyFile(gone)), Some(Error::KeyFile { .. })));
}

#[test]
fn opens_by_password_and_by_both() {
    let home = Home::new();
    let both = Unlock::Both { key_file: home.file("the.key"), password: "zażółć".into() };
    Vault::create(&home.path(), &both, CHEAP, &SystemChance).unwrap();
    assert!(Vault::open(&home.path(), &both).is_ok());
    assert_eq!(home.open_fails(), Error::WrongKey);
    let second = home.file("second.kdbx");
    let password = Unlock::Password("zażółć".into());
    Vault::create(&second, &password, CHEAP, &SystemChance).unwrap();
    assert!(Vault::open(&second, &password).is_ok());
}

#[test]
fn the_printed_key_makes_the_key_file_again() {
    let home = Home::new();
    home.create();
    let printed = Key::read(&home.file("the.key")).unwrap().recovery_text();
    fs::remove_file(home.file("the.key")).unwrap();
    assert!(matches!(home.open_fails(), Error::KeyFile { .. }));
    let again = Key::from_recovery(printed.expose_secret()).unwrap();
    again.write(&home.file("the.key")).unwrap();
    assert!(home.open().is_ok());
}

#[test]
fn missing_empty_foreign_and_old_files_are_told_apart() {
    let home = Home::new();
    assert_eq!(home.open_fails(), Error::Missing(home.path()));
    let damaged = |bytes: &[u8]| {
        fs::write(home.path(), bytes).unwrap();
        fs::set_permissions(home.path(), fs::Permissions::from_mode(0o600)).unwrap();
        match home.open_fails() {
            Error::Damaged(reason) => reason,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(damaged(b""), "the file is empty");
    assert_eq!(damaged(b"SQLite format 3"), "this is no KeePass file");
    let kdbx3 = [0x03, 0xd9, 0xa2, 0x9a, 0x67, 0xfb, 0x4b, 0xb5, 1, 0, 3, 0];
    assert_eq!(damaged(&kdbx3), "this is no KDBX 4 file");
}

#[test]
fn a_cut_or_flipped_file_is_damaged_and_never_a_panic() {
    let home = Home::new();
    home.create();
    let whole = fs::read(home.path()).unwrap();
    for length in 0..whole.len() {
        fs::write(home.path(), &whole[..length]).unwrap();
        assert!(matches!(home.open_fails(), Error::Damaged(_)), "cut to {length}");
    }
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        fs::write(home.path(), &bytes).unwrap();
        let e = home.open().err().unwrap_or_else(|| panic!("byte {at} is not guarded"));
        // 32 bytes after the header prove the key: there, damage looks as another key.
        assert!(matches!(e, Error::Damaged(_) | Error::WrongKey), "byte {at}: {e:?}");
    }
    fs::write(home.path(), &whole).unwrap();
    assert!(home.open().is_ok());
}

#[test]
fn each_save_leaves_the_state_before_it() {
    let home = Home::new();
    let mut vault = home.create();
    for n in 1..=8 {
        put(&mut vault, "n", &n.to_string()).unwrap();
    }
    assert_eq!(vault.content().generation(), 9);
    for n in 1..=5 {
        let copy = home.file(&format!("vault.kdbx.{n}"));
        let old = Vault::open(&copy, &home.unlock()).unwrap();
        assert_eq!(old.content().config("n"), Some((8 - n).to_string()));
        assert_eq!(copy.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
    let mut names: Vec<_> =
        fs::read_dir(home.dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names.len(), 9, "key, vault, lock, mark and 5 copies: {names:?}");
}

#[test]
fn an_edit_that_changes_nothing_or_fails_writes_nothing() {
    let home = Home::new();
    let mut vault = home.create();
    put(&mut vault, "k", "v").unwrap();
    let entry = account("a", &[("x", "y")]);
    vault.edit(|c| c.put_account(&entry)).unwrap();
    let before = vault.fingerprint();
    put(&mut vault, "k", "v").unwrap();
    vault.edit(|c| c.put_account(&entry)).unwrap();
    let failed = vault.edit(|c| {
        c.put_config("k", "other")?;
        Err::<(), Error>(Error::InUse)
    });
    assert_eq!(failed, Err(Error::InUse));
    assert_eq!(vault.content().config("k").as_deref(), Some("v"));
    assert_eq!((vault.fingerprint(), vault.changed_outside()), (before, Ok(false)));
}

#[test]
fn what_somebody_else_saved_stands() {
    let home = Home::new();
    let mut ours = home.create();
    let mut theirs = home.open().unwrap();
    assert_eq!(ours.changed_outside(), Ok(false));
    put(&mut theirs, "k", "theirs").unwrap();
    assert_eq!(ours.changed_outside(), Ok(true));
    assert_eq!(put(&mut ours, "k", "ours"), Err(Error::ChangedOutside));
    assert_eq!(ours.content().config("k"), None, "what is not saved is not there");
    assert_eq!(home.open().unwrap().content().config("k").as_deref(), Some("theirs"));
}

#[test]
fn a_file_that_vanished_is_not_made_anew() {
    let home = Home::new();
    let mut vault = home.create();
    fs::remove_file(home.path()).unwrap();
    assert_eq!(put(&mut vault, "k", "v"), Err(Error::Missing(home.path())));
    assert!(!home.path().exists());
}

#[test]
fn a_save_waits_for_nobody() {
    let home = Home::new();
    let mut vault = home.create();
    let lock = save::lock(&home.path()).unwrap();
    assert_eq!(put(&mut vault, "k", "v"), Err(Error::InUse));
    drop(lock);
    assert_eq!(put(&mut vault, "k", "v"), Ok(()));
}

#[test]
fn what_others_can_read_is_refused() {
    let home = Home::new();
    let mut vault = home.create();
    let mode = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    mode(&home.path(), 0o640);
    assert_eq!(home.open_fails(), Error::Permissions { path: home.path(), mode: 0o640 });
    assert!(matches!(put(&mut vault, "k", "v"), Err(Error::Permissions { .. })));
    mode(&home.path(), 0o600);
    mode(home.dir.path(), 0o755);
    let Error::Permissions { path, mode: 0o755 } = home.open_fails() else { panic!() };
    assert_eq!(path, home.dir.path());
    let new = Vault::create(&home.file("b.kdbx"), &home.unlock(), CHEAP, &SystemChance).err();
    assert!(matches!(new, Some(Error::Permissions { .. })));
    mode(home.dir.path(), 0o700);
    assert!(home.open().is_ok());
}

#[test]
fn memory_is_looked_at_before_any_key_is_derived() {
    let home = Home::new();
    home.create();
    let memory = |free| Some(Memory { total: free, free });
    let within = |free| Vault::open_within(&home.path(), &home.unlock(), memory(free)).err();
    let (needs, has) = (CHEAP.memory, CHEAP.memory - 1);
    assert_eq!(within(has), Some(Error::TooMuchMemory { needs, has }));
    assert_eq!(within(needs), None);
    let huge = Profile { memory: 1 << 50, iterations: 1 };
    let e = Vault::create(&home.file("b.kdbx"), &home.unlock(), huge, &SystemChance).err();
    assert!(matches!(e, Some(Error::TooMuchMemory { needs: 0x4_0000_0000_0000, .. })));
    assert!(!home.file("b.kdbx").exists());
}

#[test]
fn a_vault_is_never_created_over_another() {
    let home = Home::new();
    home.create();
    let again = Vault::create(&home.path(), &home.unlock(), CHEAP, &SystemChance).err();
    assert_eq!(again, Some(Error::Exists(home.path())));
    assert!(home.open().is_ok());
}

/// The body of a child process with a small file size limit; see the next test.
#[test]
fn child_that_saves_more_than_fits() {
    let Some(dir) = std::env::var_os("DOMBOT_TEST_FULL_DISK") else { return };
    let dir = PathBuf::from(dir);
    let path = dir.join("vault.kdbx");
    let mut vault = Vault::open(&path, &Unlock::KeyFile(dir.join("the.key"))).unwrap();
    let mut noise = vec![0; 60_000];
    SystemChance.fill(&mut noise);
    match put(&mut vault, "big", &key::hex(&noise)) {
        Err(Error::NotSaved { reason }) => assert!(reason.contains("too large"), "{reason}"),
        other => panic!("{other:?}"),
    }
    assert_eq!(vault.content().config("big"), None);
    put(&mut vault, "small", "fits").unwrap();
}

#[test]
fn where_the_disk_is_full_the_old_vault_stands() {
    let home = Home::new();
    let mut vault = home.create();
    put(&mut vault, "k", "v").unwrap();
    let script = "trap '' XFSZ; ulimit -f 40; exec \"$0\" --exact \
                  vault::tests::disk::child_that_saves_more_than_fits";
    let child = Command::new("sh")
        .args(["-c", script])
        .arg(std::env::current_exe().unwrap())
        .env("DOMBOT_TEST_FULL_DISK", home.dir.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success() && said.contains("1 passed"), "{said}");
    assert!(!home.file("vault.kdbx.new").exists());
    let vault = home.open().unwrap();
    assert_eq!(vault.content().config("k").as_deref(), Some("v"));
    assert_eq!(vault.content().config("small").as_deref(), Some("fits"));
    assert_eq!(vault.content().generation(), 3, "the failed save counts not");
}

#[test]
fn a_file_left_by_a_crash_is_in_nobodys_way() {
    let home = Home::new();
    let mut vault = home.create();
    fs::write(home.file("vault.kdbx.new"), "half a fi").unwrap();
    put(&mut vault, "k", "v").unwrap();
    assert!(!home.file("vault.kdbx.new").exists());
    assert!(home.open().is_ok());
}
