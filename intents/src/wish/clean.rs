//! What stands around a wish: greetings, stories, and what is not to be done.

use std::ops::Range;

use crate::cue::{CHANGES, Cue, Cues, LOOKS};
use crate::span::{Piece, What};
use crate::token::Stop;

/// Signs of words that say nothing about the wish.
const CHATTER: Cues = Cues::of(&[
    Cue::Fill,
    Cue::Hello,
    Cue::Thanks,
    Cue::Bye,
    Cue::Polite,
    Cue::Want,
    Cue::Please,
    Cue::And,
    Cue::Said,
    Cue::Subject,
    Cue::It,
    Cue::Of,
    Cue::To,
    Cue::At,
    Cue::Source,
    Cue::From,
    Cue::My,
    Cue::Head,
    Cue::Site,
    Cue::InTime,
    Cue::NextOne,
    Cue::Within,
    Cue::Yes,
    Cue::Here,
    Cue::Onto,
    Cue::Causes,
    Cue::Article,
    Cue::Noun,
    Cue::Light,
]);

/// Drops greetings and stories beside a wish, and what a wish is not to touch.
pub(crate) fn cleaned<'t>(pieces: &[Piece<'t>]) -> Vec<Piece<'t>> {
    let pieces = without(pieces, &segments(pieces, false), is_story);
    let pieces = without(&pieces, &segments(&pieces, true), is_chatter);
    without_exceptions(&pieces)
}

/// Parts between stops; "but" begins a part, too.
fn segments(pieces: &[Piece<'_>], commas: bool) -> Vec<Range<usize>> {
    let least = if commas { Stop::Comma } else { Stop::Sentence };
    let mut out = Vec::new();
    let mut from = 0;
    for (i, piece) in pieces.iter().enumerate() {
        if commas && i > from && piece.cues.has(Cue::But) {
            out.push(from..i);
            from = i;
        }
        if piece.stop >= least {
            out.push(from..i + 1);
            from = i + 1;
        }
    }
    if from < pieces.len() {
        out.push(from..pieces.len());
    }
    out
}

/// Keeps what is a wish; where nothing is, everything stays.
fn without<'t>(
    pieces: &[Piece<'t>],
    parts: &[Range<usize>],
    is_noise: fn(&[Piece<'t>]) -> bool,
) -> Vec<Piece<'t>> {
    let wishes =
        |part: &Range<usize>| pieces[part.clone()].iter().any(|p| p.cues.any(CHANGES.union(LOOKS)));
    if !parts.iter().any(wishes) {
        return pieces.to_vec();
    }
    let first = parts.iter().find(|part| wishes(part)).map_or(0, |part| part.start);
    let noise = |part: &Range<usize>| {
        is_noise(&pieces[part.clone()]) || part.start < first && is_tale(&pieces[part.clone()])
    };
    let kept = parts.iter().filter(|part| wishes(part) || !noise(part)).cloned();
    let mut out: Vec<Piece<'t>> = Vec::with_capacity(pieces.len());
    for part in kept {
        // What was cut out between two parts still separates them.
        if let Some(last) = out.last_mut() {
            last.stop = last.stop.max(Stop::Comma);
        }
        out.extend_from_slice(&pieces[part]);
    }
    out
}

fn told(part: &[Piece<'_>]) -> Cues {
    part.iter().fold(Cues::NONE, |all, p| all.union(p.cues))
}

/// "Marek renewed it yesterday." tells; nothing in it is wanted.
fn is_story(part: &[Piece<'_>]) -> bool {
    let turned = Cues::of(&[Cue::Not, Cue::If, Cue::Suppose, Cue::Doubt, Cue::Correct]);
    let report = part.iter().any(|p| p.cues.has(Cue::Said));
    report && !told(part).any(turned) && part.last().is_some_and(|p| p.stop != Stop::Question)
}

/// What is told before the wish: "his site does not work after the change,". No value, nothing that turns a wish.
fn is_tale(part: &[Piece<'_>]) -> bool {
    let turned = Cues::of(&[
        Cue::If,
        Cue::Suppose,
        Cue::Or,
        Cue::Limit,
        Cue::Doubt,
        Cue::Same,
        Cue::Correct,
        Cue::Other,
    ]);
    let unknown = |p: &Piece<'_>| p.what == What::Word && p.cues.is_empty();
    let no = Cues::of(&[Cue::Not, Cue::No]);
    // "does not work" tells; "nie pytać", "nie pytaj" is an order.
    let tells = |p: &Piece<'_>| unknown(p) && !p.folded.ends_with(['c', 'j']);
    let refuses =
        part.iter().enumerate().any(|(i, p)| p.cues.any(no) && !part.get(i + 1).is_some_and(tells));
    // "After the client has paid, ..." is a condition; "it is down after the move" is none.
    let opens = Cues::of(&[Cue::After, Cue::When, Cue::How]);
    let condition = part.iter().take(2).any(|p| p.cues.any(opens));
    !condition
        && part.iter().all(|p| p.what == What::Word)
        && part.iter().filter(|p| unknown(p)).count() >= 2
        && !told(part).any(turned)
        && !refuses
        && part.last().is_some_and(|p| p.stop != Stop::Question)
}

/// Words without a value and without a sign of their own.
fn is_chatter(part: &[Piece<'_>]) -> bool {
    let light = |p: &Piece<'_>| p.what == What::Word && p.cues.minus(CHATTER).is_empty();
    part.iter().all(light) && part.last().is_some_and(|p| p.stop != Stop::Question)
}

/// ", but not shop.com", "ale AAAA zostaw": what is left out was never asked for.
fn without_exceptions<'t>(pieces: &[Piece<'t>]) -> Vec<Piece<'t>> {
    let parts = segments(pieces, true);
    let all = told(pieces).has(Cue::All);
    let is_exception = |part: &Range<usize>| {
        let (inside, cues) = (&pieces[part.clone()], told(&pieces[part.clone()]));
        let refused = cues.any(Cues::of(&[Cue::Not, Cue::Leave]));
        let verb = cues.any(CHANGES.union(LOOKS));
        let names: Vec<&What> = inside.iter().map(|p| &p.what).filter(|w| is_object(w)).collect();
        let elsewhere =
            |w: &&What| pieces.iter().enumerate().any(|(i, p)| !part.contains(&i) && p.what == **w);
        let light = |p: &Piece<'_>| is_object(&p.what) || p.what == What::Word;
        let turned =
            Cues::of(&[Cue::Or, Cue::If, Cue::Limit, Cue::Correct, Cue::Doubt, Cue::Suppose]);
        // "but shop.com not", "not shop.com"; ", b.pl and c.pl or not" is a doubt.
        let object = inside.iter().position(|p| is_object(&p.what)).unwrap_or(0);
        let no = Cues::of(&[Cue::Not, Cue::Leave]);
        let opens = inside[0].cues.has(Cue::But) || told(&inside[..object]).any(no);
        refused
            && opens
            && !cues.any(turned)
            && !verb
            && !all
            && part.start > 0
            && !names.is_empty()
            && inside.iter().all(light)
            && !names.iter().any(elsewhere)
    };
    let mut out: Vec<Piece<'t>> = Vec::with_capacity(pieces.len());
    for part in parts {
        if !is_exception(&part) {
            out.extend_from_slice(&pieces[part]);
        }
    }
    out
}

fn is_object(what: &What) -> bool {
    matches!(what, What::Host(_) | What::Type(_) | What::Id(_) | What::Ip(_))
}

/// "Don't delete MX, only delete TXT": clauses that are refused, beside others that are wanted. Where both could
/// speak of the same thing, all stay and it is asked.
pub(crate) fn wanted(pieces: &[Piece<'_>], clauses: Vec<Range<usize>>) -> Vec<Range<usize>> {
    let refused = |c: &Range<usize>| told(&pieces[c.clone()]).has(Cue::Not);
    let (no, yes): (Vec<_>, Vec<_>) = clauses.iter().cloned().partition(refused);
    let acts = |c: &Range<usize>| told(&pieces[c.clone()]).any(CHANGES);
    let looks = yes.iter().all(|c| !acts(c))
        && yes.iter().any(|c| {
            told(&pieces[c.clone()]).any(LOOKS.union(Cues::of(&[
                Cue::Free,
                Cue::Whether,
                Cue::What,
                Cue::When,
            ])))
        });
    // "Don't add this and delete that": who knows how far the "not" reaches.
    let reaches = |n: &Range<usize>| {
        clauses.iter().any(|c| {
            c.start == n.end
                && pieces[c.start].cues.has(Cue::And)
                && pieces[n.end - 1].stop < Stop::Comma
        })
    };
    let safe = |n: &Range<usize>| {
        looks
            || !reaches(n)
                && yes.iter().any(acts)
                && yes.iter().all(|y| apart(&pieces[n.clone()], &pieces[y.clone()]))
    };
    if no.is_empty() || yes.is_empty() || !no.iter().all(safe) {
        return clauses;
    }
    yes
}

/// Nothing that both clauses name, and each names something, or their verbs differ.
fn apart(no: &[Piece<'_>], yes: &[Piece<'_>]) -> bool {
    let verbs = |part: &[Piece<'_>]| {
        part.iter().filter(|p| p.cues.any(CHANGES)).map(|p| p.cues).fold(Cues::NONE, Cues::union)
    };
    let objects = |part: &[Piece<'_>]| {
        part.iter().map(|p| p.what.clone()).filter(is_object).collect::<Vec<_>>()
    };
    let (a, b) = (objects(no), objects(yes));
    let types = |list: &[What]| {
        list.iter().filter(|w| matches!(w, What::Type(_))).cloned().collect::<Vec<_>>()
    };
    let (ta, tb) = (types(&a), types(&b));
    let other_type = !ta.is_empty() && !tb.is_empty() && !ta.iter().any(|t| tb.contains(t));
    let other_thing = !a.is_empty() && !b.is_empty() && !a.iter().any(|w| b.contains(w));
    let same_verb =
        verbs(no).minus(Cues::of(&[Cue::Head])).any(verbs(yes).minus(Cues::of(&[Cue::Head])));
    other_thing || other_type || !same_verb && verbs(no).any(CHANGES)
}
