//! Clauses: a message may hold several wishes.

use std::ops::Range;

use crate::cue::{CHANGES, Cue, Cues, LOOKS};
use crate::span::{Piece, What};
use crate::token::Stop;

/// A word that can carry a clause.
const HEADS: Cues = CHANGES.union(LOOKS).union(Cues::of(&[
    Cue::What,
    Cue::When,
    Cue::FindWhat,
    Cue::ListWhat,
    Cue::History,
]));

/// Words that may stand between "and" and the verb.
const LIGHT: Cues = Cues::of(&[
    Cue::And,
    Cue::Fill,
    Cue::Polite,
    Cue::It,
    Cue::Subject,
    Cue::To,
    Cue::Hello,
    Cue::Thanks,
    Cue::Yes,
    Cue::Not,
    Cue::But,
    Cue::Want,
    Cue::Please,
]);

/// What turns a wish, in a reason too.
const TURNS: Cues = Cues::of(&[
    Cue::Not,
    Cue::If,
    Cue::Limit,
    Cue::Suppose,
    Cue::Doubt,
    Cue::After,
    Cue::But,
    Cue::Or,
    Cue::Correct,
    Cue::When,
]);

/// Without "because ..." parts that hold no value and turn nothing around.
pub(crate) fn without_reasons<'t>(pieces: &[Piece<'t>]) -> Vec<Piece<'t>> {
    let mut out: Vec<Piece<'t>> = Vec::with_capacity(pieces.len());
    let mut i = 0;
    while i < pieces.len() {
        let harmless =
            |p: &&Piece<'_>| p.what == What::Word && !p.cues.any(TURNS) && p.stop != Stop::Question;
        // Why a certificate is revoked is part of the wish.
        if pieces[i].cues.has(Cue::Because) && !pieces.iter().any(|p| p.cues.has(Cue::Revoke)) {
            let rest = |n: usize| pieces[i + n + 1..].iter().any(|p| p.cues.any(CHANGES));
            let word = |p: &Piece<'_>| matches!(p.what, What::Word | What::Name(_));
            let comma = pieces[i..].iter().position(|p| p.stop >= Stop::Comma);
            // "since we are moving the shop, please change ...".
            if let Some(n) = comma.filter(|n| {
                rest(*n)
                    && pieces[i..=i + n].iter().all(word)
                    && pieces[i..=i + n].iter().all(|p| p.what != What::Word || harmless(&p))
            }) {
                i += n + 1;
                continue;
            }
            let end = pieces[i..].iter().position(|p| p.stop >= Stop::Sentence);
            let end = end.map_or(pieces.len(), |n| i + n + 1);
            if pieces[i..end].iter().filter(harmless).count() == end - i
                && !pieces[i + 1..end].iter().any(|p| p.cues.any(CHANGES))
            {
                if let Some(last) = out.last_mut() {
                    last.stop = Stop::Sentence;
                }
                i = end;
                continue;
            }
        }
        out.push(pieces[i].clone());
        i += 1;
    }
    without_signature(&mut out);
    relative(&mut out);
    nouns(&mut out);
    subject_i(&mut out);
    out
}

/// "after the server change,", "release the lock": an English verb behind an article is a noun. It carries a wish
/// only behind a verb that we know.
fn nouns(pieces: &mut [Piece<'_>]) {
    let carries = CHANGES.union(Cues::of(&[Cue::Light, Cue::Want, Cue::Please]));
    let mut from = 0;
    for i in 0..pieces.len() {
        let article = |n: usize| i >= n && i - n >= from && pieces[i - n].cues.has(Cue::Article);
        // "my records point": a plural before it does it.
        let plain = i > from
            && pieces[i - 1].what == What::Word
            && !pieces[i - 1].cues.has(Cue::To)
            && !pieces[i - 1].folded.ends_with('s');
        let noun = pieces[i].cues.has(Cue::Head) && (article(1) || plain && article(2));
        let held = pieces[from..i].iter().any(|p| p.cues.any(carries));
        let last = noun && pieces[i].stop == Stop::Comma;
        if noun && (!held || last && !pieces[from..i].iter().any(|p| p.cues.any(CHANGES))) {
            pieces[i].cues = pieces[i].cues.minus(CHANGES.union(Cues::of(&[Cue::Head])));
        }
        if pieces[i].stop >= Stop::Comma {
            from = i + 1;
        }
    }
}

/// "everything that expires", "domains which expire": no question.
fn relative(pieces: &mut [Piece<'_>]) {
    let noun = Cues::of(&[Cue::All, Cue::Domain, Cue::Job, Cue::Record, Cue::Cert]);
    for i in 1..pieces.len() {
        if pieces[i - 1].cues.has(Cue::After) && matches!(pieces[i].what, What::Period(..)) {
            pieces[i - 1].cues = Cues::of(&[Cue::Fill]);
        }
        if pieces[i].what == What::Word
            && pieces[i].cues.has(Cue::What)
            && pieces[i - 1].cues.any(noun)
            && pieces[i].folded != "what"
        {
            pieces[i].cues = Cues::of(&[Cue::Fill]);
        }
    }
}

/// "Thanks, John": up to three unknown words after a farewell.
fn without_signature(pieces: &mut Vec<Piece<'_>>) {
    let farewell = |p: &Piece<'_>| p.cues.any(Cues::of(&[Cue::Bye, Cue::Thanks]));
    let Some(at) = pieces.iter().rposition(farewell) else { return };
    // "Best, Mark": a name may be a word of ours.
    let name = |p: &Piece<'_>| {
        let capital =
            p.raw.starts_with(char::is_uppercase) && p.raw.chars().any(char::is_lowercase);
        p.what == What::Word && (p.cues.is_empty() || capital)
    };
    if at > 0 && pieces.len() - at <= 4 && pieces[at + 1..].iter().all(name) {
        pieces.truncate(at + 1);
    }
}

/// "i" joins in Polish what was said before; where nothing was, it is an English person.
fn subject_i(pieces: &mut [Piece<'_>]) {
    let mut said = false;
    for i in 0..pieces.len() {
        if pieces[i].folded == "i" && pieces[i].what == What::Word {
            let fresh =
                i == 0 || pieces[i - 1].stop >= Stop::Comma || pieces[i - 1].cues.has(Cue::And);
            let cue = if fresh || !said { Cue::Subject } else { Cue::And };
            pieces[i].cues = Cues::of(&[cue]);
        }
        said |= pieces[i].what != What::Word || pieces[i].cues.any(HEADS);
        said &= pieces[i].stop < Stop::Sentence;
    }
}

/// All that is said about time stands before the first verb.
pub(crate) fn time_leads(clause: &[Piece<'_>]) -> bool {
    let verb = clause.iter().position(|p| p.cues.any(CHANGES)).unwrap_or(0);
    let time = |p: &Piece<'_>| p.cues.has(Cue::Date);
    clause[..verb].iter().any(time) && !clause[verb..].iter().any(time)
}

/// Where the clauses stand. A clause begins after a stop or "and" when a verb of its own follows.
pub(crate) fn clauses(pieces: &[Piece<'_>]) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let mut from = 0;
    let mut headed = false;
    for i in 0..pieces.len() {
        let joined = i > 0 && (pieces[i - 1].stop >= Stop::Comma || pieces[i].cues.has(Cue::And));
        if headed && joined && starts_clause(&pieces[i..]) {
            out.push(from..i);
            from = i;
            headed = false;
        }
        headed |= pieces[i].cues.any(HEADS);
    }
    out.push(from..pieces.len());
    out
}

fn starts_clause(rest: &[Piece<'_>]) -> bool {
    for piece in rest.iter().take(7) {
        if piece.cues.any(HEADS) {
            return true;
        }
        if piece.what != What::Word || !piece.cues.any(LIGHT) {
            return false;
        }
    }
    false
}
