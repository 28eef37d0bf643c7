//! Where a home's things lie, and how its database is opened.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::Context as _;
use dombot_core::phrase;
use dombot_core::phrase::Phrase;
use dombot_core::store::{OpenError, Store};
use dombot_core::vault;
use secrecy::SecretString;

use super::{Trouble, unusable};

/// The variable that moves the database to PostgreSQL.
pub(crate) const DATABASE_URL: &str = "DOMBOT_DATABASE_URL";

/// Where everything lies.
#[derive(Debug, Clone)]
pub(crate) struct Paths {
    pub(crate) home: PathBuf,
    pub(crate) config: PathBuf,
    pub(crate) key_file: Option<PathBuf>,
    /// PostgreSQL instead of the home's own file. It holds a password: it goes nowhere but to the store.
    pub(crate) database_url: Option<SecretString>,
}

impl Paths {
    /// From the command line, the environment, or the platform's folders (XDG base directories).
    pub(crate) fn new(home: Option<PathBuf>, key_file: Option<PathBuf>) -> anyhow::Result<Self> {
        let var = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
        let user = || var("HOME").context("neither HOME nor DOMBOT_HOME is set");
        let home = match home {
            Some(home) => home,
            None => var("XDG_DATA_HOME")
                .map_or_else(|| user().map(|h| h.join(".local/share")), Ok)?
                .join("dombot"),
        };
        let config = var("XDG_CONFIG_HOME")
            .map_or_else(|| user().map(|h| h.join(".config")), Ok)?
            .join("dombot");
        let database_url =
            var(DATABASE_URL).map(PathBuf::into_os_string).map(OsString::into_string);
        let database_url = database_url
            .transpose()
            .map_err(|_| Trouble(phrase!("home.db_url", why = "it is not UTF-8")))?;
        Ok(Self {
            home: std::path::absolute(home)?,
            config,
            key_file,
            database_url: database_url.map(SecretString::from),
        })
    }

    pub(crate) fn vault(&self) -> PathBuf {
        self.home.join("vault.kdbx")
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.home.join("dombot.db")
    }

    /// Opens the database, wherever it is.
    pub(crate) async fn open_store(&self, create: bool) -> anyhow::Result<Store> {
        let opened = match &self.database_url {
            Some(url) => Store::connect(url, create).await,
            None => Store::open(&self.database(), create).await,
        };
        Ok(opened.map_err(|e| self.store_trouble(e))?)
    }

    /// In words; of a URL only the name of its variable is shown.
    pub(crate) fn store_trouble(&self, e: OpenError) -> Trouble {
        let named = match self.database_url {
            Some(_) => DATABASE_URL.to_owned(),
            None => self.database().display().to_string(),
        };
        Trouble(store_trouble(&named, e))
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.home.join("dombot.sock")
    }

    /// Sealed heads of the audit log, one JSON object a line.
    pub(crate) fn heads(&self) -> PathBuf {
        self.home.join("audit-heads.jsonl")
    }

    pub(crate) fn key(&self) -> PathBuf {
        self.key_file.clone().unwrap_or_else(|| vault::key_file_of(&self.home, &self.config))
    }

    /// The vault's backups, and what an interrupted save left.
    pub(super) fn private_leftovers(&self) -> anyhow::Result<Vec<PathBuf>> {
        let entries = std::fs::read_dir(&self.home).map_err(|e| unusable(&self.home, &e))?;
        let ours = |name: &std::ffi::OsStr| {
            let name = name.to_string_lossy();
            ["vault.kdbx", "backup.copy"]
                .iter()
                .any(|n| name.trim_start_matches('.').starts_with(n))
        };
        Ok(entries.flatten().filter(|e| ours(&e.file_name())).map(|e| e.path()).collect())
    }

    /// Something was set up here, to the end: what an interrupted `init` left counts as nothing.
    pub(crate) fn exists(&self) -> bool {
        !self.init_mark().exists() && (self.vault().exists() || self.database().exists())
    }

    /// Lies here while `init` has not shown the secrets yet: until then nothing in the home was ever used.
    pub(crate) fn init_mark(&self) -> PathBuf {
        self.home.join("init.incomplete")
    }
}

fn store_trouble(path: &str, e: OpenError) -> Phrase {
    match e {
        OpenError::Missing => phrase!("home.db_missing", path = path),
        OpenError::Newer { found, known } => {
            phrase!("home.db_newer", path = path, found = found, known = known)
        }
        OpenError::ReadOnly => phrase!("home.db_read_only", path = path),
        OpenError::Damaged(why) => phrase!("home.db_damaged", path = path, why = why),
        OpenError::NotEmpty => phrase!("home.db_not_empty", path = path),
        OpenError::Url(why) => phrase!("home.db_url", why = why),
        OpenError::Other(why) => phrase!("home.db_other", path = path, why = why),
    }
}
