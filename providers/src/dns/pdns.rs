//! What PowerDNS holds, whichever way it is told. Seen at PowerDNS 4.7.

use dombot_core::domain::{RecordName, RecordType, SetBody};
use dombot_core::phrase;
use dombot_core::phrase::Phrase;
use dombot_core::plan::SetChange;

use super::is_host;

/// How it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Api,
    Update,
}

/// Types that it reads by name; data of others it keeps as RFC 3597 has them, and takes them by its API only.
const NAMED: &[u16] = &[
    1, 2, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 25, 28, 29, 33, 35, 36, 37, 38, 39, 42,
    43, 44, 45, 49, 52, 53, 57, 61, 62, 63, 64, 65, 99, 104, 105, 106, 107, 108, 109, 256, 257,
    32769, 65400, 65401, 65402,
];

/// DNSKEY, CDS and CDNSKEY: it keeps what it is given in its database and serves what its own signer makes.
const SIGNERS: &[u16] = &[48, 59, 60];

/// It has a name for the type.
pub(crate) fn is_named(rtype: RecordType) -> bool {
    NAMED.contains(&rtype.code())
}

/// Why it would not hold this change.
pub(crate) fn refusals(change: &SetChange, way: Way) -> Vec<Phrase> {
    let (name, rtype) = (&change.key.name, change.key.rtype);
    let mut out = Vec::new();
    let Some(after) = &change.after else { return out };
    if SIGNERS.contains(&rtype.code()) {
        out.push(phrase!("dnshost.signers", name = name, rtype = rtype));
    } else if way == Way::Update && !is_named(rtype) {
        out.push(phrase!("dnshost.type_by_update", name = name, rtype = rtype));
    }
    if is_odd(name, way) {
        out.push(phrase!("dnshost.odd_name", name = name, rtype = rtype));
    }
    let host = after.data.iter().find_map(|d| bad_host(rtype, d.as_str(), way));
    if let Some(host) = host {
        out.push(phrase!("dnshost.pdns_target", name = name, rtype = rtype, host = host));
    }
    if spoils(rtype, after, way) {
        out.push(phrase!("dnshost.empty_value", name = name, rtype = rtype));
    }
    out
}

/// The API takes letters, digits and `-_/*`; on the wire it stumbles over what needs quoting in its database's texts.
fn is_odd(name: &RecordName, way: Way) -> bool {
    let text = name.as_str();
    match way {
        Way::Api => {
            let fine = |b: u8| {
                b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'/' | b'.' | b'*' | b'@')
            };
            !text.bytes().all(fine)
        }
        Way::Update => {
            let plain = text.replace("\\032", "").replace("\\064", "").replace("\\.", "");
            plain.contains(['\\', '+'])
        }
    }
}

/// The API wants MX, NS and SRV to lead to host names.
fn bad_host(rtype: RecordType, data: &str, way: Way) -> Option<&str> {
    let concerned = way == Way::Api && matches!(rtype.code(), 2 | 15 | 33);
    let host = data.rsplit(' ').next()?.trim_end_matches('.');
    (concerned && !host.is_empty() && !is_host(host)).then_some(host)
}

/// An empty CAA value becomes a zero byte by update; an empty APL cannot be said by the API.
fn spoils(rtype: RecordType, after: &SetBody, way: Way) -> bool {
    let empty = |end: &str| after.data.iter().any(|d| d.as_str().ends_with(end));
    match (rtype.code(), way) {
        (257, Way::Update) => empty(" \"\""),
        (42, Way::Api) => empty("\\# 0"),
        _ => false,
    }
}
