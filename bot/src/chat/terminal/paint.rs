//! Colours, where there is a terminal and `NO_COLOR` is not set.

use std::io::{IsTerminal, Write};

/// Shows a text; plan lines get their colour.
pub(super) fn show(text: &str) {
    let mut out = std::io::stdout();
    let colours = out.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
    for line in text.lines() {
        let style = if colours { style(line) } else { None };
        let _ = match style {
            Some(code) => writeln!(out, " \x1b[{code}m{line}\x1b[0m"),
            None => writeln!(out, " {line}"),
        };
    }
    let _ = out.flush();
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
