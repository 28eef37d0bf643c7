//! One folder a provider, and the sandbox world. This crate knows plans and record sets only as
//! `dombot-core` defines them; it decides nothing.

use dombot_core::provider::Kind;

pub mod beat;
pub mod dns;
mod http;
mod powerdns;
mod rfc2136;
pub mod sandbox;

/// Every kind of provider. Whoever adds one adds it here.
pub const ALL: &[&Kind] = &[
    &powerdns::KIND, //
    &rfc2136::KIND,
    &sandbox::DNS_KIND,
    &sandbox::KIND,
];

/// By its stable id.
pub fn kind(id: &str) -> Option<&'static Kind> {
    ALL.iter().copied().find(|k| k.id == id)
}

#[cfg(test)]
#[path = "../../tests/kit/servers.rs"]
pub mod servers;
