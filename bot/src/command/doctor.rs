//! `dombot doctor`: is everything in order? Changes nothing, unless the clock is to be trusted again.

use dombot_core::phrase;
use dombot_core::store::JobFilter;

use super::say;
use crate::Exit;
use crate::cli::Doctor;
use crate::door::Door;
use crate::home::{Home, Paths};
use crate::keep;
use crate::request::{Request, Response};

pub(crate) async fn run(paths: &Paths, args: Doctor) -> anyhow::Result<Exit> {
    if args.without_vault {
        return keep::doctor::without_vault(paths, args.json).await;
    }
    if args.write_key {
        return keep::doctor::write_key(paths);
    }
    if args.recovery_key {
        return keep::doctor::test_recovery_key(paths).await;
    }
    let trust_clock = args.trust_clock;
    let door = Door::open(paths).await?;
    let response = door.ask(Request::Doctor { trust_clock }).await?;
    door.close().await;
    let Response::Values { values } = response else { return Ok(super::finish(response)) };
    let mut exit = Exit::Done;
    let mut shown = Vec::new();
    for (what, state) in values {
        if !state.starts_with("ok") {
            exit = Exit::Error;
        }
        if !args.json {
            say(&format!("{what}\t{state}"));
        }
        shown
            .push(serde_json::json!({"what": what, "ok": state.starts_with("ok"), "state": state}));
    }
    if args.json {
        let well = exit == Exit::Done;
        say(&serde_json::json!({"v": 1, "ok": well, "checks": shown}).to_string());
    }
    Ok(exit)
}

/// What there is to find without changing anything.
pub(crate) async fn examine(home: &Home, trust_clock: bool) -> anyhow::Result<Response> {
    let store = home.engine.store();
    let lang = home.speaker(None).await.map_or_else(crate::terminal_language, |p| p.lang);
    if trust_clock {
        home.engine.trust_clock().await?;
    }
    let ok = || "ok".to_owned();
    let database = store.check().await?.unwrap_or_else(ok);
    let mut values = vec![("database".to_owned(), database)];
    let vault = match home.engine.unlocked() {
        None => phrase!("home.locked").text(lang),
        Some(_) if home.vault_changed_outside().await => phrase!("home.vault_changed").text(lang),
        Some(_) => ok(),
    };
    values.push(("vault".to_owned(), vault));
    let clock = if home.engine.time_is_right().await? {
        ok()
    } else {
        phrase!("approval.clock").text(lang)
    };
    values.push(("clock".to_owned(), clock));
    let waiting =
        store.jobs(&JobFilter::State(dombot_core::job::JobState::NeedsHuman)).await?.len();
    values.push((
        "jobs".to_owned(),
        if waiting == 0 { ok() } else { phrase!("home.jobs_wait", n = waiting).text(lang) },
    ));
    if let Response::Accounts { accounts } =
        Box::pin(crate::request::answer(home, Request::Accounts { check: true })).await
    {
        values.extend(accounts.into_iter().map(|a| (format!("account {}", a.name), a.state)));
    }
    values.extend(keep::doctor::more(home, lang).await?);
    Ok(Response::Values { values })
}
