//! Stories: what a person does and sees, told with real programs where there are any.

mod fresh;
mod providers_dns;
mod totp;
mod vault;
