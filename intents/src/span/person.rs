//! Phones, transfer codes and profiles.

use super::{Piece, Reader, What, of_span};
use crate::cue::{Cue, Cues};

/// A phone number, E.164. Nine digits without a country are Polish where a Polish person speaks of a phone.
pub(super) fn phone(
    reader: &Reader<'_, '_>,
    i: usize,
    before: &[Piece<'_>],
) -> Option<(usize, What)> {
    let first = reader.tokens[i].raw;
    let plus = first.starts_with('+');
    let said = before.iter().rev().take(8).any(|p| p.cues.has(Cue::Phone));
    let digit = first.starts_with(|c: char| c.is_ascii_digit());
    if !plus && (!said || !digit) {
        return None;
    }
    let mut digits = String::new();
    let mut n = 0;
    while n < 8 {
        let raw = reader.tokens.get(i + n).map_or("", |t| t.raw);
        let part: String = raw.chars().filter(char::is_ascii_digit).collect();
        let shaped = raw.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | '+' | '(' | ')'));
        if part.is_empty()
            || !shaped
            || n > 0 && raw.starts_with('+')
            || digits.len() + part.len() > 15
        {
            break;
        }
        digits.push_str(&part);
        n += 1;
        if reader.tokens[i + n - 1].stop > crate::token::Stop::None {
            break;
        }
    }
    match (plus, digits.len()) {
        (true, 8..=15) => Some((n, What::Phone(format!("+{digits}")))),
        (false, 9) => Some((n, What::Phone(format!("+48{digits}")))),
        (false, 6..=8 | 10..=15) | (true, 1..=7) => Some((n, What::BadNumber)),
        _ => None,
    }
}

/// What follows "authinfo", "EPP code", "kod:": case kept, never corrected. Six to eight digits are no such code.
pub(super) fn code(
    reader: &Reader<'_, '_>,
    i: usize,
    before: &[Piece<'_>],
) -> Option<(usize, What)> {
    let light = Cues::of(&[Cue::Fill, Cue::Whether, Cue::Onto]);
    let said = before
        .iter()
        .rev()
        .find(|p| p.what != What::Word || !p.cues.any(light) || p.cues.any(SPEAKS))?;
    let moving = reader.words.iter().any(|w| reader.lexicon.cues(w).has(Cue::Transfer));
    let spoken = said.cues.has(Cue::AuthCode) || said.cues.has(Cue::CodeWord) && moving;
    // "the code for firma.pl: ...".
    let introduced = before.last().is_some_and(|p| p.stop == crate::token::Stop::Colon)
        && before.iter().any(|p| p.cues.any(SPEAKS))
        && moving;
    let raw = reader.tokens[i].raw;
    if !(said.what == What::Word && spoken || introduced) || !(4..=64).contains(&raw.len()) {
        return None;
    }
    let digit = raw.bytes().any(|b| b.is_ascii_digit());
    let sign = raw.chars().any(|c| c.is_ascii_punctuation() && c != '.' && c != '\'');
    let otp = raw.len() <= 8 && raw.bytes().all(|b| b.is_ascii_digit());
    let graphic = raw.chars().all(|c| c.is_ascii_graphic());
    // A domain after "the auth code for" is a domain.
    let dotted = raw.contains('.') && !raw.contains(['#', '!', '$', '%', '&', '*', '?', '=']);
    (graphic && (digit || sign && !raw.contains("->")) && !otp && !dotted)
        .then(|| (1, What::Code(raw.to_owned())))
}

const SPEAKS: Cues = Cues::of(&[Cue::AuthCode, Cue::CodeWord]);

/// "The code is Ab12", "the phone is now +48 ...": no question.
pub(super) fn unmark_is(pieces: &mut [Piece<'_>]) {
    for i in 0..pieces.len() {
        if matches!(pieces[i].what, What::Code(_) | What::Phone(_) | What::Email) {
            for piece in
                pieces[i.saturating_sub(2)..i].iter_mut().filter(|p| p.cues.has(Cue::Whether))
            {
                piece.cues = Cues::of(&[Cue::Fill]);
            }
        }
    }
}

/// Names of profiles, where the message speaks of profiles or of switching.
pub(super) fn mark_profile(pieces: &mut [Piece<'_>], profiles: &[String]) {
    let speaks = Cues::of(&[Cue::Profile, Cue::Switch]);
    if !pieces.iter().any(|p| p.cues.any(speaks)) {
        return;
    }
    let noun = pieces.iter().any(|p| p.cues.has(Cue::Profile));
    let mut i = 0;
    while i < pieces.len() {
        let known =
            profiles.iter().filter_map(|name| Some((fits(&pieces[i..], name, noun)?, name)));
        let found = known.max_by_key(|(n, _)| *n).map(|(n, name)| (n, name.clone()));
        let named = i > 0 && pieces[i - 1].cues.has(Cue::Profile) && pieces[i].cues.is_empty();
        let word = pieces[i].what == What::Word || matches!(pieces[i].what, What::Quote(_));
        let found = found.or_else(|| {
            (profiles.is_empty() && named && word).then(|| (1, pieces[i].raw.to_owned()))
        });
        let Some((n, name)) = found else {
            i += 1;
            continue;
        };
        for piece in &mut pieces[i..i + n] {
            piece.what = What::Profile(name.clone());
            piece.cues = of_span(&piece.what);
        }
        i += n;
    }
}

/// How many pieces the profile's name takes here. After the word "profile" one word may be inflected.
fn fits(pieces: &[Piece<'_>], name: &str, noun: bool) -> Option<usize> {
    let folded = crate::fold::fold(name);
    let words: Vec<&str> = folded.split_whitespace().collect();
    let heads: Vec<&str> = pieces.iter().map(|p| p.folded.as_str()).take(words.len()).collect();
    if !words.is_empty() && heads == words {
        return Some(words.len());
    }
    let [word] = words[..] else { return None };
    let same = word.bytes().zip(heads.first()?.bytes()).take_while(|(a, b)| a == b).count();
    let inflected = same >= 5 && same + 2 >= word.len() && heads[0].len() <= word.len() + 3;
    (noun && inflected).then_some(1)
}
