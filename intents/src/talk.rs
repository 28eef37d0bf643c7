//! Small talk, and the words that drop a plan.

use dombot_core::action::{Action, Nothing};
use dombot_core::parse::{Context, Parsed, Topic, Wish};

use crate::cue::{CHANGES, Cue, Cues, LOOKS};
use crate::span::{Piece, What};

/// Cues that need no answer of their own.
const POLITE: Cues = Cues::of(&[
    Cue::Fill,
    Cue::Polite,
    Cue::Thanks,
    Cue::Hello,
    Cue::Bye,
    Cue::And,
    Cue::It,
    Cue::To,
    Cue::Subject,
]);

/// The answer when a message is no wish; `None` = it may be one.
pub(crate) fn small(pieces: &[Piece<'_>], ctx: &Context) -> Option<Parsed> {
    let cues = pieces.iter().fold(Cues::NONE, |all, p| all.union(p.cues));
    let code = |p: &Piece<'_>| p.raw.chars().all(|c| c.is_ascii_digit() || c == '-');
    if !pieces.is_empty() && pieces.iter().all(code) {
        return Some(Parsed::Talk(Topic::Other));
    }
    let words = pieces.iter().all(|p| p.what == What::Word);
    if !words {
        let digits = pieces.iter().all(|p| matches!(p.what, What::Number(_) | What::BadNumber));
        let yes = cues.has(Cue::Yes) && !cues.any(CHANGES.union(LOOKS));
        return (digits || yes && no_values(pieces)).then_some(Parsed::Talk(Topic::Other));
    }
    let only = |allowed: &[Cue]| {
        let allowed = Cues::of(allowed).union(POLITE);
        pieces.iter().all(|p| p.cues.any(allowed))
    };
    if cues.has(Cue::No) && only(&[Cue::No, Cue::Not]) {
        return Some(if ctx.pending_plan { cancel() } else { Parsed::Talk(Topic::Other) });
    }
    if ctx.pending_plan && cues.has(Cue::No) && only(&[Cue::No, Cue::Not, Cue::Cancel, Cue::Plan]) {
        return Some(cancel());
    }
    if cues.any(CHANGES.union(LOOKS)) {
        return None;
    }
    topic(pieces, cues).map(Parsed::Talk)
}

fn topic(pieces: &[Piece<'_>], cues: Cues) -> Option<Topic> {
    let unknown = pieces.iter().filter(|p| p.cues.is_empty()).count();
    let things = Cues::of(&[
        Cue::Domain,
        Cue::Zone,
        Cue::Record,
        Cue::Dns,
        Cue::Job,
        Cue::Plan,
        Cue::Account,
        Cue::Expiry,
        Cue::History,
        Cue::Free,
        Cue::FindWhat,
        Cue::ListWhat,
        Cue::Auto,
        Cue::Ttl,
        Cue::Status,
        Cue::Suppose,
    ]);
    if cues.has(Cue::Abilities) {
        return Some(Topic::Help);
    }
    if cues.has(Cue::Identity) {
        return Some(Topic::Identity);
    }
    if cues.any(things) {
        return None;
    }
    [(Cue::Hello, Topic::Greeting), (Cue::Thanks, Topic::Thanks), (Cue::Bye, Topic::Bye)]
        .into_iter()
        .find(|(cue, _)| cues.has(*cue) && unknown <= 2)
        .map(|(_, topic)| topic)
        .or(Some(Topic::Other))
}

fn no_values(pieces: &[Piece<'_>]) -> bool {
    pieces
        .iter()
        .all(|p| matches!(p.what, What::Word | What::Number(_) | What::BadNumber | What::Id(_)))
}

fn cancel() -> Parsed {
    Parsed::Actions(vec![Wish { action: Action::PlanCancel(Nothing {}), at: None }])
}
