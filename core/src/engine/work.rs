//! The worker's loop in this process.

use std::sync::PoisonError;
use std::time::Duration;

use tokio::sync::watch;

use super::Engine;
use crate::job::{Turn, Worker};

impl Engine {
    /// Works the queue until `stop` turns true. A poll of one second is always on, whatever the wake-up.
    pub async fn work(&self, mut stop: watch::Receiver<bool>) {
        let mut hints = self.parts.store.hints();
        while !*stop.borrow() {
            let turn = match self.work_once().await {
                Ok(turn) => {
                    self.note_stall(None);
                    turn
                }
                Err(e) => {
                    if self.stalled().is_none() {
                        tracing::error!(error = %e, "the queue could not be worked");
                    }
                    self.note_stall(Some(e.to_string()));
                    Turn::Idle
                }
            };
            if turn == Turn::Idle {
                // Jobs come first: a zone is looked at when there is nothing to do.
                if let Err(e) = self.look_around().await {
                    tracing::error!(error = %e, "a zone could not be looked at");
                }
                tokio::select! {
                    () = self.wake.notified() => {}
                    () = hints.next() => {}
                    () = tokio::time::sleep(Duration::from_secs(1)) => {}
                    _ = stop.changed() => {}
                }
            }
        }
    }

    /// Why nothing in the queue gets on now, a full disk for instance; `None` = it works.
    pub fn stalled(&self) -> Option<String> {
        self.stalled.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note_stall(&self, why: Option<String>) {
        *self.stalled.lock().unwrap_or_else(PoisonError::into_inner) = why;
    }

    /// One turn: at most one job. Nothing is begun while the vault is locked or the clock is wrong.
    pub async fn work_once(&self) -> crate::error::Result<Turn> {
        if self.holds() {
            return Ok(Turn::Idle);
        }
        let Some(unlocked) = self.unlocked() else { return Ok(Turn::Idle) };
        let Some(seal) = &unlocked.seal else { return Ok(Turn::Idle) };
        if !self.time_is_right().await? {
            return Ok(Turn::Idle);
        }
        // Looking costs no write; claiming does.
        if self.parts.store.next_due().await?.is_none_or(|due| due > self.clock().now()) {
            return Ok(Turn::Idle);
        }
        let worker = Worker {
            store: &self.parts.store,
            accounts: &unlocked.accounts,
            clock: self.clock(),
            chance: self.chance(),
            seal,
            verify: &self.parts.verify,
            name: &self.name,
        };
        worker.run_one().await
    }
}
