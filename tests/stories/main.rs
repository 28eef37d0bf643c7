//! Stories: what a person does and sees, told with real programs where there are any.

mod totp;
mod vault;
