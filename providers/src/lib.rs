//! One folder a provider, and the sandbox world. This crate knows plans and record sets only as
//! `dombot-core` defines them; it decides nothing.

mod http;
mod sandbox;

pub use sandbox::world;

use dombot_core::provider::Kind;

/// Every provider. A new one is a folder, a `mod` line above and a line here.
pub const ALL: &[&Kind] = &[&sandbox::KIND, &sandbox::DNS_KIND];

/// By its stable id.
pub fn kind(id: &str) -> Option<&'static Kind> {
    ALL.iter().copied().find(|k| k.id == id)
}
