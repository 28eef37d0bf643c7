//! What the stories stand on. It is used by tests only.

pub mod binary;
pub mod cases;
pub mod clock;
pub mod dns_talk;
pub mod place;
pub mod postgres;
pub mod servers;
pub mod talk;
pub mod wire;

pub use talk::{HERE, Talk, Words};
