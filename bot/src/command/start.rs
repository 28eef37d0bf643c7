//! `dombot` alone: set up at the first start, then talk.

use std::io::IsTerminal;

use dombot_core::phrase;

use crate::Exit;
use crate::chat::terminal;
use crate::command::init;
use crate::home::{Paths, Trouble};

pub(crate) async fn run(paths: &Paths) -> anyhow::Result<Exit> {
    if !paths.exists() {
        if !std::io::stdin().is_terminal() {
            return Err(Trouble(phrase!("home.none", path = paths.home.display())).into());
        }
        init::interactive(paths).await?;
    }
    terminal::run(paths).await
}
