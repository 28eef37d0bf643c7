//! `dombot provider audit` and `dombot provider rotate`: what was done there that dombot did not do, and a new key.

use std::collections::BTreeMap;
use std::time::Duration;

use clap::Args;
use dombot_core::account::Account;
use dombot_core::action::{Action, Freeze, FreezeScope};
use dombot_core::books::{self, Comparison, Whose};
use dombot_core::freeze::Scope;
use dombot_core::phrase;
use dombot_core::provider::{Kind, ProviderError, Settings};
use dombot_providers::kind;
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use serde_json::json;

use super::{Ask, Said};
use crate::Exit;
use crate::account;
use crate::command::{ask, finish, read_hidden, say};
use crate::door::Door;
use crate::home::{Home, Trouble};
use crate::request::{Hidden, Request, Response};

/// `dombot provider audit`.
#[derive(Debug, Args)]
pub(crate) struct AuditArgs {
    /// The account's name
    pub(crate) name: String,
    /// RFC 3339, a date, or a number of days back
    #[arg(long, default_value = "30")]
    pub(crate) since: String,
    /// One JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// `dombot provider rotate`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  dombot provider rotate ovh --secret app_key --secret app_secret\n\nThe account is frozen at once. The new secrets are read from standard input, one line each, or asked without echo; then the code. They are tried before they are kept; only what works thaws the account."
)]
pub(crate) struct RotateArgs {
    /// The account's name
    pub(crate) name: String,
    /// A secret setting that is new
    #[arg(long = "secret", value_name = "KEY", required = true)]
    pub(crate) secrets: Vec<String>,
}

pub(crate) async fn audit(door: &Door, args: AuditArgs) -> anyhow::Result<Exit> {
    let lang = crate::terminal_language();
    let since =
        since(&args.since).ok_or_else(|| Trouble(phrase!("books.bad_time", time = args.since)))?;
    let what = Ask::Books { name: args.name.clone(), since };
    let response = door.ask(Request::Keep { what }).await?;
    let Response::Kept { said: Said::Books { books } } = response else {
        return Ok(finish(response));
    };
    let strange = books.entries.iter().filter(|e| e.whose == Whose::NotOurs).count();
    let well = strange == 0 && books.unbooked.is_empty();
    if args.json {
        let (entries, unbooked) = (&books.entries, &books.unbooked);
        say(&json!({"v": 1, "account": args.name, "since": since, "ok": well,
            "not_ours": strange, "entries": entries, "unbooked": unbooked})
        .to_string());
        return Ok(if well { Exit::Done } else { Exit::Error });
    }
    let total = books.entries.len();
    say(&phrase!("books.head", name = args.name, n = total, strange = strange).text(lang));
    for row in &books.entries {
        let whose = match row.whose {
            Whose::NotOurs => phrase!("books.not_ours"),
            Whose::LikelyOurs => phrase!("books.likely_ours"),
            Whose::Ours => phrase!("books.ours"),
        };
        let charged = row.entry.charged.map_or_else(String::new, |m| format!("\t{m}"));
        let at = row.entry.at.strftime("%Y-%m-%d %H:%M:%S");
        let (kind, domain) = (&row.entry.kind, &row.entry.domain);
        let whose = whose.text(lang);
        say(&format!("{whose}\t{at}\t{kind}\t{domain}\t{}{charged}", row.entry.reference));
    }
    for row in &books.unbooked {
        let at = row.at.strftime("%Y-%m-%d %H:%M:%S");
        let head = phrase!("books.unbooked").text(lang);
        say(&format!("{head}\t{at}\t{}\t{}\t{}", row.kind, row.domain, row.job));
    }
    Ok(if well { Exit::Done } else { Exit::Error })
}

/// A number is so many days back.
fn since(text: &str) -> Option<Timestamp> {
    if let Ok(days) = text.parse::<i32>() {
        use dombot_core::clock::Clock;
        let now = dombot_core::clock::SystemClock::default().now();
        return (0..=36_600)
            .contains(&days)
            .then(|| now - SignedDuration::from_hours(24 * i64::from(days)));
    }
    super::dns::time(text)
}

pub(crate) async fn rotate(door: &Door, args: RotateArgs) -> anyhow::Result<Exit> {
    let lang = crate::terminal_language();
    // Frozen at once: typing takes time.
    let frozen = door.ask(Request::Keep { what: Ask::Frozen }).await?;
    let known = format!("account {}", args.name);
    let was =
        matches!(frozen, Response::Values { values } if values.iter().any(|(w, _)| *w == known));
    let slots =
        Freeze { scope: FreezeScope::Account, name: Some(args.name.clone()), days: Some(7) };
    let act = Request::Act {
        person: None,
        conversation: "cli".into(),
        action: Action::Freeze(slots),
        file: None,
    };
    match ask::show(door.ask(act).await?, false) {
        Exit::Done => {}
        other => return Ok(other),
    }
    let mut settings = BTreeMap::new();
    for key in &args.secrets {
        let value = read_hidden(&phrase!("home.value_prompt", key = key).text(lang))?;
        settings.insert(key.clone(), value);
    }
    let code = read_hidden(&phrase!("home.present_code_prompt").text(lang))?;
    let what = Ask::Rotate { name: args.name, settings, code, thaw: !was };
    Ok(finish(door.ask(Request::Keep { what }).await?))
}

fn account(home: &Home, name: &str) -> Result<Account, Trouble> {
    let known = home.engine.unlocked().and_then(|u| u.accounts.named(name).cloned());
    known.ok_or_else(|| Trouble(phrase!("home.unknown_account", name = name)))
}

/// In the process that owns the home.
pub(super) async fn compare(home: &Home, name: &str, since: Timestamp) -> anyhow::Result<Response> {
    let account = account(home, name)?;
    let none = || Trouble(phrase!("books.none", name = name, title = account.kind.title));
    let Some(books) = account.provider.books() else { return Err(none().into()) };
    let failed = |e: String| Trouble(phrase!("books.failed", name = name, why = e));
    let entries = match tokio::time::timeout(Duration::from_secs(60), books.since(since)).await {
        Ok(Ok(entries)) => entries,
        Ok(Err(ProviderError::Unsupported(_))) => return Err(none().into()),
        Ok(Err(e)) => return Err(failed(e.to_string()).into()),
        Err(_) => return Err(failed("60 s".to_owned()).into()),
    };
    let books: Comparison = books::compare(home.engine.store(), account.id, since, entries).await?;
    Ok(Response::Kept { said: Said::Books { books } })
}

pub(super) async fn new_secret(
    home: &Home,
    name: &str,
    (settings, code, thaw): (BTreeMap<String, Hidden>, Hidden, bool),
) -> anyhow::Result<Response> {
    let person = home.person(None).await?;
    let account = account(home, name)?;
    let entry = home.read(|content| content.account(account.id)).await?;
    let mut entry = entry.ok_or_else(|| Trouble(phrase!("home.unknown_account", name = name)))?;
    let kind = kind(&entry.kind)
        .ok_or_else(|| Trouble(phrase!("home.unknown_kind", kind = entry.kind)))?;
    for key in settings.keys() {
        if !kind.fields.iter().any(|f| f.name == key && f.secret) {
            return Err(Trouble(phrase!("books.no_secret", field = key)).into());
        }
    }
    let fields: Vec<&String> = settings.keys().collect();
    let facts = json!({"account": account.id.to_string(), "name": name, "fields": fields});
    entry.settings.extend(settings.iter().map(|(k, v)| (k.clone(), v.secret())));
    // Tried before it is kept, and before the code is used up.
    if let Err(why) = works(kind, &account, &entry.settings).await {
        let said = phrase!("books.rotate_failed", name = name, why = why);
        return Ok(Response::Failed { text: said.text(person.lang) });
    }
    if let Err(reply) = account::proved(home, &person, &code, ("provider.rotated", facts)).await? {
        return Ok(Response::Failed { text: reply.text });
    }
    home.edit(move |content| content.put_account(&entry)).await?;
    let mut said = phrase!("books.rotated", name = name);
    if thaw {
        let now = home.engine.clock().now();
        home.engine.store().thaw(&Scope::Account(account.id), person.id, now).await?;
    } else {
        said = phrase!("books.rotated_frozen", name = name);
    }
    Ok(Response::Done { text: said.text(person.lang) })
}

async fn works(
    kind: &'static Kind,
    account: &Account,
    settings: &BTreeMap<String, SecretString>,
) -> Result<(), String> {
    let provider =
        (kind.open)(account.id, &Settings(settings.clone())).map_err(|e| e.to_string())?;
    let asked = async {
        if let Some(host) = provider.dns() {
            host.zones().await?;
        }
        if let Some(registrar) = provider.registrar() {
            registrar.domains().await?;
        }
        Ok::<_, ProviderError>(())
    };
    match tokio::time::timeout(Duration::from_secs(15), asked).await {
        Ok(done) => done.map_err(|e| e.to_string()),
        Err(_) => Err("no answer in 15 s".to_owned()),
    }
}
