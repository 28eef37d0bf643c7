//! Labels of plans and ids of jobs: only where the words speak of them.

use dombot_core::parse::Context;

use super::{Piece, What, of_span};
use crate::cue::{Cue, Cues};

/// Words that speak of jobs and plans.
const NEAR: Cues =
    Cues::of(&[Cue::Undo, Cue::Cancel, Cue::Job, Cue::Plan, Cue::Status, Cue::Settle]);

/// Marks Crockford texts as ids after a word that speaks of them, or where one was asked for.
pub(super) fn mark(pieces: &mut [Piece<'_>], ctx: &Context) {
    let asked = ctx
        .frame
        .as_ref()
        .is_some_and(|f| f.missing.iter().any(|m| m == "target" || m == "job_id"));
    let mut near = asked;
    for piece in pieces {
        near |= piece.cues.any(NEAR);
        if !near || piece.quoted && piece.raw.contains(' ') {
            continue;
        }
        let word = matches!(piece.what, What::Word) && piece.cues.is_empty();
        let number = matches!(piece.what, What::Number(_) | What::BadNumber | What::Period(..));
        if (word || number) && is_id(piece.raw) {
            piece.what = What::Id(piece.raw.to_ascii_uppercase());
            piece.cues = of_span(&piece.what);
        }
    }
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
        && (raw.len() == 4 || some_digit && !(all_digits && raw.len() <= 8))
}
