//! The kinds of fields that record data are made of.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, Ipv6Addr};

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD as PADDED};

use super::super::labels::{self, Origin};
use super::super::lex::Token;
use super::{place, rare, service};

/// One field, as a zone file and as the wire have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    /// Big-endian, of so many bytes.
    Number(u8),
    /// 32 bits of seconds; reads `1h30m` too.
    Time,
    V4,
    V6,
    /// Never compressed.
    Name,
    /// One character string.
    Str,
    /// All that follow; at least one.
    Strs,
    /// CAA tag: letters and digits, compared without case.
    Tag,
    /// The rest, without a length byte.
    Text,
    /// The rest.
    Hex,
    /// The rest.
    Base64,
    /// The rest, base64; reads hex too.
    Key,
    /// DNSSEC algorithm, number or mnemonic.
    Algorithm,
    /// CERT type, number or mnemonic.
    CertKind,
    /// Hyphenated hex of so many bytes.
    Eui(u8),
    /// Four groups of four hex digits.
    Nibbles,
    /// LOC.
    Spot,
    /// APL.
    Prefixes,
    /// SVCB parameters.
    Svc,
    /// NSAP address.
    Nsap,
    /// HIP.
    Host,
    /// A bitmap of types, maybe empty.
    Types,
}

type Words<'w, 'a> = &'w [Token<'a>];

impl Field {
    /// Reads the words that belong to it, appends wire data, gives the words that are left.
    pub(super) fn read<'w, 'a>(
        self,
        words: Words<'w, 'a>,
        origin: &Origin<'_>,
        out: &mut Vec<u8>,
    ) -> Result<Words<'w, 'a>, String> {
        match self {
            Self::Strs => strings(words, out)?,
            Self::Hex => out.extend(hex(&joined(words))?),
            Self::Base64 => out.extend(base64(&joined(words))?),
            Self::Key => out.extend(key(&joined(words))?),
            Self::Spot => place::read_spot(words, out)?,
            Self::Prefixes => place::read_prefixes(words, out)?,
            Self::Svc => service::read(words, out)?,
            Self::Nsap => rare::read_nsap(words, out)?,
            Self::Host => rare::read_host(words, origin, out)?,
            Self::Types => rare::read_types(words, out)?,
            Self::Text if words.len() > 1 => return Err("text with spaces wants quotes".into()),
            one => {
                let (word, rest) = words.split_first().ok_or("something is missing at the end")?;
                one.read_word(word, origin, out)?;
                return Ok(rest);
            }
        }
        Ok(&[])
    }

    fn read_word(
        self,
        word: &Token<'_>,
        origin: &Origin<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), String> {
        let raw = word.raw;
        let wrong = |what: &str| format!("{raw} is not {what}");
        match self {
            Self::Number(bytes) => {
                let n: u32 = number(raw).ok_or_else(|| wrong("a number that fits"))?;
                put(n, bytes, out).ok_or_else(|| wrong("a number that fits"))?;
            }
            Self::Time => put(seconds(raw).ok_or_else(|| wrong("a time"))?, 4, out)
                .ok_or_else(|| wrong("a time"))?,
            Self::V4 => {
                let ip: Ipv4Addr = raw.parse().map_err(|_| wrong("an IPv4 address"))?;
                out.extend(ip.octets());
            }
            Self::V6 => {
                let ip: Ipv6Addr = raw.parse().map_err(|_| wrong("an IPv6 address"))?;
                out.extend(ip.octets());
            }
            Self::Name if word.quoted => return Err(wrong("a name: it is quoted")),
            Self::Name => out.extend(labels::to_wire(raw, origin)?),
            Self::Str => string(&labels::unescape(raw)?, out)?,
            Self::Tag => {
                if raw.is_empty() || !raw.bytes().all(|b| b.is_ascii_alphanumeric()) {
                    return Err(wrong("a CAA tag"));
                }
                string(raw.to_ascii_lowercase().as_bytes(), out)?;
            }
            Self::Text => out.extend(labels::unescape(raw)?),
            Self::Algorithm => {
                let n = number(raw).or_else(|| named(ALGORITHMS, raw));
                put(n.ok_or_else(|| wrong("an algorithm"))?, 1, out)
                    .ok_or_else(|| wrong("an algorithm"))?;
            }
            Self::CertKind => {
                let n = number(raw).or_else(|| named(CERT_KINDS, raw));
                put(n.ok_or_else(|| wrong("a certificate type"))?, 2, out)
                    .ok_or_else(|| wrong("a certificate type"))?;
            }
            Self::Eui(bytes) => groups(raw, '-', 2, bytes, out).ok_or_else(|| wrong("an EUI"))?,
            Self::Nibbles => groups(raw, ':', 4, 8, out).ok_or_else(|| wrong("four groups"))?,
            _ => return Err(wrong("expected here")),
        }
        Ok(())
    }

    /// Takes its bytes off the front and writes their text; gives the bytes that are left.
    pub(super) fn write<'w>(self, wire: &'w [u8], out: &mut String) -> Option<&'w [u8]> {
        match self {
            Self::Number(bytes) => return write_number(wire, bytes, out),
            Self::Time => return write_number(wire, 4, out),
            Self::Algorithm => return write_number(wire, 1, out),
            Self::CertKind => return write_number(wire, 2, out),
            Self::V4 => {
                let (ip, rest) = wire.split_first_chunk::<4>()?;
                let _ = write!(out, "{}", Ipv4Addr::from(*ip));
                return Some(rest);
            }
            Self::V6 => {
                let (ip, rest) = wire.split_first_chunk::<16>()?;
                let _ = write!(out, "{}", Ipv6Addr::from(*ip));
                return Some(rest);
            }
            Self::Name => {
                let (name, rest) = labels::split(wire)?;
                out.push_str(&labels::to_text(&name));
                return Some(rest);
            }
            Self::Str => {
                let (text, rest) = take_string(wire)?;
                quote(text, out);
                return Some(rest);
            }
            Self::Tag => {
                let (text, rest) = take_string(wire)?;
                let tag = std::str::from_utf8(text).ok()?;
                if tag.is_empty() || !tag.bytes().all(|b| b.is_ascii_alphanumeric()) {
                    return None;
                }
                out.push_str(&tag.to_ascii_lowercase());
                return Some(rest);
            }
            Self::Eui(bytes) => return write_groups(wire, '-', 1, bytes, out),
            Self::Nibbles => return write_groups(wire, ':', 2, 8, out),
            Self::Strs => write_strings(wire, out)?,
            Self::Text => quote(wire, out),
            Self::Hex => wire.iter().for_each(|b| {
                let _ = write!(out, "{b:02x}");
            }),
            Self::Base64 => out.push_str(&PADDED.encode(wire)),
            // An empty key has no text.
            Self::Key => out.push_str(&PADDED.encode((!wire.is_empty()).then_some(wire)?)),
            Self::Spot => place::write_spot(wire, out)?,
            Self::Prefixes => place::write_prefixes(wire, out)?,
            Self::Svc => service::write(wire, out)?,
            Self::Nsap => rare::write_nsap(wire, out)?,
            Self::Host => rare::write_host(wire, out)?,
            Self::Types => rare::write_types(wire, out)?,
        }
        Some(&[])
    }
}

/// RFC 8624 and the IANA registry.
const ALGORITHMS: &[(&str, u32)] = &[
    ("DELETE", 0),
    ("RSAMD5", 1),
    ("DH", 2),
    ("DSA", 3),
    ("RSASHA1", 5),
    ("DSA-NSEC3-SHA1", 6),
    ("RSASHA1-NSEC3-SHA1", 7),
    ("RSASHA256", 8),
    ("RSASHA512", 10),
    ("ECC-GOST", 12),
    ("ECDSAP256SHA256", 13),
    ("ECDSAP384SHA384", 14),
    ("ED25519", 15),
    ("ED448", 16),
    ("INDIRECT", 252),
    ("PRIVATEDNS", 253),
    ("PRIVATEOID", 254),
];

/// RFC 4398 section 2.1.
const CERT_KINDS: &[(&str, u32)] = &[
    ("PKIX", 1),
    ("SPKI", 2),
    ("PGP", 3),
    ("IPKIX", 4),
    ("ISPKI", 5),
    ("IPGP", 6),
    ("ACPKIX", 7),
    ("IACPKIX", 8),
    ("URI", 253),
    ("OID", 254),
];

fn named(table: &[(&str, u32)], raw: &str) -> Option<u32> {
    table.iter().find(|(name, _)| name.eq_ignore_ascii_case(raw)).map(|(_, n)| *n)
}

/// Digits only: `+5` is none.
pub(super) fn number(raw: &str) -> Option<u32> {
    if raw.bytes().all(|b| b.is_ascii_digit()) { raw.parse().ok() } else { None }
}

/// Seconds, or BIND's `1w2d3h4m5s`.
pub(in crate::domain) fn seconds(raw: &str) -> Option<u32> {
    if let Some(n) = number(raw) {
        return Some(n);
    }
    let (mut total, mut digits) = (0_u32, None::<u32>);
    for c in raw.chars() {
        if let Some(d) = c.to_digit(10) {
            digits = Some(digits.unwrap_or(0).checked_mul(10)?.checked_add(d)?);
            continue;
        }
        let unit = match c.to_ascii_lowercase() {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            'w' => 604_800,
            _ => return None,
        };
        total = total.checked_add(digits.take()?.checked_mul(unit)?)?;
    }
    digits.is_none().then_some(total).filter(|_| !raw.is_empty())
}

fn put(n: u32, bytes: u8, out: &mut Vec<u8>) -> Option<()> {
    let all = n.to_be_bytes();
    let (zero, used) = all.split_at(4 - usize::from(bytes));
    zero.iter().all(|b| *b == 0).then(|| out.extend(used))
}

fn write_number<'w>(wire: &'w [u8], bytes: u8, out: &mut String) -> Option<&'w [u8]> {
    let (head, rest) = wire.split_at_checked(usize::from(bytes))?;
    let n = head.iter().fold(0_u32, |n, b| n << 8 | u32::from(*b));
    let _ = write!(out, "{n}");
    Some(rest)
}

/// The words without the spaces between them.
pub(super) fn joined(words: &[Token<'_>]) -> String {
    words.iter().map(|w| w.raw).collect()
}

/// Bytes of an even number of hex digits, maybe none.
pub(super) fn hex(text: &str) -> Result<Vec<u8>, String> {
    let bad = || "that is no hex".to_owned();
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return Err(bad());
    }
    text.as_bytes()
        .chunks(2)
        .map(|pair| {
            let digit = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
            Some(digit(pair[0])? << 4 | digit(pair[1])?)
        })
        .collect::<Option<_>>()
        .ok_or_else(bad)
}

/// With or without the padding.
pub(super) fn base64(text: &str) -> Result<Vec<u8>, String> {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &STANDARD,
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );
    LENIENT.decode(text).map_err(|_| "that is no base64".to_owned())
}

/// `OpenPGP` keys come as hex from some panels. A key's first byte has its top bit set (RFC 9580 4.2), which tells
/// hex from base64 that happens to hold hex digits only.
fn key(text: &str) -> Result<Vec<u8>, String> {
    let bytes = match hex(text) {
        Ok(bytes) if bytes.first().is_some_and(|b| b & 0x80 != 0) => bytes,
        _ => base64(text)?,
    };
    if bytes.is_empty() { Err("an empty key".into()) } else { Ok(bytes) }
}

fn strings(words: &[Token<'_>], out: &mut Vec<u8>) -> Result<(), String> {
    if words.is_empty() {
        return Err("a text is missing".into());
    }
    words.iter().try_for_each(|w| string(&labels::unescape(w.raw)?, out))
}

/// A character string: longer than 255 bytes it is refused, since cutting is the caller's choice.
fn string(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), String> {
    let len = u8::try_from(bytes.len())
        .map_err(|_| format!("one string holds at most 255 bytes, this one has {}", bytes.len()))?;
    out.push(len);
    out.extend(bytes);
    Ok(())
}

fn take_string(wire: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&len, rest) = wire.split_first()?;
    rest.split_at_checked(usize::from(len))
}

fn write_strings(wire: &[u8], out: &mut String) -> Option<()> {
    let mut rest = wire;
    loop {
        let (text, tail) = take_string(rest)?;
        quote(text, out);
        rest = tail;
        if rest.is_empty() {
            return Some(());
        }
        out.push(' ');
    }
}

/// Bytes between quotes; what is not printable ASCII as `\DDD`.
pub(in crate::domain) fn quote(bytes: &[u8], out: &mut String) {
    out.push('"');
    for &b in bytes {
        match b {
            b'"' | b'\\' => out.extend(['\\', char::from(b)]),
            0x20..=0x7e => out.push(char::from(b)),
            _ => {
                let _ = write!(out, "\\{b:03}");
            }
        }
    }
    out.push('"');
}

/// Groups of `digits` hex digits that make `bytes` bytes.
fn groups(raw: &str, between: char, digits: usize, bytes: u8, out: &mut Vec<u8>) -> Option<()> {
    let parts: Vec<&str> = raw.split(between).collect();
    let whole = parts.len() * digits == usize::from(bytes) * 2;
    if !whole || parts.iter().any(|p| p.len() > digits || p.is_empty()) {
        return None;
    }
    for part in parts {
        out.extend(hex(&format!("{part:0>digits$}")).ok()?);
    }
    Some(())
}

fn write_groups<'w>(
    wire: &'w [u8],
    between: char,
    size: usize,
    bytes: u8,
    out: &mut String,
) -> Option<&'w [u8]> {
    let (head, rest) = wire.split_at_checked(usize::from(bytes))?;
    for (i, group) in head.chunks(size).enumerate() {
        if i > 0 {
            out.push(between);
        }
        for b in group {
            let _ = write!(out, "{b:02x}");
        }
    }
    Some(rest)
}
