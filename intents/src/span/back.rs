//! "The second one", "the other one", "both": domains that the message before named. Never a guess.

use dombot_core::domain::DomainName;
use dombot_core::parse::Context;
use serde_json::json;

use super::{Host, Piece, What, of_span};
use crate::cue::{Cue, Cues};

/// Puts the domains that are meant in the place of the words, where no domain is named beside them.
pub(super) fn point(pieces: &mut Vec<Piece<'_>>, ctx: &Context) {
    let named = pieces.iter().any(|p| matches!(p.what, What::Host(_) | What::BadHost(_)));
    let domains = before(ctx);
    if named || domains.is_empty() {
        return;
    }
    let Some(at) = pieces.iter().position(|p| says(p)) else { return };
    let cues = pieces[at].cues;
    let meant: Vec<DomainName> = match (&domains[..], cues.has(Cue::Both), cues.has(Cue::First)) {
        ([_, _], true, _) => domains,
        (_, true, _) => return,
        ([first, _, ..], _, true) => vec![first.clone()],
        ([_, second], ..) => vec![second.clone()],
        ([one], _, false) => other(one, ctx),
        _ => return,
    };
    let mut out = Vec::with_capacity(pieces.len() + 1);
    for (i, piece) in pieces.drain(..).enumerate() {
        if i != at {
            out.push(piece);
            continue;
        }
        for name in &meant {
            let what = What::Host(Host { name: name.clone(), wildcard: false, url: false });
            out.push(Piece { cues: of_span(&what), what, ..piece.clone() });
        }
        if meant.is_empty() {
            out.push(piece);
        }
    }
    *pieces = out;
}

fn says(piece: &Piece<'_>) -> bool {
    let back = Cues::of(&[Cue::First, Cue::Second, Cue::Both]);
    piece.what == What::Word && piece.cues.any(back)
}

/// The domains that the message before named, each once.
fn before(ctx: &Context) -> Vec<DomainName> {
    let mut out: Vec<DomainName> = Vec::new();
    for wish in &ctx.before {
        let domain = json!(wish)["slots"]["domain"].as_str().and_then(|d| d.parse().ok());
        out.extend(domain.filter(|d| !out.contains(d)));
    }
    out
}

/// Of two domains that a person has, the one that was not spoken of.
fn other(one: &DomainName, ctx: &Context) -> Vec<DomainName> {
    match &ctx.portfolio[..] {
        [a, b] if a == one => vec![b.clone()],
        [a, b] if b == one => vec![a.clone()],
        _ => vec![],
    }
}
