//! Accounts at providers.

pub(super) mod list;
