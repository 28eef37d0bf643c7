//! Domain names between their presentation form (RFC 1035 5.1, RFC 4343 2.1) and their wire form. Names come out in
//! lower case, since DNS compares them so.

use std::fmt::Write as _;

use super::name::to_ascii;

/// What a name without the final dot stands below.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origin<'a> {
    /// In wire form.
    pub(super) wire: &'a [u8],
    /// A person's habit: `mail.example.com` is meant as it stands.
    pub(super) dotted_is_absolute: bool,
}

/// Undoes `\X` and `\DDD`. Letters outside ASCII give their UTF-8 bytes.
pub(super) fn unescape(raw: &str) -> Result<Vec<u8>, String> {
    if !raw.contains('\\') {
        return Ok(raw.as_bytes().to_vec());
    }
    let mut out = Vec::with_capacity(raw.len());
    let mut rest = raw.as_bytes();
    while let Some((&b, tail)) = rest.split_first() {
        rest = tail;
        if b == b'\\' {
            let (byte, tail) = escaped(tail).ok_or_else(|| format!("a broken escape in {raw}"))?;
            out.push(byte);
            rest = tail;
        } else {
            out.push(b);
        }
    }
    Ok(out)
}

/// The byte after a backslash, and what follows it.
fn escaped(rest: &[u8]) -> Option<(u8, &[u8])> {
    match rest {
        [a @ b'0'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9', tail @ ..] => {
            let n = [a, b, c].iter().fold(0_u16, |n, d| n * 10 + u16::from(*d - b'0'));
            Some((u8::try_from(n).ok()?, tail))
        }
        [b'0'..=b'9', ..] | [] => None,
        [b, tail @ ..] => Some((*b, tail)),
    }
}

/// Text to lower-case wire form. `@` is the origin, Unicode labels become A-labels (not after an escape).
pub(super) fn to_wire(raw: &str, origin: &Origin<'_>) -> Result<Vec<u8>, String> {
    match raw {
        "@" => return Ok(origin.wire.to_vec()),
        "." => return Ok(vec![0]),
        "" => return Err("an empty name".into()),
        _ => {}
    }
    let ascii;
    let mut text = raw;
    if !raw.is_ascii() {
        ascii = to_ascii(raw).map_err(|e| e.to_string())?;
        text = &ascii;
    }
    let mut out = Vec::with_capacity(text.len() + 2 + origin.wire.len());
    let mut rest = text.as_bytes();
    let mut dots = 0;
    let absolute = loop {
        let start = out.len();
        out.push(0);
        let dot = loop {
            match rest {
                [] => break false,
                [b'.', tail @ ..] => {
                    rest = tail;
                    break true;
                }
                [b'\\', tail @ ..] => {
                    let (byte, tail) =
                        escaped(tail).ok_or_else(|| format!("a broken escape in {raw}"))?;
                    out.push(byte.to_ascii_lowercase());
                    rest = tail;
                }
                [b, tail @ ..] => {
                    out.push(b.to_ascii_lowercase());
                    rest = tail;
                }
            }
        };
        let len = out.len() - start - 1;
        out[start] = u8::try_from(len)
            .ok()
            .filter(|n| (1..=63).contains(n))
            .ok_or_else(|| format!("an empty label or one over 63 bytes in {raw}"))?;
        dots += usize::from(dot);
        if rest.is_empty() {
            break dot;
        }
    };
    if absolute || (origin.dotted_is_absolute && dots > 0) {
        out.push(0);
    } else {
        out.extend_from_slice(origin.wire);
    }
    if out.len() > 255 { Err(format!("{raw} is longer than 255 bytes")) } else { Ok(out) }
}

/// Takes one uncompressed name off the front of `wire`: its lower-case wire form and the rest.
pub(super) fn split(wire: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut at = 0;
    loop {
        let len = usize::from(*wire.get(at)?);
        at += 1;
        if len == 0 {
            break;
        }
        at += len;
        if len > 63 || at > 254 {
            return None;
        }
    }
    Some((wire.get(..at)?.to_ascii_lowercase(), &wire[at..]))
}

/// Absolute text of a wire name, with the final dot; `.` is the root. Whatever a zone file or a person's eye could take
/// for something else is escaped.
pub(super) fn to_text(wire: &[u8]) -> String {
    let mut out = relative_text(wire);
    out.push('.');
    out
}

/// As [`to_text`] without the final dot.
pub(super) fn relative_text(wire: &[u8]) -> String {
    let mut out = String::with_capacity(wire.len());
    for label in each(wire) {
        if !out.is_empty() {
            out.push('.');
        }
        for &b in label {
            match b {
                b'.' | b'\\' => out.extend(['\\', char::from(b)]),
                b'-' | b'_' | b'*' | b'/' | b'+' => out.push(char::from(b)),
                _ if b.is_ascii_alphanumeric() => out.push(char::from(b)),
                _ => {
                    let _ = write!(out, "\\{b:03}");
                }
            }
        }
    }
    out
}

/// The labels of a well-formed wire name, with or without the root at its end.
fn each(wire: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = wire;
    std::iter::from_fn(move || {
        let (&len, tail) = rest.split_first().filter(|(len, _)| **len > 0)?;
        let (label, tail) = tail.split_at_checked(usize::from(len))?;
        rest = tail;
        Some(label)
    })
}

/// What stands before `zone` in `wire`, without a root label; empty at the apex, `None` outside the zone.
pub(super) fn below<'a>(wire: &'a [u8], zone: &[u8]) -> Option<&'a [u8]> {
    let head = wire.strip_suffix(zone)?;
    // The suffix must begin at a label: "6 xfirma" ends with the bytes of "5 firma" only by chance.
    let len: usize = {
        let mut at = 0;
        while at < head.len() {
            at += usize::from(head[at]) + 1;
        }
        at
    };
    (len == head.len()).then_some(head)
}
