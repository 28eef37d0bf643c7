//! The words of a zone file (RFC 1035 5.1): comments, quotes, parentheses and escapes, with their lines.

/// One word, still with its escapes, without its quotes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token<'a> {
    pub(super) raw: &'a str,
    pub(super) quoted: bool,
    /// Nothing stands between it and the word before, as in `alpn="h2"`.
    pub(super) glued: bool,
}

/// One entry: the words of a line, or of several lines held together by parentheses.
#[derive(Debug, Default)]
pub(super) struct Entry<'a> {
    /// Where it begins, counted from 1.
    pub(super) line: usize,
    /// It begins with white space: the owner is the one before.
    pub(super) indented: bool,
    pub(super) tokens: Vec<Token<'a>>,
}

/// What breaks a zone file apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LexError {
    OpenQuote,
    OpenParenthesis,
    StrayParenthesis,
    LoneBackslash,
}

/// Reads entry by entry; empty lines and comments are passed over.
pub(super) struct Lexer<'a> {
    text: &'a str,
    at: usize,
    line: usize,
    /// A comment was seen.
    pub(super) comment: bool,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text: text.strip_prefix('\u{feff}').unwrap_or(text), at: 0, line: 1, comment: false }
    }

    /// The next entry with at least one word; errors carry their line.
    pub(super) fn next_entry(&mut self) -> Option<Result<Entry<'a>, (usize, LexError)>> {
        while self.at < self.text.len() {
            match self.entry() {
                Ok(entry) if entry.tokens.is_empty() => {}
                other => return Some(other),
            }
        }
        None
    }

    fn entry(&mut self) -> Result<Entry<'a>, (usize, LexError)> {
        let bytes = self.text.as_bytes();
        let mut entry = Entry { line: self.line, ..Entry::default() };
        entry.indented = matches!(bytes[self.at], b' ' | b'\t');
        let mut depth = 0_usize;
        let mut opened = self.line;
        let mut glued = false;
        while let Some(&b) = bytes.get(self.at) {
            match b {
                b'\n' => {
                    self.at += 1;
                    self.line += 1;
                    if depth == 0 {
                        return Ok(entry);
                    }
                }
                b' ' | b'\t' | b'\r' | 0x0c => self.at += 1,
                b';' => {
                    self.comment = true;
                    self.at = self.text[self.at..].find('\n').map_or(bytes.len(), |n| self.at + n);
                }
                b'(' => {
                    if depth == 0 {
                        opened = self.line;
                    }
                    depth += 1;
                    self.at += 1;
                }
                b')' => {
                    depth = depth.checked_sub(1).ok_or((self.line, LexError::StrayParenthesis))?;
                    self.at += 1;
                }
                _ => {
                    entry.tokens.push(self.word(glued)?);
                    glued = true;
                    continue;
                }
            }
            glued = false;
        }
        if depth > 0 { Err((opened, LexError::OpenParenthesis)) } else { Ok(entry) }
    }

    fn word(&mut self, glued: bool) -> Result<Token<'a>, (usize, LexError)> {
        let bytes = self.text.as_bytes();
        let quoted = bytes[self.at] == b'"';
        let start = self.at + usize::from(quoted);
        let mut end = start;
        while let Some(&b) = bytes.get(end) {
            match b {
                b'\\' => match bytes.get(end + 1) {
                    None | Some(b'\n' | b'\r') => return Err((self.line, LexError::LoneBackslash)),
                    Some(_) => end += 2,
                },
                b'"' => break,
                b'\n' if quoted => return Err((self.line, LexError::OpenQuote)),
                b'\n' | b'\r' | b' ' | b'\t' | 0x0c | b';' | b'(' | b')' if !quoted => break,
                _ => end += 1,
            }
        }
        // An escape may have stepped into the middle of a letter outside ASCII.
        while !self.text.is_char_boundary(end) {
            end += 1;
        }
        if quoted && bytes.get(end) != Some(&b'"') {
            return Err((self.line, LexError::OpenQuote));
        }
        self.at = end + usize::from(quoted);
        Ok(Token { raw: &self.text[start..end], quoted, glued })
    }
}
