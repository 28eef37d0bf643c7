//! `dombot config`.

use dombot_core::phrase;

use super::{finish, read_hidden, say};
use crate::Exit;
use crate::cli::Config;
use crate::door::Door;
use crate::home::Paths;
use crate::request::{Request, Response};

pub(crate) async fn run(paths: &Paths, args: Config) -> anyhow::Result<Exit> {
    let door = Door::open(paths).await?;
    let request = match args {
        Config::List => Request::Config { key: None, set: None },
        Config::Get { key } => Request::Config { key: Some(key), set: None },
        Config::Set { key } => {
            let lang = crate::terminal_language();
            let value = read_hidden(&phrase!("home.value_prompt", key = key).text(lang))?;
            let code = read_hidden(&phrase!("home.present_code_prompt").text(lang))?;
            Request::Config { key: Some(key), set: Some((value, code)) }
        }
    };
    let response = door.ask(request).await?;
    door.close().await;
    let Response::Values { values } = response else { return Ok(finish(response)) };
    for (key, value) in values {
        say(&format!("{key}\t{value}"));
    }
    Ok(Exit::Done)
}
