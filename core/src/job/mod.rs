//! The durable queue.

mod claim;

pub use claim::Claimed;
