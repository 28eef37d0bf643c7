//! The world's file: one process at a time, and at every moment either the old state or the new one.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::state::State;

const NAME: &str = "world.json";
const LOCK: &str = "world.lock";

/// A folder that this process has for itself until it is dropped.
#[derive(Debug)]
pub(super) struct Home {
    dir: PathBuf,
    _lock: File,
}

impl Home {
    /// Makes the folder (mode 0700) when it is not there, and takes its lock.
    pub(super) fn take(dir: &Path) -> io::Result<Self> {
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.recursive(true).create(dir)?;
        let lock = private().create(true).truncate(false).open(dir.join(LOCK))?;
        lock.try_lock().map_err(|e| match e {
            TryLockError::WouldBlock => {
                io::Error::new(io::ErrorKind::ResourceBusy, "another process has this sandbox open")
            }
            TryLockError::Error(e) => e,
        })?;
        Ok(Self { dir: dir.to_owned(), _lock: lock })
    }

    /// The state; `None` in a new folder.
    pub(super) fn load(&self) -> io::Result<Option<State>> {
        load(&self.dir)
    }

    /// Returns when the state is on the disk.
    pub(super) fn save(&self, state: &State) -> io::Result<()> {
        write_private(&self.dir, NAME, &serde_json::to_vec(state)?)
    }
}

/// Writes a file (mode 0600) so that a reader sees the old one or the new one, and returns when it is on the disk.
pub(super) fn write_private(dir: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let temp = dir.join(format!(".{name}.new"));
    let mut file = private().create(true).truncate(true).open(&temp)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&temp, dir.join(name))?;
    File::open(dir)?.sync_all()
}

/// Reads a sandbox's state without its lock: a test's look at the ledger, also while it runs.
pub fn load(dir: &Path) -> io::Result<Option<State>> {
    match fs::read(dir.join(NAME)) {
        Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e),
    }
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}
