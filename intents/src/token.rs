//! Words of a message with their places, and the quotation marks and stops around them.

use std::ops::Range;

use crate::fold::fold;

/// What ends after a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) enum Stop {
    /// Nothing.
    #[default]
    None,
    /// A colon.
    Colon,
    /// A comma.
    Comma,
    /// A full stop or exclamation mark.
    Sentence,
    /// A question mark.
    Question,
    /// A semicolon or the end of the line.
    Hard,
}

/// One word, or one quoted text.
#[derive(Debug, Clone)]
pub(crate) struct Token<'t> {
    /// As written, without quotation marks and the stops around it.
    pub(crate) raw: &'t str,
    /// Folded.
    pub(crate) folded: String,
    /// Where `raw` stands.
    pub(crate) at: Range<usize>,
    /// What ends after it.
    pub(crate) stop: Stop,
    /// Stood in quotation marks.
    pub(crate) quoted: bool,
}

/// Opening and closing marks. A single apostrophe is none: it stands inside words.
const QUOTES: &[(char, &[char])] = &[
    ('"', &['"', '”', '“']),
    ('„', &['”', '“', '"', '„']),
    ('“', &['”', '"', '“']),
    ('”', &['”']),
    ('«', &['»']),
    ('`', &['`']),
];

/// Cuts a text into words; one pass, linear.
pub(crate) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut out: Vec<Token<'_>> = Vec::new();
    let mut rest = 0;
    let mut quotes_left = 64;
    while let Some(start) = text[rest..].find(|c: char| !c.is_whitespace()).map(|i| rest + i) {
        if text[rest..start].contains('\n') {
            raise(&mut out, Stop::Hard);
        }
        if let Some((inner, end)) = (quotes_left > 0).then(|| quotation(text, start)).flatten() {
            quotes_left -= 1;
            out.push(token(text, inner, true));
            rest = end;
            let tail = text[rest..].find(char::is_whitespace).map_or(text.len(), |i| rest + i);
            // `"abc",` ends with a stop; `"abc"def` is no quotation mark's business.
            if text[rest..tail].chars().all(|c| !c.is_alphanumeric()) {
                raise(&mut out, stop_in(&text[rest..tail]));
                rest = tail;
            }
            continue;
        }
        let end = text[start..].find(char::is_whitespace).map_or(text.len(), |i| start + i);
        word(text, start..end, &mut out);
        rest = end;
    }
    out
}

/// A quoted text that begins here: its inside, and where it ends.
fn quotation(text: &str, start: usize) -> Option<(Range<usize>, usize)> {
    let open = text[start..].chars().next()?;
    let (_, closing) = QUOTES.iter().find(|(o, _)| *o == open)?;
    let from = start + open.len_utf8();
    let mut escaped = false;
    for (i, c) in text[from..].char_indices() {
        if !escaped && closing.contains(&c) {
            let inner = from..from + i;
            return (!text[inner.clone()].trim().is_empty())
                .then_some((inner, from + i + c.len_utf8()));
        }
        escaped = c == '\\' && !escaped;
        if c == '\n' {
            return None;
        }
    }
    None
}

fn word<'t>(text: &'t str, at: Range<usize>, out: &mut Vec<Token<'t>>) {
    let raw = &text[at.clone()];
    if matches!(raw, "->" | "=>" | "→" | "=" | "-" | "–" | "—") {
        out.push(token(text, at, false));
        return;
    }
    let is_edge = |c: char| {
        matches!(
            c,
            '"' | '\''
                | '„'
                | '”'
                | '“'
                | '’'
                | '‘'
                | '«'
                | '»'
                | '('
                | ')'
                | '['
                | ']'
                | '<'
                | '>'
                | '{'
                | '}'
        )
    };
    let ends = |c: char| is_edge(c) || matches!(c, ',' | ';' | '!' | '?' | '…' | ':');
    let lead = raw.len() - raw.trim_start_matches(is_edge).len();
    let mut core = raw[lead..].trim_end_matches(|c| ends(c) || c == '.');
    // IPv6 may end with "::", an arrow is a word of its own.
    if raw[lead..].starts_with("::") || core.contains(':') && raw[lead..].ends_with("::") {
        core = raw[lead..].trim_end_matches(|c| is_edge(c) || matches!(c, ',' | ';' | '.'));
    }
    let stop = stop_in(&raw[lead + core.len()..]);
    if core.is_empty() {
        raise(out, stop);
        return;
    }
    let from = at.start + lead;
    out.push(token(text, from..from + core.len(), false));
    raise(out, stop);
}

fn token(text: &str, at: Range<usize>, quoted: bool) -> Token<'_> {
    let raw = &text[at.clone()];
    Token { raw, folded: fold(raw), at, stop: Stop::None, quoted }
}

fn stop_in(tail: &str) -> Stop {
    let of = |c| match c {
        ';' => Stop::Hard,
        '?' => Stop::Question,
        '.' | '!' | '…' => Stop::Sentence,
        ',' => Stop::Comma,
        ':' => Stop::Colon,
        _ => Stop::None,
    };
    tail.chars().map(of).max().unwrap_or_default()
}

fn raise(out: &mut [Token<'_>], stop: Stop) {
    if let Some(last) = out.last_mut() {
        last.stop = last.stop.max(stop);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_quotes_and_stops() {
        let text = "Ustaw „www.firma.pl”, na \"a b; c\"; koniec. (x) 2001:db8:: -> 'y'";
        let got: Vec<(&str, Stop, bool)> =
            tokens(text).iter().map(|t| (t.raw, t.stop, t.quoted)).collect();
        assert_eq!(
            got,
            [
                ("Ustaw", Stop::None, false),
                ("www.firma.pl", Stop::Comma, true),
                ("na", Stop::None, false),
                ("a b; c", Stop::Hard, true),
                ("koniec", Stop::Sentence, false),
                ("x", Stop::None, false),
                ("2001:db8::", Stop::None, false),
                ("->", Stop::None, false),
                ("y", Stop::None, false),
            ]
        );
        for t in tokens(text) {
            assert_eq!(&text[t.at.clone()], t.raw);
        }
    }
}
