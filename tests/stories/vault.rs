//! The vault is a KeePass file that other programs open too: pykeepass and KeePassXC read what dombot writes,
//! dombot reads what they write, and nobody loses what another put there.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use dombot_core::clock::{SystemChance, SystemClock};
use dombot_core::ids::{AccountId, FactorId, PersonId};
use dombot_core::vault::{AccountEntry, Error, FactorEntry, Key, Profile, Unlock, Vault};
use dombot_tests::servers::skip;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

const CHEAP: Profile = Profile { memory: 8 * 1024, iterations: 1 };
const OTPAUTH: &str =
    "otpauth://totp/dombot:ada?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=dombot";

struct Home {
    dir: tempfile::TempDir,
}

impl Home {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o700)).unwrap();
        let home = Self { dir };
        Key::generate(&SystemChance).write(&home.key()).unwrap();
        home
    }

    fn vault(&self) -> PathBuf {
        self.dir.path().join("vault.kdbx")
    }

    fn key(&self) -> PathBuf {
        self.dir.path().join("the.key")
    }

    fn unlock(&self) -> Unlock {
        Unlock::KeyFile(self.key())
    }

    /// A vault with one account, one factor and two settings.
    fn create(&self) -> (Vault, AccountEntry) {
        let mut vault = Vault::create(&self.vault(), &self.unlock(), CHEAP, &SystemChance).unwrap();
        let clock = SystemClock::default();
        let account = AccountEntry {
            id: AccountId::new(&clock, &SystemChance),
            name: "home-pdns".to_owned(),
            kind: "powerdns".to_owned(),
            settings: [("api_key", "ż < & > \t\n"), ("url", "http://[::1]:8081/")]
                .map(|(k, v)| (k.to_owned(), v.into()))
                .into(),
            authorities: vec!["127.0.0.1:5300".to_owned()],
        };
        let factor = FactorEntry {
            id: FactorId::new(&clock, &SystemChance),
            label: "phone".to_owned(),
            otpauth: OTPAUTH.into(),
        };
        let person = PersonId::new(&clock, &SystemChance);
        let put = vault.edit(|c| {
            c.put_config("language", "pl")?;
            c.put_account(&account)?;
            c.put_factor(person, &factor)
        });
        put.unwrap();
        (vault, account)
    }
}

/// `keepassxc-cli ARGS --no-password -q -k KEY VAULT ENTRY`, where it is installed.
fn keepassxc(home: &Home, args: &[&str], entry: &str) -> Option<String> {
    let out = Command::new("keepassxc-cli")
        .args(args)
        .args(["--no-password", "-q", "-k"])
        .args([home.key(), home.vault()])
        .arg(entry)
        .output();
    if out.is_err() {
        skip("keepassxc-cli", "keepassxc");
    }
    out.ok().map(said)
}

/// A Python that has pykeepass: `DOMBOT_TEST_PYTHON`, or the one on the path.
fn python() -> Option<PathBuf> {
    let named = std::env::var_os("DOMBOT_TEST_PYTHON").map(PathBuf::from);
    let python = named.unwrap_or_else(|| "python3".into());
    let has = Command::new(&python).args(["-c", "import pykeepass"]).output();
    if has.is_ok_and(|o| o.status.success()) {
        return Some(python);
    }
    skip("pykeepass", "python3-venv, then tests/install");
    None
}

fn pykeepass(python: &Path, what: &str, vault: &Path, door: &[&str]) -> Value {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/servers/vault_pykeepass.py");
    let out = Command::new(python)
        .args([script.as_ref(), what.as_ref(), vault.as_os_str()])
        .args(door)
        .env("DOMBOT_TEST_PASSWORD", "zażółć")
        .output()
        .unwrap();
    serde_json::from_str(&said(out)).unwrap_or(Value::Null)
}

fn said(out: Output) -> String {
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap()
}

fn secret(account: &AccountEntry, name: &str) -> String {
    account.settings[name].expose_secret().to_owned()
}

#[test]
fn a_person_edits_the_vault_with_pykeepass_and_dombot_goes_on() {
    let Some(python) = python() else { return };
    let home = Home::new();
    let (mut stale, account) = home.create();
    let key = home.key();
    let door = ["--key", key.to_str().unwrap()];

    let seen = pykeepass(&python, "dump", &home.vault(), &door);
    assert_eq!(
        [&seen["version"], &seen["cipher"], &seen["name"]],
        [&json!([4, 1]), &json!("chacha20"), &json!("dombot")]
    );
    let entry = &seen["entries"]["dombot/accounts/home-pdns"];
    assert_eq!(entry["custom"]["api_key"], "ż < & > \t\n");
    assert_eq!(entry["protected"], json!(["api_key", "url"]));
    assert_eq!(seen["entries"]["dombot/config/language"]["password"], "pl");

    pykeepass(&python, "edit", &home.vault(), &door);
    // It saves with the usual mode: dombot refuses until the file is private again.
    let open = Vault::open(&home.vault(), &home.unlock()).err();
    assert!(matches!(open, Some(Error::Permissions { .. })), "{open:?}");
    fs::set_permissions(home.vault(), fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(stale.changed_outside(), Ok(true));
    let late = stale.edit(|c| c.put_config("language", "en"));
    assert_eq!(late, Err(Error::ChangedOutside));

    let mut vault = Vault::open(&home.vault(), &home.unlock()).unwrap();
    let mut read = vault.content().account(account.id).expect("its id is the entry's id");
    assert_eq!(secret(&read, "api_key"), "changed by hand ęą");
    assert_eq!(read.settings.len(), 2, "a note and a file are no settings");
    let before = pykeepass(&python, "dump", &home.vault(), &door);
    read.settings.insert("url".to_owned(), "http://new.example/".into());
    let put = vault.edit(|c| {
        c.put_config("language", "en")?;
        c.put_account(&read)
    });
    put.unwrap();

    let mut after = pykeepass(&python, "dump", &home.vault(), &door);
    let path = "dombot/accounts/home-pdns";
    let ours = after["entries"][path].take();
    assert_eq!(ours["custom"]["url"], "http://new.example/");
    assert_eq!(ours["custom"]["api_key"], "changed by hand ęą");
    for kept in ["notes", "files", "id", "protected"] {
        assert_eq!(ours[kept], before["entries"][path][kept], "{kept}");
    }
    assert_eq!(after["entries"]["dombot/config/language"]["password"], "en");
    for (path, entry) in before["entries"].as_object().unwrap() {
        if !path.starts_with("dombot/accounts/") && !path.starts_with("dombot/config/") {
            assert_eq!(&after["entries"][path], entry, "{path}");
        }
    }
    assert_eq!(after["entries"]["My own/bank"]["password"], "second p4ss");
    assert_eq!(after["groups"], before["groups"]);
}

/// pykeepass makes KDBX 4.0 with Argon2d, which the library reads and refuses to write.
#[test]
fn a_file_that_pykeepass_made_can_be_saved() {
    let Some(python) = python() else { return };
    let home = Home::new();
    let door = ["--password-from-env"];
    pykeepass(&python, "make", &home.vault(), &door);
    fs::set_permissions(home.vault(), fs::Permissions::from_mode(0o600)).unwrap();
    let before = pykeepass(&python, "dump", &home.vault(), &door);
    assert_eq!(before["version"], json!([4, 0]));

    let mut vault = Vault::open(&home.vault(), &Unlock::Password("zażółć".into())).unwrap();
    assert!(vault.content().accounts().is_empty(), "an entry of a person is no account");
    assert!(vault.content().seal_key().is_none());
    vault.edit(|c| c.put_config("language", "pl")).unwrap();

    let mut after = pykeepass(&python, "dump", &home.vault(), &door);
    let added = after["entries"].as_object_mut().unwrap().remove("dombot/config/language");
    assert_eq!(added.unwrap()["password"], "pl");
    assert_eq!(after["version"], json!([4, 1]));
    assert_eq!(after["entries"], before["entries"]);
}

/// The library would read both the new value and the old version as noise, without an error.
#[test]
fn secrets_in_an_order_that_would_be_read_as_noise_are_refused_until_keepassxc_saves() {
    let Some(python) = python() else { return };
    let home = Home::new();
    let (_, account) = home.create();
    let key = home.key();
    let door = ["--key", key.to_str().unwrap()];
    pykeepass(&python, "edit-with-history", &home.vault(), &door);
    fs::set_permissions(home.vault(), fs::Permissions::from_mode(0o600)).unwrap();
    let open = || Vault::open(&home.vault(), &home.unlock());
    assert_eq!(open().err(), Some(Error::MixedOrder));

    if keepassxc(&home, &["edit", "-u", "x"], "My own/bank").is_none() {
        return;
    }
    let mut vault = open().unwrap();
    let read = vault.content().account(account.id).unwrap();
    assert_eq!(secret(&read, "api_key"), "changed by hand ęą");
    vault.edit(|c| c.put_config("language", "en")).unwrap();
    let after = pykeepass(&python, "dump", &home.vault(), &door);
    let entry = &after["entries"]["dombot/accounts/home-pdns"];
    assert_eq!(entry["custom"]["api_key"], "changed by hand ęą");
    assert_eq!(entry["history"][0]["api_key"], "ż < & > \t\n");
    assert_eq!(after["entries"]["My own/bank"]["password"], "second p4ss");
}

#[test]
fn keepassxc_shows_the_accounts_and_the_codes() {
    let home = Home::new();
    home.create();
    let Some(listed) = keepassxc(&home, &["ls", "-R", "-f"], "dombot/2fa") else { return };
    let phone = listed.lines().find(|l| l.ends_with("/phone")).expect("the factor's entry");
    let show = |args: &[&str], entry: &str| keepassxc(&home, args, entry).unwrap();
    let url = show(&["show", "-a", "url"], "dombot/accounts/home-pdns");
    assert_eq!(url.trim(), "http://[::1]:8081/");
    let code = show(&["show", "-t"], &format!("dombot/2fa/{phone}"));
    assert!(code.trim().len() == 6 && code.trim().bytes().all(|b| b.is_ascii_digit()), "{code}");
}
