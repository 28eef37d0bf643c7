//! Negation, conditions, reports and doubts: what turns a wish into a question.

use dombot_core::parse::{AskReason, Clarify, Context};

use super::{Ask, Bag, Slots, doubt, lost};
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
const TURNS: Cues = Cues::of(&[
    Cue::Or,
    Cue::Limit,
    Cue::Said,
    Cue::Suppose,
    Cue::If,
    Cue::Not,
    Cue::Other,
    Cue::Doubt,
    Cue::Correct,
    Cue::After,
    Cue::Soon,
]);

/// Words about how something stands: a report or a question, not a wish.
const STATES: Cues = Cues::of(&[
    Cue::Finished,
    Cue::Failed,
    Cue::Happened,
    Cue::DidNot,
    Cue::Open,
    Cue::Running,
    Cue::Pending,
    Cue::Status,
    Cue::History,
    Cue::Free,
]);

/// "Renew it?" asks; "can you renew it?" wishes.
fn is_question(bag: &Bag<'_, '_>) -> bool {
    bag.pieces.iter().any(|p| p.stop == Stop::Question) && !bag.cues.has(Cue::Polite)
}

/// "No need to confirm", "the boss approved it": no word stands in for a code.
pub(crate) fn bypass(pieces: &[Piece<'_>]) -> Option<Clarify> {
    let cues = pieces.iter().fold(Cues::NONE, |all, p| all.union(p.cues));
    if cues.has(Cue::Approval) && cues.any(CHANGES) {
        return Some(Clarify { reason: Some(AskReason::NoBypass), ..Clarify::default() });
    }
    // "Somebody wrote: unlock it": what follows is another's word.
    let speaks = |i: usize| {
        let p = &pieces[i];
        let word = p.what == What::Word
            && (p.cues.is_empty() || p.cues.any(Cues::of(&[Cue::Said, Cue::Doubt])));
        let after = pieces[i + 1..].iter().any(|p| p.cues.any(CHANGES));
        word && p.stop == Stop::Colon && after && !pieces[..i].iter().any(|p| p.cues.any(CHANGES))
    };
    let told = (0..pieces.len()).any(speaks);
    told.then(|| Clarify { reason: Some(AskReason::Unclear), ..Clarify::default() })
}

/// "Don't", "if", "what if" anywhere beside a change.
pub(crate) fn whole(pieces: &[Piece<'_>], ctx: &Context, several: bool) -> Option<Clarify> {
    let cues = pieces.iter().fold(Cues::NONE, |all, p| all.union(p.cues));
    let changes = cues.any(CHANGES) || cues.has(Cue::AuthCode);
    // "Mark job 7F3A: leave it" is a verdict.
    let leaves = cues.has(Cue::Settle) && cues.has(Cue::Leave);
    let reason = if cues.has(Cue::Suppose) || changes && cues.has(Cue::If) {
        AskReason::Condition
    } else if changes && (cues.has(Cue::Not) || cues.has(Cue::No) && !leaves) {
        AskReason::Negated
    } else {
        return None;
    };
    let bag = Bag::new(pieces, ctx, None);
    if is_watch(&bag) && !cues.any(Cues::of(&[Cue::Suppose, Cue::Not, Cue::No])) {
        return None;
    }
    let scores = kind::scores(&bag.words, cues, &bag.masked());
    let best = scores.first().filter(|s| s.points > 30).map(|s| s.kind.to_owned());
    let guesses = if best.is_none() { guesses(&bag) } else { vec![] };
    Some(Clarify {
        kind: best.filter(|_| !several),
        reason: Some(reason),
        guesses,
        ..Clarify::default()
    })
}

/// "Let me know when it becomes free": the condition is the wish.
fn is_watch(bag: &Bag<'_, '_>) -> bool {
    bag.cues.has(Cue::Watch)
        && bag.cues.has(Cue::Free)
        && bag.words.iter().all(|w| !w.any(CHANGES) || w.any(kind::verbs("watch.add")))
}

/// Signs that are no question or state in a wish of this kind, but part of it.
fn at_home(kind: &str) -> Cues {
    Cues::of(match kind {
        "domain.authcode" => &[Cue::What, Cue::Whether],
        "watch.add" => &[Cue::Free, Cue::If, Cue::When],
        "job.settle" => &[
            Cue::Finished,
            Cue::Failed,
            Cue::Happened,
            Cue::DidNot,
            Cue::Open,
            Cue::Running,
            Cue::Pending,
            Cue::Status,
            Cue::Leave,
        ],
        _ => &[],
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
    let known = match filled {
        Ok(list) if list.len() == 1 => list[0].clone(),
        Err(ask) => ask.known.clone(),
        Ok(_) => Slots::new(),
    };
    let ask = |reason| Ask::default().knowing(known.clone()).because(reason).of(kind);
    let free = |i: usize, p: &Piece<'_>| {
        bag.is_free(i) && matches!(p.what, What::BadNumber | What::BadDate)
    };
    let bad = bag.pieces.iter().enumerate().any(|(i, p)| free(i, p));
    if !kind::mutates(kind) {
        return look(kind, bag, filled.is_ok()).or(bad.then_some(AskReason::BadValue)).map(ask);
    }
    if let Some(reason) = turned(kind, bag) {
        return Some(ask(reason));
    }
    if let Some(ask) = filled.err().and_then(|ask| lost::question(kind, bag, ask)) {
        return Some(ask);
    }
    if bag.cues.has(Cue::All) && !all_is_meant(kind, bag, filled) {
        return Some(which(kind, filled, known));
    }
    let Ok(filled) = filled else { return None };
    if bad || bag.has_leftover() || !kind.starts_with("dns.") && bag.has_type() {
        return Some(ask(AskReason::BadValue));
    }
    if doubt::maybe_named(kind, bag, filled) && kind != "cert.issue" {
        let mut known = known;
        known.remove("name");
        return Some(Ask::missing(&["name"]).knowing(known).of(kind));
    }
    let doubtful = doubt::doubtful(kind, bag) || doubt::maybe_named(kind, bag, filled);
    doubtful.then(|| ask(AskReason::Unclear))
}

/// "All that expire in December": for a change they must be named.
pub(crate) fn unnamed(
    kind: &str,
    bag: &Bag<'_, '_>,
    filled: Result<&Vec<Slots>, &Ask>,
) -> Option<Clarify> {
    let some = bag.cues.any(Cues::of(&[Cue::All, Cue::Expiry])) && misses(filled, "domain");
    let sure = turned(kind, bag).is_none();
    (kind::mutates(kind) && some && sure).then(|| Clarify {
        missing: vec!["domain".into()],
        reason: Some(AskReason::NameThem),
        guesses: vec!["calendar.expiring".into()],
        ..Clarify::default()
    })
}

/// Why a look is not answered.
fn look(kind: &str, bag: &Bag<'_, '_>, whole: bool) -> Option<AskReason> {
    let asked = bag.pieces.iter().any(|p| p.stop == Stop::Question);
    let questions = if asked { QUESTIONS } else { QUESTIONS.minus(Cues::of(&[Cue::Whether])) };
    let told = bag.cues.has(Cue::Said) && !bag.cues.any(questions.union(crate::cue::LOOKS));
    if told || whole && bag.has_unheard() {
        return Some(AskReason::Unclear);
    }
    (bag.cues.has(Cue::Suppose) || negated(kind, bag)).then_some(AskReason::Negated)
}

/// What turns a change into a question: conditions, reports, doubts, verbs that have no place in it.
fn turned(kind: &str, bag: &Bag<'_, '_>) -> Option<AskReason> {
    let watch = kind == "watch.add" && !bag.cues.has(Cue::Free);
    let odd = bag.cues.minus(if watch { Cues::NONE } else { at_home(kind) });
    // "Stop withdrawing it from sale."
    let any = |cues: Cues| bag.words.iter().any(|w| w.any(cues));
    let takes = any(Cues::of(&[Cue::Withdraw, Cue::Delete]));
    if kind == "sale.withdraw" && takes && any(Cues::of(&[Cue::Cancel])) {
        return Some(AskReason::Ambiguous);
    }
    if doubt::other_object(kind, bag) {
        return Some(AskReason::Ambiguous);
    }
    // "All but the MX."
    if bag.cues.has(Cue::All) && bag.cues.has(Cue::But) {
        return Some(AskReason::Negated);
    }
    let wonders = is_question(bag) && kind != "domain.authcode";
    if odd.any(TURNS.union(QUESTIONS).union(STATES)) || wonders || doubt::reports(bag.pieces) {
        return Some(AskReason::Unclear);
    }
    (!kind::explains(kind, &bag.words)).then_some(AskReason::Ambiguous)
}

/// "All" where one thing is named: which?
fn which(kind: &str, filled: Result<&Vec<Slots>, &Ask>, known: Slots) -> Clarify {
    let missing = filled.err().map(|ask| ask.missing.clone()).unwrap_or_default();
    // One named record is not all that was meant.
    let missing = if matches!(kind, "dns.set" | "dns.add") { vec![] } else { missing };
    let ask = Ask { known, missing, reason: Some(AskReason::Ambiguous) }.of(kind);
    // The zone itself, or all that is in it?
    let two = ["zone.delete", "dns.delete"].map(str::to_owned).to_vec();
    if kind == "zone.delete" { Clarify { kind: None, guesses: two, ..ask } } else { ask }
}

fn misses(filled: Result<&Vec<Slots>, &Ask>, slot: &str) -> bool {
    filled.is_err_and(|ask| ask.missing.iter().any(|m| m == slot))
}

/// "Which domains are not free": a look that means the opposite.
fn negated(kind: &str, bag: &Bag<'_, '_>) -> bool {
    bag.cues.has(Cue::Not) && !matches!(kind, "help" | "job.list")
        || bag.cues.has(Cue::Limit) && kind != "help"
}

/// "All" has a place in these.
fn all_is_meant(kind: &str, bag: &Bag<'_, '_>, filled: Result<&Vec<Slots>, &Ask>) -> bool {
    // "firma.pl and shop.com, both": all that were named.
    if !kind.starts_with("dns.") && !kind.starts_with("zone.") && kind != "freeze" {
        return bag.hosts().len() > 1;
    }
    let whole = |s: &Slots| s.contains_key("scope") || !s.contains_key("value");
    match kind {
        "dns.delete" => filled.is_ok_and(|list| list.iter().all(whole)),
        "freeze" => true,
        _ => false,
    }
}
