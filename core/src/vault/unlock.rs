//! What opens a vault, and where to look for it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use keepass::DatabaseKey;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use super::key::hex;
use super::{Error, Key};
use crate::backup::Secret;

/// What opens a vault.
#[derive(Clone)]
pub enum Unlock {
    /// A key file, as [`Key::write`] makes it.
    KeyFile(PathBuf),
    /// A password that a person types.
    Password(SecretString),
    /// Both are needed.
    Both {
        /// As [`Key::write`] makes it.
        key_file: PathBuf,
        /// Typed by a person.
        password: SecretString,
    },
}

impl std::fmt::Debug for Unlock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (file, password) = self.parts();
        f.debug_struct("Unlock")
            .field("key_file", &file)
            .field("password", &password.is_some())
            .finish()
    }
}

impl Unlock {
    fn parts(&self) -> (Option<&Path>, Option<&SecretString>) {
        match self {
            Self::KeyFile(file) => (Some(file), None),
            Self::Password(password) => (None, Some(password)),
            Self::Both { key_file, password } => (Some(key_file), Some(password)),
        }
    }

    /// What the keys of backups come from: whoever can open the vault can open them, and nobody else.
    pub fn backup_secret(&self) -> Result<Secret, Error> {
        let (file, password) = self.parts();
        let key = file.map(Key::read).transpose()?;
        Ok(Secret::new(key.as_ref().map(Key::bytes), password.map(ExposeSecret::expose_secret)))
    }

    pub(super) fn key(&self) -> Result<DatabaseKey, Error> {
        let (file, password) = self.parts();
        let mut key = DatabaseKey::new();
        if let Some(path) = file {
            let xml = Key::read(path)?.xml();
            key = key
                .with_keyfile(&mut xml.as_bytes())
                .map_err(|e| Error::KeyFile { path: path.to_owned(), reason: e.to_string() })?;
        }
        if let Some(password) = password {
            key = key.with_password(password.expose_secret());
        }
        Ok(key)
    }
}

/// Where `home` has its key file inside the configuration folder; each home has its own.
pub fn key_file_of(home: &Path, config_dir: &Path) -> PathBuf {
    let whole = resolve(home);
    let name = whole.file_name().map_or("home".into(), |n| n.to_string_lossy());
    let mark = hex(&Sha256::digest(whole.as_os_str().as_encoded_bytes())[..4]);
    config_dir.join(format!("{name}-{}.key", mark.to_lowercase()))
}

/// The real path; of a folder that is not there yet, the one that it will have.
fn resolve(home: &Path) -> PathBuf {
    let home = std::path::absolute(home).unwrap_or_else(|_| home.to_owned());
    let known = home.ancestors().find_map(|a| Some((a, std::fs::canonicalize(a).ok()?)));
    match known {
        Some((there, real)) => match home.strip_prefix(there) {
            Ok(rest) if !rest.as_os_str().is_empty() => real.join(rest),
            _ => real,
        },
        None => home,
    }
}

/// The first of: systemd's credential `kdbx.key`, the path that the person named, the home's own key file.
///
/// A named path is taken though nothing is there, so that opening says so; `None` means locked.
pub fn find_unlock(
    home: &Path,
    config_dir: &Path,
    named: Option<&Path>,
    env: &dyn Fn(&str) -> Option<OsString>,
) -> Option<Unlock> {
    let credential = env("CREDENTIALS_DIRECTORY").map(|dir| PathBuf::from(dir).join("kdbx.key"));
    let own = key_file_of(home, config_dir);
    credential
        .filter(|path| path.exists())
        .or_else(|| named.map(Path::to_owned))
        .or_else(|| own.exists().then_some(own))
        .map(Unlock::KeyFile)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(unlock: Option<Unlock>) -> Option<PathBuf> {
        unlock.and_then(|u| u.parts().0.map(Path::to_owned))
    }

    #[test]
    fn the_service_credential_comes_first_then_the_named_file_then_the_homes_own() {
        let dir = tempfile::tempdir().unwrap();
        let (home, config) = (dir.path().join("home"), dir.path().join("config"));
        std::fs::create_dir(&home).unwrap();
        std::fs::create_dir(&config).unwrap();
        let credentials = dir.path().to_owned();
        let env = |name: &str| {
            (name == "CREDENTIALS_DIRECTORY").then(|| credentials.clone().into_os_string())
        };
        assert_eq!(found(find_unlock(&home, &config, None, &env)), None, "locked");

        let own = key_file_of(&home, &config);
        std::fs::write(&own, "").unwrap();
        assert_eq!(found(find_unlock(&home, &config, None, &env)), Some(own.clone()));

        let named = Path::new("/nowhere/at/all.key");
        assert_eq!(found(find_unlock(&home, &config, Some(named), &env)), Some(named.into()));

        std::fs::write(dir.path().join("kdbx.key"), "").unwrap();
        let first = found(find_unlock(&home, &config, Some(named), &env));
        assert_eq!(first, Some(dir.path().join("kdbx.key")));
        assert_eq!(found(find_unlock(&home, &config, None, &|_| None)), Some(own));
    }

    #[test]
    fn each_home_has_its_own_key_file() {
        let (a, b) = (Path::new("/srv/a/home"), Path::new("/srv/b/home"));
        let config = Path::new("/etc/x");
        assert_ne!(key_file_of(a, config), key_file_of(b, config));
        assert_eq!(key_file_of(a, config), key_file_of(a, config));
    }

    #[test]
    fn the_name_is_the_same_before_the_home_exists_and_by_way_of_a_link() {
        let dir = tempfile::tempdir().unwrap();
        let real = dir.path().join("real");
        std::fs::create_dir(&real).unwrap();
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(&real, &link).unwrap();
        let name = |home: PathBuf| key_file_of(&home, Path::new("/etc/x"));
        let before = name(link.join("a/home"));
        std::fs::create_dir_all(link.join("a/home")).unwrap();
        assert_eq!(before, name(link.join("a/home")));
        assert_eq!(before, name(real.join("a/home")));
    }

    #[test]
    fn a_password_is_not_shown() {
        let both = Unlock::Both { key_file: "/k".into(), password: "hunter2".to_owned().into() };
        assert!(!format!("{both:?}").contains("hunter2"));
    }
}
