//! Whether the library decrypts a foreign file's secrets in the order in which they were encrypted.
//!
//! Protected values share one key stream in the order of the document. The library reads an entry's fields first
//! and its history after them, wherever they stand. KeePass and KeePassXC write them so; pykeepass puts a changed
//! field behind the history, and then both come out as noise, without an error. Such a file must not be opened:
//! the next save would make the noise permanent.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// True where some field would be decrypted with another's part of the key stream. An error is broken XML.
pub(super) fn is_mixed(xml: &[u8]) -> Result<bool, String> {
    let mut reader = Reader::from_reader(xml);
    let mut buffer = Vec::new();
    let mut at = Place::default();
    loop {
        match reader.read_event_into(&mut buffer).map_err(|e| e.to_string())? {
            Event::Start(tag) => at.enter(&tag),
            Event::End(_) => at.leave(),
            Event::Text(text) if at.secret && !text.trim().is_empty() && at.after_history() => {
                return Ok(true);
            }
            Event::Eof => return Ok(false),
            _ => {}
        }
        buffer.clear();
    }
}

#[derive(Default)]
struct Place {
    /// For each entry around us, the outermost first: had its history a secret so far?
    entries: Vec<bool>,
    names: Vec<Name>,
    secret: bool,
}

#[derive(PartialEq)]
enum Name {
    Entry,
    Other,
}

impl Place {
    fn enter(&mut self, tag: &BytesStart<'_>) {
        let name = if tag.name().as_ref() == "Entry" { Name::Entry } else { Name::Other };
        if name == Name::Entry {
            self.entries.push(false);
        }
        self.names.push(name);
        let protected = tag.try_get_attribute("Protected").ok().flatten();
        self.secret =
            protected.is_some_and(|a| a.value.eq_ignore_ascii_case("true") || a.value == "1");
    }

    fn leave(&mut self) {
        self.secret = false;
        if self.names.pop() == Some(Name::Entry) {
            self.entries.pop();
        }
    }

    /// At a secret: notes it for the entry around, if we are inside its history.
    fn after_history(&mut self) -> bool {
        let Some((here, outer)) = self.entries.split_last_mut() else { return false };
        outer.fill(true);
        *here
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str =
        "<String><Key>Password</Key><Value Protected=\"True\">AAAA</Value></String>";
    const EMPTY: &str = "<String><Key>Password</Key><Value Protected=\"True\"></Value></String>";
    const PLAIN: &str = "<String><Key>Title</Key><Value>t</Value></String>";

    fn mixed(entry: &str) -> bool {
        let entry = format!("<Entry>{entry}</Entry>");
        let xml = format!("<KeePassFile><Root><Group>{entry}{entry}</Group></Root></KeePassFile>");
        is_mixed(xml.as_bytes()).unwrap()
    }

    #[test]
    fn only_a_secret_behind_a_secret_of_the_history_is_read_wrongly() {
        let history = |inner: &str| format!("<History><Entry>{inner}</Entry></History>");
        assert!(!mixed(&format!("{PLAIN}{SECRET}{}", history(SECRET))), "as KeePass writes it");
        assert!(mixed(&format!("{PLAIN}{}{SECRET}", history(SECRET))));
        assert!(mixed(&format!("{SECRET}{}{PLAIN}{SECRET}", history(SECRET))));
        assert!(!mixed(&format!("{SECRET}<History></History>{SECRET}")));
        assert!(!mixed(&format!("{SECRET}<History/>{SECRET}")));
        assert!(!mixed(&format!("{SECRET}{}{PLAIN}", history(SECRET))));
        assert!(!mixed(&format!("{}{SECRET}", history(EMPTY))));
        assert!(!mixed(&format!("{}{EMPTY}", history(SECRET))));
        assert!(is_mixed(b"<a><b></a>").is_err());
    }
}
