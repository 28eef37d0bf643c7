//! The rest of the check-up, a test of the printed key, and what is known where the vault is lost.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use dombot_core::audit;
use dombot_core::ids::AccountId;
use dombot_core::phrase;
use dombot_core::phrase::Language;
use dombot_core::store::Store;
use dombot_core::vault::{Content, Key, Unlock, Vault};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Ask, Said};
use crate::Exit;
use crate::command::{finish, read_hidden, say};
use crate::door::Door;
use crate::home::{self, Home, Paths, Trouble};
use crate::request::{Hidden, Request, Response};

/// Less free space than this is trouble: the write-ahead log and a backup's copy must fit.
const LEAST_MB: u64 = 64;
/// A backup older than this is old; a home younger than this needs none yet.
const OLD_BACKUP_DAYS: i64 = 7;

/// Checks beyond database, vault, clock, jobs and accounts: what, and `ok` or what is wrong.
pub(crate) async fn more(home: &Home, lang: Language) -> anyhow::Result<Vec<(String, String)>> {
    let store = home.engine.store();
    let ok = || "ok".to_owned();
    let unlocked = home.engine.unlocked();
    let key = unlocked.as_ref().and_then(|u| u.seal.as_ref());
    let mut values = vec![
        ("schema".to_owned(), format!("ok, {}", store.schema())),
        ("files".to_owned(), files(&home.paths, lang)),
        ("disk".to_owned(), disk(&home.paths.home, lang)),
    ];
    let misfits = match key {
        Some(key) => store.misfits(key).await?,
        None => Vec::new(),
    };
    values.push((
        "seals".to_owned(),
        match (key, misfits.as_slice()) {
            (None, _) => phrase!("home.locked").text(lang),
            (Some(_), []) => ok(),
            (Some(_), _) => phrase!("doctor.seals", labels = misfits.join(", ")).text(lang),
        },
    ));
    let report = audit::verify(store, key, &super::audit::kept_heads(&home.paths)?).await?;
    values.push((
        "audit".to_owned(),
        match report.flaws.first() {
            None => format!("ok, {} rows, sealed {}", report.rows, report.sealed),
            Some(flaw) => phrase!("doctor.audit", flaw = flaw.phrase().text(lang)).text(lang),
        },
    ));
    values.push(("backup".to_owned(), backup(store, home.engine.clock().now(), lang).await?));
    for broken in store.broken().await? {
        let name = unlocked.as_ref().and_then(|u| u.accounts.get(broken.account));
        let name = name.map_or_else(|| broken.account.to_string(), |a| a.name.clone());
        let until = broken.until.strftime("%H:%M UTC");
        let held = phrase!("doctor.held", name = name, until = until, why = broken.why);
        values.push((format!("breaker {name}"), held.text(lang)));
    }
    let mut frozen = Vec::new();
    for (scope, _, _) in store.frozen().await? {
        frozen.push(super::freeze::named(home, &scope).await?);
    }
    let state = match frozen.as_slice() {
        [] => ok(),
        _ => phrase!("doctor.frozen", what = frozen.join(", ")).text(lang),
    };
    values.push(("frozen".to_owned(), state));
    Ok(values)
}

/// Everything in the home, and the key file, is its owner's alone. Rule 25.
fn files(paths: &Paths, lang: Language) -> String {
    let mut open = Vec::new();
    let mut look = |path: &Path| {
        // The group's bits of a key file count not: systemd shows a credential so.
        let mask = if path == paths.key() { 0o007 } else { 0o077 };
        if let Ok(meta) = std::fs::symlink_metadata(path)
            && !meta.file_type().is_symlink()
            && meta.permissions().mode() & mask != 0
        {
            open.push(format!("{} ({:o})", path.display(), meta.permissions().mode() & 0o777));
        }
    };
    look(&paths.home);
    look(&paths.key());
    for entry in std::fs::read_dir(&paths.home).into_iter().flatten().flatten() {
        look(&entry.path());
    }
    match open.as_slice() {
        [] => "ok".to_owned(),
        _ => phrase!("doctor.files", files = open.join(", ")).text(lang),
    }
}

fn disk(path: &Path, lang: Language) -> String {
    match rustix::fs::statvfs(path) {
        Err(e) => phrase!("doctor.disk_unknown", why = e).text(lang),
        Ok(fs) => {
            let free = fs.f_bavail.saturating_mul(fs.f_frsize) >> 20;
            if free >= LEAST_MB {
                format!("ok, {free} MB")
            } else {
                phrase!("doctor.disk", free = free, path = path.display()).text(lang)
            }
        }
    }
}

async fn backup(store: &Store, now: Timestamp, lang: Language) -> anyhow::Result<String> {
    let days = |at: Timestamp| now.duration_since(at).as_hours() / 24;
    if let Some(at) = store.last_time("backup.made").await? {
        return Ok(match days(at) {
            n if n <= OLD_BACKUP_DAYS => format!("ok, {}", at.strftime("%Y-%m-%d")),
            n => phrase!("doctor.old_backup", days = n).text(lang),
        });
    }
    let young = match store.last_time("person.added").await? {
        Some(at) => days(at) <= OLD_BACKUP_DAYS,
        None => false,
    };
    Ok(if young { "ok, -".to_owned() } else { phrase!("doctor.no_backup").text(lang) })
}

/// What the database alone tells of accounts and domains.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Known {
    /// Id, name, kind of provider.
    accounts: Vec<(String, String, String)>,
    domains: Vec<KnownDomain>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct KnownDomain {
    domain: String,
    account: String,
    expires: Option<Date>,
    auto_renew: Option<bool>,
    seen_at: Timestamp,
}

/// Keeps names and kinds of the accounts outside the vault, without anything secret.
pub(crate) async fn remember_accounts(store: &Store, content: &Content) -> anyhow::Result<()> {
    let accounts: Vec<(String, String, String)> =
        content.accounts().into_iter().map(|a| (a.id.to_string(), a.name, a.kind)).collect();
    Ok(store.remember("accounts", &serde_json::to_string(&accounts)?).await?)
}

pub(super) async fn known(store: &Store) -> anyhow::Result<Known> {
    let accounts: Vec<(String, String, String)> = match store.remembered("accounts").await? {
        Some(text) => serde_json::from_str(&text).unwrap_or_default(),
        None => Vec::new(),
    };
    let name = |id: AccountId| {
        let id = id.to_string();
        accounts.iter().find(|a| a.0 == id).map_or(id, |a| a.1.clone())
    };
    let mut domains: Vec<KnownDomain> = store
        .facts()
        .await?
        .into_iter()
        .map(|(account, facts, seen_at)| KnownDomain {
            domain: facts.name.to_string(),
            account: name(account),
            expires: facts.expires,
            auto_renew: facts.auto_renew,
            seen_at,
        })
        .collect();
    // What is unknown may be the most urgent.
    domains.sort_by(|a, b| (a.expires, &a.domain).cmp(&(b.expires, &b.domain)));
    Ok(Known { accounts, domains })
}

/// `dombot doctor --without-vault`: opens no vault and wants no key.
pub(crate) async fn without_vault(paths: &Paths, as_json: bool) -> anyhow::Result<Exit> {
    if paths.database_url.is_none() && !paths.database().exists() {
        return Err(Trouble(phrase!("home.db_missing", path = paths.database().display())).into());
    }
    let known = if let Some(_lock) = home::lock(paths)? {
        let store = paths.open_store(false).await?;
        let known = known(&store).await;
        store.close().await;
        known?
    } else {
        let door = Door::open(paths).await?;
        let response = door.ask(Request::Keep { what: Ask::WithoutVault }).await?;
        let Response::Kept { said: Said::Known { known } } = response else {
            return Ok(finish(response));
        };
        known
    };
    if as_json {
        say(&json!({"v": 1, "accounts": known.accounts.iter().map(|(id, name, kind)| {
            json!({"id": id, "name": name, "provider": kind})
        }).collect::<Vec<_>>(), "domains": known.domains})
        .to_string());
    } else {
        show(&known, crate::terminal_language());
    }
    Ok(Exit::Done)
}

fn show(known: &Known, lang: Language) {
    say(&phrase!("doctor.accounts").text(lang));
    known.accounts.iter().for_each(|(_, name, kind)| say(&format!("  {name}\t{kind}")));
    if known.domains.is_empty() {
        say(&phrase!("doctor.nothing_known").text(lang));
        return;
    }
    let unknown = phrase!("doctor.unknown").text(lang);
    let (yes, no) = (phrase!("card.on").text(lang), phrase!("card.off").text(lang));
    say(&phrase!("doctor.domains").text(lang));
    for d in &known.domains {
        let expires = d.expires.map_or_else(|| unknown.clone(), |e| e.to_string());
        let auto = d.auto_renew.map_or(&unknown, |auto| if auto { &yes } else { &no });
        let seen = d.seen_at.strftime("%Y-%m-%d").to_string();
        let (domain, account) = (&d.domain, &d.account);
        let line = phrase!(
            "doctor.domain",
            expires = expires,
            domain = domain,
            account = account,
            auto = auto,
            seen = seen
        );
        say(&line.text(lang));
    }
    say(&phrase!("doctor.by_hand").text(lang));
}

/// `dombot doctor --recovery-key`.
pub(crate) async fn test_recovery_key(paths: &Paths) -> anyhow::Result<Exit> {
    let door = Door::open(paths).await?;
    let typed = read_hidden(&phrase!("backup.key_prompt").text(crate::terminal_language()));
    let response = match typed {
        Ok(key) => door.ask(Request::Keep { what: Ask::TestKey { key } }).await,
        Err(e) => Err(e),
    };
    door.close().await;
    Ok(finish(response?))
}

/// `dombot doctor --recovery-key --write-key`: the key file is lost, home and printed key are not. Written only where
/// none is, and only where it opens the vault.
pub(crate) fn write_key(paths: &Paths) -> anyhow::Result<Exit> {
    let lang = crate::terminal_language();
    let place = paths.key();
    if place.exists() {
        return Err(Trouble(phrase!("home.key_exists", path = place.display())).into());
    }
    let typed = read_hidden(&phrase!("backup.key_prompt").text(lang))?;
    let key = Key::from_recovery(&typed.0).map_err(|e| Trouble(e.phrase()))?;
    if let Some(folder) = place.parent() {
        home::private_folder(folder)?;
    }
    key.write(&place)?;
    if let Err(e) = Vault::open(&paths.vault(), &Unlock::KeyFile(place.clone())) {
        // Not ours: what it was written for does not open with it.
        std::fs::remove_file(&place)?;
        return Err(Trouble(e.phrase()).into());
    }
    say(&phrase!("doctor.key_written", path = place.display()).text(lang));
    Ok(Exit::Done)
}

pub(super) async fn test_key(home: &Home, typed: &Hidden) -> anyhow::Result<Response> {
    let lang = home.speaker(None).await.map_or_else(crate::terminal_language, |p| p.lang);
    let key = Key::from_recovery(&typed.0).map_err(|e| Trouble(e.phrase()))?;
    let vault = home.vault().await;
    let vault = vault.as_ref().ok_or_else(|| Trouble(phrase!("home.locked")))?;
    Ok(if key.backup_secret().is(vault.backup_secret()) {
        Response::Done { text: phrase!("doctor.key_fits").text(lang) }
    } else {
        Response::Failed { text: phrase!("doctor.key_other").text(lang) }
    })
}
