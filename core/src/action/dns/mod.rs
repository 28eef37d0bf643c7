//! Records: look, find, set, add, delete, whole files in and out.

pub(super) mod add;
pub(super) mod delete;
pub(super) mod export;
pub(super) mod find;
mod ignore;
pub(super) mod import;
pub(super) mod list;
pub(super) mod restore;
pub(super) mod set;
mod value;
pub(super) mod zones;

#[cfg(test)]
mod tests;
