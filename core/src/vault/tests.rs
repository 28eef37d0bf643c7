use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use proptest::prelude::*;
use secrecy::ExposeSecret;

use super::*;
use crate::clock::{Chance, SystemChance, SystemClock};
use crate::ids::{AccountId, FactorId, PersonId};
use crate::phrase::Language;

/// Weak on purpose: only the format is under test.
const CHEAP: Profile = Profile { memory: 64 * 1024, iterations: 1 };

struct Home {
    dir: tempfile::TempDir,
}

impl Home {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o700)).unwrap();
        let home = Self { dir };
        Key::generate(&SystemChance).write(&home.file("the.key")).unwrap();
        home
    }

    fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn path(&self) -> PathBuf {
        self.file("vault.kdbx")
    }

    fn unlock(&self) -> Unlock {
        Unlock::KeyFile(self.file("the.key"))
    }

    fn create(&self) -> Vault {
        Vault::create(&self.path(), &self.unlock(), CHEAP, &SystemChance).unwrap()
    }

    fn open(&self) -> Result<Vault, Error> {
        Vault::open(&self.path(), &self.unlock())
    }

    fn open_fails(&self) -> Error {
        self.open().err().unwrap()
    }
}

fn put(vault: &mut Vault, key: &str, value: &str) -> Result<(), Error> {
    vault.edit(|c| c.put_config(key, value))
}

fn account(name: &str, settings: &[(&str, &str)]) -> AccountEntry {
    AccountEntry {
        id: AccountId::new(&SystemClock::default(), &SystemChance),
        name: name.to_owned(),
        kind: "powerdns".to_owned(),
        settings: settings.iter().map(|(k, v)| ((*k).to_owned(), (*v).into())).collect(),
        authorities: vec!["127.0.0.1:5300".to_owned(), "[::1]:53".to_owned()],
    }
}

fn open_settings(account: &AccountEntry) -> BTreeMap<String, String> {
    let open = |(k, v): (&String, &secrecy::SecretString)| (k.clone(), v.expose_secret().to_owned());
    account.settings.iter().map(open).collect()
}

#[test]
fn all_that_was_put_is_there_after_opening_again() {
    let home = Home::new();
    let mut vault = home.create();
    let clock = SystemClock::default();
    let (one, two) = (account("home-pdns", &[("api_key", "ż<&>\u{0}\n ")]), account("Drugie", &[]));
    let person = PersonId::new(&clock, &SystemChance);
    let factor = FactorEntry {
        id: FactorId::new(&clock, &SystemChance),
        label: "phone".to_owned(),
        otpauth: "otpauth://totp/dombot:a?secret=ABC".into(),
    };
    let seal = vault.content().seal_key().unwrap();
    assert_ne!(*seal, [0; 32]);
    vault
        .edit(|c| {
            c.put_config("language", "pl")?;
            c.put_config("empty", "")?;
            c.put_account(&one)?;
            c.put_account(&two)?;
            c.put_factor(person, &factor)
        })
        .unwrap();

    let mut vault = home.open().unwrap();
    let c = vault.content();
    assert_eq!(c.config("language").as_deref(), Some("pl"));
    assert_eq!(c.config("empty").as_deref(), Some(""));
    assert_eq!(c.config("absent"), None);
    assert_eq!(c.config_keys(), ["empty", "language"]);
    assert_eq!(c.seal_key().unwrap(), seal);
    let names: Vec<String> = c.accounts().into_iter().map(|a| a.name).collect();
    assert_eq!(names, ["Drugie", "home-pdns"]);
    let back = c.account(one.id).unwrap();
    assert_eq!(open_settings(&back), open_settings(&one));
    assert_eq!((back.kind, back.authorities), (one.kind, one.authorities));
    let factors = c.factors(person);
    assert_eq!((factors.len(), factors[0].id, &*factors[0].label), (1, factor.id, "phone"));
    assert_eq!(factors[0].otpauth.expose_secret(), factor.otpauth.expose_secret());

    vault
        .edit(|c| {
            assert!(c.remove_account(one.id) && !c.remove_account(one.id));
            assert!(c.remove_factor(person, factor.id) && !c.remove_factor(person, factor.id));
            assert!(c.remove_config("empty") && !c.remove_config("empty"));
            Ok::<(), Error>(())
        })
        .unwrap();
    let vault = home.open().unwrap();
    let c = vault.content();
    assert_eq!((c.accounts().len(), c.factors(person).len()), (1, 0));
    assert_eq!(c.config_keys(), ["language"]);
}

#[test]
fn a_changed_account_keeps_its_id_and_its_history_is_bounded() {
    let home = Home::new();
    let mut vault = home.create();
    let mut entry = account("pdns", &[("a", "0"), ("b", "x")]);
    vault.edit(|c| c.put_account(&entry)).unwrap();
    entry.settings.remove("b");
    entry.name = "renamed".to_owned();
    vault
        .edit(|c| {
            for n in 0..30 {
                entry.settings.insert("a".to_owned(), n.to_string().into());
                c.put_account(&entry)?;
            }
            Ok::<(), Error>(())
        })
        .unwrap();
    let vault = home.open().unwrap();
    let all = vault.content().accounts();
    assert_eq!((all.len(), all[0].id, all[0].name.as_str()), (1, entry.id, "renamed"));
    assert_eq!(open_settings(&all[0]), BTreeMap::from([("a".to_owned(), "29".to_owned())]));
    let stored = vault.content().db().iter_all_entries().find(|e| e.get("a") == Some("29")).unwrap();
    assert_eq!(stored.history.as_ref().unwrap().get_entries().len(), 10);
}

#[test]
fn the_file_is_what_the_design_says() {
    let home = Home::new();
    let vault = home.create();
    let config = &vault.content().db().config;
    assert_eq!(config.version, keepass::config::DatabaseVersion::KDB4(1));
    assert_eq!(config.outer_cipher_config, OuterCipherConfig::ChaCha20);
    let KdfConfig::Argon2id { iterations, memory, parallelism, .. } = config.kdf_config else {
        panic!("{:?}", config.kdf_config);
    };
    assert_eq!((iterations, memory, parallelism), (1, 64 * 1024, 1));
    for entry in fs::read_dir(home.dir.path()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{:?}", entry.file_name());
    }
    assert_eq!(vault.content().generation(), 1);
}

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
    assert_eq!(names.len(), 8, "key, vault, lock and 5 copies: {names:?}");
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
    let (needs, has) = (64 * 1024, 64 * 1024 - 1);
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
                  vault::tests::child_that_saves_more_than_fits";
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

#[test]
fn the_check_of_the_new_file_sees_losses() {
    let home = Home::new();
    let mut vault = home.create();
    vault.edit(|c| c.put_account(&account("a", &[("x", "y")]))).unwrap();
    let whole = vault.content();
    let other = |change: &dyn Fn(&mut Database)| {
        let mut db = whole.db().clone();
        change(&mut db);
        whole.holds_what(&Content::of(db))
    };
    assert!(other(&|_| {}));
    let entry = whole.db().iter_all_entries().find(|e| e.get("x").is_some()).unwrap().id();
    assert!(!other(&|db| db.entry_mut(entry).unwrap().set_protected("x", "z")));
    assert!(!other(&|db| db.entry_mut(entry).unwrap().set_unprotected("x", "y")));
    assert!(!other(&|db| db.entry_mut(entry).unwrap().remove()));
    assert!(!other(&|db| {
        let bytes = keepass::db::Value::unprotected(b"f".to_vec());
        db.entry_mut(entry).unwrap().add_attachment("f", bytes);
    }));
    assert!(!other(&|db| {
        db.root_mut().add_group();
    }));
}

#[test]
fn names_that_would_not_survive_are_refused() {
    let home = Home::new();
    let mut vault = home.create();
    for name in ["", " a", "a\n", "a\u{1}b", "\u{fffe}", "\u{a0}a", &"x".repeat(201)] {
        assert!(matches!(put(&mut vault, name, "v"), Err(Error::BadName(_))), "{name:?}");
    }
    for setting in ["dombot.kind", "Title", "Password", "otp"] {
        let entry = account("a", &[(setting, "v")]);
        let e = vault.edit(|c| c.put_account(&entry));
        assert_eq!(e, Err(Error::BadName(setting.to_owned())));
    }
}

#[test]
fn every_error_has_its_sentences() {
    let path = PathBuf::from("/h/vault.kdbx");
    let all = [
        Error::Missing(path.clone()),
        Error::Exists(path.clone()),
        Error::WrongKey,
        Error::KeyFile { path: path.clone(), reason: "R".into() },
        Error::Damaged("R".into()),
        Error::TooMuchMemory { needs: 64 << 20, has: 10 << 20 },
        Error::Permissions { path: path.clone(), mode: 0o755 },
        Error::Unreadable { path, reason: "R".into() },
        Error::NotSaved { reason: "R".into() },
        Error::ChangedOutside,
        Error::InUse,
        Error::BadName("a\n".into()),
    ];
    for e in all {
        for lang in Language::ALL {
            let text = e.phrase().text(*lang);
            assert!(!text.contains(['[', '{']), "{text}");
        }
    }
    for e in [BadRecovery::Length(3), BadRecovery::Letter('U'), BadRecovery::Checksum] {
        for lang in Language::ALL {
            assert!(!e.phrase().text(*lang).contains(['[', '{']));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Values are any text at all; names any that the vault takes.
    #[test]
    fn settings_come_back_as_they_were(
        name in "\\PC{1,20}",
        settings in prop::collection::btree_map("\\PC{1,12}", any::<String>(), 0..6),
        value: String,
    ) {
        let home = Home::new();
        let mut vault = home.create();
        let mut entry = account("x", &[]);
        entry.name = name;
        entry.settings = settings.into_iter().map(|(k, v)| (k, v.into())).collect();
        let put = vault.edit(|c| {
            c.put_config("value", &value)?;
            c.put_account(&entry)
        });
        let refused = |name: &String| tree::check_name(name).is_err();
        let bad = refused(&entry.name) || entry.settings.keys().any(refused);
        prop_assert_eq!(put.is_err(), bad);
        if !bad {
            let vault = home.open().unwrap();
            let back = vault.content().account(entry.id).unwrap();
            prop_assert_eq!(&back.name, &entry.name);
            prop_assert_eq!(open_settings(&back), open_settings(&entry));
            prop_assert_eq!(vault.content().config("value"), Some(value));
        }
    }
}
