//! Jobs: look, cancel, settle.

pub(super) mod cancel;
pub(super) mod list;
pub(super) mod settle;
pub(super) mod status;
