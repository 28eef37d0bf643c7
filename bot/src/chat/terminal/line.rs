//! Reading lines: edited with history at a terminal, plain from a pipe. Codes are masked and never kept.

use std::borrow::Cow;
use std::io::{BufRead, IsTerminal};
use std::path::{Path, PathBuf};

use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::Hinter;
use rustyline::history::{FileHistory, History};
use rustyline::validate::Validator;
use rustyline::{ColorMode, Config, Editor, Helper};

/// What came.
pub(super) enum Typed {
    Line(String),
    Interrupted,
    End,
}

/// Where lines come from.
pub(super) struct Lines {
    pub(super) interactive: bool,
    editor: Option<Editor<Mask, FileHistory>>,
    history: PathBuf,
}

/// Shows a line of digits as stars while a plan waits for a code.
#[derive(Default)]
struct Mask {
    on: bool,
}

impl Lines {
    pub(super) fn new(history: &Path) -> anyhow::Result<Self> {
        let interactive = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
        let mut editor = None;
        if interactive {
            // Forced: where colours are off the mask must still be drawn.
            let config =
                Config::builder().auto_add_history(false).color_mode(ColorMode::Forced).build();
            let mut made = Editor::<Mask, FileHistory>::with_config(config)?;
            made.set_helper(Some(Mask::default()));
            let _ = made.load_history(history);
            editor = Some(made);
        }
        Ok(Self { interactive, editor, history: history.to_owned() })
    }

    /// The next line. While a plan waits for its code the prompt names it and a line of digits is masked.
    pub(super) async fn read(&mut self, waiting: Option<&str>) -> anyhow::Result<Typed> {
        let Some(mut editor) = self.editor.take() else {
            return Ok(tokio::task::spawn_blocking(from_pipe).await?);
        };
        let history = self.history.clone();
        let code = waiting.is_some();
        let prompt = waiting.map_or_else(|| "> ".to_owned(), |label| format!("{label} > "));
        let (editor, typed) = tokio::task::spawn_blocking(move || {
            if let Some(mask) = editor.helper_mut() {
                mask.on = code;
            }
            let typed = editor.readline(&prompt);
            if let Ok(line) = &typed
                && worth_keeping(line)
            {
                let _ = editor.history_mut().add(line);
                let _ = editor.save_history(&history);
            }
            (editor, typed)
        })
        .await?;
        self.editor = Some(editor);
        match typed {
            Ok(line) => Ok(Typed::Line(line)),
            Err(ReadlineError::Interrupted) => Ok(Typed::Interrupted),
            Err(ReadlineError::Eof) => Ok(Typed::End),
            Err(e) => Err(e.into()),
        }
    }
}

fn from_pipe() -> Typed {
    let mut line = String::new();
    match std::io::stdin().lock().read_line(&mut line) {
        Ok(n) if n > 0 => Typed::Line(line.trim_end_matches(['\r', '\n']).to_owned()),
        _ => Typed::End,
    }
}

/// Lines with six or more digits in a row (spaces and dashes between them count as one run) may hold a code.
fn worth_keeping(line: &str) -> bool {
    let mut digits = 0;
    for c in line.chars() {
        match c {
            '0'..='9' => digits += 1,
            ' ' | '-' => {}
            _ => digits = 0,
        }
        if digits >= 6 {
            return false;
        }
    }
    !line.trim().is_empty()
}

impl Highlighter for Mask {
    fn highlight<'l>(&self, line: &'l str, _pos: usize) -> Cow<'l, str> {
        let code = |l: &str| l.chars().all(|c| c.is_ascii_digit() || matches!(c, ' ' | '-'));
        if self.on && code(line) { Cow::Owned("*".repeat(line.len())) } else { Cow::Borrowed(line) }
    }

    fn highlight_char(&self, _line: &str, _pos: usize, kind: CmdKind) -> bool {
        self.on && kind != CmdKind::MoveCursor
    }
}

impl Completer for Mask {
    type Candidate = String;
}

impl Hinter for Mask {
    type Hint = String;
}

impl Validator for Mask {}
impl Helper for Mask {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_masked_and_not_kept() {
        let mask = Mask { on: true };
        assert_eq!(mask.highlight("493 201", 0), "*******");
        assert_eq!(mask.highlight("nie", 0), "nie");
        for code in ["493201", "493 201", "493-201", "7F3A 493201", "kod 493 201"] {
            assert!(!worth_keeping(code), "{code}");
        }
        assert!(worth_keeping("ustaw www.firma.pl na 203.0.113.7"));
    }
}
