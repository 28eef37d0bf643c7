//! What the stories stand on. It is used by tests only.

pub mod binary;
pub mod dns_talk;
pub mod servers;
pub mod wire;
