//! Stories: what a person does and sees, told with real programs where there are any.

#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod crash;
mod dns_servers;
mod fresh;
mod providers_dns;
mod tidy;
mod totp;
mod vault;
