//! Between PowerDNS's texts and record sets.
//!
//! Both write records as a zone file does, with absolute names. Apart are types that only PowerDNS has
//! (ALIAS, LUA) and those whose presentation the crate `domain` does not read.

use std::str::FromStr;

use dombot_core::domain::{
    DomainName, RecordData, RecordName, RecordSet, RecordType, SetBody, SetKey, Ttl,
};

use super::api::{Record, Rrset};
use crate::dns::pdns::is_named;

/// PowerDNS's own types by the numbers that it sends on the wire.
const OWN_TYPES: &[(&str, u16)] = &[("ADDR", 65400), ("ALIAS", ALIAS), ("LUA", LUA)];
const ALIAS: u16 = 65401;
const LUA: u16 = 65402;
/// The data of SMIMEA looks the same (RFC 8162 2), and the data of SPF as that of TXT (RFC 7208 3.1).
const TLSA: u16 = 52;
const SPF: u16 = 99;
const SMIMEA: u16 = 53;
const URI: u16 = 256;
const SVCB: u16 = 64;
const HTTPS: u16 = 65;

/// The served values of a set; `None` when all its records are disabled.
pub(super) fn to_set(zone: &DomainName, rrset: &Rrset) -> Result<Option<RecordSet>, String> {
    let bad = |e: String| format!("{} {}: {e}", rrset.name, rrset.rtype);
    let name = RecordName::from_absolute(&rrset.name, zone).map_err(|e| bad(e.to_string()))?;
    let rtype = to_type(&rrset.rtype).map_err(bad)?;
    let served = rrset.records.iter().filter(|r| !r.disabled);
    let data: Result<Vec<_>, _> = served.map(|r| to_data(rtype, &r.content, zone)).collect();
    let data = data.map_err(bad)?;
    let ttl = Ttl::try_from(rrset.ttl).map_err(bad)?;
    let body = SetBody::new(ttl, data);
    let key = SetKey { name, rtype };
    Ok(if body.data.is_empty() { None } else { Some(RecordSet { key, body }) })
}

/// A set as it will be. Disabled records stay beside the new ones.
pub(super) fn from_set(
    zone: &DomainName,
    key: &SetKey,
    after: Option<&SetBody>,
    disabled: Vec<Record>,
) -> Result<Rrset, String> {
    let new = after.iter().flat_map(|body| &body.data);
    let new: Result<Vec<Record>, String> = new
        .map(|data| Ok(Record { content: from_data(key.rtype, data)?, disabled: false }))
        .collect();
    let mut records = new?;
    records.extend(disabled);
    Ok(Rrset {
        name: absolute(zone, &key.name),
        rtype: from_type(key.rtype),
        ttl: after.map_or(3600, |body| body.ttl.secs()),
        changetype: Some(if records.is_empty() { "DELETE" } else { "REPLACE" }),
        records,
    })
}

/// With the final dot.
pub(super) fn absolute(zone: &DomainName, name: &RecordName) -> String {
    format!("{}.", name.absolute(zone))
}

pub(super) fn from_type(rtype: RecordType) -> String {
    let own = OWN_TYPES.iter().find(|(_, code)| *code == rtype.code());
    let by_number = || format!("TYPE{}", rtype.code());
    let name = || if is_named(rtype) { rtype.to_string() } else { by_number() };
    own.map_or_else(name, |(name, _)| (*name).to_owned())
}

fn to_type(name: &str) -> Result<RecordType, String> {
    match OWN_TYPES.iter().find(|(own, _)| *own == name) {
        Some((_, code)) => Ok(RecordType::from_code(*code)),
        None => name.parse(),
    }
}

fn to_data(rtype: RecordType, text: &str, zone: &DomainName) -> Result<RecordData, String> {
    let parse = |rtype: RecordType, text: &str| {
        RecordData::parse(rtype, text, zone).map_err(|e| e.to_string())
    };
    let wire = |rtype: RecordType, text: &str| {
        parse(rtype, text)?.to_wire(rtype).map_err(|e| e.to_string())
    };
    if text.starts_with("\\#") {
        return parse(rtype, text);
    }
    let bytes = match rtype.code() {
        ALIAS => wire(RecordType::NS, text)?,
        LUA => {
            let (made, code) = text.split_once(' ').ok_or("a LUA record without its type")?;
            let made = RecordType::from_str(made)?;
            [made.code().to_be_bytes().to_vec(), wire(RecordType::TXT, code)?].concat()
        }
        SPF => wire(RecordType::TXT, text)?,
        SMIMEA => wire(RecordType::from_code(TLSA), text)?,
        URI => uri(text)?,
        _ => return parse(rtype, text),
    };
    RecordData::from_wire(rtype, &bytes).map_err(|e| e.to_string())
}

pub(super) fn from_data(rtype: RecordType, data: &RecordData) -> Result<String, String> {
    if !is_named(rtype) {
        let wire = data.to_wire(rtype).map_err(|e| e.to_string())?;
        // Without data it wants the space that it would write itself.
        let hex = wire.iter().fold(String::new(), |hex, b| hex + &format!("{b:02x}"));
        return Ok(format!("\\# {} {hex}", wire.len()));
    }
    if data.as_str().starts_with("\\#") && rtype.code() < 65280 {
        return Err("data that do not have the shape of their type".into());
    }
    if matches!(rtype.code(), SVCB | HTTPS) {
        return Ok(service(data.as_str()));
    }
    if !matches!(rtype.code(), ALIAS | LUA | SPF | SMIMEA | URI) {
        return Ok(data.to_string());
    }
    let wire = data.to_wire(rtype).map_err(|e| e.to_string())?;
    let text = |rtype: RecordType, wire: &[u8]| {
        RecordData::from_wire(rtype, wire).map(|d| d.to_string()).map_err(|e| e.to_string())
    };
    let number = |at: usize| {
        let bytes = wire.get(at..at + 2).and_then(|b| b.try_into().ok());
        bytes.map(u16::from_be_bytes).ok_or_else(|| format!("too short for {rtype}"))
    };
    match rtype.code() {
        ALIAS => text(RecordType::NS, &wire),
        LUA => {
            let made = RecordType::from_code(number(0)?);
            Ok(format!("{made} {}", text(RecordType::TXT, &wire[2..])?))
        }
        SPF => text(RecordType::TXT, &wire),
        SMIMEA => text(RecordType::from_code(TLSA), &wire),
        _ => {
            let (priority, weight) = (number(0)?, number(2)?);
            let target = String::from_utf8_lossy(&wire[4..]).into_owned();
            if target.contains(['\\', '"', char::REPLACEMENT_CHARACTER]) {
                return Err(format!("the target {target} cannot be written for PowerDNS"));
            }
            Ok(format!("{priority} {weight} \"{target}\""))
        }
    }
}

/// RFC 7553 4.5: two numbers and the target in quotes.
fn uri(text: &str) -> Result<Vec<u8>, String> {
    let bad = || format!("not a URI record: {text}");
    let mut parts = text.splitn(3, ' ');
    let mut number = || parts.next().and_then(|n| n.parse::<u16>().ok()).ok_or_else(bad);
    let (priority, weight) = (number()?, number()?);
    let target =
        parts.next().and_then(|t| t.strip_prefix('"')?.strip_suffix('"')).ok_or_else(bad)?;
    if target.contains(['\\', '"']) {
        return Err(bad());
    }
    Ok([&priority.to_be_bytes(), &weight.to_be_bytes(), target.as_bytes()].concat())
}

/// PowerDNS takes only the text that it would write itself: `alpn` without quotation marks, `ech` with them.
fn service(text: &str) -> String {
    let word = |word: &str| match word.split_once('=') {
        Some(("alpn", value)) if word.ends_with('"') => {
            format!("alpn={}", value.trim_matches('"'))
        }
        Some(("ech", value)) if !value.starts_with('"') => format!("ech=\"{value}\""),
        Some(("dohpath", value)) => format!("key7={value}"),
        _ if word == "ohttp" => "key8".to_owned(),
        _ => word.to_owned(),
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}
