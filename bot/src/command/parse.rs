//! `dombot parse`: what a text means, offline; plans nothing, opens nothing.

use dombot_core::approval::totp;
use dombot_core::clock::{Clock, SystemClock};
use dombot_core::parse::{Context, Parser};
use jiff::tz::TimeZone;
use secrecy::SecretString;

use super::say;
use crate::Exit;
use crate::cli::Parse;

pub(crate) async fn run(args: Parse) -> anyhow::Result<Exit> {
    let parser = dombot_intents::Offline;
    if let Some(file) = args.eval {
        let set = std::fs::read_to_string(&file)?;
        let code = |text: &str| totp::digits(&SecretString::from(text));
        let report = dombot_intents::eval::run(&parser, &set, &code).await;
        say(&report.map_err(|e| anyhow::anyhow!("{}: {e}", file.display()))?.to_string());
        return Ok(Exit::Done);
    }
    let text = args.text.join(" ");
    let ctx = Context {
        now: SystemClock::default().now(),
        tz: TimeZone::get("Europe/Warsaw").unwrap_or(TimeZone::UTC),
        lang: crate::terminal_language(),
        portfolio: Vec::new(),
        accounts: Vec::new(),
        frame: None,
        last: None,
        before: Vec::new(),
        profiles: Vec::new(),
        pending_plan: false,
        attachment: None,
    };
    let parsed = parser.parse(&text, &ctx).await;
    let outcome = dombot_intents::outcome::json(&parsed);
    if args.json {
        let mut outcome = outcome;
        outcome["v"] = 1.into();
        say(&outcome.to_string());
    } else {
        say(&serde_json::to_string_pretty(&outcome)?);
    }
    Ok(Exit::Done)
}
