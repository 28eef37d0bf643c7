//! What dombot is about: domains, actions, plans, approvals and jobs.
//!
//! This crate knows no chat platform, no provider, no model and no HTTP.

pub mod account;
pub mod action;
pub mod approval;
pub mod audit;
pub mod backup;
pub mod books;
pub mod chat;
pub mod clock;
pub mod domain;
mod drift;
pub mod engine;
pub mod error;
pub mod fail;
pub mod freeze;
pub mod ids;
pub mod job;
pub mod lease;
pub mod parse;
pub mod phrase;
pub mod plan;
pub mod provider;
pub mod store;
pub mod vault;
