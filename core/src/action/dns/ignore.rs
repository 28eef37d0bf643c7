//! Which present records a whole-zone file leaves alone: `NAME [TYPES [TARGET]]`, each with wildcards.
//!
//! `*` is anything, dots too; `?` is one character, `[abc]` one of these, `{a,b}` one of these words. Nothing said for
//! the types or the target is all of them.

use std::collections::BTreeMap;

use crate::domain::{RecordData, RecordName, RecordType, SetBody, SetKey};
use crate::error::Result;
use crate::phrase;

type Sets = BTreeMap<SetKey, SetBody>;

/// One pattern.
#[derive(Debug, Clone)]
pub(super) struct Ignore {
    name: Vec<char>,
    types: Vec<RecordType>,
    target: Option<Vec<char>>,
    said: String,
}

impl Ignore {
    /// From words as a person writes them.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let bad = || phrase!("dns.ignore_bad", pattern = phrase::foreign(text));
        let mut words = text.trim().splitn(3, char::is_whitespace).map(str::trim);
        let name = words.next().filter(|w| !w.is_empty()).ok_or_else(bad)?;
        let all = |word: &&str| !matches!(*word, "" | "*");
        let types = words.next().filter(all).map(|w| w.split(',').map(str::parse).collect());
        let types: Vec<RecordType> = types.transpose().map_err(|_| bad())?.unwrap_or_default();
        let name = if name.is_ascii() {
            name.to_lowercase()
        } else {
            RecordName::parse(name).map_err(|_| bad())?.to_string()
        };
        let target = words.next().filter(all).map(|w| w.to_lowercase().chars().collect());
        Ok(Self { name: name.chars().collect(), types, target, said: text.trim().to_owned() })
    }

    fn takes(&self, key: &SetKey, data: &RecordData) -> bool {
        let name: Vec<char> = key.name.as_str().chars().collect();
        (self.types.is_empty() || self.types.contains(&key.rtype))
            && glob(&self.name, &name)
            && self.target.as_ref().is_none_or(|pattern| {
                targets(data).iter().any(|t| glob(pattern, &t.chars().collect::<Vec<_>>()))
            })
    }
}

/// Lines `; IGNORE NAME [TYPES [TARGET]]` of a zone file.
pub(super) fn in_file(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| {
        line.trim().strip_prefix(';')?.trim_start().strip_prefix("IGNORE ").map(str::trim)
    })
}

/// Puts the present records that stay into `wanted`. Without `overlap` a pattern that also fits a record of the file
/// is an error: the two would say different things about one record. Answers what stays, for the card.
pub(super) fn keep(
    ignores: &[Ignore],
    overlap: bool,
    present: &Sets,
    wanted: &mut Sets,
) -> Result<Vec<SetKey>> {
    let takes = |key: &SetKey, data: &RecordData| ignores.iter().find(|i| i.takes(key, data));
    for (key, body) in wanted.iter().filter(|_| !overlap) {
        let hit = body.data.iter().find_map(|data| takes(key, data));
        if let Some(ignore) = hit.filter(|_| key.rtype != RecordType::SOA) {
            let (name, rtype) = (&key.name, key.rtype);
            let pattern = phrase::foreign(&ignore.said);
            return Err(phrase!(
                "dns.ignore_overlap",
                pattern = pattern,
                name = name,
                rtype = rtype
            )
            .into());
        }
    }
    let mut kept = Vec::new();
    for (key, body) in present {
        let stays = body.data.iter().filter(|data| takes(key, data).is_some());
        let stays: Vec<RecordData> = stays.cloned().collect();
        if stays.is_empty() {
            continue;
        }
        kept.push(key.clone());
        if key.rtype == RecordType::SOA {
            // There is one only: the present one stays.
            wanted.insert(key.clone(), body.clone());
            continue;
        }
        let file = wanted.remove(key);
        let ttl = file.as_ref().map_or(body.ttl, |f| f.ttl);
        let data = file.into_iter().flat_map(|f| f.data).chain(stays).collect();
        wanted.insert(key.clone(), SetBody::new(ttl, data));
    }
    Ok(kept)
}

/// The whole data, the host or last word alone, and a text without its quotes.
fn targets(data: &RecordData) -> Vec<String> {
    let whole = data.as_str().to_lowercase();
    let last = whole.rsplit(' ').next().unwrap_or_default().to_owned();
    let text = data.txt_bytes().map(|b| String::from_utf8_lossy(&b).to_lowercase());
    [Some(last), text, Some(whole)].into_iter().flatten().collect()
}

fn glob(pattern: &[char], text: &[char]) -> bool {
    let Some((first, rest)) = pattern.split_first() else { return text.is_empty() };
    match first {
        '*' => (0..=text.len()).any(|n| glob(rest, &text[n..])),
        '?' => !text.is_empty() && glob(rest, &text[1..]),
        '[' | '{' => {
            let close = if *first == '[' { ']' } else { '}' };
            let Some(end) = rest.iter().position(|c| *c == close) else { return false };
            let (choice, rest) = (&rest[..end], &rest[end + 1..]);
            if close == ']' {
                return text.first().is_some_and(|c| choice.contains(c)) && glob(rest, &text[1..]);
            }
            choice.split(|c| *c == ',').any(|word| glob(&[word, rest].concat(), text))
        }
        c => text.first() == Some(c) && glob(rest, &text[1..]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn takes(pattern: &str, name: &str, rtype: &str, data: &str) -> bool {
        let zone = "firma.pl".parse().unwrap();
        let key = SetKey { name: name.parse().unwrap(), rtype: rtype.parse().unwrap() };
        let data = RecordData::parse(key.rtype, data, &zone).unwrap();
        Ignore::parse(pattern).unwrap().takes(&key, &data)
    }

    #[test]
    fn patterns() {
        for (pattern, name, rtype, data) in [
            ("foo", "foo", "A", "192.0.2.1"),
            ("@", "@", "TXT", "x"),
            ("*", "@", "TXT", "x"),
            ("_acme-challenge.*", "_acme-challenge.a.b", "TXT", "x"),
            ("*.b", "a.b", "A", "192.0.2.1"),
            ("*", "a.b.c", "A", "192.0.2.1"),
            ("foo A,TXT", "foo", "TXT", "x"),
            ("foo * 192.0.2.?", "foo", "A", "192.0.2.1"),
            ("* CNAME *.googlehosted.com.", "mail", "CNAME", "ghs.googlehosted.com."),
            ("* MX mail.firma.pl.", "@", "MX", "10 mail"),
            ("* TXT v=spf1 *", "@", "TXT", "\"v=spf1 -all\""),
            ("{www,ww[23]}", "ww2", "A", "192.0.2.1"),
            ("łąka", "xn--ka-ola7v", "A", "192.0.2.1"),
        ] {
            assert!(takes(pattern, name, rtype, data), "{pattern}");
        }
        for (pattern, name, rtype, data) in [
            ("foo", "foo.bar", "A", "192.0.2.1"),
            ("foo A", "foo", "AAAA", "2001:db8::1"),
            ("foo * 192.0.2.?", "foo", "A", "192.0.2.11"),
            ("foo * 192.0.2.1", "foo", "A", "192.0.2.11"),
        ] {
            assert!(!takes(pattern, name, rtype, data), "{pattern}");
        }
        for bad in ["", "  ", "foo BAD/TYPE"] {
            assert!(Ignore::parse(bad).is_err(), "{bad}");
        }
        let file = "; IGNORE foo A\n;IGNORE bar\nwww A 192.0.2.1 ; IGNORE x\n; please IGNORE\n";
        assert_eq!(in_file(file).collect::<Vec<_>>(), ["foo A", "bar"]);
    }
}
