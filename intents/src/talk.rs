//! Small talk, and the words that drop a plan.

use dombot_core::action::{Action, Nothing};
use dombot_core::parse::{AskReason, Clarify, Context, Parsed, Refusal, Topic, Wish};

use crate::cue::{CHANGES, Cue, Cues, LOOKS};
use crate::span::{Piece, What};

/// Cues that need no answer of their own.
const POLITE: Cues = Cues::of(&[
    Cue::Fill,
    Cue::Want,
    Cue::Please,
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
    if let Some(answer) = codes(pieces, cues, ctx) {
        return Some(answer);
    }
    let words = pieces.iter().all(|p| p.what == What::Word);
    if !words {
        let digits = pieces.iter().all(|p| matches!(p.what, What::Number(_) | What::BadNumber));
        return digits.then_some(Parsed::Talk(Topic::Other));
    }
    let only = |allowed: &[Cue]| {
        let allowed = Cues::of(allowed).union(POLITE);
        pieces.iter().all(|p| p.cues.any(allowed))
    };
    if cues.has(Cue::No) && only(&[Cue::No, Cue::Not]) {
        return Some(if ctx.pending_plan { cancel() } else { Parsed::Talk(Topic::Other) });
    }
    let drops = Cues::of(&[Cue::No, Cue::Cancel, Cue::Leave]);
    let words = [Cue::No, Cue::Not, Cue::Cancel, Cue::Plan, Cue::Leave, Cue::Correct, Cue::Last];
    if ctx.pending_plan && cues.any(drops) && only(&words) {
        return Some(cancel());
    }
    if cues.any(CHANGES.union(LOOKS)) {
        return None;
    }
    topic(pieces, cues).map(Parsed::Talk)
}

/// A code never approves anything here: bare ones are taken out before, and a sentence is no place for one.
fn codes(pieces: &[Piece<'_>], cues: Cues, ctx: &Context) -> Option<Parsed> {
    let digits = |p: &Piece<'_>| p.raw.chars().all(|c| c.is_ascii_digit() || c == '-');
    let bare = !pieces.is_empty() && pieces.iter().all(digits);
    let like_one = |p: &Piece<'_>| {
        matches!(p.raw.len(), 6 | 8)
            && matches!(p.what, What::Number(_) | What::BadNumber | What::Id(_))
            && digits(p)
    };
    let wants = Parsed::Clarify(Clarify {
        missing: vec!["code".into()],
        reason: Some(AskReason::WantsCode),
        ..Clarify::default()
    });
    let yes = cues.has(Cue::Yes) && !cues.any(Cues::of(&[Cue::No, Cue::Not])) && no_values(pieces);
    if ctx.pending_plan && (bare || yes || pieces.iter().any(like_one)) {
        return Some(wants);
    }
    bare.then_some(Parsed::Refuse(Refusal::NoPlan))
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
