//! A model where the offline parser abstains: over real HTTP against a strict fake, and against a stranger's fake.
//! Whatever comes back, nothing is changed that the words did not say, and no secret leaves.

mod aimock;
mod attacks;
mod command;
mod leaves;
mod lies;
mod protocol;
mod smoke;
mod trouble;

use std::time::Duration;

use dombot_core::approval::totp;
use dombot_core::parse::{Context, Parsed, Parser, Wish};
use dombot_core::phrase::Language;
use dombot_intents::model::{Advised, Endpoint};
use dombot_intents::outcome;
use dombot_tests::model_server::{Asked, MODEL, ModelServer, Rules, Says};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

/// Words that no parser knows about a domain: a model is asked.
const ODD: &str = "blorpnij mi firma.pl, frobnikuj";

/// What [`ODD`] comes to with [`look`].
fn looked() -> Value {
    json!({"outcome": "action", "actions": [{"kind": "dns.list", "slots": {"domain": "firma.pl"}}]})
}

/// A look at that domain, as a good model would write it.
fn look() -> String {
    answer("dns.list", &json!({"domain": "firma.pl", "name": null, "type": null}))
}

/// An answer with one action.
fn answer(kind: &str, slots: &Value) -> String {
    json!({"actions": [{"at": null, "kind": kind, "slots": slots}], "outcome": "action", "topic": null}).to_string()
}

fn context() -> Context {
    Context {
        now: "2026-11-23T10:00:00+01:00".parse().unwrap(),
        tz: TimeZone::get("Europe/Warsaw").unwrap(),
        lang: Language::Pl,
        portfolio: ["firma.pl", "portfolio-canary.pl"].map(|d| d.parse().unwrap()).to_vec(),
        accounts: vec!["account-canary".into()],
        frame: None,
        last: Some("last-canary.pl".parse().unwrap()),
        before: vec![renewed_before()],
        profiles: vec!["profile-canary".into()],
        pending_plan: false,
        attachment: None,
    }
}

/// What the message before this one asked for.
fn renewed_before() -> Wish {
    let action = json!({"kind": "domain.renew", "slots": {"domain": "before-canary.pl"}});
    Wish { action: serde_json::from_value(action).unwrap(), at: None }
}

/// A server with these rules, and a parser that asks it.
async fn scene(
    rules: Rules,
    script: impl Fn(&Asked, usize) -> Says + Send + Sync + 'static,
) -> (ModelServer, Advised) {
    let server = ModelServer::start(rules, script).await;
    let endpoint = Endpoint::new(&server.url(), rules.key.map(Into::into), MODEL).unwrap();
    (server, Advised::by(endpoint.within(Duration::from_secs(20))))
}

async fn heard(parser: &dyn Parser, text: &str) -> Value {
    outcome::json(&parser.parse(text, &context()).await)
}

/// What the offline parser answers to the same words.
fn offline(text: &str) -> Value {
    outcome::json(&dombot_intents::understand(text, &context()))
}

fn changes(parsed: &Parsed) -> bool {
    matches!(parsed, Parsed::Actions(wishes) if wishes.iter().any(|w| w.action.spec().mutates()))
}

fn code_in(text: &str) -> Option<String> {
    totp::digits(&text.to_owned().into())
}
