//! What can go wrong with a vault, by what a caller or a person does about it.

use std::path::{Path, PathBuf};

use crate::phrase;
use crate::phrase::Phrase;

const MIB: u64 = 1024 * 1024;

/// Why a vault could not be opened, made or saved. Unless it is said otherwise the file was not touched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// There is no file.
    #[error("no vault at {}", .0.display())]
    Missing(PathBuf),
    /// A vault is there already; `create` never replaces one.
    #[error("a vault exists at {}", .0.display())]
    Exists(PathBuf),
    /// The key or password opens it not.
    #[error("the key does not open the vault")]
    WrongKey,
    /// The key file is absent, unreadable or not whole.
    #[error("key file {}: {reason}", path.display())]
    KeyFile {
        /// Where it should be.
        path: PathBuf,
        /// From the operating system, or what does not fit.
        reason: String,
    },
    /// Cut off, overwritten or no KDBX 4 file.
    #[error("damaged: {0}")]
    Damaged(String),
    /// Deriving the key would take more memory than there is. Bytes.
    #[error("key derivation needs {needs} bytes, {has} may be used")]
    TooMuchMemory {
        /// By the file's header, or by the profile of a new vault.
        needs: u64,
        /// Free memory, or for a new vault a quarter of all.
        has: u64,
    },
    /// Others than the owner may read it.
    #[error("{} has mode {mode:o}", path.display())]
    Permissions {
        /// The folder or file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Could not be read (not: absent, damaged).
    #[error("cannot read {}: {reason}", path.display())]
    Unreadable {
        /// The folder or file.
        path: PathBuf,
        /// From the operating system.
        reason: String,
    },
    /// Saving failed; the old file stands as it was.
    #[error("not saved: {reason}")]
    NotSaved {
        /// From the operating system, or what the check of the new file found.
        reason: String,
    },
    /// The file is not the one that was opened: somebody saved it since.
    #[error("changed outside")]
    ChangedOutside,
    /// Another program wrote the secrets in an order that would be read as noise. KeePassXC mends it by saving.
    #[error("secrets stand behind older versions of themselves")]
    MixedOrder,
    /// Another process saves it at this moment.
    #[error("in use")]
    InUse,
    /// A name or key that KeePass files cannot hold: empty, edge spaces, control characters, reserved.
    #[error("not a name: {0:?}")]
    BadName(String),
}

impl Error {
    /// The sentence for a person.
    pub fn phrase(&self) -> Phrase {
        match self {
            Self::Missing(path) => phrase!("vault.missing", path = path.display()),
            Self::Exists(path) => phrase!("vault.exists", path = path.display()),
            Self::WrongKey => phrase!("vault.wrong_key"),
            Self::KeyFile { path, reason } => {
                phrase!("vault.key_file", path = path.display(), reason = reason)
            }
            Self::Damaged(reason) => phrase!("vault.damaged", reason = reason),
            Self::TooMuchMemory { needs, has } => {
                phrase!("vault.too_much_memory", needs = needs.div_ceil(MIB), has = has / MIB)
            }
            Self::Permissions { path, mode } => permissions(path, *mode),
            Self::Unreadable { path, reason } => {
                phrase!("vault.unreadable", path = path.display(), reason = reason)
            }
            Self::NotSaved { reason } => phrase!("vault.not_saved", reason = reason),
            Self::ChangedOutside => phrase!("vault.changed_outside"),
            Self::MixedOrder => phrase!("vault.mixed_order"),
            Self::InUse => phrase!("vault.in_use"),
            Self::BadName(name) => phrase!("vault.bad_name", name = name.escape_debug()),
        }
    }

    pub(super) fn not_saved(reason: impl std::fmt::Display) -> Self {
        Self::NotSaved { reason: reason.to_string() }
    }

    pub(super) fn unreadable(path: &Path, reason: impl std::fmt::Display) -> Self {
        Self::Unreadable { path: path.to_owned(), reason: reason.to_string() }
    }
}

/// The wanted mode is in the sentence as a command to copy.
fn permissions(path: &Path, mode: u32) -> Phrase {
    let wanted = if path.is_dir() { "700" } else { "600" };
    phrase!(
        "vault.permissions",
        path = path.display(),
        mode = format_args!("{mode:03o}"),
        wanted = wanted
    )
}

impl From<Error> for crate::error::Error {
    fn from(e: Error) -> Self {
        Self::User(e.phrase())
    }
}
