//! A value as a person typed it, and which sets a person may plan.

use crate::action::act::place::Place;
use crate::domain::{DomainName, RecordData, RecordName, RecordType};
use crate::error::{Error, Result};
use crate::phrase;
use crate::phrase::Phrase;

/// The value as record data, or a sentence that shows what a right one looks like.
pub(super) fn read(rtype: RecordType, text: &str, zone: &DomainName) -> Result<RecordData> {
    RecordData::from_person(rtype, text, zone).map_err(|_| bad(rtype, text))
}

/// As [`read`], for a value whose priority may stand apart (MX, SRV).
pub(super) fn with_priority(
    rtype: RecordType,
    text: &str,
    priority: Option<u16>,
    zone: &DomainName,
) -> Result<RecordData> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let whole = match rtype {
        RecordType::MX => 2,
        RecordType::SRV => 4,
        _ if priority.is_some() => return Err(phrase!("dns.no_priority", rtype = rtype).into()),
        _ => return read(rtype, text, zone),
    };
    match priority {
        None if words.len() == whole - 1 => {
            Err(phrase!("dns.priority_missing", rtype = rtype, example = example(rtype)).into())
        }
        None => read(rtype, text, zone),
        Some(p) if words.len() == whole => {
            if words.first().and_then(|w| w.parse().ok()) == Some(p) {
                read(rtype, text, zone)
            } else {
                let (value, p) = (phrase::foreign(text), p);
                Err(phrase!("dns.two_priorities", value = value, priority = p).into())
            }
        }
        Some(p) => read(rtype, &format!("{p} {text}"), zone),
    }
}

/// The SOA, signatures and query types are not planned.
pub(super) fn plannable(place: &Place<'_>, name: &RecordName, rtype: RecordType) -> Result<()> {
    if rtype == RecordType::SOA {
        return Err(phrase!("dns.soa_kept", zone = phrase::domain_text(&place.zone.name)).into());
    }
    if rtype.is_maintained_by_server() {
        let name = phrase::name_text(&name.absolute(&place.zone.name));
        return Err(phrase!("dns.server_type", name = name, rtype = rtype).into());
    }
    Ok(())
}

fn bad(rtype: RecordType, text: &str) -> Error {
    let value = phrase::foreign(text);
    let phrase: Phrase =
        phrase!("dns.bad_value", rtype = rtype, value = value, example = example(rtype));
    phrase.into()
}

/// A right value of the type.
fn example(rtype: RecordType) -> &'static str {
    match rtype.to_string().as_str() {
        "A" => "192.0.2.10",
        "AAAA" => "2001:db8::10",
        "MX" => "10 mail.example.com",
        "SRV" => "10 5 443 host.example.com",
        "NS" => "ns1.example.net",
        "CNAME" | "DNAME" | "PTR" => "host.example.com",
        "TXT" | "SPF" => "v=spf1 -all",
        "CAA" => "0 issue \"letsencrypt.org\"",
        "TLSA" => "3 1 1 0123abcd...",
        "SSHFP" => "4 2 0123abcd...",
        "DS" => "12345 13 2 0123abcd...",
        "HTTPS" | "SVCB" => "1 . alpn=h2,h3",
        "NAPTR" => "100 10 \"u\" \"sip+E2U\" \"!^.*$!sip:a@example.com!\" .",
        _ => "\\# 2 beef",
    }
}
