//! `dombot freeze` and `dombot thaw`.

use clap::{Args, ValueEnum};
use dombot_core::account::Person;
use dombot_core::action::{Action, Freeze as Slots, FreezeScope};
use dombot_core::freeze::Scope;
use dombot_core::phrase;
use serde_json::json;

use super::Ask;
use crate::Exit;
use crate::account;
use crate::command::{ask, finish, read_hidden, say};
use crate::door::Door;
use crate::home::{Home, Paths, Trouble};
use crate::request::{Hidden, Request, Response};

/// What can be frozen.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum What {
    /// Everything
    All,
    /// A person, by name
    Person,
    /// An account, by name
    Account,
    /// A domain with everything below it
    Domain,
}

impl From<What> for FreezeScope {
    fn from(what: What) -> Self {
        match what {
            What::All => Self::All,
            What::Person => Self::Person,
            What::Account => Self::Account,
            What::Domain => Self::Domain,
        }
    }
}

/// `dombot freeze`.
#[derive(Debug, Args)]
pub(crate) struct Freeze {
    /// What; without it: what is frozen
    pub(crate) what: Option<What>,
    /// Its name
    pub(crate) name: Option<String>,
    /// How far back to list what was approved
    #[arg(long)]
    pub(crate) days: Option<u32>,
}

/// `dombot thaw`.
#[derive(Debug, Args)]
pub(crate) struct Thaw {
    /// What
    pub(crate) what: What,
    /// Its name
    pub(crate) name: Option<String>,
}

pub(crate) async fn run(paths: &Paths, args: Freeze) -> anyhow::Result<Exit> {
    let door = Door::open(paths).await?;
    let Some(what) = args.what else {
        let response = door.ask(Request::Keep { what: Ask::Frozen }).await;
        door.close().await;
        let Response::Values { values } = response? else { return Ok(Exit::Error) };
        if values.is_empty() {
            say(&phrase!("freeze.nothing").text(crate::terminal_language()));
        }
        for (what, since) in values {
            say(&format!("{what}\t{since}"));
        }
        return Ok(Exit::Done);
    };
    let slots = Slots { scope: what.into(), name: args.name, days: args.days };
    let act = Request::Act {
        person: None,
        conversation: "cli".into(),
        action: Action::Freeze(slots),
        file: None,
    };
    let response = door.ask(act).await;
    door.close().await;
    Ok(ask::show(response?, false))
}

pub(crate) async fn run_thaw(paths: &Paths, args: Thaw) -> anyhow::Result<Exit> {
    let door = Door::open(paths).await?;
    let code = read_hidden(&phrase!("home.present_code_prompt").text(crate::terminal_language()));
    let what = match code {
        Ok(code) => Ask::Thaw { what: args.what.into(), name: args.name, code },
        Err(e) => {
            door.close().await;
            return Err(e);
        }
    };
    let response = door.ask(Request::Keep { what }).await;
    door.close().await;
    Ok(finish(response?))
}

/// In the process that owns the home.
pub(super) async fn list(home: &Home) -> anyhow::Result<Response> {
    let mut values = Vec::new();
    for (scope, at, _) in home.engine.store().frozen().await? {
        values.push((named(home, &scope).await?, at.to_string()));
    }
    Ok(Response::Values { values })
}

/// As one types it.
pub(super) async fn named(home: &Home, scope: &Scope) -> anyhow::Result<String> {
    Ok(match scope {
        Scope::All => "all".to_owned(),
        Scope::Domain(name) => format!("domain {name}"),
        Scope::Account(id) => {
            let unlocked = home.engine.unlocked();
            let account = unlocked.as_ref().and_then(|u| u.accounts.get(*id));
            format!("account {}", account.map_or_else(|| id.to_string(), |a| a.name.clone()))
        }
        Scope::Person(id) => {
            let person = home.engine.store().person(*id).await?;
            format!("person {}", person.map_or_else(|| id.to_string(), |p| p.name))
        }
    })
}

pub(super) async fn thaw(
    home: &Home,
    what: FreezeScope,
    name: Option<&str>,
    code: &Hidden,
) -> anyhow::Result<Response> {
    let person = home.person(None).await?;
    let scope = scope(home, what, name).await?;
    let facts = json!({"scope": scope.to_string()});
    if let Err(reply) = account::proved(home, &person, code, ("thaw", facts)).await? {
        return Ok(Response::Failed { text: reply.text });
    }
    thawed(home, &person, &scope).await
}

async fn thawed(home: &Home, person: &Person, scope: &Scope) -> anyhow::Result<Response> {
    let now = home.engine.clock().now();
    let done = home.engine.store().thaw(scope, person.id, now).await?;
    let said = if done { phrase!("freeze.thawed") } else { phrase!("freeze.not_frozen") };
    Ok(Response::Done { text: said.text(person.lang) })
}

async fn scope(home: &Home, what: FreezeScope, name: Option<&str>) -> anyhow::Result<Scope> {
    let unknown = |name: &str| Trouble(phrase!("freeze.unknown", name = name));
    let which = || name.ok_or_else(|| Trouble(phrase!("freeze.which")));
    Ok(match what {
        FreezeScope::All => Scope::All,
        FreezeScope::Domain => {
            let name = which()?;
            Scope::Domain(name.parse().map_err(|_| unknown(name))?)
        }
        FreezeScope::Account => {
            let name = which()?;
            let known = home.engine.unlocked().and_then(|u| u.accounts.named(name).map(|a| a.id));
            Scope::Account(known.or_else(|| name.parse().ok()).ok_or_else(|| unknown(name))?)
        }
        FreezeScope::Person => {
            let name = which()?;
            let found = home.speaker(Some(name)).await;
            Scope::Person(found.ok_or_else(|| unknown(name))?.id)
        }
    })
}
