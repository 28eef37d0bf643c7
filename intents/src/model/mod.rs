//! The parser with a model: the offline parser answers, and only where it abstains a model may propose. A proposal
//! is checked against the person's own words; what does not hold stays the offline parser's question.
//!
//! What leaves the machine: the words of this one message, the time, the time zone and the language. No history, no
//! portfolio, no zone, no file, no account, and no message that holds something like a code or a secret.

mod answer;
mod client;
mod endpoint;
mod evidence;
mod fit;
mod ground;
mod judge;
mod prompt;
mod schema;
mod secret;
mod shape;
mod slot;
#[cfg(test)]
mod tests;

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use async_trait::async_trait;
use dombot_core::parse::{AskReason, Clarify, Context, Parsed, Parser};

pub use client::Silent;
pub use endpoint::{BadEndpoint, DEADLINE, Endpoint};
pub use prompt::{VERSION, hash};

use crate::understand;
use evidence::Evidence;

/// Offline first; with a model where one is set. Copies share it.
#[derive(Debug, Clone, Default)]
pub struct Advised {
    endpoint: Arc<RwLock<Option<Arc<Endpoint>>>>,
}

impl Advised {
    /// With this model from the start.
    pub fn by(endpoint: Endpoint) -> Self {
        let advised = Self::default();
        advised.set(Some(endpoint));
        advised
    }

    /// From now on this model is asked; `None`: none.
    pub fn set(&self, endpoint: Option<Endpoint>) {
        *self.endpoint.write().unwrap_or_else(PoisonError::into_inner) = endpoint.map(Arc::new);
    }

    /// The model that is asked.
    pub fn endpoint(&self) -> Option<Arc<Endpoint>> {
        self.endpoint.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Parser for Advised {
    async fn parse(&self, text: &str, ctx: &Context) -> Parsed {
        let offline = match understand(text, ctx) {
            Parsed::Clarify(ask) => ask,
            clear => return clear,
        };
        match self.endpoint() {
            Some(endpoint) if may_help(&offline) && !secret::is_in(text, ctx) => {
                advise(&endpoint, text, ctx, offline).await
            }
            _ => Parsed::Clarify(offline),
        }
    }
}

/// The offline parser is unsure. Where it understood all but one slot, or heard "don't" or "if", no model knows better.
fn may_help(offline: &Clarify) -> bool {
    match offline.reason {
        None => offline.kind.is_none() || offline.missing.is_empty(),
        Some(AskReason::Unclear | AskReason::Ambiguous) => true,
        Some(_) => false,
    }
}

async fn advise(endpoint: &Endpoint, text: &str, ctx: &Context, offline: Clarify) -> Parsed {
    let started = Instant::now();
    let said = endpoint.ask(&prompt::system(ctx), text).await;
    let took = started.elapsed().as_millis();
    let (model, prompt, hash) = (endpoint.model(), VERSION, hash());
    let answer = match said.map(|text| answer::read(&text)) {
        Ok(Some(answer)) => answer,
        Ok(None) => {
            tracing::info!(
                model,
                prompt,
                hash,
                took,
                problem = "not the schema",
                "the offline answer stands"
            );
            return Parsed::Clarify(offline);
        }
        Err(problem) if problem.is_lasting() => {
            tracing::warn!(model, prompt, hash, took, %problem, "the offline answer stands");
            return Parsed::Clarify(offline);
        }
        Err(problem) => {
            tracing::info!(model, prompt, hash, took, %problem, "the offline answer stands");
            return Parsed::Clarify(offline);
        }
    };
    let parsed = judge::judge(&answer, offline, &Evidence::read(text, ctx));
    tracing::info!(model, prompt, hash, took, outcome = outcome(&parsed), "a model was asked");
    parsed
}

fn outcome(parsed: &Parsed) -> &'static str {
    match parsed {
        Parsed::Actions(_) => "action",
        Parsed::Clarify(_) => "clarify",
        Parsed::Refuse(_) => "refuse",
        Parsed::Talk(_) => "chat",
    }
}
