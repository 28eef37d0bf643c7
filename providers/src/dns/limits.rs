//! Changes that no name server keeps as they are: the last look before a call. Planning says the same to the
//! person earlier, in the same words.

use dombot_core::domain::RecordType;
use dombot_core::phrase;
use dombot_core::phrase::Phrase;
use dombot_core::plan::SetChange;

/// What every DNS host here refuses, as far as one change alone shows it.
pub(crate) fn refusals(change: &SetChange) -> Vec<Phrase> {
    let (name, rtype) = (&change.key.name, change.key.rtype);
    let mut out = Vec::new();
    if rtype == RecordType::SOA {
        out.push(phrase!("dns.soa_refused"));
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
