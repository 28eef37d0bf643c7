//! Changes that no name server keeps as they are.

use dombot_core::domain::RecordType;
use dombot_core::phrase;
use dombot_core::phrase::Phrase;
use dombot_core::plan::SetChange;

/// What every DNS host here refuses, as far as one change alone shows it.
pub(crate) fn refusals(change: &SetChange) -> Vec<Phrase> {
    let (name, rtype) = (&change.key.name, change.key.rtype);
    let mut out = Vec::new();
    if rtype == RecordType::SOA {
        out.push(phrase!("dnshost.soa"));
    } else if rtype.is_maintained_by_server() {
        out.push(phrase!("dnshost.maintained", rtype = rtype));
    }
    if name.is_apex() && rtype == RecordType::NS && change.after.is_none() {
        out.push(phrase!("dnshost.apex_ns"));
    }
    if rtype == RecordType::CNAME && change.after.is_some() {
        if name.is_apex() {
            out.push(phrase!("dnshost.apex_cname"));
        }
        if change.after.as_ref().is_some_and(|body| body.data.len() > 1) {
            out.push(phrase!("dnshost.many_cnames", name = name));
        }
    }
    out
}
