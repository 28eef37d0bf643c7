//! `dombot worker`: one more process that carries out jobs, on the PostgreSQL of a home. It talks to nobody and
//! changes nothing in its folder: a copy of the owner's vault is all that it needs.

use std::sync::Arc;
use std::time::Duration;

use dombot_core::clock::{SystemChance, SystemClock};
use dombot_core::engine::{Engine, Parts};
use dombot_core::phrase;
use dombot_core::vault::Vault;
use tokio::sync::watch;

use super::{say, serve};
use crate::home::{self, Paths, Trouble};
use crate::{Exit, account};

/// How often the vault is looked at: a copy that was renewed is opened anew.
const LOOK: Duration = Duration::from_secs(5);

pub(crate) async fn run(paths: &Paths) -> anyhow::Result<Exit> {
    if paths.database_url.is_none() {
        return Err(Trouble(phrase!("home.worker_no_url")).into());
    }
    let Some(vault) = home::open_vault(paths).await? else {
        return Err(Trouble(phrase!("home.worker_locked")).into());
    };
    let store = paths.open_store(false).await?;
    home::belongs(&store, &account::unlocked(vault.content(), &[]), false).await?;
    let engine = Arc::new(Engine::new(Parts {
        store,
        parser: Box::new(dombot_intents::Offline),
        clock: Arc::new(SystemClock::default()),
        chance: Arc::new(SystemChance),
        verify: Arc::new(dombot_providers::dns::Servers),
    }));
    engine.unlock(account::unlocked(vault.content(), &[]));
    let mut stop_asked = serve::Stop::new()?;
    let (stop, stopped) = watch::channel(false);
    let working = tokio::spawn({
        let engine = Arc::clone(&engine);
        async move { engine.work(stopped).await }
    });
    say(&phrase!("home.working", name = engine.name()).text(crate::terminal_language()));
    tokio::select! {
        told = stop_asked.told() => told?,
        lost = follow(paths, &engine, vault) => lost?,
    }
    let _ = stop.send(true);
    // A call under way ends within its deadline; what comes later finds the lease run out.
    let _ = tokio::time::timeout(Duration::from_secs(45), working).await;
    engine.store().close().await;
    Ok(Exit::Done)
}

/// Gives the engine what a renewed vault holds. Ends with an error where that is another home's.
async fn follow(paths: &Paths, engine: &Engine, mut vault: Vault) -> anyhow::Result<()> {
    loop {
        tokio::time::sleep(LOOK).await;
        if !vault.changed_outside().unwrap_or(false) {
            continue;
        }
        // It may be half copied, or its key not there yet.
        let Ok(Some(renewed)) = home::open_vault(paths).await else {
            tracing::warn!("the vault has changed and cannot be opened; the old one stays in use");
            tokio::time::sleep(LOOK * 6).await;
            continue;
        };
        vault = renewed;
        let unlocked = account::unlocked(vault.content(), &[]);
        home::belongs(engine.store(), &unlocked, false).await?;
        engine.unlock(unlocked);
    }
}
