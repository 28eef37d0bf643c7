//! Negation, conditions, reports and doubts: what turns a wish into a question.

use dombot_core::parse::{AskReason, Clarify, Context};

use super::{Ask, Bag, Slots, lost};
use crate::cue::{CHANGES, Cue, Cues};
use crate::kind;
use crate::near;
use crate::span::{Piece, What};
use crate::token::Stop;

/// Questions about a change are no wish for it.
const QUESTIONS: Cues = Cues::of(&[
    Cue::Asks,
    Cue::Whether,
    Cue::When,
    Cue::What,
    Cue::Where,
    Cue::FindWhat,
    Cue::ListWhat,
]);

/// Words that narrow or widen a wish in a way that no slot holds.
const TURNS: Cues =
    Cues::of(&[Cue::Or, Cue::Limit, Cue::Said, Cue::Suppose, Cue::If, Cue::Not, Cue::Other]);

/// Words about how something stands: a report or a question, not a wish.
const STATES: Cues = Cues::of(&[
    Cue::Finished,
    Cue::Failed,
    Cue::Happened,
    Cue::DidNot,
    Cue::Open,
    Cue::Status,
    Cue::History,
    Cue::Free,
]);

/// "Renew it?" asks; "can you renew it?" wishes.
fn is_question(bag: &Bag<'_, '_>) -> bool {
    bag.pieces.iter().any(|p| p.stop == Stop::Question) && !bag.cues.has(Cue::Polite)
}

/// "Don't", "if", "what if" anywhere beside a change.
pub(crate) fn whole(pieces: &[Piece<'_>], ctx: &Context, several: bool) -> Option<Clarify> {
    let cues = pieces.iter().fold(Cues::NONE, |all, p| all.union(p.cues));
    let changes = cues.any(CHANGES);
    let reason = if cues.has(Cue::Suppose) || changes && cues.has(Cue::If) {
        AskReason::Condition
    } else if changes && cues.any(Cues::of(&[Cue::Not, Cue::No])) {
        AskReason::Negated
    } else {
        return None;
    };
    let bag = Bag::new(pieces, ctx, None);
    let scores = kind::scores(cues, &bag.masked());
    let best = scores.first().filter(|s| s.points > 30).map(|s| s.kind.to_owned());
    let guesses = if best.is_none() { guesses(&bag) } else { vec![] };
    Some(Clarify {
        kind: best.filter(|_| !several),
        reason: Some(reason),
        guesses,
        ..Clarify::default()
    })
}

fn guesses(bag: &Bag<'_, '_>) -> Vec<String> {
    let near = near::nearest(&bag.masked());
    near.iter().filter(|(_, like)| *like > 0.4).take(3).map(|(k, _)| (*k).to_owned()).collect()
}

/// Why this clause is not carried out, when its kind is clear.
pub(crate) fn clause(
    kind: &str,
    bag: &Bag<'_, '_>,
    filled: Result<&Vec<Slots>, &Ask>,
) -> Option<Clarify> {
    let known = || match filled {
        Ok(list) if list.len() == 1 => list[0].clone(),
        Err(ask) => ask.known.clone(),
        Ok(_) => Slots::new(),
    };
    let ask = |reason| Ask::default().knowing(known()).because(reason).of(kind);
    let bad = bag
        .pieces
        .iter()
        .enumerate()
        .any(|(i, p)| bag.is_free(i) && matches!(p.what, What::BadNumber | What::BadDate));
    if !kind::mutates(kind) {
        let turned = bag.cues.any(Cues::of(&[Cue::Suppose])) || negated(kind, bag);
        if bag.cues.has(Cue::Said) && !bag.cues.any(QUESTIONS.union(crate::cue::LOOKS)) {
            return Some(ask(AskReason::Unclear));
        }
        if filled.is_ok() && bag.has_unheard() {
            return Some(ask(AskReason::Unclear));
        }
        return turned
            .then(|| ask(AskReason::Negated))
            .or_else(|| bad.then(|| ask(AskReason::BadValue)));
    }
    let doubt = bag.cues.any(STATES) && kind != "job.settle" || is_question(bag);
    if bag.cues.any(TURNS) || bag.cues.any(QUESTIONS) || doubt || reports(bag.pieces) {
        return Some(ask(AskReason::Unclear));
    }
    if bag.cues.minus(kind::verbs(kind)).any(CHANGES.union(crate::cue::LOOKS)) {
        return Some(ask(AskReason::Ambiguous));
    }
    if let Some(ask) = filled.err().and_then(|ask| lost::question(kind, bag, ask)) {
        return Some(ask);
    }
    if bag.cues.has(Cue::All) && !all_is_meant(kind, filled) {
        let missing = filled.err().map(|ask| ask.missing.clone()).unwrap_or_default();
        // One named record is not all that was meant.
        let missing = if matches!(kind, "dns.set" | "dns.add") { vec![] } else { missing };
        let ask = Ask { known: known(), missing, reason: Some(AskReason::Ambiguous) };
        return Some(ask.of(kind));
    }
    if filled.is_err() {
        return None;
    }
    if bad || bag.has_leftover() {
        return Some(ask(AskReason::BadValue));
    }
    bag.has_unknown().then(|| ask(AskReason::Unclear))
}

/// "Which domains are not free": a look that means the opposite.
fn negated(kind: &str, bag: &Bag<'_, '_>) -> bool {
    bag.cues.has(Cue::Not) && !matches!(kind, "help" | "job.list")
        || bag.cues.has(Cue::Limit) && kind != "help"
}

/// "I just renewed", "we set", "our records point": told, not asked.
fn reports(pieces: &[Piece<'_>]) -> bool {
    let light = Cues::of(&[
        Cue::Fill,
        Cue::Polite,
        Cue::And,
        Cue::To,
        Cue::Hello,
        Cue::Thanks,
        Cue::Yes,
        Cue::It,
    ]);
    let ends = |p: &Piece<'_>| p.stop >= Stop::Comma || p.folded == "-";
    pieces.iter().enumerate().any(|(i, p)| {
        let fresh = pieces[..i].iter().rposition(ends).map_or(0, |n| n + 1);
        let before = &pieces[fresh..i];
        let asked = before.last().is_some_and(|p| matches!(p.folded.as_str(), "please" | "to"))
            || before.first().is_some_and(|p| p.cues.has(Cue::Causes));
        let own = before.iter().rev().take_while(|p| !p.cues.any(CHANGES));
        let subject = own.into_iter().any(|p| p.cues.has(Cue::Subject));
        let headed = before.iter().all(|p| p.what == What::Word && p.cues.any(light));
        let told = subject || p.cues.has(Cue::Head) && !headed && !asked;
        p.what == What::Word && p.cues.any(CHANGES) && told
    })
}

/// "All" has a place in these.
fn all_is_meant(kind: &str, filled: Result<&Vec<Slots>, &Ask>) -> bool {
    let whole = |s: &Slots| s.contains_key("scope") || !s.contains_key("value");
    match kind {
        "dns.delete" => filled.is_ok_and(|list| list.iter().all(whole)),
        "zone.delete" | "freeze" => true,
        _ => false,
    }
}
