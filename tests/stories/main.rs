//! Stories: what a person does and sees, told with real programs where there are any.

#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod bad_input;
mod books;
mod changed;
mod codes;
mod crash;
mod dns_cases;
mod dns_restore;
mod dns_servers;
mod doors;
mod faults;
mod fresh;
mod frozen;
mod law;
mod outage;
mod providers_dns;
mod restored;
mod road;
mod tamper;
mod tidy;
mod totp;
mod two_databases;
mod vault;
mod words;
