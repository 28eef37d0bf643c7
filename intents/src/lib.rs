//! Words to actions: the offline parser. A wish that is not understood for sure is a question, never a guess.
//!
//! Order: characters that are refused (`guard`), typed spans (`span`), negation and conditions, clauses,
//! kinds by cues and nearest examples (`kind`, `near`), slots (`wish`). Languages are folders under `prompts/`.

mod again;
mod cue;
pub mod eval;
mod fold;
mod frame;
mod guard;
mod kind;
mod lexicon;
mod near;
pub mod outcome;
mod span;
mod talk;
#[cfg(test)]
mod tests;
mod token;
mod wish;

use async_trait::async_trait;
use dombot_core::parse::{Context, Parsed, Parser};
use dombot_core::phrase::{Language, words};

/// Understands Polish and English without a network, a model or a memory.
#[derive(Debug, Clone, Copy, Default)]
pub struct Offline;

#[async_trait]
impl Parser for Offline {
    async fn parse(&self, text: &str, ctx: &Context) -> Parsed {
        understand(text, ctx)
    }
}

/// What [`Offline`] answers; pure and quick enough to call from anywhere.
pub fn understand(text: &str, ctx: &Context) -> Parsed {
    if let Some(refusal) = guard::characters(text).or_else(|| guard::foreign(text)) {
        return Parsed::Refuse(refusal);
    }
    let pieces = span::read(text, ctx);
    if let Some(refusal) = guard::pieces(&pieces) {
        return Parsed::Refuse(refusal);
    }
    frame::answer(&pieces, ctx)
        .or_else(|| again::follow(&pieces, ctx))
        .or_else(|| talk::small(&pieces, ctx))
        .unwrap_or_else(|| wish::message(&pieces, ctx))
}

/// A sentence of that kind that works, for help: `help.example.dns_set` in the language's `replies.toml`.
pub fn example(lang: Language, kind: &str) -> Option<&'static str> {
    words(lang).get(&format!("help.example.{}", kind.replace('.', "_"))).map(String::as_str)
}
