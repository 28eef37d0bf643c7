//! Folding for matching: lower case, no diacritics. The original stays where it is.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Lower case without diacritics: `PRZEDŁUŻ` -> `przedluz`.
pub(crate) fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).map(plain).collect()
}

/// Letters that do not decompose, and typographic apostrophes.
fn plain(c: char) -> char {
    match c {
        'ł' => 'l',
        'ø' => 'o',
        'đ' => 'd',
        '’' | '‘' | '´' | '`' => '\'',
        '–' | '—' | '‐' | '‑' | '−' => '-',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::fold;

    #[test]
    fn folds_polish() {
        assert_eq!(fold("PRZEDŁUŻ Domenę zażółć gęślą jaźń"), "przedluz domene zazolc gesla jazn");
        assert_eq!(fold("don’t"), "don't");
    }
}
