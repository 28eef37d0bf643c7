//! NSAP (RFC 1706), HIP (RFC 8005) and the bitmap of types of CSYNC (RFC 7477, in the form of RFC 4034 4.1.2).

use std::collections::BTreeMap;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::RecordType;
use super::super::labels::{self, Origin};
use super::super::lex::Token;
use super::field;

/// `0x` and hex digits with dots anywhere between them.
pub(super) fn read_nsap(words: &[Token<'_>], out: &mut Vec<u8>) -> Result<(), String> {
    let text = field::joined(words).to_ascii_lowercase().replace('.', "");
    let hex = text.strip_prefix("0x").filter(|h| !h.is_empty()).ok_or("0x is missing")?;
    out.extend(field::hex(hex)?);
    Ok(())
}

pub(super) fn write_nsap(wire: &[u8], out: &mut String) -> Option<()> {
    let (first, rest) = wire.split_first()?;
    let _ = write!(out, "0x{first:02x}");
    for b in rest {
        let _ = write!(out, "{b:02x}");
    }
    Some(())
}

/// `ALGORITHM HIT KEY [SERVER...]`, in one word each.
pub(super) fn read_host(
    words: &[Token<'_>],
    origin: &Origin<'_>,
    out: &mut Vec<u8>,
) -> Result<(), String> {
    let [algorithm, hit, key, servers @ ..] = words else {
        return Err("something is missing at the end".into());
    };
    let algorithm: u8 = algorithm.raw.parse().map_err(|_| "not an algorithm")?;
    let (hit, key) = (field::hex(hit.raw)?, field::base64(key.raw)?);
    if hit.is_empty() || key.is_empty() {
        return Err("an empty tag or key".into());
    }
    out.push(u8::try_from(hit.len()).map_err(|_| "a tag over 255 bytes")?);
    out.push(algorithm);
    out.extend(u16::try_from(key.len()).map_err(|_| "a key that is too long")?.to_be_bytes());
    out.extend(hit);
    out.extend(key);
    for server in servers {
        out.extend(labels::to_wire(server.raw, origin)?);
    }
    Ok(())
}

pub(super) fn write_host(wire: &[u8], out: &mut String) -> Option<()> {
    let ([hit, algorithm, a, b], rest) = wire.split_first_chunk::<4>()?;
    let (hit, rest) = rest.split_at_checked(usize::from(*hit)).filter(|(h, _)| !h.is_empty())?;
    let length = usize::from(u16::from_be_bytes([*a, *b]));
    let (key, mut rest) = rest.split_at_checked(length).filter(|(k, _)| !k.is_empty())?;
    let _ = write!(out, "{algorithm} ");
    for b in hit {
        let _ = write!(out, "{b:02x}");
    }
    let _ = write!(out, " {}", STANDARD.encode(key));
    while !rest.is_empty() {
        let (name, tail) = labels::split(rest)?;
        let _ = write!(out, " {}", labels::to_text(&name));
        rest = tail;
    }
    Some(())
}

/// Mnemonics in any order.
pub(super) fn read_types(words: &[Token<'_>], out: &mut Vec<u8>) -> Result<(), String> {
    let mut windows: BTreeMap<u8, Vec<u8>> = BTreeMap::new();
    for word in words {
        let [window, low] = word.raw.parse::<RecordType>()?.code().to_be_bytes();
        let (at, bit) = (usize::from(low / 8), 0x80 >> (low % 8));
        let map = windows.entry(window).or_default();
        map.resize(map.len().max(at + 1), 0);
        map[at] |= bit;
    }
    for (window, map) in windows {
        out.push(window);
        out.push(u8::try_from(map.len()).unwrap_or(32));
        out.extend(map);
    }
    Ok(())
}

/// In the order of their numbers; only maps without waste.
pub(super) fn write_types(wire: &[u8], out: &mut String) -> Option<()> {
    let (mut rest, mut last, mut first) = (wire, None, true);
    while !rest.is_empty() {
        let ([window, length], tail) = rest.split_first_chunk::<2>()?;
        let (map, tail) = tail.split_at_checked(usize::from(*length))?;
        let ordered = last.replace(*window).is_none_or(|l| l < *window);
        if !ordered || map.len() > 32 || map.last().is_none_or(|b| *b == 0) {
            return None;
        }
        for low in (0..=u8::MAX).filter(|low| {
            map.get(usize::from(low / 8)).is_some_and(|b| b & (0x80 >> (low % 8)) != 0)
        }) {
            let gap = if std::mem::take(&mut first) { "" } else { " " };
            let _ =
                write!(out, "{gap}{}", RecordType::from_code(u16::from_be_bytes([*window, low])));
        }
        rest = tail;
    }
    Some(())
}
