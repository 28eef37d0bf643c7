//! `dombot audit`: does the log fit, and what is in it.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;

use clap::Subcommand;
use dombot_core::audit::{self, Head};
use dombot_core::engine::Engine;
use dombot_core::phrase;
use serde_json::json;

use super::{Ask, Said};
use crate::Exit;
use crate::command::{finish, say};
use crate::door::Door;
use crate::home::{Home, Paths, Trouble};
use crate::request::{Request, Response};

/// `dombot audit`.
#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// Look for rows that were edited, inserted, moved or removed; exit 1 where there are any
    Verify {
        /// A head that you kept elsewhere, as it was told: NUMBER:HASH
        #[arg(long = "head", value_name = "NUMBER:HASH")]
        heads: Vec<String>,
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// Print the log, one JSON object a line
    Export {
        /// Only rows after this number
        #[arg(long, default_value_t = 0)]
        after: i64,
    },
    /// Seal it now with the vault's key and print the head, to be kept elsewhere
    Seal,
}

pub(crate) async fn run(paths: &Paths, args: Audit) -> anyhow::Result<Exit> {
    let door = Door::open(paths).await?;
    let exit = match args {
        Audit::Verify { heads, json } => verdict(&door, heads, json).await,
        Audit::Export { after } => export(&door, after).await,
        Audit::Seal => Ok(finish(door.ask(Request::Keep { what: Ask::AuditSeal }).await?)),
    };
    door.close().await;
    exit
}

async fn verdict(door: &Door, heads: Vec<String>, as_json: bool) -> anyhow::Result<Exit> {
    let response = door.ask(Request::Keep { what: Ask::AuditVerify { heads } }).await?;
    let Response::Kept { said: Said::Audit { report, end, locked } } = response else {
        return Ok(finish(response));
    };
    let lang = crate::terminal_language();
    let fits = report.flaws.is_empty();
    if as_json {
        say(&json!({
            "v": 1, "fits": fits, "rows": report.rows, "sealed": report.sealed, "end": end,
            "seals_checked": !locked, "flaws": report.flaws,
        })
        .to_string());
    } else if fits {
        say(&phrase!("audit.fits", rows = report.rows, sealed = report.sealed).text(lang));
        if end > report.sealed {
            say(&phrase!("audit.unsealed", n = end - report.sealed).text(lang));
        }
    } else {
        say(&phrase!("audit.flawed", rows = report.rows).text(lang));
        report.flaws.iter().for_each(|f| say(&format!("  {}", f.phrase().text(lang))));
    }
    if locked && !as_json {
        say(&phrase!("audit.locked").text(lang));
    }
    Ok(if fits { Exit::Done } else { Exit::Error })
}

async fn export(door: &Door, mut after: i64) -> anyhow::Result<Exit> {
    loop {
        let response = door.ask(Request::Keep { what: Ask::AuditRows { after } }).await?;
        let Response::Kept { said: Said::Rows { rows } } = response else {
            return Ok(finish(response));
        };
        let Some((last, _)) = rows.last() else { return Ok(Exit::Done) };
        after = *last;
        for (seq, row) in rows {
            let unreadable = || json!({"v": 1, "seq": seq, "unreadable": true});
            let line = row.map_or_else(|| Ok(unreadable()), serde_json::to_value)?;
            say(&line.to_string());
        }
    }
}

/// In the process that owns the home.
pub(super) async fn verify(home: &Home, heads: &[String]) -> anyhow::Result<Response> {
    let store = home.engine.store();
    let mut kept = kept_heads(&home.paths)?;
    for text in heads {
        let head = audit::told(text);
        kept.push(head.ok_or_else(|| Trouble(phrase!("audit.not_a_head", text = text)))?);
    }
    let unlocked = home.engine.unlocked();
    let key = unlocked.as_ref().and_then(|u| u.seal.as_ref());
    let report = audit::verify(store, key, &kept).await?;
    let end = store.chain_end().await?.0;
    Ok(Response::Kept { said: Said::Audit { report, end, locked: key.is_none() } })
}

pub(super) async fn seal_now(home: &Home) -> anyhow::Result<Response> {
    let lang = home.speaker(None).await.map_or_else(crate::terminal_language, |p| p.lang);
    let verified = verify(home, &[]).await?;
    if let Response::Kept { said: Said::Audit { report, .. } } = &verified
        && let Some(flaw) = report.flaws.first()
    {
        let rows = phrase!("audit.flawed", rows = report.rows).text(lang);
        return Ok(Response::Failed { text: format!("{rows} {}", flaw.phrase().text(lang)) });
    }
    let text = match seal(&home.engine, &home.paths).await? {
        Some(head) => audit::telling(&head).text(lang),
        None => match home.engine.store().heads().await?.last() {
            Some(head) => audit::telling(head).text(lang),
            None => phrase!("audit.nothing_new").text(lang),
        },
    };
    Ok(Response::Done { text })
}

/// Once a day: tells it, and writes it into the file of heads.
pub(super) async fn seal_when_due(engine: &Engine, paths: &Paths) -> anyhow::Result<()> {
    if audit::is_due(engine.store(), engine.clock().now()).await? {
        seal(engine, paths).await?;
    }
    write_heads(engine, paths).await
}

/// Seals; `None` = nothing new, or locked.
pub(crate) async fn seal(engine: &Engine, paths: &Paths) -> anyhow::Result<Option<Head>> {
    let Some(unlocked) = engine.unlocked() else { return Ok(None) };
    let Some(key) = &unlocked.seal else { return Ok(None) };
    let head = audit::seal(engine.store(), key, engine.clock(), engine.chance()).await?;
    write_heads(engine, paths).await?;
    Ok(head)
}

/// Appends the heads that the file does not have yet: a crash may have come between.
async fn write_heads(engine: &Engine, paths: &Paths) -> anyhow::Result<()> {
    let last = kept_heads(paths)?.iter().map(|h| h.seq).max().unwrap_or(0);
    let mut heads = engine.store().heads().await?;
    heads.retain(|h| h.seq > last);
    if heads.is_empty() {
        return Ok(());
    }
    let mut file = OpenOptions::new().create(true).append(true).mode(0o600).open(paths.heads())?;
    // What a crash cut off must not run into the next line.
    file.write_all(b"\n")?;
    for head in heads {
        file.write_all(format!("{}\n", serde_json::to_string(&head)?).as_bytes())?;
    }
    file.sync_all()?;
    Ok(())
}

/// What the home's file holds. A line that was cut off by a crash is left out: the database has it too.
pub(super) fn kept_heads(paths: &Paths) -> anyhow::Result<Vec<Head>> {
    let mut text = String::new();
    match File::open(paths.heads()) {
        Ok(mut file) => file.read_to_string(&mut text)?,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(e.into()),
    };
    let mut heads: Vec<Head> = Vec::new();
    for line in text.lines() {
        // One without a seal would count as if a person had kept it elsewhere.
        heads.extend(serde_json::from_str::<Head>(line).ok().filter(|h| !h.seal.is_empty()));
    }
    Ok(heads)
}
