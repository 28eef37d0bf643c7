//! One folder a provider, and the sandbox world. This crate knows plans and record sets only as
//! `dombot-core` defines them; it decides nothing.

mod http;
mod sandbox;

pub use sandbox::world;
