//! Replacing the file so that at every moment a whole vault lies at its path.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::key::hex;
use super::{Error, Fingerprint};
use crate::fail_point;

/// Copies from before the last saves: `vault.kdbx.1` is the newest.
pub const BACKUPS: u32 = 5;

/// `vault.kdbx` and `1` give `vault.kdbx.1`.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    name.into()
}

/// Refuses where the folder or the file can be read by others.
pub(super) fn check_private(path: &Path) -> Result<(), Error> {
    let home = folder(path);
    for path in [home, path] {
        let mode = match path.metadata() {
            Ok(m) => m.permissions().mode() & 0o777,
            Err(e) if e.kind() == io::ErrorKind::NotFound => continue,
            Err(e) => return Err(Error::unreadable(path, e)),
        };
        if mode & 0o077 != 0 {
            return Err(Error::Permissions { path: path.to_owned(), mode });
        }
    }
    Ok(())
}

pub(super) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    fs::read(path).map_err(|e| match e.kind() {
        io::ErrorKind::NotFound => Error::Missing(path.to_owned()),
        _ => Error::unreadable(path, e),
    })
}

/// Held until dropped. The lock file stays: removing it would let two processes lock two files of one name.
pub(super) fn lock(path: &Path) -> Result<File, Error> {
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(beside(path, "lock"))
        .map_err(Error::not_saved)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(Error::InUse),
        Err(fs::TryLockError::Error(e)) => Err(Error::not_saved(e)),
    }
}

/// Puts `bytes` at `path`: temporary file, fsync, read back, backups, rename, fsync of the folder.
///
/// On an error the old file is untouched and the temporary one gone. Where only the folder cannot be synced the
/// new file is in place, and after a power cut one of the two is: both are whole.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let new = beside(path, "new");
    let placed = write_and_read_back(&new, bytes)
        .and_then(|()| rotate(path))
        .and_then(|()| fs::rename(&new, path));
    fail_point!("vault: renamed");
    if let Err(e) = placed {
        // Nothing more can be done where even this fails; the next save removes it first.
        let _ = fs::remove_file(&new);
        return Err(Error::not_saved(e));
    }
    if let Err(e) = File::open(folder(path)).and_then(|f| f.sync_all()) {
        tracing::warn!(error = %e, "the vault's folder could not be synced");
    }
    Ok(())
}

/// Whether the file with this fingerprint is the one that dombot saved last.
pub(super) fn is_ours(path: &Path, seen: Fingerprint) -> bool {
    fs::read_to_string(beside(path, "saved")).is_ok_and(|text| text == *hex(&seen.0))
}

/// Where this fails, the next opening only looks closer than it needs to.
pub(super) fn mark_ours(path: &Path, seen: Fingerprint) {
    let mark = beside(path, "saved");
    let _ = remove_if_there(&mark).and_then(|()| {
        fail_point!("vault: not marked");
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(mark)?;
        file.write_all(hex(&seen.0).as_bytes())
    });
}

fn write_and_read_back(new: &Path, bytes: &[u8]) -> io::Result<()> {
    remove_if_there(new)?;
    let mut file =
        OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(new)?;
    let (half, rest) = bytes.split_at(bytes.len() / 2);
    file.write_all(half)?;
    fail_point!("vault: half written");
    file.write_all(rest)?;
    fail_point!("vault: not synced");
    file.sync_all()?;
    fail_point!("vault: written");
    let mut back = Vec::with_capacity(bytes.len());
    File::open(new)?.read_to_end(&mut back)?;
    if back == bytes {
        Ok(())
    } else {
        Err(io::Error::other("the new file reads back differently"))
    }
}

/// The present file stays at its path too: the rename that follows replaces it in one step.
fn rotate(path: &Path) -> io::Result<()> {
    if !path.exists() {
        return Ok(());
    }
    let backup = |n: u32| beside(path, &n.to_string());
    for n in (1..BACKUPS).rev() {
        match fs::rename(backup(n), backup(n + 1)) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
    }
    fail_point!("vault: backups moved");
    // After a crash between these steps the newest copy may still be in its old place.
    remove_if_there(&backup(1))?;
    fail_point!("vault: no newest backup");
    // A FAT stick knows no hard links.
    fs::hard_link(path, backup(1)).or_else(|_| copy(path, &backup(1)))
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let bytes = fs::read(from)?;
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to)?;
    let copied = file.write_all(&bytes).and_then(|()| file.sync_all());
    // Half a copy would pass for a backup.
    copied.inspect_err(|_| drop(fs::remove_file(to)))
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_whole_or_absent() {
        let dir = tempfile::tempdir().unwrap();
        let (a, b) = (dir.path().join("a"), dir.path().join("b"));
        fs::write(&a, "all of it").unwrap();
        copy(&a, &b).unwrap();
        assert_eq!(fs::read(&b).unwrap(), b"all of it");
        assert_eq!(b.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert!(copy(&a, &b).is_err(), "nothing is overwritten");
        assert!(copy(&dir.path().join("none"), &dir.path().join("c")).is_err());
        assert!(!dir.path().join("c").exists());
    }
}
