//! Whole zones: make, delete.

pub(super) mod create;
pub(super) mod delete;

#[cfg(test)]
mod tests;
