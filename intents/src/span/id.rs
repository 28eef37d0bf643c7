//! Labels of plans and ids of jobs: only where the words speak of them.

use dombot_core::parse::Context;

use super::{Piece, What, of_span};
use crate::cue::{Cue, Cues};

/// Words that speak of jobs and plans.
const NEAR: Cues =
    Cues::of(&[Cue::Undo, Cue::Cancel, Cue::Job, Cue::Plan, Cue::Status, Cue::Settle]);

/// Marks ids after a word that speaks of them, or where one was asked for. An id stays as it was written.
pub(super) fn mark(pieces: &mut [Piece<'_>], ctx: &Context) {
    let asked = ctx
        .frame
        .as_ref()
        .is_some_and(|f| f.missing.iter().any(|m| m == "target" || m == "job_id"));
    let mut near = asked;
    for i in 0..pieces.len() {
        near |= pieces[i].cues.any(NEAR);
        let piece = &pieces[i];
        let numbered = jobbed(piece);
        if !near && !numbered || piece.quoted && piece.raw.contains(' ') {
            continue;
        }
        let word = matches!(piece.what, What::Word) && piece.cues.is_empty() || numbered;
        let number = matches!(piece.what, What::Number(_) | What::BadNumber | What::Period(..));
        let raw = piece.raw.trim_start_matches('#');
        let after_noun = i > 0
            && pieces[..i]
                .iter()
                .rev()
                .take(2)
                .any(|p| p.cues.any(Cues::of(&[Cue::Job, Cue::Plan])));
        let marked = piece.raw.starts_with('#') && word;
        let short = (number || marked)
            && (after_noun || asked || marked)
            && !raw.is_empty()
            && raw.bytes().all(|b| b.is_ascii_digit());
        if (word || number) && (is_id(raw) || is_marked(raw) || short) {
            let label = raw.len() == 4 && !raw.bytes().all(|b| b.is_ascii_digit());
            let id = if label { raw.to_ascii_uppercase() } else { raw.to_owned() };
            pieces[i].what = What::Id(id);
            pieces[i].cues = of_span(&pieces[i].what);
        }
    }
}

/// `job-88`: an id that says what it is.
fn jobbed(piece: &Piece<'_>) -> bool {
    let head = piece.folded.split(['-', '_', '#']).next().unwrap_or_default();
    let (letters, digits) = piece.raw.split_once('-').unwrap_or_default();
    let ticket = (1..=4).contains(&letters.len())
        && letters.bytes().all(|b| b.is_ascii_uppercase())
        && digits.len() >= 2
        && digits.bytes().all(|b| b.is_ascii_digit());
    piece.what == What::Word
        && is_marked(piece.raw)
        && (ticket || matches!(head, "job" | "plan" | "task" | "zadanie"))
}

/// `J-1042`, `job_17`: letters and digits with a dash between.
fn is_marked(raw: &str) -> bool {
    let shaped = raw.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    let digit = raw.bytes().any(|b| b.is_ascii_digit());
    let dash = raw.contains(['-', '_']) && !raw.starts_with(['-', '_']);
    shaped && digit && dash && (3..=40).contains(&raw.len())
}

/// 4 to 26 letters and digits of Crockford's alphabet; a longer one has a digit; a code is none.
fn is_id(raw: &str) -> bool {
    let crockford = |b: u8| {
        b.is_ascii_digit()
            || b.is_ascii_alphabetic()
                && !matches!(b.to_ascii_uppercase(), b'I' | b'L' | b'O' | b'U')
    };
    let all_digits = raw.bytes().all(|b| b.is_ascii_digit());
    let some_digit = raw.bytes().any(|b| b.is_ascii_digit());
    (4..=26).contains(&raw.len())
        && raw.bytes().all(crockford)
        && (some_digit || raw.len() == 4 && raw.bytes().all(|b| b.is_ascii_uppercase()))
        && !(all_digits && (5..=8).contains(&raw.len()))
}
