mod disk;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use proptest::prelude::*;
use secrecy::ExposeSecret;

use super::*;
use crate::clock::{SystemChance, SystemClock};
use crate::ids::{AccountId, FactorId, PersonId};
use crate::phrase::Language;

/// Weak on purpose: only the format is under test.
const CHEAP: Profile = Profile { memory: 8 * 1024, iterations: 1 };

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
    let open =
        |(k, v): (&String, &secrecy::SecretString)| (k.clone(), v.expose_secret().to_owned());
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
fn a_changed_account_keeps_its_id_and_nothing_of_its_old_secrets() {
    let home = Home::new();
    let mut vault = home.create();
    let mut entry = account("pdns", &[("a", "0"), ("b", "x")]);
    vault.edit(|c| c.put_account(&entry)).unwrap();
    entry.settings.remove("b");
    entry.settings.insert("a".to_owned(), "1".into());
    entry.name = "renamed".to_owned();
    vault.edit(|c| c.put_account(&entry)).unwrap();
    let vault = home.open().unwrap();
    let all = vault.content().accounts();
    assert_eq!((all.len(), all[0].id, all[0].name.as_str()), (1, entry.id, "renamed"));
    assert_eq!(open_settings(&all[0]), BTreeMap::from([("a".to_owned(), "1".to_owned())]));
    let db = vault.content().db();
    let stored = db.iter_all_entries().find(|e| e.get("a") == Some("1")).unwrap();
    assert_eq!(stored.history.as_ref().map_or(0, |h| h.get_entries().len()), 0);
}

#[test]
fn an_account_that_was_moved_to_the_bin_is_gone_and_can_come_back() {
    let home = Home::new();
    let mut vault = home.create();
    let entry = account("pdns", &[("a", "0")]);
    vault.edit(|c| c.put_account(&entry)).unwrap();
    vault
        .edit(|c| {
            let mut db = c.db().clone();
            let bin = tree::ensure_group(&mut db, &["Recycle Bin"]);
            db.entry_mut(tree::entry_id(&entry.id)).unwrap().move_to(bin).unwrap();
            *c = Content::of(db);
            Ok::<(), Error>(())
        })
        .unwrap();
    assert!(vault.content().accounts().is_empty());
    vault.edit(|c| c.put_account(&entry)).unwrap();
    assert_eq!(home.open().unwrap().content().accounts().len(), 1);
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
    assert_eq!((iterations, memory, parallelism), (1, 8 * 1024, 1));
    for entry in fs::read_dir(home.dir.path()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{:?}", entry.file_name());
    }
    assert_eq!(vault.content().generation(), 1);
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
        Error::MixedOrder,
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
