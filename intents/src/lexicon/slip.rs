//! Misspelt words: how far one is from a word that we know.

use strsim::osa_distance;

use crate::cue::Cues;

/// A word against which a misspelt one is held.
pub(super) struct Entry {
    pub(super) form: String,
    pub(super) is_stem: bool,
    /// Which letters it has.
    pub(super) letters: u32,
    pub(super) cues: Cues,
}

/// Which letters a word has, a bit each.
pub(super) fn letters(word: &str) -> u32 {
    word.bytes().filter(u8::is_ascii_lowercase).fold(0, |mask, b| mask | 1 << (b - b'a'))
}

impl Entry {
    /// Too many other letters to be a slip; cheaper than the distance.
    pub(super) fn is_near(&self, mask: u32, budget: usize) -> bool {
        let missing = self.letters & !mask;
        let other = if self.is_stem { missing } else { self.letters ^ mask };
        other.count_ones() as usize <= if self.is_stem { budget } else { 2 * budget }
    }

    /// Four letters: only a swap, or one letter of five left out; else too many words are near.
    fn is_too_short(&self, word: &str) -> bool {
        let sorted = |s: &str| {
            let mut bytes = s.as_bytes().to_vec();
            bytes.sort_unstable();
            bytes
        };
        word.len() == 4 && self.form.len() != 5 && sorted(word) != sorted(&self.form)
            || word.len() > 4 && self.form.len() == 4
    }

    pub(super) fn distance(&self, word: &str, limit: usize) -> usize {
        let far = usize::MAX;
        if !self.is_stem {
            let near =
                word.len().abs_diff(self.form.len()) <= limit && same_start(word, &self.form);
            return if near && same_end(word, &self.form) && !self.is_too_short(word) {
                osa_distance(word, &self.form)
            } else {
                far
            };
        }
        if word.len() < 5 || self.form.len() < 5 || !same_start(word, &self.form) {
            return far;
        }
        let from = self.form.len().saturating_sub(1).min(word.len());
        let to = (self.form.len() + 1).min(word.len());
        let nearest = (from..=to).map(|n| osa_distance(&word[..n], &self.form)).min();
        // One slip in a stem: two make another word of it (expensive, expires).
        nearest.filter(|d| *d <= 1).unwrap_or(far)
    }
}

/// The first two letters are right, or two of the first three are swapped: in Polish a prefix turns the meaning
/// (wrzuć, wyrzuć).
fn same_start(word: &str, form: &str) -> bool {
    let sorted = |s: &str| {
        let mut bytes = s.as_bytes()[..s.len().min(3)].to_vec();
        bytes.sort_unstable();
        bytes
    };
    word.as_bytes()[..2] == form.as_bytes()[..2] || sorted(word) == sorted(form)
}

/// The last letter is right, the last two are swapped, or the last one is missing.
fn same_end(word: &str, form: &str) -> bool {
    let (w, f) = (word.as_bytes(), form.as_bytes());
    let swapped = w[w.len() - 1] == f[f.len() - 2] && w[w.len() - 2] == f[f.len() - 1];
    w[w.len() - 1] == f[f.len() - 1]
        || swapped
        || form.len() == word.len() + 1 && form.starts_with(word)
}
