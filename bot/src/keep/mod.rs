//! What keeps the rest: the audit log, backups, and what one does in an incident.

pub(crate) mod audit;
pub(crate) mod backup;
pub(crate) mod beat;
pub(crate) mod dns;
pub(crate) mod doctor;
pub(crate) mod freeze;
pub(crate) mod incident;
pub(crate) mod provider;
pub(crate) mod restore;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use dombot_core::action::FreezeScope;
use dombot_core::audit::Report;
use dombot_core::books::Comparison;
use dombot_core::engine::Engine;
use dombot_core::store::{AuditRow, Entry};
use dombot_core::vault::Vault;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::{Mutex, watch};

use crate::home::{Home, Paths};
use crate::request::{Hidden, Response};

/// What may be asked of the process that owns the home.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub(crate) enum Ask {
    /// Does the audit log fit? `heads` are `SEQ:HASH`, kept elsewhere.
    AuditVerify { heads: Vec<String> },
    /// Rows of it after this number; an empty answer is the end.
    AuditRows { after: i64 },
    /// Seal it now.
    AuditSeal,
    /// What an account's provider says was done there since then, beside our jobs.
    Books { name: String, since: Timestamp },
    /// New secrets for an account, which is frozen: tried, kept with a code, thawed.
    Rotate { name: String, settings: BTreeMap<String, Hidden>, code: Hidden, thaw: bool },
    /// Write everything for an investigation into this new folder.
    Incident { dir: PathBuf },
    /// Is this the vault's recovery key?
    TestKey { key: Hidden },
    /// What the database alone knows.
    WithoutVault,
    /// What is frozen, by its scopes' texts and in words.
    Frozen,
    /// Thaw it, with a code.
    Thaw { what: FreezeScope, name: Option<String>, code: Hidden },
    /// Write a backup to this absolute path.
    Backup { file: PathBuf },
}

/// The answers that are more than a sentence.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "said", rename_all = "snake_case")]
pub(crate) enum Said {
    /// Of a check of the audit log.
    Audit { report: Report, end: i64, locked: bool },
    /// Of [`Ask::Books`].
    Books { books: Comparison },
    /// Of [`Ask::WithoutVault`].
    Known { known: doctor::Known },
    /// Rows of the audit log; a row that cannot be read has its number only.
    Rows { rows: Vec<(i64, Option<AuditRow>)> },
}

pub(crate) async fn serve(home: &Home, what: Ask) -> anyhow::Result<Response> {
    match what {
        Ask::AuditVerify { heads } => audit::verify(home, &heads).await,
        Ask::AuditRows { after } => {
            let rows = home.engine.store().audit_rows(after).await?;
            Ok(Response::Kept { said: Said::Rows { rows } })
        }
        Ask::AuditSeal => audit::seal_now(home).await,
        Ask::Books { name, since } => provider::compare(home, &name, since).await,
        Ask::Rotate { name, settings, code, thaw } => {
            provider::new_secret(home, &name, (settings, code, thaw)).await
        }
        Ask::Incident { dir } => incident::export(home, &dir).await,
        Ask::TestKey { key } => doctor::test_key(home, &key).await,
        Ask::WithoutVault => {
            let store = home.engine.store();
            Ok(Response::Kept { said: Said::Known { known: doctor::known(store).await? } })
        }
        Ask::Frozen => freeze::list(home).await,
        Ask::Thaw { what, name, code } => freeze::thaw(home, what, name.as_deref(), &code).await,
        Ask::Backup { file } => backup::make(home, file).await,
    }
}

/// Notes that the vault was opened, and whether somebody else has saved it since dombot did.
pub(crate) async fn opened(home: &Home) -> anyhow::Result<()> {
    let (store, now) = (home.engine.store(), home.engine.clock().now());
    let facts = match home.vault_mark().await {
        None => return Ok(()),
        Some((generation, print)) => {
            let known = store.vault_seen(&print).await?;
            json!({"generation": generation, "vault": print, "outside": !known})
        }
    };
    store.record(Entry { facts, ..Entry::new("vault.unlocked", now) }).await?;
    Ok(())
}

/// Notes what a change made of the vault's file.
pub(crate) async fn vault_saved(home: &Home) -> anyhow::Result<()> {
    let (store, now) = (home.engine.store(), home.engine.clock().now());
    if let Some((generation, print)) = home.vault_mark().await
        && !store.vault_seen(&print).await?
    {
        let facts = json!({"generation": generation, "vault": print});
        store.record(Entry { facts, ..Entry::new("vault.saved", now) }).await?;
    }
    Ok(())
}

/// What is done from time to time works on these.
pub(crate) struct Tended {
    pub(crate) engine: Arc<Engine>,
    pub(crate) paths: Paths,
    pub(crate) vault: Arc<Mutex<Option<Vault>>>,
}

/// Everything that is done from time to time, until `stop` turns true.
pub(crate) async fn tend(home: &Tended, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        if let Err(e) = audit::seal_when_due(&home.engine, &home.paths).await {
            tracing::error!(error = %format!("{e:#}"), "the audit log could not be sealed");
        }
        let beaten = async {
            beat::once(&home.engine, &home.vault).await;
            tokio::time::sleep(beat::EVERY).await;
        };
        // A watcher that does not answer holds nothing up.
        tokio::select! {
            () = beaten => {}
            _ = stop.changed() => {}
        }
    }
}
