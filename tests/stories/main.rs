//! Stories: what a person does and sees, told with real programs where there are any.

mod bad_input;
mod changed;
mod codes;
mod doors;
mod faults;
mod law;
mod providers_dns;
mod road;
mod tamper;
mod totp;
mod vault;
