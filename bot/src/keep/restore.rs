//! `dombot restore`: a home out of a backup, and with it a new life. Everything is made and proved beside the place
//! where it will be, and put there in one step.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use clap::Args;
use dombot_core::approval::{SealKey, recovery};
use dombot_core::backup::{self, Manifest, Secret};
use dombot_core::clock::{Clock, SystemChance, SystemClock};
use dombot_core::fail_point;
use dombot_core::phrase;
use dombot_core::phrase::Language;
use dombot_core::store::{NewLife, OpenError, Reborn, Store};
use dombot_core::vault::{Key, Unlock, Vault, find_unlock};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::backup::{DATABASE, VAULT};
use crate::Exit;
use crate::chat::terminal::secret_screen;
use crate::command::init::secrets_go_somewhere_private;
use crate::command::{read_hidden, say};
use crate::home::{self, Paths, Trouble};
use crate::request::Hidden;

/// `dombot restore`.
#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// The backup
    pub(crate) file: PathBuf,
    /// Open it with the printed recovery key, typed without echo or read from standard input
    #[arg(long)]
    pub(crate) recovery_key: bool,
    /// One JSON object, with secrets
    #[arg(long)]
    pub(crate) json: bool,
}

/// What opens the backup and the vault in it.
struct Opener {
    secret: Secret,
    unlock: Unlock,
    /// Written to its place only when everything else is good.
    key: Option<Key>,
}

pub(crate) async fn run(paths: &Paths, args: Restore) -> anyhow::Result<Exit> {
    if args.json {
        secrets_go_somewhere_private()?;
    }
    if !is_free(&paths.home) {
        return Err(Trouble(phrase!("backup.home_there", path = paths.home.display())).into());
    }
    let file =
        File::open(&args.file).map_err(|e| Trouble(phrase!("backup.unreadable", why = e)))?;
    let opener = opener(paths, args.recovery_key)?;
    let new = Beside::make(&paths.home)?;
    let made = bring_up(&new, file, &opener).await?;
    fail_point!("restore: made");
    if let Some(key) = &opener.key
        && !paths.key().exists()
    {
        if let Some(folder) = paths.key().parent() {
            home::private_folder(folder)?;
        }
        fs::rename(new.key(), paths.key())
            .or_else(|_| key.write(&paths.key()).map_err(io::Error::other))?;
    }
    new.put_in_place(&paths.home)?;
    fail_point!("restore: in place");
    tell(paths, &made, args.json)?;
    Ok(Exit::Done)
}

/// Nothing is there, or an empty folder.
fn is_free(home: &Path) -> bool {
    match fs::read_dir(home) {
        Ok(mut entries) => entries.next().is_none(),
        Err(e) => e.kind() == io::ErrorKind::NotFound,
    }
}

fn opener(paths: &Paths, typed: bool) -> anyhow::Result<Opener> {
    if typed {
        let text = read_hidden(&phrase!("backup.key_prompt").text(crate::terminal_language()))?;
        let key = Key::from_recovery(&text.0).map_err(|e| Trouble(e.phrase()))?;
        if paths.key().exists() && !Key::read(&paths.key())?.is(&key) {
            let path = paths.key();
            return Err(Trouble(phrase!("backup.key_differs", path = path.display())).into());
        }
        let unlock = Unlock::KeyFile(paths.key());
        return Ok(Opener { secret: key.backup_secret(), unlock, key: Some(key) });
    }
    let env = |name: &str| std::env::var_os(name);
    let found = find_unlock(&paths.home, &paths.config, paths.key_file.as_deref(), &env)
        .or_else(|| home::ask_password().map(Unlock::Password));
    let unlock = found.ok_or_else(|| Trouble(phrase!("backup.no_key")))?;
    Ok(Opener { secret: unlock.backup_secret()?, unlock, key: None })
}

/// A folder beside the home; gone when dropped, unless it was put in place.
struct Beside(PathBuf);

impl Beside {
    fn make(home: &Path) -> anyhow::Result<Self> {
        let mut name = home.as_os_str().to_owned();
        name.push(".restoring");
        let folder = PathBuf::from(name);
        // Left by a restore that was killed: only files that it had made.
        let _ = fs::remove_dir_all(&folder);
        if let Some(parent) = folder.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::DirBuilder::new().mode(0o700).create(&folder).map_err(not_restored)?;
        Ok(Self(folder))
    }

    fn key(&self) -> PathBuf {
        self.0.join("the.key")
    }

    fn put_in_place(self, home: &Path) -> anyhow::Result<()> {
        File::open(&self.0)?.sync_all()?;
        // Over an empty folder at most; whatever came there meanwhile stays.
        fs::rename(&self.0, home).map_err(not_restored)?;
        if let Some(parent) = home.parent() {
            File::open(parent)?.sync_all()?;
        }
        Ok(())
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn not_restored(why: impl std::fmt::Display) -> Trouble {
    Trouble(phrase!("backup.not_restored", why = why))
}

struct Restored {
    manifest: Manifest,
    reborn: Reborn,
    name: String,
    lang: Language,
    codes: Vec<SecretString>,
}

/// Unpacks, opens vault and database, and begins the new life.
async fn bring_up(new: &Beside, file: File, opener: &Opener) -> anyhow::Result<Restored> {
    rustix::process::umask(rustix::fs::Mode::from_bits_truncate(0o077));
    let manifest = unpack(new, file, &opener.secret)?;
    fail_point!("restore: unpacked");
    let unlock = match &opener.key {
        // The vault must open with it before it goes to its place.
        Some(key) => {
            key.write(&new.key())?;
            Unlock::KeyFile(new.key())
        }
        None => opener.unlock.clone(),
    };
    let vault = new.0.join(VAULT);
    let vault = tokio::task::spawn_blocking(move || Vault::open(&vault, &unlock)).await??;
    let seal = vault.content().seal_key().map(|k| SealKey::new(*k));
    let store =
        Store::open(&new.0.join(DATABASE), false).await.map_err(|e: OpenError| not_restored(e))?;
    if let Some(bad) = store.check().await? {
        return Err(not_restored(bad).into());
    }
    let clock = SystemClock::default();
    let backup = json!({
        "made_at": manifest.made_at, "program": manifest.program,
        "schema": manifest.schema, "audit": manifest.audit.0,
    });
    let life = NewLife { at: clock.now(), host: home::host_user(), backup };
    let reborn = store.reincarnate(&life).await?;
    let codes = recovery::new_codes(&SystemChance);
    if let Some(seal) = &seal {
        let hashes: Vec<String> = codes.iter().map(|c| recovery::hash(seal, c)).collect();
        store.set_recovery_codes(reborn.person, &hashes, clock.now()).await?;
    }
    let person = store.person(reborn.person).await?.ok_or_else(|| not_restored("nobody"))?;
    store.close().await;
    Ok(Restored { manifest, reborn, name: person.name, lang: person.lang, codes })
}

fn unpack(new: &Beside, file: File, secret: &Secret) -> anyhow::Result<Manifest> {
    let mut paths = Vec::new();
    let manifest = backup::read(io::BufReader::new(file), secret, |name| {
        if name != VAULT && name != DATABASE {
            return Err(io::Error::other("a part that is not known"));
        }
        let path = new.0.join(name);
        let out = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        paths.push(path);
        Ok(Box::new(out))
    })
    .map_err(|e| Trouble(e.phrase()))?;
    for path in &paths {
        File::open(path)?.sync_all()?;
    }
    if paths.len() != 2 {
        return Err(not_restored("vault or database is missing in it").into());
    }
    Ok(manifest)
}

fn tell(paths: &Paths, made: &Restored, as_json: bool) -> anyhow::Result<()> {
    let reborn = &made.reborn;
    if as_json {
        let codes: Vec<&str> = made.codes.iter().map(ExposeSecret::expose_secret).collect();
        let out = json!({
            "v": 1, "home": paths.home, "made_at": made.manifest.made_at,
            "audit": {"seq": made.manifest.audit.0, "hash": made.manifest.audit.1},
            "plans": reborn.plans, "unknown": reborn.unknown, "left": reborn.left,
            "frozen": reborn.frozen, "person": made.name, "recovery_codes": codes,
        });
        say(&out.to_string());
        return Ok(());
    }
    let lang = made.lang;
    let at = made.manifest.made_at.strftime("%Y-%m-%d %H:%M UTC");
    say(&phrase!("backup.restored", at = at, path = paths.home.display()).text(lang));
    let lines = [
        (reborn.plans, phrase!("backup.restored_plans", n = reborn.plans)),
        (reborn.unknown, phrase!("backup.restored_jobs", n = reborn.unknown)),
        (reborn.left, phrase!("backup.restored_left", n = reborn.left)),
        (reborn.frozen, phrase!("backup.restored_persons", n = reborn.frozen)),
    ];
    for (_, said) in lines.iter().filter(|(n, _)| *n > 0) {
        say(&said.text(lang));
    }
    say(&phrase!("backup.restored_codes", name = made.name).text(lang));
    let codes: Vec<Hidden> =
        made.codes.iter().map(|c| Hidden(c.expose_secret().to_owned())).collect();
    secret_screen::recovery(&codes, None, lang)?;
    say(&phrase!("backup.look_first").text(lang));
    Ok(())
}
