//! What only one process of all may do at a time: poll a chat, tick the calendar. Whoever holds the lease of that
//! name does it. The lease runs by the database's time; its holder stops by a clock of his own that counts suspend,
//! and sooner.

use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::clock::Clock;
use crate::error::Result;
use crate::store::Store;

/// How long a lease lasts from its last renewal. It is renewed, or tried for, three times in that time: somebody
/// else has it after one and a third of it at the latest.
pub const TTL: Duration = Duration::from_secs(30);

/// One process that would hold one lease.
pub struct Lease<'a> {
    store: &'a Store,
    clock: &'a dyn Clock,
    name: &'a str,
    owner: &'a str,
    ttl: Duration,
    /// Held until then, by the monotonic clock.
    until: Mutex<Option<Duration>>,
}

impl<'a> Lease<'a> {
    /// `name` says what for: `cron`, `telegram:<bot>`; `owner` is new at every start of a process.
    pub fn new(
        store: &'a Store,
        clock: &'a dyn Clock,
        (name, owner): (&'a str, &'a str),
        ttl: Duration,
    ) -> Self {
        Self { store, clock, name, owner, ttl, until: Mutex::new(None) }
    }

    /// Takes or renews it; `false` = somebody else has it. Where the database does not answer, what is held stays
    /// held until it runs out.
    pub async fn tend(&self) -> Result<bool> {
        // Before the request: the database counts from a later moment, so this end comes first. A quarter is kept
        // for what is under way when it comes.
        let until = self.clock.monotonic() + self.ttl * 3 / 4;
        let held = self.store.hold_lease(self.name, self.owner, self.clock.now(), self.ttl).await?;
        self.set(held.map(|_| until));
        Ok(held.is_some())
    }

    /// To be asked right before each thing that only the holder may do.
    pub fn holds(&self) -> bool {
        !self.left().is_zero()
    }

    /// Gives it back.
    pub async fn release(&self) -> Result<()> {
        self.set(None);
        self.store.drop_lease(self.name, self.owner).await
    }

    /// Does `work` whenever the lease is held, and drops it in the middle once that ends. Ends with `stop`.
    pub async fn lead<W, F>(&self, mut work: W, stop: impl Future<Output = ()>)
    where
        W: FnMut() -> F,
        F: Future<Output = ()>,
    {
        tokio::pin!(stop);
        let mut running: Option<std::pin::Pin<Box<F>>> = None;
        let mut tick = tokio::time::interval(self.ttl / 3);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = &mut stop => break,
                _ = tick.tick() => {
                    match tokio::time::timeout(self.ttl / 4, self.tend()).await {
                        Ok(Ok(_)) => {}
                        Ok(Err(e)) => tracing::warn!(lease = self.name, error = %e, "not renewed"),
                        Err(_) => tracing::warn!(lease = self.name, "the database does not answer"),
                    }
                    if !self.holds() {
                        running = None;
                    } else if running.is_none() {
                        running = Some(Box::pin(work()));
                    }
                }
                () = tokio::time::sleep(self.left()), if running.is_some() => {
                    if !self.holds() {
                        running = None;
                    }
                }
                () = async { running.as_mut().expect("guarded").await }, if running.is_some() => {
                    running = None;
                }
            }
        }
        drop(running);
        if let Err(e) = self.release().await {
            tracing::warn!(lease = self.name, error = %e, "the lease runs out by itself");
        }
    }

    fn left(&self) -> Duration {
        let until = *self.until.lock().unwrap_or_else(PoisonError::into_inner);
        until.unwrap_or_default().saturating_sub(self.clock.monotonic())
    }

    fn set(&self, until: Option<Duration>) {
        *self.until.lock().unwrap_or_else(PoisonError::into_inner) = until;
    }
}
