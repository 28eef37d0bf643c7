//! `dombot parse`: what a text means; plans nothing. Opens the home only where the vault's model is asked.

use dombot_core::parse::Parser;

use super::{finish, say};
use crate::Exit;
use crate::cli::Parse;
use crate::door::Door;
use crate::home::Paths;
use crate::model::{self, Text};
use crate::request::{Request, Response};

pub(crate) async fn run(paths: &Paths, args: Parse) -> anyhow::Result<Exit> {
    let set = args.eval.as_ref().map(std::fs::read_to_string).transpose()?;
    let message = args.text.join(" ");
    let found = match (args.model, args.model_url) {
        (Some(name), None) => {
            let door = Door::open(paths).await?;
            let response = door.ask(Request::Parse { model: name, text: message, set }).await?;
            door.close().await;
            match response {
                Response::Done { text } => text,
                other => return Ok(finish(other)),
            }
        }
        (name, url) => {
            let parser: Box<dyn Parser> = match (name, url) {
                (Some(name), Some(url)) => Box::new(model::here(&url, &name)?),
                _ => Box::new(dombot_intents::Offline),
            };
            let text = set.as_deref().map_or(Text::Message(&message), Text::Set);
            let read = model::understood(&*parser, text, crate::terminal_language()).await;
            read.map_err(|e| match &args.eval {
                Some(file) => anyhow::anyhow!("{}: {e}", file.display()),
                None => e,
            })?
        }
    };
    if args.eval.is_some() {
        say(&found);
        return Ok(Exit::Done);
    }
    let mut outcome: serde_json::Value = serde_json::from_str(&found)?;
    if args.json {
        outcome["v"] = 1.into();
        say(&outcome.to_string());
    } else {
        say(&serde_json::to_string_pretty(&outcome)?);
    }
    Ok(Exit::Done)
}
