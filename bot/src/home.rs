//! A home: the folder with the vault and the database, owned by one process at a time.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::File;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use dombot_core::account::Person;
use dombot_core::approval::SealKey;
use dombot_core::chat::Sender;
use dombot_core::clock::{SystemChance, SystemClock};
use dombot_core::engine::{Engine, Parts, Unlocked};
use dombot_core::ids::PersonId;
use dombot_core::phrase;
use dombot_core::phrase::Phrase;
use dombot_core::store::{Belongs, OpenError, Store};
use dombot_core::vault::{self, Content, Unlock, Vault, find_unlock};
use secrecy::SecretString;
use tokio::sync::{Mutex, watch};
use tokio::task::JoinHandle;

use crate::{account, demo};

/// Trouble that a person can mend; the phrase says how.
#[derive(Debug)]
pub(crate) struct Trouble(pub(crate) Phrase);

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.key())
    }
}

impl std::error::Error for Trouble {}

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

    /// Something was set up here, to the end: what an interrupted `init` left counts as nothing.
    pub(crate) fn exists(&self) -> bool {
        !self.init_mark().exists() && (self.vault().exists() || self.database().exists())
    }

    /// Lies here while `init` has not shown the secrets yet: until then nothing in the home was ever used.
    pub(crate) fn init_mark(&self) -> PathBuf {
        self.home.join("init.incomplete")
    }
}

/// The opened home.
pub(crate) struct Home {
    pub(crate) paths: Paths,
    pub(crate) engine: Arc<Engine>,
    pub(crate) pending: Mutex<BTreeMap<PersonId, account::Pending>>,
    _world: Option<demo::World>,
    vault: Arc<Mutex<Option<Vault>>>,
    worker: Mutex<Option<JoinHandle<()>>>,
    stop: watch::Sender<bool>,
    /// It was made to the end before: from then on vault and database belong together.
    used: bool,
    _lock: File,
}

/// Makes a private folder, or refuses one that others can read. Rule 25.
pub(crate) fn private_folder(path: &Path) -> anyhow::Result<()> {
    if !path.exists() {
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .map_err(|e| unusable(path, &e))?;
    }
    let mode = std::fs::metadata(path).map_err(|e| unusable(path, &e))?.mode() & 0o777;
    if mode & 0o077 != 0 {
        let shown = path.display();
        return Err(
            Trouble(phrase!("home.not_private", path = shown, mode = format!("{mode:o}"))).into()
        );
    }
    Ok(())
}

fn unusable(path: &Path, e: &std::io::Error) -> Trouble {
    Trouble(phrase!("home.unusable", path = path.display(), why = e))
}

/// Takes the home's lock; `None` = another process has it.
pub(crate) fn lock(paths: &Paths) -> anyhow::Result<Option<File>> {
    private_folder(&paths.home)?;
    let path = paths.home.join("lock");
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(&path)
        .map_err(|e| unusable(&path, &e))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(std::fs::TryLockError::WouldBlock) => Ok(None),
        Err(std::fs::TryLockError::Error(e)) => Err(unusable(&path, &e).into()),
    }
}

/// How a home is opened.
pub(crate) struct Opening {
    /// Its lock, held as long as the home is open.
    pub(crate) lock: File,
    /// Made just now, or opened by the caller.
    pub(crate) vault: Option<Vault>,
    /// Make the database.
    pub(crate) create: bool,
    /// Look only: see [`Engine::without_changes`].
    pub(crate) no_changes: bool,
}

impl Home {
    /// Opens database and vault and starts the worker. Without a key it starts locked.
    pub(crate) async fn open(paths: Paths, opening: Opening) -> anyhow::Result<Self> {
        // SQLite makes its files with the process's umask: tightened here for all of them.
        rustix::process::umask(rustix::fs::Mode::from_bits_truncate(0o077));
        let store = paths.open_store(opening.create).await?;
        check_files(&paths)?;
        let opened = match opening.vault {
            Some(vault) => Some(vault),
            None => open_vault(&paths).await?,
        };
        // Nobody else holds the home: leases of an earlier process are void where the database is its own.
        store.release_leases().await?;
        let parts = Parts {
            store,
            parser: Box::new(dombot_intents::Offline),
            clock: Arc::new(SystemClock::default()),
            chance: Arc::new(SystemChance),
            verify: Arc::new(dombot_providers::dns::Servers),
        };
        let world = match opened.as_ref() {
            Some(vault) => demo::serve(&paths.home, vault.content()).await?,
            None => None,
        };
        let home = Self {
            paths,
            engine: Arc::new(if opening.no_changes {
                Engine::new(parts).without_changes()
            } else {
                Engine::new(parts)
            }),
            pending: Mutex::default(),
            _world: world,
            vault: Arc::new(Mutex::new(opened)),
            worker: Mutex::new(None),
            stop: watch::channel(false).0,
            used: !opening.create,
            _lock: opening.lock,
        };
        home.reload().await?;
        crate::keep::opened(&home).await?;
        Ok(home)
    }

    /// Starts working the queue, and whatever is done from time to time.
    pub(crate) async fn start(&self) {
        let (engine, paths) = (Arc::clone(&self.engine), self.paths.clone());
        let (stop, tending) = (self.stop.subscribe(), self.stop.subscribe());
        *self.worker.lock().await = Some(tokio::spawn(async move {
            tokio::join!(engine.work(stop), crate::keep::tend(&engine, &paths, tending));
        }));
    }

    /// Lets the job at hand end its turn, then closes the database. What is not done waits in the queue.
    pub(crate) async fn close(&self) {
        let _ = self.stop.send(true);
        if let Some(worker) = self.worker.lock().await.take() {
            let _ = tokio::time::timeout(std::time::Duration::from_secs(10), worker).await;
        }
        // A server that went away holds nobody up.
        let closing = self.engine.store().close();
        let _ = tokio::time::timeout(std::time::Duration::from_secs(10), closing).await;
    }

    /// Gives the engine what the vault holds now.
    pub(crate) async fn reload(&self) -> anyhow::Result<()> {
        let persons = self.engine.store().persons().await?;
        if let Some(vault) = self.vault.lock().await.as_ref() {
            let unlocked = account::unlocked(vault.content(), &persons);
            if self.used {
                belongs(self.engine.store(), &unlocked, true).await?;
            }
            self.engine.unlock(unlocked);
            crate::keep::doctor::remember_accounts(self.engine.store(), vault.content()).await?;
        }
        Ok(())
    }

    /// Changes the vault. The key derivation runs beside the other work.
    pub(crate) async fn edit<F>(&self, change: F) -> anyhow::Result<()>
    where
        F: FnOnce(&mut Content) -> Result<(), vault::Error> + Send + 'static,
    {
        let vault = Arc::clone(&self.vault);
        tokio::task::spawn_blocking(move || match vault.blocking_lock().as_mut() {
            Some(vault) => vault.edit(change).map_err(anyhow::Error::from),
            None => Err(Trouble(phrase!("home.locked")).into()),
        })
        .await??;
        self.reload().await?;
        crate::keep::vault_saved(self).await
    }

    /// Reads the vault's content.
    pub(crate) async fn read<T>(&self, look: impl FnOnce(&Content) -> T) -> anyhow::Result<T> {
        match self.vault.lock().await.as_ref() {
            Some(vault) => Ok(look(vault.content())),
            None => Err(Trouble(phrase!("home.locked")).into()),
        }
    }

    /// The key that seals rows of the database; an error where the vault is locked.
    pub(crate) fn seal(&self) -> anyhow::Result<SealKey> {
        let seal = self.engine.unlocked().and_then(|u| u.seal.clone());
        seal.ok_or_else(|| Trouble(phrase!("home.locked")).into())
    }

    /// The vault, held until dropped: nothing changes it meanwhile. `None` = locked.
    pub(crate) async fn vault(&self) -> tokio::sync::MutexGuard<'_, Option<Vault>> {
        self.vault.lock().await
    }

    /// Generation and fingerprint of the vault's file, as opened or last saved; `None` = locked.
    pub(crate) async fn vault_mark(&self) -> Option<(u64, String)> {
        let vault = self.vault.lock().await;
        let vault = vault.as_ref()?;
        let print = vault.fingerprint().0.iter().map(|b| format!("{b:02x}")).collect();
        Some((vault.content().generation(), print))
    }

    /// The vault was changed by another program since it was opened.
    pub(crate) async fn vault_changed_outside(&self) -> bool {
        self.vault.lock().await.as_ref().is_some_and(|v| v.changed_outside().unwrap_or(true))
    }

    /// Who speaks: a named person, or the host's user.
    pub(crate) async fn speaker(&self, name: Option<&str>) -> Option<Person> {
        let store = self.engine.store();
        match name {
            Some(name) => store.persons().await.ok()?.into_iter().find(|p| p.name == name),
            None => store.person_of(&host_user()).await.ok()?,
        }
    }

    /// As [`Home::speaker`], or an error that says so.
    pub(crate) async fn person(&self, name: Option<&str>) -> anyhow::Result<Person> {
        let shown = name.map_or_else(|| format!("uid {}", host_user().id), ToOwned::to_owned);
        self.speaker(name).await.ok_or_else(|| Trouble(phrase!("home.nobody", name = shown)).into())
    }
}

/// The user who runs this process, as the terminal's identity.
pub(crate) fn host_user() -> Sender {
    Sender { platform: "terminal".into(), id: rustix::process::geteuid().as_raw().to_string() }
}

/// Refuses a database of another vault: every job in it would look forged, and end so.
pub(crate) async fn belongs(store: &Store, unlocked: &Unlocked, first: bool) -> anyhow::Result<()> {
    let Some(seal) = &unlocked.seal else { return Ok(()) };
    match store.belongs_to(seal, first).await? {
        Belongs::Together => Ok(()),
        Belongs::Unused => Err(Trouble(phrase!("home.db_unused")).into()),
        Belongs::Apart => Err(Trouble(phrase!("home.db_apart")).into()),
    }
}

pub(crate) async fn open_vault(paths: &Paths) -> anyhow::Result<Option<Vault>> {
    let env = |name: &str| std::env::var_os(name);
    let found = find_unlock(&paths.home, &paths.config, paths.key_file.as_deref(), &env);
    let path = paths.vault();
    let Some(unlock) = found else {
        if !path.exists() {
            return Err(vault::Error::Missing(path).into());
        }
        return match ask_password() {
            Some(password) => open_with(path, Unlock::Password(password)).await.map(Some),
            None => Ok(None),
        };
    };
    open_with(path, unlock).await.map(Some)
}

async fn open_with(path: PathBuf, unlock: Unlock) -> anyhow::Result<Vault> {
    Ok(tokio::task::spawn_blocking(move || Vault::open(&path, &unlock)).await??)
}

/// Asks at a terminal; an empty answer or no terminal means: start locked.
pub(crate) fn ask_password() -> Option<SecretString> {
    use std::io::IsTerminal;
    if !std::io::stdin().is_terminal() {
        return None;
    }
    let prompt = phrase!("home.password_prompt").text(crate::terminal_language());
    let typed = rpassword::prompt_password(prompt).ok()?;
    (!typed.is_empty()).then(|| typed.into())
}

fn check_files(paths: &Paths) -> anyhow::Result<()> {
    let beside = |ending: &str| {
        let mut name = paths.database().into_os_string();
        name.push(ending);
        PathBuf::from(name)
    };
    let mut files =
        vec![paths.database(), beside("-wal"), beside("-shm"), paths.vault(), paths.heads()];
    files.extend((1..=vault::BACKUPS).map(|n| paths.home.join(format!("vault.kdbx.{n}"))));
    files.extend([paths.home.join("vault.kdbx.new"), paths.home.join("backup.copy")]);
    for path in files {
        if let Ok(meta) = std::fs::metadata(&path)
            && meta.permissions().mode() & 0o077 != 0
        {
            let mode = format!("{:o}", meta.permissions().mode() & 0o777);
            return Err(
                Trouble(phrase!("home.not_private", path = path.display(), mode = mode)).into()
            );
        }
    }
    Ok(())
}

pub(crate) fn store_trouble(path: &str, e: OpenError) -> Phrase {
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
