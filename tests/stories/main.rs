//! Stories: what a person does and sees, told with real programs where there are any.

#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod crash;
mod providers_dns;
mod totp;
mod vault;
