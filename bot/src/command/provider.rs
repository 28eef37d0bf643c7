//! `dombot provider`.

use std::collections::BTreeMap;

use dombot_core::phrase;

use super::{finish, read_hidden, say};
use crate::Exit;
use crate::account::New;
use crate::cli::{AddProvider, Provider};
use crate::door::Door;
use crate::home::{Paths, Trouble};
use crate::keep;
use crate::request::{Hidden, Request, Response};
use dombot_providers::kind;

pub(crate) async fn run(paths: &Paths, args: Provider) -> anyhow::Result<Exit> {
    if let Provider::Kinds { json } = args {
        return Ok(kinds(json));
    }
    let door = Door::open(paths).await?;
    let exit = with_door(&door, args).await;
    door.close().await;
    exit
}

async fn with_door(door: &Door, args: Provider) -> anyhow::Result<Exit> {
    let response = match args {
        Provider::Kinds { .. } => return Ok(Exit::Done),
        Provider::Add(args) => add(door, args).await?,
        Provider::Audit(args) => return keep::provider::audit(door, args).await,
        Provider::Rotate(args) => return keep::provider::rotate(door, args).await,
        Provider::List => door.ask(Request::Accounts { check: false }).await?,
        Provider::Check => door.ask(Request::Accounts { check: true }).await?,
        Provider::Remove { name } => {
            let code =
                read_hidden(&phrase!("home.present_code_prompt").text(crate::terminal_language()))?;
            door.ask(Request::RemoveAccount { name, code }).await?
        }
    };
    let Response::Accounts { accounts } = response else { return Ok(finish(response)) };
    let mut exit = Exit::Done;
    for a in accounts {
        say(&format!("{}\t{}\t{}\t{}", a.name, a.provider, a.state, a.proved));
        if a.state != "-" && !a.state.starts_with("ok") {
            exit = Exit::Error;
        }
    }
    Ok(exit)
}

fn kinds(json: bool) -> Exit {
    if json {
        let rows: Vec<_> = dombot_providers::ALL
            .iter()
            .map(|k| serde_json::json!({"id": k.id, "title": k.title, "fields": k.fields, "proved": k.proved}))
            .collect();
        say(&serde_json::json!({"v": 1, "kinds": rows}).to_string());
        return Exit::Done;
    }
    for kind in dombot_providers::ALL {
        let proved = dombot_core::action::proved(kind.proved).text(crate::terminal_language());
        say(&format!("{}\t{}\t{proved}", kind.id, kind.title));
        for field in kind.fields {
            let secret = if field.secret { " (secret)" } else { "" };
            let optional = if field.optional { " (optional)" } else { "" };
            say(&format!("    {}{secret}{optional}: {}", field.name, field.hint));
        }
    }
    Exit::Done
}

async fn add(door: &Door, args: AddProvider) -> anyhow::Result<Response> {
    let lang = crate::terminal_language();
    let known =
        kind(&args.kind).ok_or_else(|| Trouble(phrase!("home.unknown_kind", kind = args.kind)))?;
    let mut settings: BTreeMap<String, Hidden> = BTreeMap::new();
    for pair in &args.settings {
        let (key, value) =
            pair.split_once('=').ok_or_else(|| Trouble(phrase!("home.not_a_pair", pair = pair)))?;
        // A secret in an argument would stand in the process list and in the shell's history.
        if known.fields.iter().any(|f| f.name == key && f.secret) {
            return Err(Trouble(phrase!("home.secret_argument", field = key)).into());
        }
        settings.insert(key.to_owned(), Hidden(value.to_owned()));
    }
    for key in &args.secrets {
        let value = read_hidden(&phrase!("home.value_prompt", key = key).text(lang))?;
        settings.insert(key.clone(), value);
    }
    let code = read_hidden(&phrase!("home.present_code_prompt").text(lang))?;
    let account = New { kind: args.kind, name: args.name, settings, authorities: args.authorities };
    door.ask(Request::AddAccount { account, code }).await
}
