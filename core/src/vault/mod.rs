//! All configuration and all secrets: one KeePass file, `vault.kdbx` (KDBX 4.1, Argon2id, `ChaCha20`).
//!
//! Opening derives the key once, saving twice (the new file is opened again before it replaces the old one):
//! that blocks for a tenth of a second on a server and for seconds on a Pi. Async callers use
//! `tokio::task::spawn_blocking`, and put all changes that belong together into one [`Vault::edit`].
//! What changes often belongs in the database.
//!
//! A file that another program saved costs one derivation more when it is opened, see `order`.
//!
//! Secrets are wiped where we hold them. The KeePass library and the XML parser under it make copies that are
//! not, and nothing keeps pages from being swapped out.

mod content;
mod cost;
mod error;
mod key;
mod order;
mod save;
mod tree;
mod unlock;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use keepass::config::{DatabaseConfig, KdfConfig, OuterCipherConfig};
use keepass::db::{DatabaseOpenError, DatabaseSaveError};
use keepass::error::DatabaseKeyError;
use keepass::{Database, DatabaseKey};
use sha2::{Digest, Sha256};

use crate::backup::Secret;

pub use content::{AccountEntry, Content, FactorEntry};
pub use cost::{Memory, Profile};
pub use error::Error;
pub use key::{BadRecovery, Key};
pub use save::BACKUPS;
pub use unlock::{Unlock, find_unlock, key_file_of};

/// An opened vault. Has no `Debug`.
pub struct Vault {
    path: PathBuf,
    key: DatabaseKey,
    secret: Secret,
    content: Content,
    seen: Fingerprint,
}

/// SHA-256 of the file as it lies on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint(pub [u8; 32]);

impl Vault {
    /// Makes a new vault in an existing private folder and opens it. Never replaces a file.
    pub fn create(
        path: &Path,
        unlock: &Unlock,
        profile: Profile,
        chance: &dyn crate::clock::Chance,
    ) -> Result<Self, Error> {
        save::check_private(path)?;
        profile.check(Memory::of_machine())?;
        let (key, secret) = (unlock.key()?, unlock.backup_secret()?);
        let _lock = save::lock(path)?;
        if path.exists() {
            return Err(Error::Exists(path.to_owned()));
        }
        let mut db = Database::with_config(config(profile));
        db.meta.generator = Some("dombot".to_owned());
        db.meta.database_name = Some("dombot".to_owned());
        let content = Content::new(db, chance).next();
        let seen = write(path, &content, &key)?;
        Ok(Self { path: path.to_owned(), key, secret, content, seen })
    }

    /// Reads and decrypts; before that, folder and file must be private and the key derivation payable.
    pub fn open(path: &Path, unlock: &Unlock) -> Result<Self, Error> {
        Self::open_within(path, unlock, Memory::of_machine())
    }

    fn open_within(path: &Path, unlock: &Unlock, memory: Option<Memory>) -> Result<Self, Error> {
        save::check_private(path)?;
        let bytes = save::read(path)?;
        cost::check_header(&bytes, memory)?;
        let (key, secret) = (unlock.key()?, unlock.backup_secret()?);
        let seen = Fingerprint::of(&bytes);
        if !save::is_ours(path, seen) {
            check_order(&bytes, &key)?;
        }
        let content = Content::of(decrypt(&bytes, &key)?);
        Ok(Self { path: path.to_owned(), key, secret, content, seen })
    }

    /// What is in it.
    pub fn content(&self) -> &Content {
        &self.content
    }

    /// Of the file as opened or last saved. Keep it outside: another one at the next start means that somebody
    /// edited the vault while dombot was not running.
    pub fn fingerprint(&self) -> Fingerprint {
        self.seen
    }

    /// Whether the file is no more the one that was opened or saved here. Reads it, derives nothing.
    pub fn changed_outside(&self) -> Result<bool, Error> {
        Ok(Fingerprint::of(&save::read(&self.path)?) != self.seen)
    }

    /// What the keys of backups come from.
    pub fn backup_secret(&self) -> &Secret {
        &self.secret
    }

    /// The file as it lies on the disk, encrypted. Fails where it is not the one that is open here.
    pub fn file(&self) -> Result<Vec<u8>, Error> {
        let bytes = save::read(&self.path)?;
        if Fingerprint::of(&bytes) == self.seen { Ok(bytes) } else { Err(Error::ChangedOutside) }
    }

    /// Changes the content and saves it: all of it or, on any error, nothing.
    ///
    /// Nothing is written where nothing differs. Fails with [`Error::ChangedOutside`] where the file is not the one
    /// that was opened, and then only opening it again helps.
    pub fn edit<T, E: From<Error>>(
        &mut self,
        change: impl FnOnce(&mut Content) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut next = self.content.clone();
        let out = change(&mut next)?;
        if next != self.content {
            self.save(next.next())?;
        }
        Ok(out)
    }

    fn save(&mut self, next: Content) -> Result<(), Error> {
        let _lock = save::lock(&self.path)?;
        save::check_private(&self.path)?;
        let bytes = save::read(&self.path)?;
        if Fingerprint::of(&bytes) != self.seen {
            return Err(Error::ChangedOutside);
        }
        cost::check_header(&bytes, Memory::of_machine())?;
        self.seen = write(&self.path, &next, &self.key)?;
        self.content = next;
        Ok(())
    }
}

impl std::fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

impl Fingerprint {
    fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}

fn config(profile: Profile) -> DatabaseConfig {
    let mut config = DatabaseConfig::default();
    // Of the library's default only the Argon2 version stays; its 1 GiB with 50 passes opens on no small machine.
    if let KdfConfig::Argon2 { version, .. } = config.kdf_config {
        let Profile { memory, iterations } = profile;
        config.kdf_config = KdfConfig::Argon2id { iterations, memory, parallelism: 1, version };
    }
    config.outer_cipher_config = OuterCipherConfig::ChaCha20;
    config
}

/// Encrypts to memory, opens that again and compares, and only then touches the disk.
///
/// The library calls its writing experimental, and a vault that opens no more is the worst that can happen.
fn write(path: &Path, content: &Content, key: &DatabaseKey) -> Result<Fingerprint, Error> {
    let mut bytes = Vec::new();
    content
        .db()
        .save(&mut bytes, key.clone())
        .map_err(|e: DatabaseSaveError| Error::not_saved(e))?;
    let again = decrypt(&bytes, key).map_err(Error::not_saved)?;
    if !content.holds_what(&Content::of(again)) {
        return Err(Error::not_saved("the new file does not hold what it should"));
    }
    let seen = Fingerprint::of(&bytes);
    save::replace(path, &bytes)?;
    save::mark_ours(path, seen);
    Ok(seen)
}

/// Only for files whose header was checked or made here.
fn decrypt(bytes: &[u8], key: &DatabaseKey) -> Result<Database, Error> {
    Database::parse(bytes, key.clone()).map_err(not_opened)
}

fn check_order(mut bytes: &[u8], key: &DatabaseKey) -> Result<(), Error> {
    // Its secrets are still encrypted in there.
    let xml = Database::get_xml(&mut bytes, key.clone()).map_err(not_opened)?;
    match order::is_mixed(&xml) {
        Ok(false) => Ok(()),
        Ok(true) => Err(Error::MixedOrder),
        Err(reason) => Err(Error::Damaged(reason)),
    }
}

fn not_opened(e: DatabaseOpenError) -> Error {
    match e {
        DatabaseOpenError::Key(DatabaseKeyError::IncorrectKey) => Error::WrongKey,
        other => Error::Damaged(other.to_string()),
    }
}
