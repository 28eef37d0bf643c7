//! Registered domains: dates, availability, renewal.

pub(super) mod autorenew;
pub(super) mod check;
pub(super) mod expiry;
pub(super) mod history;
pub(super) mod list;
pub(super) mod portfolio;
pub(super) mod renew;

#[cfg(test)]
mod tests;
