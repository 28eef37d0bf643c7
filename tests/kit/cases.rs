//! Whole-zone cases as data: read, written as the zone file that a person would keep, and judged.
//!
//! It uses nothing of dombot. Record data is compared in wire form, which BIND's `named-rrchecker` makes of the
//! desired zone and `dig +unknownformat` shows of the served one.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use serde::Deserialize;
use serde_json::Value;

/// Cases that follow each other, from an empty zone.
#[derive(Debug, Clone, Deserialize)]
pub struct Group {
    /// Not unique.
    pub desc: String,
    /// In order.
    pub cases: Vec<Case>,
}

/// A whole desired zone.
#[derive(Debug, Clone, Deserialize)]
pub struct Case {
    /// What it is about.
    pub desc: String,
    /// Without SOA and apex NS, as a rule.
    #[serde(default)]
    pub records: Vec<Rec>,
    /// The plan must be empty.
    #[serde(default)]
    pub expect_no_changes: bool,
    /// Present records that stay although they are not listed.
    #[serde(default)]
    pub ignore: Vec<Pattern>,
    /// A pattern may fit listed records too.
    #[serde(default)]
    pub unsafe_ignore: bool,
}

/// One record.
#[derive(Debug, Clone, Deserialize)]
pub struct Rec {
    /// Mnemonic or `TYPE123`.
    #[serde(rename = "type")]
    pub rtype: String,
    /// Relative, `@` = apex.
    pub name: String,
    /// Seconds.
    pub ttl: u32,
    /// By type.
    pub args: Vec<Value>,
}

/// Which records stay; empty = any.
#[derive(Debug, Clone, Deserialize)]
pub struct Pattern {
    /// Of the owner.
    #[serde(default)]
    pub label: String,
    /// Comma list.
    #[serde(default)]
    pub rtype: String,
    /// Of the data.
    #[serde(default)]
    pub target: String,
}

/// A record as it is served: owner (absolute, lower case, escapes undone where they need not be), TTL, type number,
/// data in hex.
pub type Line = (String, u32, u16, String);

/// Reads a table.
///
/// # Panics
/// When there is none.
pub fn read(file: &Path) -> Vec<Group> {
    let text = std::fs::read_to_string(file).expect("a file of cases");
    serde_json::from_str(&text).expect("groups of cases")
}

impl Pattern {
    /// As dombot takes it.
    pub fn words(&self) -> String {
        let word = |text: &str| if text.is_empty() { "*" } else { text }.to_owned();
        format!("{} {} {}", word(&self.label), word(&self.rtype), word(&self.target))
    }
}

impl Rec {
    fn words(&self) -> Vec<String> {
        self.args.iter().map(|a| a.as_str().map_or_else(|| a.to_string(), str::to_owned)).collect()
    }

    /// It decides over the zone itself.
    pub fn is_apex(&self, rtype: &str) -> bool {
        self.name == "@" && self.rtype == rtype
    }

    /// The data as a zone file has them; `ech=IGNORE` is the value that was there before.
    fn data(&self, zone: &str, before: &str) -> String {
        let words: Vec<String> =
            self.words().iter().map(|w| w.replace("**current-domain**", zone)).collect();
        let quoted = |text: &str| format!("\"{}\"", escaped(text));
        match (self.rtype.as_str(), words.as_slice()) {
            ("TXT" | "SPF" | "AVC", [text]) => texts(text),
            ("CAA", [flags, tag, value]) => format!("{flags} {tag} {}", quoted(value)),
            ("URI", [priority, weight, target]) => {
                format!("{priority} {weight} {}", quoted(target))
            }
            ("NAPTR", [order, preference, flags, service, regexp, target]) => {
                let texts = [flags, service, regexp].map(|t| quoted(t)).join(" ");
                format!("{order} {preference} {texts} {target}")
            }
            ("LOC", [d1, m1, s1, ns, d2, m2, s2, ew, altitude, size, horizontal, vertical]) => {
                format!(
                    "{d1} {m1} {s1} {ns} {d2} {m2} {s2} {ew} {altitude}m {size}m {horizontal}m {vertical}m"
                )
            }
            ("HTTPS" | "SVCB", words) => words.join(" ").replace("ech=IGNORE", before),
            (_, words) => words.join(" "),
        }
    }
}

fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, b| {
        let _ = match b {
            b'"' | b'\\' => write!(out, "\\{}", char::from(b)),
            0x20..=0x7e => write!(out, "{}", char::from(b)),
            _ => write!(out, "\\{b:03}"),
        };
        out
    })
}

fn texts(text: &str) -> String {
    if text.is_empty() {
        return "\"\"".into();
    }
    let strings = text.as_bytes().chunks(255).map(|chunk| {
        chunk.iter().fold(String::new(), |mut out, b| {
            let _ = match b {
                b'"' | b'\\' => write!(out, "\\{}", char::from(*b)),
                0x20..=0x7e => write!(out, "{}", char::from(*b)),
                _ => write!(out, "\\{b:03}"),
            };
            out
        })
    });
    strings.map(|s| format!("\"{s}\"")).collect::<Vec<_>>().join(" ")
}

/// The zone file of a case. `base` = lines for SOA and apex NS where the case has none; `ech` = what `ech=IGNORE`
/// stands for.
pub fn zone_file(case: &Case, zone: &str, base: &Base, ech: &str) -> String {
    let mut out = format!("$ORIGIN {zone}.\n");
    if !case.records.iter().any(|r| r.is_apex("SOA")) {
        out += &base.soa;
    }
    if !case.records.iter().any(|r| r.is_apex("NS")) {
        out += &base.ns;
    }
    for record in &case.records {
        let (name, ttl, rtype) = (&record.name, record.ttl, &record.rtype);
        let name = name.replace("**current-domain**", zone);
        let _ = writeln!(out, "{name}\t{ttl}\tIN\t{rtype}\t{}", record.data(zone, ech));
    }
    out
}

/// SOA and apex NS of the empty zone, as zone-file lines.
#[derive(Debug, Clone, Default)]
pub struct Base {
    /// One line.
    pub soa: String,
    /// Several.
    pub ns: String,
}

/// What must be served of a case, without SOA serials. Sets of one owner and type have their smallest TTL.
pub fn wanted(case: &Case, zone: &str, base: &Base, ech: &str) -> BTreeSet<Line> {
    let file = zone_file(case, zone, base, ech);
    let mut least: BTreeMap<(String, String), u32> = BTreeMap::new();
    let mut lines = Vec::new();
    for line in file.lines().filter(|l| !l.starts_with('$')) {
        let mut fields = line.splitn(5, '\t');
        let mut next = || fields.next().expect("five fields").to_owned();
        let (name, ttl, _, rtype, data) = (next(), next(), next(), next(), next());
        let (owner, ttl) = (owner(&name, zone), ttl.parse().expect("a TTL"));
        let set = least.entry((owner.clone(), rtype.clone())).or_insert(ttl);
        *set = ttl.min(*set);
        lines.push((owner, rtype, data));
    }
    let line = |(owner, rtype, data): (String, String, String)| {
        let ttl = least[&(owner.clone(), rtype.clone())];
        let (code, hex) = wire(zone, &rtype, &data);
        (owner, ttl, code, hex)
    };
    lines.into_iter().map(line).collect()
}

/// The records of `dig +unknownformat`, without SOA serials and what a signer adds.
pub fn served(lines: &[String]) -> BTreeSet<Line> {
    let read = |line: &String| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [owner, ttl, _, rtype, "\\#", _, hex @ ..] = fields.as_slice() else {
            panic!("not a record in RFC 3597 form: {line}");
        };
        let code: u16 = rtype.trim_start_matches("TYPE").parse().expect("a type's number");
        let ttl = ttl.parse().expect("a TTL");
        (plain(owner.trim_end_matches('.')), ttl, code, fold(code, &hex.concat()))
    };
    lines
        .iter()
        .map(read)
        .filter(|(_, _, code, _)| !matches!(code, 46 | 47 | 50 | 51 | 65534))
        .collect()
}

/// Type number and data in hex of zone-file text.
pub fn wire(zone: &str, rtype: &str, data: &str) -> (u16, String) {
    static SEEN: Mutex<BTreeMap<(String, String), (u16, String)>> = Mutex::new(BTreeMap::new());
    if let ("A", Ok(ip)) = (rtype, data.parse::<Ipv4Addr>()) {
        return (1, ip.octets().iter().fold(String::new(), |out, b| out + &format!("{b:02x}")));
    }
    let key = (format!("{rtype} {data}"), zone.to_owned());
    if let Some(known) = SEEN.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
        return known.clone();
    }
    let text = if rtype == "OPENPGPKEY" { key_text(data) } else { data.to_owned() };
    let text = if data.is_ascii() { text } else { ascii_words(&text) };
    let said = rrchecker(zone, &format!("IN {rtype} {text}\n"));
    let fields: Vec<&str> = said.split_whitespace().collect();
    let [_, code, "\\#", _, hex @ ..] = fields.as_slice() else {
        panic!("named-rrchecker does not read {rtype} {text}: {said}");
    };
    let code: u16 = code.trim_start_matches("TYPE").parse().expect("a type's number");
    let made = (code, fold(code, &hex.concat()));
    SEEN.lock().unwrap_or_else(PoisonError::into_inner).insert(key, made.clone());
    made
}

fn rrchecker(zone: &str, input: &str) -> String {
    let mut child = Command::new("named-rrchecker")
        .args(["-o", &format!("{zone}."), "-u"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("named-rrchecker (apt-get install bind9-utils)");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(input.as_bytes()).expect("it reads");
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

/// A key in hex, as some panels show it, is the same key.
fn key_text(data: &str) -> String {
    let bare: String = data.split_whitespace().collect();
    let is_hex = bare.len().is_multiple_of(2) && bare.bytes().all(|b| b.is_ascii_hexdigit());
    if is_hex && matches!(bare.as_bytes()[0], b'8' | b'9' | b'a'..=b'f' | b'A'..=b'F') {
        format!("\\# {} {bare}", bare.len() / 2)
    } else {
        bare
    }
}

fn ascii_words(text: &str) -> String {
    let word = |w: &str| if w.is_ascii() { w.to_owned() } else { a_label(w) };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

fn a_label(name: &str) -> String {
    idna::domain_to_ascii(name).expect("an international name")
}

/// Absolute, lower case, without the final dot.
fn owner(name: &str, zone: &str) -> String {
    let ascii = if name.is_ascii() { name.to_owned() } else { a_label(name) };
    match ascii.as_str() {
        "@" => zone.to_owned(),
        name => match name.strip_suffix('.').filter(|n| !n.ends_with('\\')) {
            Some(absolute) => plain(absolute),
            None => plain(&format!("{name}.{zone}")),
        },
    }
}

/// One spelling of an owner: letters, digits, `-_*` as they are, all else as `\DDD`, in lower case.
fn plain(name: &str) -> String {
    let (bytes, mut out, mut at) = (name.as_bytes(), String::new(), 0);
    while at < bytes.len() {
        let (byte, length) = match bytes[at..] {
            [b'\\', a, b, c, ..] if [a, b, c].iter().all(u8::is_ascii_digit) => {
                let digits = std::str::from_utf8(&bytes[at + 1..at + 4]).expect("digits");
                (digits.parse().expect("a byte"), 4)
            }
            [b'\\', b, ..] => (b, 2),
            [b'.', ..] => {
                out.push('.');
                at += 1;
                continue;
            }
            [b, ..] => (b, 1),
            [] => break,
        };
        at += length;
        match byte.to_ascii_lowercase() {
            b @ (b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'*') => out.push(char::from(b)),
            b => {
                let _ = write!(out, "\\{b:03}");
            }
        }
    }
    out
}

/// Upper case in names is the same name; the serial of a SOA is the server's. Other types keep their bytes.
fn fold(code: u16, hex: &str) -> String {
    let hex = hex.to_lowercase();
    let mut bytes: Vec<u8> = (0..hex.len() / 2)
        .map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).expect("hex"))
        .collect();
    match code {
        2..=5 | 7..=9 | 12 | 14 | 15 | 17 | 18 | 21 | 26 | 33 | 36 | 39 | 107 => {
            bytes.make_ascii_lowercase();
        }
        6 => {
            bytes.make_ascii_lowercase();
            let serial = bytes.len().saturating_sub(20);
            bytes[serial..serial + 4].fill(0);
        }
        35 => {
            // The replacement is a name: it comes after three texts.
            let text = |at: usize| at + 1 + usize::from(bytes.get(at).copied().unwrap_or(0));
            let name = text(text(text(4))).min(bytes.len());
            bytes[name..].make_ascii_lowercase();
        }
        64 | 65 => {
            let mut at = 2;
            while let Some(length) = bytes.get(at).copied().filter(|l| *l > 0) {
                let end = (at + 1 + usize::from(length)).min(bytes.len());
                bytes[at + 1..end].make_ascii_lowercase();
                at = end;
            }
        }
        257 => {
            let tag = usize::from(bytes.get(1).copied().unwrap_or(0)).min(bytes.len() - 2);
            bytes[2..2 + tag].make_ascii_lowercase();
        }
        _ => {}
    }
    bytes.iter().fold(String::new(), |mut out, b| {
        let _ = write!(out, "{b:02x}");
        out
    })
}
