//! `dombot incident export`: everything that an investigation needs, in one folder, with what proves it. No secrets:
//! codes and keys are in none of these.

use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use clap::Subcommand;
use dombot_core::phrase;
use dombot_core::phrase::Language;
use dombot_core::store::Entry;
use serde::Serialize;
use serde_json::{Value, json};

use super::Ask;
use crate::Exit;
use crate::command::finish;
use crate::door::Door;
use crate::home::{Home, Paths, Trouble};
use crate::request::{Request, Response};

/// `dombot incident`.
#[derive(Debug, Subcommand)]
pub(crate) enum Incident {
    /// Write audit log, heads, plans with their approvals, jobs with their evidence, and a check-up into a new folder
    Export {
        /// A folder that does not exist yet
        dir: PathBuf,
    },
}

pub(crate) async fn run(paths: &Paths, args: Incident) -> anyhow::Result<Exit> {
    let Incident::Export { dir } = args;
    let dir = std::path::absolute(dir)?;
    let door = Door::open(paths).await?;
    let response = door.ask(Request::Keep { what: Ask::Incident { dir } }).await;
    door.close().await;
    Ok(finish(response?))
}

/// One file of JSON lines, private.
struct Lines {
    name: &'static str,
    out: BufWriter<File>,
    rows: u64,
}

impl Lines {
    fn new(dir: &Path, name: &'static str) -> anyhow::Result<Self> {
        let path = dir.join(name);
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        Ok(Self { name, out: BufWriter::new(file), rows: 0 })
    }

    fn put(&mut self, value: &impl Serialize) -> anyhow::Result<()> {
        serde_json::to_writer(&mut self.out, value)?;
        self.out.write_all(b"\n")?;
        self.rows += 1;
        Ok(())
    }

    fn end(self) -> anyhow::Result<Value> {
        self.out.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?;
        Ok(json!({"file": self.name, "rows": self.rows}))
    }
}

/// In the process that owns the home.
pub(super) async fn export(home: &Home, dir: &Path) -> anyhow::Result<Response> {
    let lang = home.speaker(None).await.map_or_else(crate::terminal_language, |p| p.lang);
    fs::DirBuilder::new()
        .mode(0o700)
        .create(dir)
        .map_err(|e| Trouble(phrase!("incident.no_folder", path = dir.display(), why = e)))?;
    let (store, now) = (home.engine.store(), home.engine.clock().now());
    // Written first, so that the export is in what it exports, and sealed with it.
    let facts = json!({"dir": dir});
    store.record(Entry { facts, ..Entry::new("incident.exported", now) }).await?;
    super::audit::seal(&home.engine, &home.paths).await?;
    let mut files = Vec::new();
    let mut audit = Lines::new(dir, "audit.jsonl")?;
    let (mut after, mut hash) = (0, String::new());
    loop {
        let rows = store.audit_rows(after).await?;
        let Some((last, _)) = rows.last() else { break };
        after = *last;
        for (seq, row) in rows {
            hash = row.as_ref().map(|r| r.hash.clone()).unwrap_or_default();
            match row {
                Some(row) => audit.put(&row)?,
                None => audit.put(&json!({"v": 1, "seq": seq, "unreadable": true}))?,
            }
        }
    }
    files.push(audit.end()?);
    let mut heads = Lines::new(dir, "heads.jsonl")?;
    for head in store.heads().await? {
        heads.put(&head)?;
    }
    files.push(heads.end()?);
    for (name, rows) in
        [("plans.jsonl", store.plan_rows().await?), ("jobs.jsonl", store.job_rows().await?)]
    {
        let mut lines = Lines::new(dir, name)?;
        for row in rows {
            lines.put(&row)?;
        }
        files.push(lines.end()?);
    }
    let mut checks = Lines::new(dir, "doctor.jsonl")?;
    for (what, state) in super::doctor::more(home, Language::En).await? {
        checks.put(&json!({"v": 1, "what": what, "state": state}))?;
    }
    files.push(checks.end()?);
    let mut manifest = Lines::new(dir, "manifest.json")?;
    manifest.put(&json!({
        "v": 1, "made_at": now, "program": env!("CARGO_PKG_VERSION"),
        "audit": {"seq": after, "hash": hash}, "files": files,
    }))?;
    manifest.end()?;
    File::open(dir)?.sync_all()?;
    let head = format!("{after}:{hash}");
    let said = phrase!("incident.exported", path = dir.display(), head = head);
    Ok(Response::Done { text: said.text(lang) })
}
