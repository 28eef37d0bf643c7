//! Messages as values: records with uncompressed data, and record sets made of them.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::str::FromStr;

use bytes::Bytes;
use dns_domain::base::iana::{Class, Opcode, Rcode};
use dns_domain::base::message_builder::{AdditionalBuilder, QuestionBuilder};
use dns_domain::base::name::{FlattenInto, ToLabelIter};
use dns_domain::base::rdata::{ComposeRecordData, UnknownRecordData};
use dns_domain::base::record::ParsedRecord;
use dns_domain::base::wire::ParseError;
use dns_domain::base::{Message, MessageBuilder, Name, ParsedName, Rtype};
use dns_domain::rdata::ZoneRecordData;
use dombot_core::clock::{Chance, SystemChance};
use dombot_core::domain::{
    DomainName, RecordData, RecordName, RecordSet, RecordType, SetBody, SetKey, Ttl,
};

/// One record off the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rr {
    /// Absolute, lower case, without the final dot; a dot or backslash inside a label after a
    /// backslash, anything else but letters, digits and `-_*/+` as `\DDD`.
    pub(super) owner: String,
    pub(super) rtype: RecordType,
    pub(super) ttl: u32,
    /// Uncompressed.
    pub(super) data: Vec<u8>,
}

/// One answer to a query.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    pub(super) rcode: Rcode,
    pub(super) authoritative: bool,
    pub(super) truncated: bool,
    pub(super) answer: Vec<Rr>,
    pub(super) authority: Vec<Rr>,
    pub(super) additional: Vec<Rr>,
}

impl Rr {
    pub(super) fn key(&self, zone: &DomainName) -> Result<SetKey, String> {
        let name = RecordName::from_absolute(&self.owner, zone).map_err(|e| e.to_string())?;
        Ok(SetKey { name, rtype: self.rtype })
    }
}

/// From a text with or without the final dot.
pub(super) fn dns_name(text: &str) -> Result<Name<Vec<u8>>, String> {
    Name::from_str(text).map_err(|e| format!("{text}: {e}"))
}

/// An id that nobody can guess (RFC 5452).
pub(super) fn new_id() -> u16 {
    let mut bytes = [0; 2];
    SystemChance.fill(&mut bytes);
    u16::from_be_bytes(bytes)
}

/// A question without any flag, ready for further sections.
pub(super) fn question(
    opcode: Opcode,
    name: &str,
    rtype: Rtype,
) -> Result<QuestionBuilder<Vec<u8>>, String> {
    let mut builder = MessageBuilder::new_vec();
    builder.header_mut().set_id(new_id());
    builder.header_mut().set_opcode(opcode);
    let mut question = builder.question();
    question.push((dns_name(name)?, rtype)).map_err(|e| e.to_string())?;
    Ok(question)
}

/// A plain query.
pub(super) fn query(name: &str, rtype: Rtype) -> Result<AdditionalBuilder<Vec<u8>>, String> {
    Ok(question(Opcode::QUERY, name, rtype)?.additional())
}

/// `answer` is a response to `request` with the same id, opcode and question.
pub(super) fn belongs(request: &[u8], answer: &Message<Vec<u8>>) -> bool {
    let Ok(request) = Message::from_slice(request) else { return false };
    let (ours, theirs) = (request.header(), answer.header());
    if !theirs.qr() || theirs.id() != ours.id() || theirs.opcode() != ours.opcode() {
        return false;
    }
    match (request.sole_question(), answer.sole_question()) {
        (Ok(ours), Ok(theirs)) => {
            ours.qname() == theirs.qname()
                && ours.qtype() == theirs.qtype()
                && ours.qclass() == theirs.qclass()
        }
        // An error may come without its question (RFC 1035 4.1.2 says nothing; BIND does it for FORMERR),
        // and the update protocol lets the server leave it out (RFC 2136 3.8).
        (Ok(_), Err(_)) => {
            answer.header_counts().qdcount() == 0
                && (theirs.rcode() != Rcode::NOERROR || ours.opcode() == Opcode::UPDATE)
        }
        _ => false,
    }
}

/// All records of class IN, section by section.
pub(super) fn reply(message: Message<Vec<u8>>) -> Result<Reply, String> {
    let message = Message::from_octets(Bytes::from(message.into_octets()))
        .map_err(|e| format!("unreadable message: {e}"))?;
    let bad = |e: ParseError| format!("unreadable message: {e}");
    let header = message.header();
    let (_, answer, authority, additional) = message.sections().map_err(bad)?;
    Ok(Reply {
        rcode: header.rcode(),
        authoritative: header.aa(),
        truncated: header.tc(),
        answer: answer.map(rr).collect::<Result<Vec<_>, _>>().map_err(bad)?.concat(),
        authority: authority.map(rr).collect::<Result<Vec<_>, _>>().map_err(bad)?.concat(),
        additional: additional.map(rr).collect::<Result<Vec<_>, _>>().map_err(bad)?.concat(),
    })
}

/// The answer section alone.
pub(super) fn answers(message: Message<Vec<u8>>) -> Result<Vec<Rr>, String> {
    let message = Message::from_octets(Bytes::from(message.into_octets()))
        .map_err(|e| format!("unreadable message: {e}"))?;
    let section = message.answer().map_err(|e| format!("unreadable message: {e}"))?;
    let records: Result<Vec<_>, _> = section.map(rr).collect();
    Ok(records.map_err(|e| format!("unreadable message: {e}"))?.concat())
}

/// Empty for another class than IN.
fn rr(parsed: Result<ParsedRecord<'_, Bytes>, ParseError>) -> Result<Vec<Rr>, ParseError> {
    let parsed = parsed?;
    if parsed.class() != Class::IN {
        return Ok(Vec::new());
    }
    Ok(vec![Rr {
        owner: presentation(&parsed.owner()),
        rtype: RecordType::from_code(parsed.rtype().to_int()),
        ttl: parsed.ttl().as_secs(),
        data: uncompressed(&parsed)?,
    }])
}

/// Record data with its names written out. Data that its type does not explain stays as it is: only the
/// types of RFC 1035 may be compressed (RFC 3597 4), and those are all understood.
fn uncompressed(record: &ParsedRecord<'_, Bytes>) -> Result<Vec<u8>, ParseError> {
    type Data = ZoneRecordData<Bytes, ParsedName<Bytes>>;
    if let Ok(Some(known)) = record.to_record::<Data>() {
        let data: ZoneRecordData<Bytes, Name<Bytes>> = known.into_data().flatten_into();
        let mut wire = Vec::new();
        if data.compose_rdata(&mut wire).is_ok() {
            return Ok(wire);
        }
    }
    match record.to_record::<UnknownRecordData<Bytes>>()? {
        Some(raw) => Ok(raw.data().data().to_vec()),
        None => Err(ParseError::form_error("record data")),
    }
}

fn presentation(name: &impl ToLabelIter) -> String {
    let mut out = String::new();
    for label in name.iter_labels().filter(|l| !l.is_root()) {
        if !out.is_empty() {
            out.push('.');
        }
        for &b in label.as_slice() {
            let b = b.to_ascii_lowercase();
            if b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'*' | b'/' | b'+') {
                out.push(char::from(b));
            } else if matches!(b, b'.' | b'\\') {
                // As the core writes them.
                out.extend(['\\', char::from(b)]);
            } else {
                let _ = write!(out, "\\{b:03}");
            }
        }
    }
    out
}

/// Groups records to sets; the TTL of a set is the smallest of its records'. Names outside the zone are
/// left out: they are no part of it, whatever the server thinks (RFC 5936 3.5).
pub(super) fn sets<'a>(
    zone: &DomainName,
    records: impl IntoIterator<Item = &'a Rr>,
) -> Result<Vec<RecordSet>, String> {
    let mut found: BTreeMap<SetKey, (u32, Vec<RecordData>)> = BTreeMap::new();
    for rr in records {
        let inside = rr.owner == zone.as_str() || rr.owner.ends_with(&format!(".{zone}"));
        if !inside {
            tracing::warn!(domain.name = %zone, owner = rr.owner, "record outside the zone left out");
            continue;
        }
        let data = RecordData::from_wire(rr.rtype, &rr.data).map_err(|e| e.to_string())?;
        let entry = found.entry(rr.key(zone)?).or_insert((rr.ttl, Vec::new()));
        entry.0 = entry.0.min(rr.ttl);
        entry.1.push(data);
    }
    Ok(found
        .into_iter()
        .map(|(key, (ttl, data))| RecordSet { key, body: SetBody::new(lifetime(ttl), data) })
        .collect())
}

/// A TTL with the highest bit set counts as 0 (RFC 2181 8).
fn lifetime(secs: u32) -> Ttl {
    Ttl::try_from(secs).or_else(|_| Ttl::try_from(0)).expect("0 is a TTL")
}
