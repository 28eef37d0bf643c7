//! The sandbox: a fake operator ([`world`]) and dombot's clients for it, which know of the world nothing but
//! its faces.

pub mod world;
