//! Clauses: a message may hold several wishes.

use std::ops::Range;

use crate::cue::{CHANGES, Cue, Cues, LOOKS};
use crate::span::{Piece, What};
use crate::token::Stop;

/// A word that can carry a clause.
const HEADS: Cues = CHANGES.union_const(LOOKS).union_const(Cues::of(&[
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
]);

/// Without "because ..." parts that hold no value and turn nothing around.
pub(crate) fn without_reasons<'t>(pieces: &[Piece<'t>]) -> Vec<Piece<'t>> {
    let mut out: Vec<Piece<'t>> = Vec::with_capacity(pieces.len());
    let mut i = 0;
    while i < pieces.len() {
        let harmless = |p: &&Piece<'_>| {
            p.what == What::Word
                && !p.cues.any(Cues::of(&[Cue::Not, Cue::If, Cue::Limit, Cue::Suppose]))
        };
        if pieces[i].cues.has(Cue::Because) {
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
    subject_i(&mut out);
    out
}

/// "Thanks, John": up to three unknown words after a farewell.
fn without_signature(pieces: &mut Vec<Piece<'_>>) {
    let farewell = |p: &Piece<'_>| p.cues.any(Cues::of(&[Cue::Bye, Cue::Thanks]));
    let Some(at) = pieces.iter().rposition(farewell) else { return };
    let unknown = |p: &Piece<'_>| p.what == What::Word && p.cues.is_empty();
    if at > 0 && pieces.len() - at <= 4 && pieces[at + 1..].iter().all(unknown) {
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
