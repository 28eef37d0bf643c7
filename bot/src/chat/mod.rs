//! Chats: one folder a platform.

pub(crate) mod terminal;
