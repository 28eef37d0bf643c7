//! The one key to a provider's writing methods.

use std::marker::PhantomData;
use std::time::Duration;

use crate::ids::JobId;

/// A job that this process has claimed, whose intent is stored and whose approval was checked.
/// Only the worker makes it; it is neither `Clone` nor `Deserialize`.
#[derive(Debug)]
pub struct Claimed<'a> {
    job: JobId,
    deadline: Duration,
    _lease: PhantomData<&'a ()>,
}

impl Claimed<'_> {
    pub(super) fn new(job: JobId, deadline: Duration) -> Self {
        Self { job, deadline, _lease: PhantomData }
    }

    /// The idempotency key: the job's id. A person's new try is a new job.
    pub fn key(&self) -> String {
        self.job.to_string()
    }

    /// Hard total deadline of the call.
    pub fn deadline(&self) -> Duration {
        self.deadline
    }
}
