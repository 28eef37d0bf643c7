//! Names, types and record data of the sandbox: text in, wire out. Written apart from dombot's own
//! reading of zone data, so that the one can judge the other.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Most bytes of one record's data.
pub(super) const MAX_RDATA: usize = 4096;

/// A name as labels from the top level down (`test`, `demo-firma`, `www`), lower case, so that a name and
/// everything below it lie together in an ordered map. In text: `www.demo-firma.test`, the root is `.`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Labels(Vec<Vec<u8>>);

/// A record type. In text: `A`, `MX`, or `TYPE52` for all that the sandbox keeps as plain bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Type(pub u16);

macro_rules! types {
    ($($name:ident $code:literal),* $(,)?) => {
        impl Type {
            $(#[doc = stringify!($name)] pub const $name: Self = Self($code);)*
            const NAMES: &'static [(&'static str, u16)] = &[$((stringify!($name), $code)),*];
        }
    };
}

types! {
    A 1, NS 2, CNAME 5, SOA 6, PTR 12, MX 15, TXT 16, AAAA 28, SRV 33, DNAME 39, DS 43, CAA 257,
}

impl Type {
    /// Queries, transactions and what only a signer makes: nobody sets these.
    pub fn is_settable(self) -> bool {
        !matches!(self.0, 0 | 41 | 46 | 47 | 50 | 51 | 128..=255 | 65535)
    }
}

impl FromStr for Type {
    type Err = String;
    fn from_str(s: &str) -> Result<Self, String> {
        let upper = s.to_ascii_uppercase();
        let known = Self::NAMES.iter().find(|(name, _)| *name == upper).map(|(_, code)| *code);
        let numbered = || upper.strip_prefix("TYPE").and_then(|n| n.parse().ok());
        known.or_else(numbered).map(Self).ok_or_else(|| format!("unknown type {s}"))
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Self::NAMES.iter().find(|(_, code)| *code == self.0) {
            Some((name, _)) => f.write_str(name),
            None => write!(f, "TYPE{}", self.0),
        }
    }
}

impl Labels {
    /// From text with or without the final dot; `\.` and `\DDD` are read as in zone files.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut labels = split(text)?;
        if text != "." && labels.iter().any(Vec::is_empty) {
            return Err(format!("an empty label in {text:?}"));
        }
        let long = labels.iter().any(|l| l.len() > 63)
            || labels.iter().map(|l| l.len() + 1).sum::<usize>() > 254;
        if long {
            return Err(format!("too long: {text:?}"));
        }
        labels.reverse();
        Ok(Self(labels))
    }

    /// From labels as a query has them, host first.
    pub fn from_wire<'a>(labels: impl DoubleEndedIterator<Item = &'a [u8]>) -> Self {
        Self(labels.rev().map(<[u8]>::to_ascii_lowercase).collect())
    }

    /// Host first, as a query has them.
    pub fn host_first(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().rev().map(Vec::as_slice)
    }

    /// This name is `top` or lies below it.
    pub fn is_in(&self, top: &Self) -> bool {
        self.0.starts_with(&top.0)
    }

    /// How many labels.
    pub fn depth(&self) -> usize {
        self.0.len()
    }

    /// The first `depth` labels from the top.
    #[must_use]
    pub fn up_to(&self, depth: usize) -> Self {
        Self(self.0[..depth].to_vec())
    }

    /// One label further down.
    #[must_use]
    pub fn child(&self, label: &[u8]) -> Self {
        let mut labels = self.0.clone();
        labels.push(label.to_vec());
        Self(labels)
    }

    /// The name with `from` at its top replaced by `to` (RFC 6672).
    #[must_use]
    pub fn moved(&self, from: &Self, to: &Self) -> Self {
        Self(to.0.iter().chain(&self.0[from.depth()..]).cloned().collect())
    }

    fn wire(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for label in self.host_first() {
            out.push(u8::try_from(label.len()).unwrap_or(63));
            out.extend(label);
        }
        out.push(0);
        out
    }

    /// From the uncompressed wire form at the start of `wire`.
    pub fn at_start_of(wire: &[u8]) -> Option<Self> {
        let (mut labels, mut rest) = (Vec::new(), wire);
        loop {
            let (&len, tail) = rest.split_first()?;
            if len == 0 {
                break;
            }
            labels.push(tail.get(..usize::from(len))?.to_vec());
            rest = &tail[usize::from(len)..];
        }
        labels.reverse();
        Some(Self(labels))
    }
}

impl fmt::Display for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str(".");
        }
        for (i, label) in self.host_first().enumerate() {
            if i > 0 {
                f.write_str(".")?;
            }
            for &b in label {
                match b {
                    b'.' | b'\\' => write!(f, "\\{}", char::from(b))?,
                    0x21..0x7f => write!(f, "{}", char::from(b))?,
                    _ => write!(f, "\\{b:03}")?,
                }
            }
        }
        Ok(())
    }
}

macro_rules! text {
    ($($t:ident by $parse:path),*) => {$(
        impl TryFrom<String> for $t {
            type Error = String;
            fn try_from(s: String) -> Result<Self, String> {
                $parse(&s)
            }
        }
        impl From<$t> for String {
            fn from(t: $t) -> Self {
                t.to_string()
            }
        }
    )*};
}

text!(Labels by Labels::parse, Type by str::parse);

/// Wire form of `text`, names in lower case. Names must be absolute, with the final dot. DS and all types
/// without a name here are written `\# length hex` (RFC 3597), the others never.
pub(super) fn to_wire(rtype: Type, text: &str) -> Result<Vec<u8>, String> {
    let in_text = rtype != Type::DS && Type::NAMES.iter().any(|(_, code)| *code == rtype.0);
    let wire = match text.strip_prefix("\\#") {
        Some(rest) if !in_text => generic(rest)?,
        _ => known(rtype, &tokens(text)?)?,
    };
    if wire.len() > MAX_RDATA {
        return Err(format!("{} bytes; at most {MAX_RDATA} are kept", wire.len()));
    }
    Ok(wire)
}

fn known(rtype: Type, fields: &[Token]) -> Result<Vec<u8>, String> {
    let expect = |n: usize| match fields.len() {
        len if len == n => Ok(()),
        len => Err(format!("{rtype} has {n} fields, not {len}")),
    };
    match rtype {
        Type::A => expect(1).and_then(|()| address::<Ipv4Addr, 4>(&fields[0], |a| a.octets())),
        Type::AAAA => expect(1).and_then(|()| address::<Ipv6Addr, 16>(&fields[0], |a| a.octets())),
        Type::NS | Type::CNAME | Type::PTR | Type::DNAME => {
            expect(1).and_then(|()| absolute(&fields[0]))
        }
        Type::MX => expect(2).and_then(|()| with_numbers(fields)),
        Type::SRV => expect(4).and_then(|()| with_numbers(fields)),
        Type::TXT => strings(fields),
        Type::CAA => expect(3).and_then(|()| caa(fields)),
        Type::SOA => expect(7).and_then(|()| soa(fields)),
        _ => Err(format!("{rtype} is taken only as \\# length hex")),
    }
}

fn address<T: FromStr, const N: usize>(
    field: &Token,
    octets: fn(T) -> [u8; N],
) -> Result<Vec<u8>, String> {
    let text = field.text()?;
    text.parse().map(|a| octets(a).to_vec()).map_err(|_| format!("not an address: {text:?}"))
}

fn absolute(field: &Token) -> Result<Vec<u8>, String> {
    let raw = &field.raw;
    if !raw.ends_with('.') || raw.ends_with("\\.") {
        return Err(format!("not an absolute name: {raw:?}"));
    }
    Labels::parse(raw).map(|l| l.wire())
}

fn number<T: FromStr>(field: &Token) -> Result<T, String> {
    let text = field.text()?;
    text.parse().map_err(|_| format!("not a number here: {text:?}"))
}

/// 16-bit numbers and a name behind them: MX, SRV.
fn with_numbers(fields: &[Token]) -> Result<Vec<u8>, String> {
    let (name, numbers) = fields.split_last().ok_or("empty")?;
    let mut out = Vec::new();
    for field in numbers {
        out.extend(number::<u16>(field)?.to_be_bytes());
    }
    out.extend(absolute(name)?);
    Ok(out)
}

fn soa(fields: &[Token]) -> Result<Vec<u8>, String> {
    let mut out = absolute(&fields[0])?;
    out.extend(absolute(&fields[1])?);
    for field in &fields[2..] {
        out.extend(number::<u32>(field)?.to_be_bytes());
    }
    Ok(out)
}

fn strings(fields: &[Token]) -> Result<Vec<u8>, String> {
    if fields.is_empty() {
        return Err("no text".into());
    }
    let mut out = Vec::new();
    for field in fields {
        let len = u8::try_from(field.bytes.len()).map_err(|_| "a string over 255 bytes")?;
        out.push(len);
        out.extend(&field.bytes);
    }
    Ok(out)
}

fn caa(fields: &[Token]) -> Result<Vec<u8>, String> {
    let tag = fields[1].text()?.to_ascii_lowercase();
    if tag.is_empty() || tag.len() > 15 || !tag.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(format!("not a tag: {tag:?}"));
    }
    let mut out = vec![number::<u8>(&fields[0])?, u8::try_from(tag.len()).unwrap_or(15)];
    out.extend(tag.bytes());
    out.extend(&fields[2].bytes);
    Ok(out)
}

fn generic(rest: &str) -> Result<Vec<u8>, String> {
    let mut words = rest.split_whitespace();
    let len: usize = words.next().and_then(|w| w.parse().ok()).ok_or("no length after \\#")?;
    let hex: Vec<u8> = words.flat_map(str::bytes).collect();
    if hex.len() != len * 2 {
        return Err(format!("{len} bytes announced, {} digits given", hex.len()));
    }
    let digit = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
    hex.chunks(2)
        .map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?))
        .collect::<Option<_>>()
        .ok_or_else(|| "not hex".into())
}

/// One field: as written, and with quotes and escapes resolved.
#[derive(Debug, Default)]
struct Token {
    raw: String,
    bytes: Vec<u8>,
}

impl Token {
    fn text(&self) -> Result<&str, String> {
        std::str::from_utf8(&self.bytes).map_err(|_| "not text".into())
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut out = Vec::new();
    let mut rest = text.as_bytes();
    loop {
        rest = rest.trim_ascii_start();
        let Some(&first) = rest.first() else { return Ok(out) };
        let quoted = first == b'"';
        let mut token = Token::default();
        let mut at = usize::from(quoted);
        loop {
            match (rest.get(at), quoted) {
                (None, true) => return Err("an open quote".into()),
                (Some(b'"'), true) => break at += 1,
                (None, false) => break,
                (Some(b), false) if b.is_ascii_whitespace() => break,
                (Some(b'"' | b';' | b'(' | b')'), false) => return Err("a stray sign".into()),
                (Some(b'\n' | b'\r'), true) => return Err("a line break".into()),
                (Some(b'\\'), _) => token.bytes.push(escape(rest, &mut at)?),
                (Some(&b), _) => {
                    token.bytes.push(b);
                    at += 1;
                }
            }
        }
        token.raw = String::from_utf8_lossy(&rest[..at]).into_owned();
        out.push(token);
        rest = &rest[at..];
    }
}

/// The byte that `\X` or `\DDD` at `at` stands for; moves behind it.
fn escape(bytes: &[u8], at: &mut usize) -> Result<u8, String> {
    let next = *bytes.get(*at + 1).ok_or("a lone backslash")?;
    if !next.is_ascii_digit() {
        *at += 2;
        return Ok(next);
    }
    let digits = bytes.get(*at + 1..*at + 4).and_then(|d| std::str::from_utf8(d).ok());
    *at += 4;
    digits.and_then(|d| d.parse().ok()).ok_or_else(|| "a bad escape".into())
}

/// Labels as written, host first; the final dot adds none.
fn split(text: &str) -> Result<Vec<Vec<u8>>, String> {
    let bytes = text.as_bytes();
    let (mut labels, mut label, mut at) = (Vec::new(), Vec::new(), 0);
    if text == "." {
        return Ok(labels);
    }
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => label.push(escape(bytes, &mut at)?.to_ascii_lowercase()),
            b'.' => {
                labels.push(std::mem::take(&mut label));
                at += 1;
            }
            b if b.is_ascii_graphic() => {
                label.push(b.to_ascii_lowercase());
                at += 1;
            }
            _ => return Err(format!("not a name: {text:?}")),
        }
    }
    if !label.is_empty() || labels.is_empty() {
        labels.push(label);
    }
    Ok(labels)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire(rtype: &str, text: &str) -> Result<Vec<u8>, String> {
        to_wire(rtype.parse().unwrap(), text)
    }

    #[test]
    fn data_becomes_bytes() {
        assert_eq!(wire("A", "192.0.2.1").unwrap(), [192, 0, 2, 1]);
        assert_eq!(wire("MX", "10 Mx.A.").unwrap(), b"\x00\x0a\x02mx\x01a\x00");
        assert_eq!(wire("TXT", r#""a\"b\009" c"#).unwrap(), b"\x04a\"b\x09\x01c");
        assert_eq!(wire("CAA", r#"0 issue "ca.test""#).unwrap(), b"\x00\x05issueca.test");
        assert_eq!(wire("SRV", "1 2 443 .").unwrap(), b"\x00\x01\x00\x02\x01\xbb\x00");
        assert_eq!(wire("TYPE65400", "\\# 2 BE ef").unwrap(), [0xbe, 0xef]);
        assert_eq!(wire("TYPE65400", "\\# 0").unwrap(), [0_u8; 0]);
        for (t, bad) in [
            ("A", "300.1.2.3"),
            ("A", "192.0.2.1 192.0.2.2"),
            ("CNAME", "relative"),
            ("CNAME", "a..b."),
            ("MX", "10"),
            ("MX", "70000 a."),
            ("TXT", ""),
            ("TXT", "\"open"),
            ("A", "\\# 4 c0000201"),
            ("SOA", "\\# 1 00"),
            ("TYPE52", "3 1 1 aa"),
            ("TYPE52", "\\# 2 aa"),
        ] {
            assert!(wire(t, bad).is_err(), "{t} {bad}");
        }
        assert!(wire("TXT", &format!("\"{}\"", "x".repeat(256))).is_err());
        assert!(wire("TXT", &format!("\"{}\" ", "x".repeat(250)).repeat(20)).is_err());
    }

    #[test]
    fn names_keep_their_escapes_and_their_order() {
        for text in ["www.demo-firma.test", "a\\.b.test", "\\009x.test", "*.test", "."] {
            assert_eq!(Labels::parse(text).unwrap().to_string(), text);
        }
        let name = |t| Labels::parse(t).unwrap();
        assert!(name("www.a.test").is_in(&name("A.test.")));
        assert!(!name("wa.test").is_in(&name("a.test")));
        assert_eq!(name("x.a.test").moved(&name("a.test"), &name("b.org")), name("x.b.org"));
        for bad in ["", "a..b", ".a", "a b", &"a".repeat(64)] {
            assert!(Labels::parse(bad).is_err(), "{bad:?}");
        }
    }
}
