//! Text that others wrote, made harmless and short; names with both their forms.

use crate::domain::DomainName;

/// Characters of foreign text that are shown; the rest is counted.
const SHOWN: usize = 200;

/// Foreign text for a person: what cannot be seen or turns the direction as `\u{..}`, cut at 200 characters
/// with the number of the rest.
pub fn foreign(text: &str) -> String {
    let mut out: String = text.chars().take(SHOWN).flat_map(Shown::of).collect();
    let rest = text.chars().count().saturating_sub(SHOWN);
    if rest > 0 {
        out.extend(["... (+", &rest.to_string(), ")"]);
    }
    out
}

/// As [`foreign`], whole, with its line breaks.
pub(super) fn whole(text: &str) -> String {
    text.chars()
        .flat_map(|c| if matches!(c, '\n' | '\t') { Shown::Plain(Some(c)) } else { Shown::of(c) })
        .collect()
}

/// A name with its Unicode form first where it has one: `łąka.pl (xn--ka-ola7v.pl)`.
pub fn domain_text(name: &DomainName) -> String {
    name_text(name.as_str())
}

/// As [`domain_text`] for an owner name, which may hold a wildcard.
pub fn name_text(ascii: &str) -> String {
    let ascii = foreign(ascii);
    if !ascii.split('.').any(|label| label.starts_with("xn--")) {
        return ascii;
    }
    let label =
        |l: &str| if l.starts_with("xn--") { idna::domain_to_unicode(l).0 } else { l.to_owned() };
    let unicode: Vec<String> = ascii.split('.').map(label).collect();
    let unicode = foreign(&unicode.join("."));
    if unicode == ascii { ascii } else { format!("{unicode} ({ascii})") }
}

/// One character as itself or escaped.
enum Shown {
    Plain(Option<char>),
    Escaped(std::char::EscapeUnicode),
}

impl Shown {
    fn of(c: char) -> Self {
        let unseen = c.is_control()
            || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e0fff}');
        if unseen { Self::Escaped(c.escape_unicode()) } else { Self::Plain(Some(c)) }
    }
}

impl Iterator for Shown {
    type Item = char;
    fn next(&mut self) -> Option<char> {
        match self {
            Self::Plain(c) => c.take(),
            Self::Escaped(rest) => rest.next(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_hidden_passes() {
        assert_eq!(foreign("a\u{1b}[31mb\n\u{202e}ł"), "a\\u{1b}[31mb\\u{a}\\u{202e}ł");
        assert_eq!(foreign(&"x".repeat(260)), format!("{}... (+60)", "x".repeat(200)));
        assert_eq!(whole("a\n\u{7}b"), "a\n\\u{7}b");
    }

    #[test]
    fn both_forms_of_a_name() {
        assert_eq!(name_text("*.www.xn--ka-ola7v.pl"), "*.www.łąka.pl (*.www.xn--ka-ola7v.pl)");
        assert_eq!(name_text("_dmarc.firma.pl"), "_dmarc.firma.pl");
    }
}
