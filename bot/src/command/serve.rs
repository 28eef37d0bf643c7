//! `dombot serve` and `dombot sandbox`: run until told to stop.

use std::sync::Arc;

use dombot_core::phrase;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::say;
use crate::Exit;
use crate::cli::Sandbox;
use crate::door;
use crate::home::{self, Home, Opening, Paths, Trouble};

pub(crate) async fn run(paths: &Paths, no_changes: bool) -> anyhow::Result<Exit> {
    if !paths.exists() {
        return Err(Trouble(phrase!("home.none", path = paths.home.display())).into());
    }
    let Some(lock) = home::lock(paths)? else {
        return Err(Trouble(phrase!("home.second", path = paths.home.display())).into());
    };
    let opening = Opening { lock, vault: None, create: false, no_changes };
    let home = Arc::new(Home::open(paths.clone(), opening).await?);
    // Before anybody can know that it runs: who finds it may also end it.
    let mut stop = Stop::new()?;
    door::listen(&home)?;
    home.start().await;
    let lang = home.speaker(None).await.map_or_else(crate::terminal_language, |p| p.lang);
    let state = if home.engine.unlocked().is_some() {
        phrase!("home.serving")
    } else {
        phrase!("home.serving_locked")
    };
    say(&state.text(lang));
    if no_changes {
        say(&phrase!("home.no_changes").text(lang));
    }
    stop.told().await?;
    home.close().await;
    let _ = std::fs::remove_file(paths.socket());
    Ok(Exit::Done)
}

pub(crate) async fn sandbox(args: Sandbox) -> anyhow::Result<Exit> {
    let mut stop = Stop::new()?;
    let running = crate::demo::alone(&args.dir, args.http, args.dns).await?;
    say(&running.announcement());
    stop.told().await?;
    Ok(Exit::Done)
}

/// SIGTERM and Ctrl-C, from the moment it is made.
pub(super) struct Stop {
    terminate: Signal,
    interrupt: Signal,
}

impl Stop {
    pub(super) fn new() -> anyhow::Result<Self> {
        let terminate = signal(SignalKind::terminate())?;
        Ok(Self { terminate, interrupt: signal(SignalKind::interrupt())? })
    }

    pub(super) async fn told(&mut self) -> anyhow::Result<()> {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
        Ok(())
    }
}
