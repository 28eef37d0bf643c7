//! Words that we do not know, and words that report: where they could turn a wish, it is asked.

use super::{Bag, Slots};
use crate::cue::{CHANGES, Cue, Cues};
use crate::kind;
use crate::span::{Piece, What};
use crate::token::Stop;

/// Words that we do not know matter where one could be a name, or could turn the verb behind it.
pub(crate) fn doubtful(kind: &str, bag: &Bag<'_, '_>) -> bool {
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

/// "Renew the hosting of firma.pl", "order a pizza to firma.pl", "renew the certificate and the domain": money
/// would go for something else than was meant.
pub(crate) fn other_object(kind: &str, bag: &Bag<'_, '_>) -> bool {
    let host = bag.pieces.iter().position(|p| matches!(p.what, What::Host(_)));
    if kind.starts_with("cert.") {
        let cert = bag.words.iter().position(|w| w.has(Cue::Cert));
        let between = cert.zip(host).and_then(|(c, h)| bag.words.get(c..h)).unwrap_or_default();
        return between.iter().any(|w| w.has(Cue::And));
    }
    if matches!(kind, "domain.transfer" | "dns.move" | "site.move") {
        // "Move firma.pl and its zone": two things, of which one would be forgotten.
        let named = |i: Option<usize>| {
            i.and_then(|i| bag.pieces.get(i)).is_some_and(|p| matches!(p.what, What::Host(_)))
        };
        let and = |i: usize| bag.words[i].has(Cue::And) && i > 0;
        return (0..bag.words.len())
            .any(|i| and(i) && !(named(i.checked_sub(1)) && named(Some(i + 1))));
    }
    if kind == "sale.create" {
        return bag.unknown().iter().any(|i| inside(bag, *i));
    }
    if !matches!(kind, "domain.renew" | "domain.register") {
        return false;
    }
    let (Some(verb), Some(host)) = (bag.words.iter().position(|w| w.any(kind::verbs(kind))), host)
    else {
        return bag.cues.has(Cue::Site);
    };
    let between = bag.words.get(verb..host).unwrap_or_default();
    let named = between.iter().any(|w| w.has(Cue::Domain));
    let unknown = bag.unknown().into_iter().any(|i| verb < i && i < host);
    bag.cues.has(Cue::Site) || unknown && !named
}

/// Only a domain was named, and a word that we do not know could be the name in it.
pub(crate) fn maybe_named(kind: &str, bag: &Bag<'_, '_>, filled: &[Slots]) -> bool {
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

/// "I just renewed", "we set", "our records point": told, not asked.
pub(crate) fn reports(pieces: &[Piece<'_>]) -> bool {
    let ends = |p: &Piece<'_>| p.stop >= Stop::Comma || p.folded == "-";
    pieces.iter().enumerate().any(|(i, p)| {
        let fresh = pieces[..i].iter().rposition(ends).map_or(0, |n| n + 1);
        let before = &pieces[fresh..i];
        let wanted = Cues::of(&[Cue::Want, Cue::Polite]);
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
