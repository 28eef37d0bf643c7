//! Values of TXT records and quoted texts; case and characters kept.

use dombot_core::domain::RecordType;

use super::{Piece, Reader, What, of_span};
use crate::cue::{Cue, Cues};

/// Several quoted words. One quoted word is read like any other and only remembers its marks.
pub(super) fn quote(reader: &Reader<'_, '_>, i: usize) -> Option<(usize, What)> {
    let token = &reader.tokens[i];
    let several = token.raw.contains([' ', '=', ';', '\t']);
    (token.quoted && several).then(|| (1, What::Quote(token.raw.to_owned())))
}

/// `v=spf1 ... -all`, `v=DMARC1; p=none`, `google-site-verification=x`, and any `a=b` after "TXT".
pub(super) fn txt(
    reader: &Reader<'_, '_>,
    i: usize,
    before: &[Piece<'_>],
) -> Option<(usize, What)> {
    let token = &reader.tokens[i];
    let said = before.iter().any(|p| p.what == What::Type(RecordType::TXT));
    if token.quoted {
        // Quoted letters may be a name or a value: only "TXT" before them tells.
        return (said
            && !token.raw.contains(['=', ' '])
            && !matches!(before.last(), Some(p) if names_owner(p)))
        .then(|| (1, What::Quote(token.raw.to_owned())));
    }
    let n = match token.folded.as_str() {
        "v=spf1" => 1 + run(reader, i + 1, is_spf_term),
        w if w.starts_with("v=dmarc1") || w.starts_with("v=dkim1") => tags(reader, i),
        w if is_verification(w) => 1,
        w if said && w.contains('=') && !w.starts_with("ttl") && w.len() > 2 => 1,
        _ => return None,
    };
    Some((n, What::Text(value(reader, i, n))))
}

fn names_owner(p: &Piece<'_>) -> bool {
    p.cues.any(Cues::of(&[Cue::Of, Cue::Named, Cue::Zone, Cue::Domain]))
}

/// As written, with single spaces between words.
fn value(reader: &Reader<'_, '_>, i: usize, n: usize) -> String {
    let stop = |t: &crate::token::Token<'_>, last: bool| {
        if t.stop == crate::token::Stop::Hard && !last { ";" } else { "" }
    };
    let parts = reader.tokens[i..i + n].iter().enumerate();
    parts.map(|(k, t)| format!("{}{}", t.raw, stop(t, k + 1 == n))).collect::<Vec<_>>().join(" ")
}

fn run(reader: &Reader<'_, '_>, from: usize, fits: fn(&str) -> bool) -> usize {
    let mut n = 0;
    while from + n < reader.tokens.len() && fits(reader.word(from + n)) {
        n += 1;
        if reader.word(from + n - 1).ends_with("all") {
            break;
        }
    }
    n
}

/// A mechanism or modifier of RFC 7208.
fn is_spf_term(word: &str) -> bool {
    let word = word.trim_start_matches(['+', '-', '~', '?']);
    let head = word.split([':', '=', '/']).next().unwrap_or_default();
    matches!(head, "all" | "a" | "mx" | "ptr")
        || word.contains([':', '='])
            && matches!(head, "include" | "ip4" | "ip6" | "exists" | "redirect" | "exp")
}

/// `k=v` parts as long as a semicolon goes before.
fn tags(reader: &Reader<'_, '_>, i: usize) -> usize {
    let mut n = 1;
    while reader.tokens[i + n - 1].stop == crate::token::Stop::Hard
        && reader.word(i + n).contains('=')
    {
        n += 1;
    }
    n
}

fn is_verification(word: &str) -> bool {
    let Some((head, tail)) = word.split_once('=') else { return false };
    tail.len() >= 4 && (head.ends_with("verification") || head == "ms" || head.ends_with("-verify"))
}

/// Forms in which a file can be had: `ics`, `csv`, `bind`.
pub(super) fn format(reader: &Reader<'_, '_>, i: usize) -> Option<(usize, What)> {
    let word = reader.word(i).trim_start_matches('.');
    let id = match word {
        "ics" | "ical" | "icalendar" => "ics",
        "csv" => "csv",
        "json" => "json",
        "yaml" => "yaml",
        "bind" | "binda" | "bind9" => "bind",
        _ => return None,
    };
    Some((1, What::Format(id.to_owned())))
}

/// "SPF" speaks of a TXT record; "DMARC" of the one at `_dmarc`.
pub(super) fn mark_mail_policies(pieces: &mut [Piece<'_>]) {
    let policy = Cues::of(&[Cue::Spf, Cue::Dmarc]);
    let Some(at) = pieces.iter().position(|p| p.cues.any(policy)) else { return };
    let typed = pieces.iter().any(|p| matches!(p.what, What::Type(_)));
    let named = pieces.iter().any(|p| match &p.what {
        What::Name(n) => n.as_str().starts_with("_dmarc"),
        What::Host(h) => h.name.as_str().starts_with("_dmarc"),
        _ => false,
    });
    let dmarc = pieces[at].cues.has(Cue::Dmarc) && !named;
    if dmarc && let Ok(name) = dombot_core::domain::RecordName::parse("_dmarc") {
        pieces[at].what = What::Name(name);
        pieces[at].cues = of_span(&pieces[at].what).union(policy);
    } else if !typed {
        pieces[at].what = What::Type(RecordType::TXT);
        pieces[at].cues = of_span(&pieces[at].what).union(pieces[at].cues);
    }
}

/// "set NS of firma.pl: ns1.abc.net, ns2.abc.net": a delegation, not a record somewhere in the zone.
pub(super) fn mark_servers(pieces: &mut [Piece<'_>]) {
    let apex = |p: &Piece<'_>| matches!(&p.what, What::Host(h) if h.name.registrable().as_ref() == Some(&h.name));
    let host = |p: &Piece<'_>| matches!(p.what, What::Host(_));
    let owners = pieces.iter().filter(|p| apex(p)).count();
    let servers = pieces.iter().filter(|p| host(p) && !apex(p)).count();
    let record = pieces.iter().any(|p| p.cues.has(Cue::Record) || matches!(p.what, What::Name(_)));
    if owners == 1 && servers >= 2 && !record {
        for piece in pieces.iter_mut().filter(|p| p.what == What::Type(RecordType::NS)) {
            piece.what = What::Word;
            piece.cues = Cues::of(&[Cue::Ns]);
        }
    }
}

/// Words that are none of their usual things where they stand: the `issue` of a CAA record, "no. 4711".
pub(super) fn unmark(pieces: &mut [Piece<'_>]) {
    let caa = pieces.iter().any(|p| p.what == What::Type(RecordType::CAA));
    for i in 0..pieces.len() {
        let tag = matches!(pieces[i].folded.as_str(), "issue" | "issuewild" | "iodef");
        let after_number = i > 0 && matches!(pieces[i - 1].what, What::Number(_));
        let numbered = matches!(pieces[i].folded.as_str(), "no" | "nr" | "number" | "numer")
            && pieces.get(i + 1).is_some_and(|p| matches!(p.what, What::Number(_) | What::Id(_)));
        if tag && (after_number || caa && pieces[i].what == What::Word) {
            pieces[i].cues = Cues::NONE;
        } else if numbered {
            pieces[i].cues = Cues::of(&[Cue::Fill]);
            pieces[i].stop = crate::token::Stop::None;
        }
    }
}
