//! A home: the folder with the vault and the database, owned by one process at a time.

mod paths;

use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dombot_core::account::Person;
use dombot_core::approval::SealKey;
use dombot_core::chat::Sender;
use dombot_core::clock::{SystemChance, SystemClock};
use dombot_core::engine::{Engine, Parts, Unlocked};
use dombot_core::ids::PersonId;
use dombot_core::phrase;
use dombot_core::phrase::Phrase;
use dombot_core::store::{Belongs, Store};
use dombot_core::vault::{self, Content, Unlock, Vault, find_unlock};
use dombot_intents::model::Advised;
use secrecy::SecretString;
use tokio::sync::{Mutex, watch};
use tokio::task::JoinHandle;

pub(crate) use paths::Paths;

use crate::{account, demo, model};

/// Trouble that a person can mend; the phrase says how.
#[derive(Debug)]
pub(crate) struct Trouble(pub(crate) Phrase);

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.key())
    }
}

impl std::error::Error for Trouble {}

/// The opened home.
pub(crate) struct Home {
    pub(crate) paths: Paths,
    pub(crate) engine: Arc<Engine>,
    /// The engine's parser; it is told here which model to ask.
    pub(crate) advised: Advised,
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
        let advised = Advised::default();
        let parts = Parts {
            store,
            parser: Box::new(advised.clone()),
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
            advised,
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
        let engine = Arc::clone(&self.engine);
        let (paths, vault) = (self.paths.clone(), Arc::clone(&self.vault));
        let tended = crate::keep::Tended { engine: Arc::clone(&engine), paths, vault };
        let (stop, tending) = (self.stop.subscribe(), self.stop.subscribe());
        *self.worker.lock().await = Some(tokio::spawn(async move {
            tokio::join!(engine.work(stop), crate::keep::tend(&tended, tending));
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
            let endpoint = model::of(vault.content()).unwrap_or_else(|Trouble(problem)| {
                tracing::warn!(problem = problem.key(), "no model is asked");
                None
            });
            self.advised.set(endpoint);
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

    /// The vault, held until dropped: nothing changes it meanwhile. `None` = locked.
    pub(crate) async fn vault(&self) -> tokio::sync::MutexGuard<'_, Option<Vault>> {
        self.vault.lock().await
    }

    /// Generation and fingerprint of the vault's file, as opened or last saved; `None` = locked.
    pub(crate) async fn vault_mark(&self) -> Option<(u64, String)> {
        let vault = self.vault.lock().await;
        let vault = vault.as_ref()?;
        Some((vault.content().generation(), vault.fingerprint().to_string()))
    }

    /// The key that seals rows of the database; an error where the vault is locked.
    pub(crate) fn seal(&self) -> anyhow::Result<SealKey> {
        let seal = self.engine.unlocked().and_then(|u| u.seal.clone());
        seal.ok_or_else(|| Trouble(phrase!("home.locked")).into())
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
    files.extend(paths.private_leftovers()?);
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
