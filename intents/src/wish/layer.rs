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
        let asked = bag.pieces.iter().any(|p| p.stop == Stop::Question);
        let questions = if asked { QUESTIONS } else { QUESTIONS.minus(Cues::of(&[Cue::Whether])) };
        if bag.cues.has(Cue::Said) && !bag.cues.any(questions.union(crate::cue::LOOKS)) {
            return Some(ask(AskReason::Unclear));
        }
        if filled.is_ok() && bag.has_unheard() {
            return Some(ask(AskReason::Unclear));
        }
        return turned
            .then(|| ask(AskReason::Negated))
            .or_else(|| bad.then(|| ask(AskReason::BadValue)));
    }
    let home =
        if kind == "watch.add" && !bag.cues.has(Cue::Free) { Cues::NONE } else { at_home(kind) };
    let odd = bag.cues.minus(home);
    // "Stop withdrawing it from sale."
    let takes = Cues::of(&[Cue::Withdraw, Cue::Delete]);
    if kind == "sale.withdraw"
        && bag.words.iter().any(|w| w.has(Cue::Cancel))
        && bag.words.iter().any(|w| w.any(takes))
    {
        return Some(ask(AskReason::Ambiguous));
    }
    let wonders = is_question(bag) && kind != "domain.authcode";
    if odd.any(TURNS.union(QUESTIONS).union(STATES)) || wonders || reports(bag.pieces) {
        return Some(ask(AskReason::Unclear));
    }
    if !kind::explains(kind, &bag.words) {
        return Some(ask(AskReason::Ambiguous));
    }
    if bag.cues.any(Cues::of(&[Cue::All, Cue::Expiry])) && misses(filled, "domain") {
        let ask = Ask::missing(&["domain"]).knowing(known()).because(AskReason::NameThem);
        return Some(Clarify {
            kind: None,
            guesses: vec!["calendar.expiring".into()],
            ..ask.of(kind)
        });
    }
    if let Some(ask) = filled.err().and_then(|ask| lost::question(kind, bag, ask)) {
        return Some(ask);
    }
    if bag.cues.has(Cue::All) && !all_is_meant(kind, bag, filled) {
        let missing = filled.err().map(|ask| ask.missing.clone()).unwrap_or_default();
        // One named record is not all that was meant.
        let missing = if matches!(kind, "dns.set" | "dns.add") { vec![] } else { missing };
        let ask = Ask { known: known(), missing, reason: Some(AskReason::Ambiguous) }.of(kind);
        // The zone itself, or all that is in it?
        let two = ["zone.delete", "dns.delete"].map(str::to_owned).to_vec();
        return Some(if kind == "zone.delete" {
            Clarify { kind: None, guesses: two, ..ask }
        } else {
            ask
        });
    }
    let Ok(filled) = filled else { return None };
    if bad || bag.has_leftover() || !kind.starts_with("dns.") && bag.has_type() {
        return Some(ask(AskReason::BadValue));
    }
    if maybe_named(kind, bag, filled) {
        let mut known = known();
        known.remove("name");
        return Some(Ask::missing(&["name"]).knowing(known).of(kind))
            .filter(|_| kind != "cert.issue")
            .or_else(|| Some(ask(AskReason::Unclear)));
    }
    doubtful(kind, bag).then(|| ask(AskReason::Unclear))
}

fn misses(filled: Result<&Vec<Slots>, &Ask>, slot: &str) -> bool {
    filled.is_err_and(|ask| ask.missing.iter().any(|m| m == slot))
}

/// Words that we do not know matter where one could be a name, or could turn the verb behind it.
fn doubtful(kind: &str, bag: &Bag<'_, '_>) -> bool {
    let unknown = bag.unknown();
    // A word with digits or signs is a value that nobody read.
    let value = |i: &usize| {
        bag.pieces[*i].raw == "A"
            || bag.pieces[*i]
                .raw
                .chars()
                .any(|c| c.is_ascii_digit() || matches!(c, '#' | '$' | '%' | '=' | '_' | '@' | '*'))
    };
    if unknown.len() > 8 || unknown.iter().any(value) {
        return true;
    }
    let last = bag.pieces.iter().rposition(|p| p.what != What::Word).unwrap_or(0);
    let verbs = bag.words.iter().rposition(|w| w.any(kind::verbs(kind))).unwrap_or(0);
    // What trails behind everything that was understood may take it back.
    if unknown.iter().any(|i| *i > last.max(verbs)) {
        return true;
    }
    if bag.pieces.iter().skip(1).any(|p| p.cues.has(Cue::But)) {
        return true;
    }
    let verb = bag.words.iter().position(|w| w.any(kind::verbs(kind)));
    // "I need to refresh the certificate": what is wanted hangs on a word that we do not know.
    if verb.is_none() && !unknown.is_empty() && bag.cues.has(Cue::Want) {
        return true;
    }
    let turned = |v: usize| {
        let wished = |i: usize| {
            let wants = Cues::of(&[Cue::Want, Cue::Please]);
            bag.pieces[i..v].iter().any(|p| p.cues.any(wants))
        };
        !is_order(&bag.pieces[v]) && unknown.iter().any(|i| *i < v && !wished(*i))
    };
    verb.is_some_and(turned)
}

/// Only a domain was named, and a word that we do not know could be the name in it.
fn maybe_named(kind: &str, bag: &Bag<'_, '_>, filled: &[Slots]) -> bool {
    let unknown = bag.unknown();
    let apex = |s: &Slots| s.get("name").is_none_or(|n| n == "@");
    let names = matches!(kind, "dns.set" | "dns.add" | "dns.delete" | "cert.issue");
    names && filled.iter().any(apex) && unknown.iter().any(|i| inside(bag, *i))
}

/// "How do I transfer a domain", "jak przenieść domenę".
pub(crate) fn asks_how(kind: &str, bag: &Bag<'_, '_>) -> bool {
    let Some(how) = bag.words.iter().position(|w| w.has(Cue::How)) else { return false };
    let verb = bag.words.iter().position(|w| w.any(kind::verbs(kind)));
    let order = verb.is_none_or(|v| is_order(&bag.pieces[v]));
    let to = bag.words.get(how + 1).is_some_and(|w| w.has(Cue::To));
    let asked = bag.pieces.iter().any(|p| p.stop == Stop::Question);
    verb.is_none_or(|v| how < v) && (asked || to || !order)
}

/// A form that can only be an order: no infinitive and no noun made of a verb.
fn is_order(piece: &Piece<'_>) -> bool {
    if piece.cues.has(Cue::Noun) {
        return false;
    }
    let word = piece.folded.as_str();
    let noun = ["c", "nie", "nia", "niu", "cie", "cia", "ing", "al", "cja", "cje", "cji"];
    !noun.iter().any(|end| word.ends_with(end))
}

/// Between the first and the last thing that the wish is about.
fn inside(bag: &Bag<'_, '_>, i: usize) -> bool {
    let matters = |p: &Piece<'_>| p.what != What::Word || p.cues.any(CHANGES);
    bag.pieces[..i].iter().any(matters) && bag.pieces[i..].iter().any(|p| p.what != What::Word)
        || i.checked_sub(1)
            .is_some_and(|j| bag.pieces[j].cues.any(Cues::of(&[Cue::Named, Cue::Of, Cue::Record])))
}

/// "Which domains are not free": a look that means the opposite.
fn negated(kind: &str, bag: &Bag<'_, '_>) -> bool {
    bag.cues.has(Cue::Not) && !matches!(kind, "help" | "job.list")
        || bag.cues.has(Cue::Limit) && kind != "help"
}

/// "I just renewed", "we set", "our records point": told, not asked.
fn reports(pieces: &[Piece<'_>]) -> bool {
    let ends = |p: &Piece<'_>| p.stop >= Stop::Comma || p.folded == "-";
    pieces.iter().enumerate().any(|(i, p)| {
        let fresh = pieces[..i].iter().rposition(ends).map_or(0, |n| n + 1);
        let before = &pieces[fresh..i];
        let wanted = Cues::of(&[Cue::Want, Cue::Causes, Cue::Polite]);
        // "we wtorek": no person stands before a day.
        let person = |n: usize| {
            before[n].cues.has(Cue::Subject)
                && before.get(n + 1).is_none_or(|p| p.what == What::Word)
        };
        let subject = (0..before.len()).rev().find(|n| person(*n));
        let own = subject.is_some_and(|s| {
            // "we ask you to renew".
            let from = s.saturating_sub(1);
            !before[from..].iter().any(|p| p.cues.any(CHANGES.union(wanted)))
        });
        let other = before.last().is_some_and(|b| does(b, p))
            && !before.iter().any(|p| p.cues.any(Cues::of(&[Cue::Causes, Cue::Polite])));
        // "enable the registrar lock": behind an order it is a noun.
        let other = other && !before.iter().any(|p| p.cues.any(CHANGES));
        let told = own || p.cues.has(Cue::Head) && other;
        p.what == What::Word && p.cues.any(CHANGES) && told
    })
}

/// The word before a verb is who does it: "our records point", "the provider set".
fn does(before: &Piece<'_>, verb: &Piece<'_>) -> bool {
    let noun = Cues::of(&[
        Cue::Account,
        Cue::Domain,
        Cue::Zone,
        Cue::Record,
        Cue::Contact,
        Cue::Registrant,
    ]);
    let small =
        Cues::of(&[Cue::Fill, Cue::Thanks, Cue::Yes, Cue::Hello, Cue::And, Cue::Correct, Cue::But]);
    let unknown =
        before.cues.is_empty() && (before.folded.ends_with('s') || verb.cues.has(Cue::Past));
    let plural = before.folded.ends_with('s') && !before.cues.any(small);
    before.what == What::Word && (unknown || plural || before.cues.any(noun))
}

/// "All" has a place in these.
fn all_is_meant(kind: &str, bag: &Bag<'_, '_>, filled: Result<&Vec<Slots>, &Ask>) -> bool {
    // "firma.pl and shop.com, both": all that were named.
    if !kind.starts_with("dns.") && !kind.starts_with("zone.") {
        return bag.hosts().len() > 1;
    }
    let whole = |s: &Slots| s.contains_key("scope") || !s.contains_key("value");
    match kind {
        "dns.delete" => filled.is_ok_and(|list| list.iter().all(whole)),
        _ => false,
    }
}
