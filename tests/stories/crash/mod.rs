//! Power cuts, kill -9, full disks, damaged files: afterwards nothing is lost and nothing was done twice.
//!
//! Every dombot here is a process of its own, and so is the operator, whose ledger is the only judge of what took
//! effect. `DOMBOT_CRASH=all` runs every pair of crash points instead of a sample.

mod backup;
mod damage;
mod faults;
mod incidents;
mod init;
mod judge;
mod killed;
mod lease;
mod operator;
mod owners;
mod points;
mod saving;
mod scene;

pub(super) use scene::private_dir;
