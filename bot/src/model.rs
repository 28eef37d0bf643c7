//! The model that helps to understand, from the vault: `model.url`, `model.key`, `model.name`, `model.deadline`.

use std::time::Duration;

use dombot_core::approval::totp;
use dombot_core::clock::{Clock, SystemClock};
use dombot_core::parse::{Context, Parser};
use dombot_core::phrase;
use dombot_core::phrase::{Language, Phrase};
use dombot_core::vault::Content;
use dombot_intents::model::{Advised, BadEndpoint, Endpoint};
use jiff::tz::TimeZone;
use secrecy::SecretString;

use crate::home::{Home, Trouble};
use crate::request::Response;

const URL: &str = "model.url";
const KEY: &str = "model.key";
const NAME: &str = "model.name";
const DEADLINE: &str = "model.deadline";
const KEYS: [&str; 4] = [URL, KEY, NAME, DEADLINE];

/// What the vault says of a model; `None` where address or name is missing or empty: no model is asked.
pub(crate) fn of(content: &Content) -> Result<Option<Endpoint>, Trouble> {
    made(|key| content.config(key))
}

/// Whether a configuration value may be shown.
pub(crate) fn is_secret(key: &str) -> bool {
    key == KEY
}

/// Whether the vault's settings would still make sense with this one.
pub(crate) fn check(content: &Content, key: &str, value: &str) -> Result<(), Trouble> {
    if !key.starts_with("model.") {
        return Ok(());
    }
    if !KEYS.contains(&key) {
        return Err(Trouble(phrase!("home.unknown_field", field = key, known = KEYS.join(", "))));
    }
    let with = |k: &str| if k == key { Some(value.to_owned()) } else { content.config(k) };
    // An address is looked at as soon as it is there.
    let named = |k: &str| {
        with(k)
            .filter(|v| k != NAME || !v.trim().is_empty())
            .or_else(|| (k == NAME).then(|| "?".to_owned()))
    };
    made(named).map(drop)
}

fn made(value: impl Fn(&str) -> Option<String>) -> Result<Option<Endpoint>, Trouble> {
    let said = |key: &str| value(key).filter(|v| !v.trim().is_empty());
    let deadline = said(DEADLINE).map(|text| seconds(&text)).transpose()?;
    let (Some(url), Some(name)) = (said(URL), said(NAME)) else { return Ok(None) };
    let endpoint = Endpoint::new(&url, said(KEY).map(SecretString::from), &name)
        .map_err(|e| Trouble(problem(e)))?;
    Ok(Some(match deadline {
        Some(deadline) => endpoint.within(deadline),
        None => endpoint,
    }))
}

fn seconds(text: &str) -> Result<Duration, Trouble> {
    let seconds = text.trim().parse().ok().filter(|s| (1..=120).contains(s));
    seconds
        .map(Duration::from_secs)
        .ok_or_else(|| Trouble(phrase!("home.model_deadline", value = text)))
}

fn problem(e: BadEndpoint) -> Phrase {
    match e {
        BadEndpoint::Address => phrase!("home.model_address"),
        BadEndpoint::Clear => phrase!("home.model_clear"),
        BadEndpoint::Name => phrase!("home.model_name"),
    }
}

/// One for a trial that needs no vault: on this machine, without a key.
pub(crate) fn here(url: &str, name: &str) -> Result<Advised, Trouble> {
    let endpoint = Endpoint::new(url, None, name).map_err(|e| Trouble(problem(e)))?;
    if !endpoint.is_here() {
        return Err(Trouble(phrase!("home.model_only_here")));
    }
    Ok(Advised::by(endpoint))
}

/// What to read with which parser.
pub(crate) enum Text<'a> {
    /// One message.
    Message(&'a str),
    /// A whole evaluation set.
    Set(&'a str),
}

/// Understands with the vault's model under this name, for the owner of the home.
pub(crate) async fn parse(home: &Home, name: &str, text: Text<'_>) -> anyhow::Result<Response> {
    let found = home
        .read(|content| {
            made(|key| if key == NAME { Some(name.to_owned()) } else { content.config(key) })
        })
        .await??;
    let endpoint = found.ok_or_else(|| Trouble(phrase!("home.model_none")))?;
    let lang = home.speaker(None).await.map_or_else(crate::terminal_language, |p| p.lang);
    Ok(Response::Done { text: understood(&Advised::by(endpoint), text, lang).await? })
}

/// The outcome as one line of JSON, or the score of a set.
pub(crate) async fn understood(
    parser: &dyn Parser,
    text: Text<'_>,
    lang: Language,
) -> anyhow::Result<String> {
    let message = match text {
        Text::Message(message) => message,
        Text::Set(set) => {
            let code = |text: &str| totp::digits(&SecretString::from(text));
            let report = dombot_intents::eval::run(parser, set, &code).await;
            return Ok(report.map_err(|e| anyhow::anyhow!("{e}"))?.to_string());
        }
    };
    let ctx = Context {
        now: SystemClock::default().now(),
        tz: TimeZone::get("Europe/Warsaw").unwrap_or(TimeZone::UTC),
        lang,
        portfolio: Vec::new(),
        accounts: Vec::new(),
        frame: None,
        last: None,
        before: Vec::new(),
        profiles: Vec::new(),
        pending_plan: false,
        attachment: None,
    };
    Ok(dombot_intents::outcome::json(&parser.parse(message, &ctx).await).to_string())
}
