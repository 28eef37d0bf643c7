//! Changes that no name server keeps as they are: the last look before a call. Planning says the same to the
//! person earlier, in the same words.

use dombot_core::domain::{DomainName, RecordData, RecordType, SetBody};
use dombot_core::phrase;
use dombot_core::phrase::Phrase;
use dombot_core::plan::SetChange;

/// What every DNS host here refuses, as far as one change alone shows it.
pub(crate) fn refusals(change: &SetChange) -> Vec<Phrase> {
    let (name, rtype) = (&change.key.name, change.key.rtype);
    let mut out = Vec::new();
    if rtype == RecordType::SOA {
        let one = |body: &Option<SetBody>| body.as_ref().is_some_and(|b| b.data.len() == 1);
        if !name.is_apex() || !one(&change.before) || !one(&change.after) {
            out.push(phrase!("dns.soa_refused"));
        }
    } else if rtype.is_maintained_by_server() {
        out.push(phrase!("dns.server_type", rtype = rtype));
    }
    if name.is_apex() && rtype == RecordType::NS && change.after.is_none() {
        out.push(phrase!("dns.apex_ns_empty"));
    }
    if rtype == RecordType::CNAME && change.after.is_some() {
        if name.is_apex() {
            out.push(phrase!("dns.cname_apex"));
        }
        if change.after.as_ref().is_some_and(|body| body.data.len() > 1) {
            out.push(phrase!("dns.one_only", name = name, rtype = rtype));
        }
    }
    out
}

/// A SOA with the serial behind `present`'s, so that a server takes it and its secondaries notice (RFC 1982).
pub(crate) fn next_soa(present: &SetBody, wanted: &SetBody, zone: &DomainName) -> Option<SetBody> {
    let serial: u32 = present.data.first()?.as_str().split(' ').nth(2)?.parse().ok()?;
    let words: Vec<&str> = wanted.data.first()?.as_str().split(' ').collect();
    let serial = serial.checked_add(1).unwrap_or(1).to_string();
    let text = [&words[..2], &[serial.as_str()], words.get(3..)?].concat().join(" ");
    let data = RecordData::parse(RecordType::SOA, &text, zone).ok()?;
    Some(SetBody::new(wanted.ttl, vec![data]))
}

/// Letters, digits and hyphens, these not at the ends of a label (RFC 952, RFC 1123 2.1).
pub(crate) fn is_host(name: &str) -> bool {
    name.split('.').all(|label| {
        let inner = label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        inner && !label.is_empty() && !label.starts_with('-') && !label.ends_with('-')
    })
}
