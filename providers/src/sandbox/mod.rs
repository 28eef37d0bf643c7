//! The sandbox: a fake operator ([`world`]) and dombot's clients for it, which know of the world nothing but
//! its faces.

mod account;
mod convert;
mod dns_host;
mod registrar;
pub mod world;

#[cfg(test)]
mod tests;

pub(crate) use dns_host::KIND as DNS_KIND;
pub(crate) use registrar::KIND;
