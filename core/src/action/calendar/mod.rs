//! Dates.

pub(super) mod expiring;
