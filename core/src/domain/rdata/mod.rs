//! Record data between presentation form and wire form, field by field.
//!
//! The wire form is the pivot: one value has one lower-case wire form, and each wire form one text. Types outside
//! [`SHAPES`] are read by the crate `domain`, and what that does not know either is kept as RFC 3597 has it.

#[cfg(test)]
pub(crate) mod arbitrary;
mod field;
mod foreign;
mod place;
mod rare;
mod service;
#[cfg(test)]
mod tests;

use std::fmt::Write as _;

use field::Field::{
    self, Algorithm, Base64, CertKind, Eui, Hex, Host, Key, Name, Nibbles, Nsap, Number, Prefixes,
    Spot, Str, Strs, Svc, Tag, Text, Time, Types, V4, V6,
};

pub(super) use field::{quote, seconds};

use super::labels::Origin;
use super::lex::{LexError, Lexer, Token};

const U8: Field = Number(1);
const U16: Field = Number(2);
const U32: Field = Number(4);

/// A type's number, its fields and an example for people.
type Shape = (u16, &'static [Field], &'static str);

/// Sorted by the number.
const SHAPES: &[Shape] = &[
    (1, &[V4], "192.0.2.10"),
    (2, &[Name], "ns1.example.com."),
    (3, &[Name], "host.example.com."),
    (4, &[Name], "host.example.com."),
    (5, &[Name], "www.example.com."),
    (6, &[Name, Name, U32, Time, Time, Time, Time], "ns1 hostmaster 1 10800 3600 604800 3600"),
    (7, &[Name], "host.example.com."),
    (8, &[Name], "group.example.com."),
    (9, &[Name], "renamed.example.com."),
    (12, &[Name], "host.example.com."),
    (13, &[Str, Str], "\"RFC8482\" \"\""),
    (14, &[Name, Name], "list.example.com. errors.example.com."),
    (15, &[U16, Name], "10 mail.example.com."),
    (16, &[Strs], "\"v=spf1 -all\""),
    (17, &[Name, Name], "jan.example.com. txt.example.com."),
    (18, &[U16, Name], "1 afs.example.com."),
    (19, &[Str], "\"311061700956\""),
    (20, &[Strs], "\"150862028003217\" \"004\""),
    (21, &[U16, Name], "10 relay.example.com."),
    (22, &[Nsap], "0x47000580005a0000000001e133ffffff00016100"),
    (23, &[Name], "host.example.com."),
    (26, &[U16, Name, Name], "10 map822.example.com. mapx400.example.com."),
    (27, &[Str, Str, Str], "\"21.01\" \"52.23\" \"100\""),
    (28, &[V6], "2001:db8::10"),
    (29, &[Spot], "52 13 47.000 N 21 0 44.000 E 113.00m 10.00m 10000.00m 10.00m"),
    (33, &[U16, U16, U16, Name], "10 60 5060 sip.example.com."),
    (
        35,
        &[U16, U16, Str, Str, Str, Name],
        "100 10 \"u\" \"E2U+sip\" \"!^.*$!sip:a@example.com!\" .",
    ),
    (36, &[U16, Name], "10 kx.example.com."),
    (37, &[CertKind, U16, Algorithm, Base64], "1 0 0 AQID"),
    (39, &[Name], "example.net."),
    (42, &[Prefixes], "1:192.0.2.0/24 !2:2001:db8::/32"),
    (
        43,
        &[U16, Algorithm, U8, Hex],
        "12345 13 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    ),
    (44, &[U8, U8, Hex], "4 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"),
    (48, &[U16, U8, Algorithm, Base64], "257 3 13 AQID"),
    (49, &[Base64], "AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA="),
    (
        52,
        &[U8, U8, U8, Hex],
        "3 1 1 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    ),
    (
        53,
        &[U8, U8, U8, Hex],
        "3 1 1 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    ),
    (55, &[Host], "2 200100107b1a74df365639cc39f1d578 AwEAAbdxyhNuSutc5EMzxTs9 rvs.example.com."),
    (56, &[Strs], "\"status\""),
    (57, &[U16, U8, Algorithm, Base64], "0 3 13 AQID"),
    (58, &[Name, Name], "a.example.com. b.example.com."),
    (
        59,
        &[U16, Algorithm, U8, Hex],
        "12345 13 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    ),
    (60, &[U16, U8, Algorithm, Base64], "257 3 13 AQID"),
    (61, &[Key], "mDMEAAAAARYJKwYB"),
    (62, &[U32, U16, Types], "66 3 A NS AAAA"),
    (
        63,
        &[U32, U8, U8, Hex],
        "2018031500 1 1 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    ),
    (64, &[U16, Name, Svc], "1 svc.example.com. alpn=\"h2\" port=8443"),
    (65, &[U16, Name, Svc], "1 . alpn=\"h2,h3\""),
    (99, &[Strs], "\"v=spf1 -all\""),
    (104, &[U16, Nibbles], "10 0014:4fff:ff20:ee64"),
    (105, &[U16, V4], "10 192.0.2.0"),
    (106, &[U16, Nibbles], "10 2001:0db8:1140:1000"),
    (107, &[U16, Name], "10 l64.example.com."),
    (108, &[Eui(6)], "00-00-5e-00-53-2a"),
    (109, &[Eui(8)], "00-00-5e-ef-10-00-00-2a"),
    (256, &[U16, U16, Text], "10 1 \"https://www.example.com/\""),
    (257, &[U8, Tag, Text], "0 issue \"letsencrypt.org\""),
    (258, &[Strs], "\"avc\""),
    (261, &[Strs], "\"qnamemin\""),
    (262, &[Strs], "\"BTC\" \"wallet\""),
    (
        32768,
        &[U16, Algorithm, U8, Hex],
        "12345 13 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    ),
    (
        32769,
        &[U16, Algorithm, U8, Hex],
        "12345 13 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    ),
];

fn shape(code: u16) -> Option<&'static Shape> {
    SHAPES.binary_search_by_key(&code, |s| s.0).ok().map(|i| &SHAPES[i])
}

/// What data of this type look like.
pub(super) fn example(code: u16) -> &'static str {
    shape(code).map_or("\\# 2 beef", |s| s.2)
}

/// The words of one record's data. A comment is refused: what a person pastes would silently lose its end.
pub(super) fn words(text: &str) -> Result<Vec<Token<'_>>, String> {
    let mut lexer = Lexer::new(text);
    let entry = match lexer.next_entry() {
        None => return Err("empty".into()),
        Some(Err((_, e))) => return Err(broken(e).into()),
        Some(Ok(entry)) => entry,
    };
    if lexer.next_entry().is_some() {
        return Err("a line break".into());
    }
    if lexer.comment {
        return Err("an unquoted semicolon begins a comment".into());
    }
    Ok(entry.tokens)
}

fn broken(e: LexError) -> &'static str {
    match e {
        LexError::OpenQuote => "a quote is not closed",
        LexError::OpenParenthesis => "a parenthesis is not closed",
        LexError::StrayParenthesis => "a closing parenthesis without an opening one",
        LexError::LoneBackslash => "a backslash at the end",
    }
}

/// `\# length hex` of RFC 3597, for any type; `None` when the words are something else.
pub(super) fn generic(words: &[Token<'_>]) -> Option<Result<Vec<u8>, String>> {
    let (first, rest) = words.split_first()?;
    if first.quoted || first.raw != "\\#" {
        return None;
    }
    let read = || {
        let (len, hex) = rest.split_first().ok_or("the length is missing")?;
        let len: u16 = len.raw.parse().map_err(|_| "the length is not a number")?;
        let bytes = field::hex(&field::joined(hex))?;
        if bytes.len() == usize::from(len) {
            Ok(bytes)
        } else {
            Err(format!("{} bytes where {len} were said", bytes.len()))
        }
    };
    Some(read())
}

/// Words to canonical wire data.
pub(super) fn to_wire(
    code: u16,
    words: &[Token<'_>],
    origin: &Origin<'_>,
) -> Result<Vec<u8>, String> {
    let Some((_, fields, _)) = shape(code) else { return foreign::to_wire(code, words, origin) };
    let mut out = Vec::new();
    let mut rest = words;
    for field in *fields {
        rest = field.read(rest, origin, &mut out)?;
    }
    if !rest.is_empty() {
        return Err(format!("too much: {}", rest[0].raw));
    }
    if out.len() > 65535 { Err("longer than 65,535 bytes".into()) } else { Ok(out) }
}

/// Wire data to canonical text; `None` when they are not of that shape, or nothing at all.
pub(super) fn to_text(code: u16, wire: &[u8]) -> Option<String> {
    let Some((_, fields, _)) = shape(code) else { return foreign::to_text(code, wire) };
    let mut out = String::new();
    let mut rest = wire;
    for (i, field) in fields.iter().enumerate() {
        // Empty text still has its quotes; other rests leave nothing behind.
        if i > 0 && (!rest.is_empty() || *field == Text) {
            out.push(' ');
        }
        rest = field.write(rest, &mut out)?;
    }
    (rest.is_empty() && !out.is_empty()).then_some(out)
}

/// RFC 3597 text.
pub(super) fn generic_text(wire: &[u8]) -> String {
    let mut out = format!("\\# {}", wire.len());
    if !wire.is_empty() {
        out.push(' ');
    }
    for b in wire {
        let _ = write!(out, "{b:02x}");
    }
    out
}
