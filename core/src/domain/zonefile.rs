//! Zone files (RFC 1035 section 5, RFC 2308 `$TTL`, RFC 3597).

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::labels::{self, Origin};
use super::lex::{Entry, LexError, Lexer, Token};
use super::zone::Zone;
use super::{
    DomainName, RecordData, RecordName, RecordSet, RecordType, SetBody, SetKey, Ttl, rdata,
};
use crate::phrase;
use crate::phrase::{Language, Phrase};

/// Why a zone file was refused. Nothing of it is used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {}", problem.text(Language::En))]
pub struct ZonefileError {
    /// Counted from 1; where the entry begins that is wrong.
    pub line: usize,
    /// What is wrong, for people.
    pub problem: Phrase,
}

/// Reads a zone file. `$INCLUDE` is refused; a name outside `zone` is an error. The TTL of a set is the smallest of
/// its records'; a record without one has that of `$TTL`, else the SOA's minimum (RFC 2308 section 4).
pub fn read(text: &str, zone: &DomainName) -> Result<Vec<RecordSet>, ZonefileError> {
    let wire = zone.wire();
    let mut reader = Reader {
        zone: &wire,
        origin: wire.clone(),
        owner: None,
        default_ttl: None,
        without_ttl: None,
        sets: BTreeMap::new(),
    };
    let mut lexer = Lexer::new(text);
    while let Some(entry) = lexer.next_entry() {
        let entry = entry.map_err(|(line, e)| ZonefileError { line, problem: torn(e) })?;
        reader.entry(&entry).map_err(|problem| ZonefileError { line: entry.line, problem })?;
    }
    reader.finish()
}

/// Writes a zone file: `$ORIGIN`, the SOA, the apex NS, then by name and type. Owners are relative, names in data are
/// absolute, every record carries its TTL. Read back it gives the same sets.
pub fn write(zone: &Zone) -> String {
    let mut out = format!("$ORIGIN {}.\n", zone.name);
    let apex = |rtype| SetKey { name: RecordName::apex(), rtype };
    let first = [apex(RecordType::SOA), apex(RecordType::NS)];
    for key in &first {
        if let Some(body) = zone.sets.get(key) {
            write_set(key, body, &mut out);
        }
    }
    for (key, body) in zone.sets.iter().filter(|(key, _)| !first.contains(key)) {
        write_set(key, body, &mut out);
    }
    out
}

fn write_set(key: &SetKey, body: &SetBody, out: &mut String) {
    for data in &body.data {
        let _ = writeln!(out, "{}\t{}\tIN\t{}\t{data}", key.name, body.ttl, key.rtype);
    }
}

/// A set as it grows; a `None` TTL waits for the SOA.
struct Grown {
    ttl: Option<Ttl>,
    waits: bool,
    data: Vec<RecordData>,
}

struct Reader<'a> {
    /// Wire form.
    zone: &'a [u8],
    /// Wire form; moved by `$ORIGIN`.
    origin: Vec<u8>,
    owner: Option<RecordName>,
    default_ttl: Option<Ttl>,
    /// Line of the first record that has no TTL before a `$TTL`.
    without_ttl: Option<usize>,
    sets: BTreeMap<SetKey, Grown>,
}

impl Reader<'_> {
    fn entry(&mut self, entry: &Entry<'_>) -> Result<(), Phrase> {
        match entry.tokens.split_first() {
            Some((first, rest))
                if !entry.indented && !first.quoted && first.raw.starts_with('$') =>
            {
                self.directive(first.raw, rest)
            }
            Some((owner, rest)) if !entry.indented => {
                self.owner = Some(self.owner_name(owner)?);
                self.record(entry.line, rest)
            }
            _ => self.record(entry.line, &entry.tokens),
        }
    }

    fn directive(&mut self, name: &str, words: &[Token<'_>]) -> Result<(), Phrase> {
        let word = match words {
            [one] => one.raw,
            _ => "",
        };
        match name.to_ascii_uppercase().as_str() {
            "$ORIGIN" => {
                self.origin = labels::to_wire(word, &self.origin())
                    .map_err(|_| phrase!("dns.zonefile_name", name = word))?;
            }
            "$TTL" => {
                let ttl = ttl(word).ok_or_else(|| phrase!("dns.zonefile_ttl", ttl = word))?;
                self.default_ttl = Some(ttl);
            }
            "$INCLUDE" => return Err(phrase!("dns.zonefile_include")),
            _ => return Err(phrase!("dns.zonefile_directive", name = name)),
        }
        Ok(())
    }

    fn origin(&self) -> Origin<'_> {
        Origin { wire: &self.origin, dotted_is_absolute: false }
    }

    fn owner_name(&self, word: &Token<'_>) -> Result<RecordName, Phrase> {
        let bad = || phrase!("dns.zonefile_name", name = word.raw);
        if word.quoted {
            return Err(bad());
        }
        let wire = labels::to_wire(word.raw, &self.origin()).map_err(|_| bad())?;
        RecordName::from_wire(&wire, self.zone).map_err(|_| {
            let zone = labels::relative_text(self.zone);
            phrase!("dns.zonefile_outside", name = labels::relative_text(&wire), zone = zone)
        })
    }

    fn record(&mut self, line: usize, words: &[Token<'_>]) -> Result<(), Phrase> {
        let owner = self.owner.clone().ok_or_else(|| phrase!("dns.zonefile_no_owner"))?;
        let head = head(words)?;
        let data = RecordData::from_words(head.rtype, head.data, &self.origin())
            .map_err(|e| e.phrase())?;
        let ttl = head.ttl.or(self.default_ttl);
        if ttl.is_none() && self.without_ttl.is_none() {
            self.without_ttl = Some(line);
        }
        let key = SetKey { name: owner, rtype: head.rtype };
        let grown =
            self.sets.entry(key).or_insert(Grown { ttl: None, waits: false, data: Vec::new() });
        match ttl {
            Some(ttl) => grown.ttl = Some(grown.ttl.map_or(ttl, |t| t.min(ttl))),
            None => grown.waits = true,
        }
        grown.data.push(data);
        Ok(())
    }

    fn finish(self) -> Result<Vec<RecordSet>, ZonefileError> {
        let soa = SetKey { name: RecordName::apex(), rtype: RecordType::SOA };
        let minimum = self.sets.get(&soa).and_then(|s| s.data.first()).and_then(minimum);
        if let (Some(line), None) = (self.without_ttl, minimum) {
            return Err(ZonefileError { line, problem: phrase!("dns.zonefile_no_ttl") });
        }
        let sets = self.sets.into_iter().map(|(key, grown)| {
            let waiting = grown.waits.then_some(minimum).flatten();
            let ttl = grown.ttl.into_iter().chain(waiting).min().unwrap_or(Ttl::ZERO);
            RecordSet { key, body: SetBody::new(ttl, grown.data) }
        });
        Ok(sets.collect())
    }
}

/// TTL, class and type in front of the data.
struct Head<'w, 'a> {
    ttl: Option<Ttl>,
    rtype: RecordType,
    data: &'w [Token<'a>],
}

/// `[TTL] [class] type` or `[class] [TTL] type`. `A` and the like are never a TTL, since that begins with a digit.
fn head<'w, 'a>(words: &'w [Token<'a>]) -> Result<Head<'w, 'a>, Phrase> {
    let (mut seconds, mut class) = (None, false);
    let mut rest = words;
    loop {
        let Some((word, tail)) = rest.split_first() else {
            return Err(phrase!("dns.zonefile_no_type"));
        };
        let unknown = || phrase!("dns.zonefile_type", rtype = word.raw);
        rest = tail;
        if word.quoted {
            return Err(unknown());
        }
        if word.raw.starts_with(|c: char| c.is_ascii_digit()) && seconds.is_none() {
            seconds =
                Some(ttl(word.raw).ok_or_else(|| phrase!("dns.zonefile_ttl", ttl = word.raw))?);
        } else if is_class(word.raw) && !class {
            if !word.raw.eq_ignore_ascii_case("IN") && !word.raw.eq_ignore_ascii_case("CLASS1") {
                return Err(phrase!("dns.zonefile_class", class = word.raw));
            }
            class = true;
        } else {
            let rtype: RecordType = word.raw.parse().map_err(|_| unknown())?;
            return Ok(Head { ttl: seconds, rtype, data: rest });
        }
    }
}

fn is_class(word: &str) -> bool {
    ["IN", "CH", "HS", "CS", "NONE", "ANY"].iter().any(|c| c.eq_ignore_ascii_case(word))
        || word.get(..5).is_some_and(|c| c.eq_ignore_ascii_case("CLASS"))
}

fn ttl(word: &str) -> Option<Ttl> {
    Ttl::try_from(rdata::seconds(word)?).ok()
}

/// The last field of SOA data.
fn minimum(soa: &RecordData) -> Option<Ttl> {
    ttl(soa.as_str().rsplit(' ').next()?)
}

fn torn(e: LexError) -> Phrase {
    match e {
        LexError::OpenQuote => phrase!("dns.zonefile_quote"),
        LexError::OpenParenthesis | LexError::StrayParenthesis => {
            phrase!("dns.zonefile_parenthesis")
        }
        LexError::LoneBackslash => phrase!("dns.zonefile_backslash"),
    }
}

#[cfg(test)]
mod tests;
