//! `dombot backup`: one encrypted file with vault and database, made while everything goes on.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use dombot_core::audit::Head;
use dombot_core::backup::{self, Manifest, Secret};
use dombot_core::clock::SystemChance;
use dombot_core::fail_point;
use dombot_core::phrase;
use dombot_core::store::Entry;
use serde_json::json;

use super::Ask;
use crate::Exit;
use crate::command::finish;
use crate::door::Door;
use crate::home::{Home, Paths, Trouble};
use crate::request::{Request, Response};

pub(super) const VAULT: &str = "vault.kdbx";
pub(super) const DATABASE: &str = "dombot.db";

pub(crate) async fn run(paths: &Paths, file: &Path) -> anyhow::Result<Exit> {
    let file = std::path::absolute(file)?;
    let door = Door::open(paths).await?;
    let response = door.ask(Request::Keep { what: Ask::Backup { file } }).await;
    door.close().await;
    Ok(finish(response?))
}

/// In the process that owns the home.
pub(super) async fn make(home: &Home, file: PathBuf) -> anyhow::Result<Response> {
    let lang = home.speaker(None).await.map_or_else(crate::terminal_language, |p| p.lang);
    if !may_replace(&file).map_err(not_made)? {
        return Err(Trouble(phrase!("backup.not_ours", path = file.display())).into());
    }
    let head = super::audit::seal(&home.engine, &home.paths).await?;
    let copy = Copy::new(home);
    let (vault, secret) = {
        // No change of the vault comes between its copy and the database's: an authenticator is in both or in none.
        let vault = home.vault().await;
        let vault = vault.as_ref().ok_or_else(|| Trouble(phrase!("backup.vault_locked")))?;
        home.engine.store().copy_to(&copy.0).await.map_err(not_made)?;
        (vault.file()?, vault.backup_secret().clone())
    };
    fail_point!("backup: copied");
    let manifest = manifest(home, &copy.0, vault.len(), head).await?;
    let (seq, target) = (manifest.audit.0, file.clone());
    let size = tokio::task::spawn_blocking(move || {
        let made = write(&target, &secret, &manifest, (vault, &copy.0));
        drop(copy);
        made
    })
    .await?
    .map_err(not_made)?;
    let facts = json!({"file": file, "bytes": size, "audit": seq});
    let now = home.engine.clock().now();
    home.engine.store().record(Entry { facts, ..Entry::new("backup.made", now) }).await?;
    let size = size.div_ceil(1000);
    let said = phrase!("backup.made", path = file.display(), size = size, seq = seq);
    Ok(Response::Done { text: said.text(lang) })
}

fn not_made(why: impl std::fmt::Display) -> Trouble {
    Trouble(phrase!("backup.not_made", why = why))
}

/// The copy of the database, in the home; gone when dropped, and with the next backup after a crash.
struct Copy(PathBuf);

impl Copy {
    fn new(home: &Home) -> Self {
        let copy = Self(home.paths.home.join("backup.copy"));
        copy.remove();
        copy
    }

    fn remove(&self) {
        for ending in ["", "-journal", "-wal", "-shm"] {
            let mut name = self.0.clone().into_os_string();
            name.push(ending);
            let _ = fs::remove_file(name);
        }
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        self.remove();
    }
}

async fn manifest(
    home: &Home,
    copy: &Path,
    vault: usize,
    head: Option<Head>,
) -> anyhow::Result<Manifest> {
    let store = home.engine.store();
    let audit = match head.or(store.heads().await?.pop()) {
        Some(head) => (head.seq, head.hash),
        None => (0, String::new()),
    };
    Ok(Manifest {
        v: 1,
        made_at: home.engine.clock().now(),
        program: env!("CARGO_PKG_VERSION").to_owned(),
        schema: store.schema(),
        audit,
        parts: vec![
            (VAULT.to_owned(), u64::try_from(vault)?),
            (DATABASE.to_owned(), fs::metadata(copy)?.len()),
        ],
    })
}

/// Nothing is there, or an earlier backup.
fn may_replace(file: &Path) -> io::Result<bool> {
    let mut start = [0; 14];
    match File::open(file).and_then(|mut f| f.read_exact(&mut start)) {
        Ok(()) => Ok(&start == b"DOMBOT-BACKUP\n"),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(e) => Err(e),
    }
}

/// Temporary file, fsync, opened again to its end, rename, fsync of the folder; answers its size. On an error what
/// was at `file` before stands as it was.
fn write(
    file: &Path,
    secret: &Secret,
    manifest: &Manifest,
    (vault, copy): (Vec<u8>, &Path),
) -> io::Result<u64> {
    let mut new = file.as_os_str().to_owned();
    new.push(".new");
    let new = PathBuf::from(new);
    let written = write_new(&new, secret, manifest, (vault, copy))
        .and_then(|mut made| {
            made.rewind()?;
            backup::read(io::BufReader::new(made), secret, |_| Ok(Box::new(io::sink())))
                .map_err(io::Error::other)
        })
        .and_then(|_| {
            fail_point!("backup: written");
            let size = fs::metadata(&new)?.len();
            fs::rename(&new, file)?;
            Ok(size)
        });
    fail_point!("backup: renamed");
    if written.is_err() {
        let _ = fs::remove_file(&new);
    }
    let size = written?;
    let folder = file.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|f| f.sync_all())?;
    Ok(size)
}

fn write_new(
    new: &Path,
    secret: &Secret,
    manifest: &Manifest,
    (vault, copy): (Vec<u8>, &Path),
) -> io::Result<File> {
    match fs::remove_file(new) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(new)?;
    let parts: Vec<Box<dyn Read>> =
        vec![Box::new(io::Cursor::new(vault)), Box::new(io::BufReader::new(File::open(copy)?))];
    let out = backup::write(io::BufWriter::new(file), secret, &SystemChance, manifest, parts)?;
    let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.sync_all()?;
    Ok(file)
}
