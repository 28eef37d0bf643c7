//! Errors by who can act: the person, the operator of a provider, or us.

use crate::ids::AccountId;
use crate::phrase::Phrase;
use crate::provider::ProviderError;

/// What went wrong, split by who can do something about it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The person can mend it; the phrase says how.
    #[error("{}", .0.key())]
    User(Phrase),
    /// A provider failed; nothing was changed unless the phrase of the reply says so.
    #[error("provider account {account}: {source}")]
    Provider {
        /// Which login.
        account: AccountId,
        /// What it said.
        source: ProviderError,
    },
    /// Our own fault or the machine's (disk, database).
    #[error("internal: {0}")]
    Internal(Box<dyn std::error::Error + Send + Sync>),
}

/// Result with [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Wraps a fault that no person outside can mend.
    pub fn internal(e: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(e.into())
    }
}

impl From<Phrase> for Error {
    fn from(p: Phrase) -> Self {
        Self::User(p)
    }
}
