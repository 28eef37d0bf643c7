//! What dombot keeps in the vault, laid out so that KeePassXC shows it well:
//!
//! ```text
//! dombot/seal                 Password: key that seals approvals
//! dombot/config/KEY           Password: value
//! dombot/accounts/NAME        custom fields: dombot.kind, dombot.authorities, one per setting
//! dombot/2fa/PERSON/LABEL     otp: otpauth:// address
//! ```
//!
//! An account's or factor's id is its entry's UUID. Whatever else a person keeps in the file stays as it is.

use std::collections::BTreeMap;

use keepass::Database;
use keepass::config::DatabaseVersion;
use keepass::db::{CustomDataItem, CustomDataValue, EntryId, EntryRef, GroupRef, Times, fields};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::Error;
use super::key::{hex, unhex};
use super::tree;
use crate::clock::Chance;
use crate::ids::{AccountId, FactorId, PersonId};

const CONFIG: &[&str] = &["dombot", "config"];
const ACCOUNTS: &[&str] = &["dombot", "accounts"];
const FACTORS: &[&str] = &["dombot", "2fa"];
const ROOT: &[&str] = &["dombot"];
const SEAL: &str = "seal";
const KIND: &str = "dombot.kind";
const AUTHORITIES: &str = "dombot.authorities";
const GENERATION: &str = "dombot.generation";
/// Fields of an account's entry that are a person's own: never settings, never touched.
const THEIRS: [&str; 5] =
    [fields::USERNAME, fields::PASSWORD, fields::URL, fields::NOTES, fields::OTP];

/// The opened vault's content.
#[derive(Clone, PartialEq)]
pub struct Content {
    db: Database,
}

/// One login at one provider, as it is stored.
#[derive(Clone)]
pub struct AccountEntry {
    /// Stable; frozen into plans.
    pub id: AccountId,
    /// The owner's name for it: `home-pdns`.
    pub name: String,
    /// Which kind of provider: `powerdns`.
    pub kind: String,
    /// What the kind asks for, by its names.
    pub settings: BTreeMap<String, SecretString>,
    /// Authoritative servers that the owner named, `address:port`.
    pub authorities: Vec<String>,
}

/// One authenticator of a person, as it is stored.
#[derive(Clone)]
pub struct FactorEntry {
    /// Which.
    pub id: FactorId,
    /// The person's name for it: `phone`.
    pub label: String,
    /// `otpauth://totp/…`, with the secret in it.
    pub otpauth: SecretString,
}

impl std::fmt::Debug for AccountEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&String> = self.settings.keys().collect();
        f.debug_struct("AccountEntry")
            .field("id", &self.id)
            .field("name", &self.name)
            .field("kind", &self.kind)
            .field("settings", &names)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for FactorEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FactorEntry")
            .field("id", &self.id)
            .field("label", &self.label)
            .finish_non_exhaustive()
    }
}

impl Content {
    /// A configuration value.
    pub fn config(&self, key: &str) -> Option<String> {
        tree::field(&self.db, tree::titled(&self.db, CONFIG, key)?, fields::PASSWORD)
    }

    /// A configuration value that is a secret, such as a model's API key.
    pub fn config_secret(&self, key: &str) -> Option<SecretString> {
        self.config(key).map(SecretString::from)
    }

    /// All keys that have a value, sorted.
    pub fn config_keys(&self) -> Vec<String> {
        let title = |id| tree::field(&self.db, id, fields::TITLE);
        let mut keys: Vec<_> =
            tree::entries(&self.db, CONFIG).into_iter().filter_map(title).collect();
        keys.sort();
        keys.dedup();
        keys
    }

    /// Every value is stored as protected, secret or not.
    pub fn put_config(&mut self, key: &str, value: &str) -> Result<(), Error> {
        tree::check_name(key)?;
        let id = tree::titled(&self.db, CONFIG, key).unwrap_or_else(EntryId::new);
        let wanted = vec![plain(fields::TITLE, key), secret(fields::PASSWORD, value)];
        tree::put(&mut self.db, CONFIG, id, &wanted, &|_| true);
        Ok(())
    }

    /// False: it had no value.
    pub fn remove_config(&mut self, key: &str) -> bool {
        let id = tree::titled(&self.db, CONFIG, key);
        id.is_some_and(|id| tree::remove(&mut self.db, CONFIG, id))
    }

    /// All accounts, by name. An entry that names no kind of provider is a person's own and none.
    pub fn accounts(&self) -> Vec<AccountEntry> {
        let ids = tree::entries(&self.db, ACCOUNTS);
        let mut found: Vec<_> = ids.into_iter().filter_map(|id| account(&self.db, id)).collect();
        found.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
        found
    }

    /// By id.
    pub fn account(&self, id: AccountId) -> Option<AccountEntry> {
        self.accounts().into_iter().find(|a| a.id == id)
    }

    /// New, or in place of the one with its id; settings that it does not name are removed.
    pub fn put_account(&mut self, account: &AccountEntry) -> Result<(), Error> {
        tree::check_name(&account.name)?;
        tree::check_name(&account.kind)?;
        let mut wanted = vec![
            plain(fields::TITLE, &account.name),
            plain(KIND, &account.kind),
            plain(AUTHORITIES, &account.authorities.join(" ")),
        ];
        for (name, value) in &account.settings {
            tree::check_name(name)?;
            if !is_setting(name) {
                return Err(Error::BadName(name.clone()));
            }
            wanted.push(secret(name, value.expose_secret()));
        }
        let id = tree::entry_id(&account.id);
        tree::put(&mut self.db, ACCOUNTS, id, &wanted, &|name| THEIRS.contains(&name));
        Ok(())
    }

    /// False: there was none.
    pub fn remove_account(&mut self, id: AccountId) -> bool {
        tree::remove(&mut self.db, ACCOUNTS, tree::entry_id(&id))
    }

    /// A person's authenticators, oldest first.
    pub fn factors(&self, person: PersonId) -> Vec<FactorEntry> {
        let ids = tree::entries(&self.db, &factors_of(&person.to_string()));
        let mut found: Vec<_> = ids.into_iter().filter_map(|id| factor(&self.db, id)).collect();
        found.sort_by_key(|f| f.id);
        found
    }

    /// One of them.
    pub fn factor(&self, person: PersonId, id: FactorId) -> Option<FactorEntry> {
        self.factors(person).into_iter().find(|f| f.id == id)
    }

    /// New, or in place of the one with its id.
    pub fn put_factor(&mut self, person: PersonId, factor: &FactorEntry) -> Result<(), Error> {
        tree::check_name(&factor.label)?;
        let wanted = vec![
            plain(fields::TITLE, &factor.label),
            secret(fields::OTP, factor.otpauth.expose_secret()),
        ];
        let group = person.to_string();
        let id = tree::entry_id(&factor.id);
        tree::put(&mut self.db, &factors_of(&group), id, &wanted, &|_| true);
        Ok(())
    }

    /// False: there was none.
    pub fn remove_factor(&mut self, person: PersonId, id: FactorId) -> bool {
        tree::remove(&mut self.db, &factors_of(&person.to_string()), tree::entry_id(&id))
    }

    /// Key that seals approval rows and peppers hashes of codes; `None` where a person removed it.
    pub fn seal_key(&self) -> Option<Zeroizing<[u8; 32]>> {
        let id = tree::titled(&self.db, ROOT, SEAL)?;
        unhex(&Zeroizing::new(tree::field(&self.db, id, fields::PASSWORD)?))
    }

    /// Counts saves by dombot; an older copy has a smaller one.
    pub fn generation(&self) -> u64 {
        match self.db.meta.custom_data.get(GENERATION).and_then(|item| item.value.as_ref()) {
            Some(CustomDataValue::String(n)) => {
                n.strip_prefix('#').and_then(|n| n.parse().ok()).unwrap_or(0)
            }
            _ => 0,
        }
    }

    /// A new file with nothing but the key that seals approvals.
    pub(super) fn new(mut db: Database, chance: &dyn Chance) -> Self {
        let mut seal = Zeroizing::new([0; 32]);
        chance.fill(&mut *seal);
        let wanted = vec![plain(fields::TITLE, SEAL), secret(fields::PASSWORD, &hex(&*seal))];
        tree::put(&mut db, ROOT, EntryId::new(), &wanted, &|_| true);
        for group in [CONFIG, ACCOUNTS, FACTORS] {
            tree::ensure_group(&mut db, group);
        }
        Self { db }
    }

    pub(super) fn of(db: Database) -> Self {
        Self { db }
    }

    pub(super) fn db(&self) -> &Database {
        &self.db
    }

    /// As it is to be written: KDBX 4.1, the only version the library writes, and one generation on.
    pub(super) fn next(mut self) -> Self {
        // The sign keeps the library from reading digits as base64 bytes.
        let value = CustomDataValue::String(format!("#{}", self.generation() + 1));
        let item =
            CustomDataItem { value: Some(value), last_modification_time: Some(Times::now()) };
        self.db.meta.custom_data.insert(GENERATION.to_owned(), item);
        self.db.config.version = DatabaseVersion::KDB4(1);
        self
    }

    /// Whether all that a person could miss is the same: entries with fields, files and place; groups.
    pub(super) fn holds_what(&self, other: &Self) -> bool {
        let (a, b) = (&self.db, &other.db);
        let counts = |db: &Database| (db.num_entries(), db.num_groups(), db.num_attachments());
        let same_entry = |one: EntryRef<'_>| {
            b.entry(one.id()).is_some_and(|two| {
                one.fields == two.fields
                    && one.parent().id() == two.parent().id()
                    && same_files(&one, &two)
                    && versions(&one) == versions(&two)
            })
        };
        let same_group = |one: GroupRef<'_>| {
            b.group(one.id()).is_some_and(|two| one.name == two.name && one.notes == two.notes)
        };
        counts(a) == counts(b)
            && a.iter_all_entries().all(same_entry)
            && a.iter_all_groups().all(same_group)
    }
}

fn same_files(one: &EntryRef<'_>, two: &EntryRef<'_>) -> bool {
    let in_two = |name: &str, bytes: &[u8]| {
        two.attachment_by_name(name).is_some_and(|file| file.get().as_slice() == bytes)
    };
    one.attachments().count() == two.attachments().count()
        && one.attachments_named().all(|(name, file)| in_two(name, file.get()))
}

fn versions(entry: &EntryRef<'_>) -> usize {
    entry.history.as_ref().map_or(0, |h| h.get_entries().len())
}

fn account(db: &Database, id: EntryId) -> Option<AccountEntry> {
    let entry = db.entry(id)?;
    let setting = |name: &String| {
        is_setting(name).then(|| (name.clone(), entry.get(name).unwrap_or_default().into()))
    };
    Some(AccountEntry {
        id: tree::ulid(id)?,
        name: entry.get_title()?.to_owned(),
        kind: entry.get(KIND)?.to_owned(),
        settings: entry.fields.keys().filter_map(setting).collect(),
        authorities: words(entry.get(AUTHORITIES)),
    })
}

fn factor(db: &Database, id: EntryId) -> Option<FactorEntry> {
    let entry = db.entry(id)?;
    Some(FactorEntry {
        id: tree::ulid(id)?,
        label: entry.get_title().unwrap_or_default().to_owned(),
        otpauth: entry.get_raw_otp_value()?.into(),
    })
}

fn words(text: Option<&str>) -> Vec<String> {
    text.unwrap_or_default().split_whitespace().map(str::to_owned).collect()
}

fn factors_of(person: &str) -> [&str; 3] {
    [FACTORS[0], FACTORS[1], person]
}

fn is_setting(name: &str) -> bool {
    name != fields::TITLE && !THEIRS.contains(&name) && !name.starts_with("dombot.")
}

fn plain(name: &str, value: &str) -> (String, Zeroizing<String>, bool) {
    (name.to_owned(), Zeroizing::new(value.to_owned()), false)
}

fn secret(name: &str, value: &str) -> (String, Zeroizing<String>, bool) {
    (name.to_owned(), Zeroizing::new(value.to_owned()), true)
}
