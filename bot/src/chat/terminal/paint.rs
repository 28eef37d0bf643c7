//! Colours, where there is a terminal and `NO_COLOR` is not set.

use std::io::{IsTerminal, Write};

/// Shows a text; plan lines get their colour.
pub(super) fn show(text: &str) {
    let mut out = std::io::stdout();
    let colours = out.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
    let columns = rustix::termios::tcgetwinsize(&out).map_or(0, |size| usize::from(size.ws_col));
    for line in text.lines() {
        let style = if colours { style(line) } else { None };
        for part in fold(line, columns.saturating_sub(2)) {
            let _ = match style {
                Some(code) => writeln!(out, " \x1b[{code}m{part}\x1b[0m"),
                None => writeln!(out, " {part}"),
            };
        }
    }
    let _ = out.flush();
}

/// Cut at spaces where it is longer than the terminal is wide; 0 = as wide as it likes. What follows is indented.
fn fold(line: &str, columns: usize) -> Vec<String> {
    let indent = line.chars().take_while(|c| *c == ' ').count() + 4;
    let (mut parts, mut rest) = (Vec::new(), line.to_owned());
    while columns > indent + 4 && rest.chars().count() > columns {
        let end = rest.char_indices().nth(columns + 1).map_or(rest.len(), |(at, _)| at);
        // A word that is longer than a line (a key) is left to the terminal.
        let Some(cut) = rest[..end].rfind(' ').filter(|at| !rest[..*at].trim().is_empty()) else {
            break;
        };
        parts.push(rest[..cut].trim_end().to_owned());
        rest = format!("{}{}", " ".repeat(indent), rest[cut..].trim_start());
    }
    parts.push(rest);
    parts
}

fn style(line: &str) -> Option<&'static str> {
    match line.trim_start() {
        l if l.starts_with("+ ") => Some("32"),
        l if l.starts_with("- ") => Some("31"),
        l if l.starts_with("~ ") => Some("33"),
        l if l.starts_with('!') => Some("1;33"),
        l if l.starts_with("Plan ") => Some("1"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::fold;

    #[test]
    fn long_lines_are_cut_between_words() {
        assert_eq!(fold("  ala ma kota i psa", 12), ["  ala ma", "      kota i", "      psa"]);
        assert_eq!(fold("ala ma kota", 0), ["ala ma kota"]);
        let key = "x".repeat(50);
        assert_eq!(fold(&key, 20), ["x".repeat(50)]);
        assert_eq!(fold("żółć żółć żółć", 9), ["żółć żółć", "    żółć"]);
    }
}
