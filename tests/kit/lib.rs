//! What the stories stand on. It is used by tests only.

pub mod binary;
pub mod servers;
