//! What the stories stand on. It is used by tests only.

pub mod clock;
pub mod servers;
pub mod talk;

pub use talk::{HERE, Talk, Words};
