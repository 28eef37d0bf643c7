//! Service parameters of SVCB and HTTPS (RFC 9460), in the order of their keys.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::{Ipv4Addr, Ipv6Addr};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::labels::unescape;
use super::super::lex::Token;
use super::field;

const MANDATORY: u16 = 0;
const ALPN: u16 = 1;
const NO_DEFAULT_ALPN: u16 = 2;
const PORT: u16 = 3;
const IPV4: u16 = 4;
const ECH: u16 = 5;
const IPV6: u16 = 6;
const OHTTP: u16 = 8;

const KEYS: [&str; 9] = [
    "mandatory",
    "alpn",
    "no-default-alpn",
    "port",
    "ipv4hint",
    "ech",
    "ipv6hint",
    "dohpath",
    "ohttp",
];

/// Words to wire data; a key that comes twice is refused.
pub(super) fn read(words: &[Token<'_>], out: &mut Vec<u8>) -> Result<(), String> {
    let mut params = BTreeMap::new();
    let mut rest = words;
    while let Some((word, tail)) = rest.split_first() {
        rest = tail;
        if word.quoted {
            return Err(format!("{} stands without a key", word.raw));
        }
        let (name, mut raw) = word.raw.split_once('=').unwrap_or((word.raw, ""));
        if let (true, Some((value, tail))) = (word.raw.ends_with('='), rest.split_first())
            && value.quoted
            && value.glued
        {
            raw = value.raw;
            rest = tail;
        }
        let key = key(name).ok_or_else(|| format!("{name} is not a parameter"))?;
        let value = value(key, &unescape(raw)?).map_err(|e| format!("{name}: {e}"))?;
        if params.insert(key, value).is_some() {
            return Err(format!("{name} comes twice"));
        }
    }
    check_mandatory(&params)?;
    for (key, value) in params {
        out.extend(key.to_be_bytes());
        let len = u16::try_from(value.len()).map_err(|_| "too long")?;
        out.extend(len.to_be_bytes());
        out.extend(value);
    }
    Ok(())
}

/// A mandatory key must be there, and never `mandatory` itself (RFC 9460 section 8).
fn check_mandatory(params: &BTreeMap<u16, Vec<u8>>) -> Result<(), String> {
    let listed = params.get(&MANDATORY).map_or(&[][..], Vec::as_slice);
    for pair in listed.chunks_exact(2) {
        let key = u16::from_be_bytes([pair[0], pair[1]]);
        if key == MANDATORY || !params.contains_key(&key) {
            return Err(format!("mandatory: {} is not there", name(key)));
        }
    }
    Ok(())
}

fn key(name: &str) -> Option<u16> {
    let name = name.to_ascii_lowercase();
    if let Some(i) = KEYS.iter().position(|k| **k == name) {
        return u16::try_from(i).ok();
    }
    let digits = name.strip_prefix("key")?;
    digits.parse().ok().filter(|n: &u16| n.to_string() == digits)
}

fn name(key: u16) -> String {
    KEYS.get(usize::from(key)).map_or_else(|| format!("key{key}"), |k| (*k).to_owned())
}

fn value(key: u16, text: &[u8]) -> Result<Vec<u8>, String> {
    let utf8 = || std::str::from_utf8(text).map_err(|_| "not a text".to_owned());
    let mut out = Vec::new();
    match key {
        MANDATORY => {
            let mut keys = utf8()?
                .split(',')
                .map(|n| self::key(n).ok_or_else(|| format!("{n} is not a parameter")))
                .collect::<Result<Vec<u16>, _>>()?;
            keys.sort_unstable();
            keys.dedup();
            out.extend(keys.iter().flat_map(|k| k.to_be_bytes()));
        }
        ALPN => {
            for id in list(text) {
                let len = u8::try_from(id.len()).ok().filter(|n| *n > 0);
                out.push(len.ok_or("an empty protocol or one over 255 bytes")?);
                out.extend(id);
            }
        }
        NO_DEFAULT_ALPN | OHTTP if text.is_empty() => {}
        NO_DEFAULT_ALPN | OHTTP => return Err("takes no value".into()),
        PORT => {
            let port: Option<u16> = field::number(utf8()?).and_then(|n| n.try_into().ok());
            out.extend(port.ok_or("not a port")?.to_be_bytes());
        }
        IPV4 => {
            for ip in utf8()?.split(',') {
                let ip: Ipv4Addr = ip.parse().map_err(|_| format!("{ip} is no IPv4 address"))?;
                out.extend(ip.octets());
            }
        }
        IPV6 => {
            for ip in utf8()?.split(',') {
                let ip: Ipv6Addr = ip.parse().map_err(|_| format!("{ip} is no IPv6 address"))?;
                out.extend(ip.octets());
            }
        }
        ECH => out = field::base64(utf8()?)?,
        _ => out = text.to_vec(),
    }
    if matches!(key, ECH) && out.is_empty() { Err("empty".into()) } else { Ok(out) }
}

/// A comma list whose items may hold `\,` and `\\` (RFC 9460 appendix A.1).
fn list(text: &[u8]) -> Vec<Vec<u8>> {
    let mut items = vec![Vec::new()];
    let mut bytes = text.iter();
    while let Some(&b) = bytes.next() {
        let next = match b {
            b',' => {
                items.push(Vec::new());
                continue;
            }
            b'\\' => bytes.next().copied().unwrap_or(b'\\'),
            _ => b,
        };
        if let Some(item) = items.last_mut() {
            item.push(next);
        }
    }
    items
}

/// Wire data to text; `None` when they are not well-formed or not in order.
pub(super) fn write(wire: &[u8], out: &mut String) -> Option<()> {
    let mut rest = wire;
    let mut last = None;
    while !rest.is_empty() {
        let (key, tail) = rest.split_first_chunk::<2>()?;
        let (len, tail) = tail.split_first_chunk::<2>()?;
        let (value, tail) = tail.split_at_checked(usize::from(u16::from_be_bytes(*len)))?;
        let key = u16::from_be_bytes(*key);
        if last.replace(key).is_some_and(|l| l >= key) {
            return None;
        }
        if rest.len() < wire.len() {
            out.push(' ');
        }
        out.push_str(&name(key));
        write_value(key, value, out)?;
        rest = tail;
    }
    Some(())
}

fn write_value(key: u16, value: &[u8], out: &mut String) -> Option<()> {
    let commas = |items: Vec<String>| (!items.is_empty()).then(|| items.join(","));
    let text = match key {
        NO_DEFAULT_ALPN | OHTTP => return value.is_empty().then_some(()),
        MANDATORY if value.len().is_multiple_of(2) => {
            let pairs = value.chunks_exact(2);
            if !value.chunks_exact(2).is_sorted_by(|a, b| a < b) {
                return None;
            }
            commas(pairs.map(|p| name(u16::from_be_bytes([p[0], p[1]]))).collect())?
        }
        PORT => u16::from_be_bytes(value.try_into().ok()?).to_string(),
        IPV4 if value.len().is_multiple_of(4) => {
            let ips = value.chunks_exact(4);
            commas(ips.map(|c| Ipv4Addr::new(c[0], c[1], c[2], c[3]).to_string()).collect())?
        }
        IPV6 if value.len().is_multiple_of(16) => {
            let ips = value.chunks_exact(16).filter_map(|c| <[u8; 16]>::try_from(c).ok());
            commas(ips.map(|c| Ipv6Addr::from(c).to_string()).collect())?
        }
        MANDATORY | IPV4 | IPV6 => return None,
        ECH => STANDARD.encode((!value.is_empty()).then_some(value)?),
        ALPN => return write_alpn(value, out),
        _ if value.is_empty() => return Some(()),
        _ => {
            out.push('=');
            field::quote(value, out);
            return Some(());
        }
    };
    let _ = write!(out, "={text}");
    Some(())
}

fn write_alpn(value: &[u8], out: &mut String) -> Option<()> {
    let mut joined = Vec::new();
    let mut rest = value;
    loop {
        let (&len, tail) = rest.split_first().filter(|(len, _)| **len > 0)?;
        let (id, tail) = tail.split_at_checked(usize::from(len))?;
        for &b in id {
            if matches!(b, b',' | b'\\') {
                joined.push(b'\\');
            }
            joined.push(b);
        }
        rest = tail;
        if rest.is_empty() {
            break;
        }
        joined.push(b',');
    }
    out.push('=');
    field::quote(&joined, out);
    Some(())
}
