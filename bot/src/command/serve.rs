//! `dombot serve` and `dombot sandbox`: run until told to stop.

use std::sync::Arc;

use dombot_core::phrase;
use tokio::signal::unix::{SignalKind, signal};

use super::say;
use crate::Exit;
use crate::cli::Sandbox;
use crate::door;
use crate::home::{self, Home, Opening, Paths, Trouble};

pub(crate) async fn run(paths: &Paths) -> anyhow::Result<Exit> {
    if !paths.exists() {
        return Err(Trouble(phrase!("home.none", path = paths.home.display())).into());
    }
    let Some(lock) = home::lock(paths)? else {
        return Err(Trouble(phrase!("home.second", path = paths.home.display())).into());
    };
    let home =
        Arc::new(Home::open(paths.clone(), Opening { lock, vault: None, create: false }).await?);
    door::listen(&home)?;
    home.start().await;
    let lang = home.speaker(None).await.map_or_else(crate::terminal_language, |p| p.lang);
    let state = if home.engine.unlocked().is_some() {
        phrase!("home.serving")
    } else {
        phrase!("home.serving_locked")
    };
    say(&state.text(lang));
    told_to_stop().await?;
    home.close().await;
    let _ = std::fs::remove_file(paths.socket());
    Ok(Exit::Done)
}

pub(crate) async fn sandbox(args: Sandbox) -> anyhow::Result<Exit> {
    let running = crate::demo::alone(&args.dir, args.http, args.dns).await?;
    say(&running.announcement());
    told_to_stop().await?;
    Ok(Exit::Done)
}

pub(super) async fn told_to_stop() -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted?,
        _ = terminate.recv() => {}
    }
    Ok(())
}
