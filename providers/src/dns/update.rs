//! Dynamic update with prerequisites (RFC 2136): a compare-and-swap of whole record sets in one message.

use std::time::Duration;

use bytes::Bytes;
use dns_domain::base::iana::{Class, Opcode, Rcode};
use dns_domain::base::message_builder::{AdditionalBuilder, RecordSectionBuilder};
use dns_domain::base::rdata::UnknownRecordData;
use dns_domain::base::{Message, Rtype};
use dns_domain::tsig::{ClientTransaction, ValidationError};
use dombot_core::domain::{DomainName, RecordData, RecordType, SetBody, SetKey};
use dombot_core::plan::SetChange;
use tokio::time::{Instant, timeout_at};

use super::exchange::{connect, receive, send};
use super::message::{belongs, dns_name, question};
use super::signer::{Signer, bad_time};

/// How an update went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Updated {
    /// The server's signed answer.
    Answer(Rcode),
    /// The server's signed answer that our clock is wrong; it did nothing.
    ClockSkew(String),
    /// It could not be put into a message.
    Unfit(String),
    /// Nothing left this machine.
    NotSent(String),
    /// Something left, and no answer proves what became of it.
    Unknown(String),
}

/// Sends one UPDATE over TCP: each `before` as a prerequisite (data, not TTL: RFC 2136 2.4), then all
/// deletions, then all additions, so that a CNAME never meets what it replaces.
pub(crate) async fn update(
    addr: std::net::SocketAddr,
    signer: &Signer,
    zone: &DomainName,
    changes: &[SetChange],
    deadline: Duration,
) -> Updated {
    let mut request = match build(zone, changes) {
        Ok(request) => request,
        Err(e) => return Updated::Unfit(e),
    };
    let bare = request.as_slice().to_vec();
    let ready = ClientTransaction::request(signer.key.clone(), &mut request, signer.now());
    let transaction = match ready {
        Ok(transaction) if u16::try_from(request.as_slice().len()).is_ok() => transaction,
        _ => return Updated::Unfit("more than the 64 KB of one message".into()),
    };
    let until = Instant::now() + deadline;
    let mut stream = match timeout_at(until, connect(addr)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(e)) => return Updated::NotSent(e.to_string()),
        Err(_) => return Updated::NotSent(format!("cannot connect to {addr} in time")),
    };
    let talk = async {
        send(&mut stream, request.as_slice()).await?;
        receive(&mut stream).await
    };
    let answer = match timeout_at(until, talk).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(e)) => return Updated::Unknown(format!("the connection broke: {e}")),
        Err(_) => return Updated::Unknown("no answer within the deadline".into()),
    };
    judge(&transaction, signer, &bare, answer)
}

fn judge(
    transaction: &ClientTransaction<std::sync::Arc<dns_domain::tsig::Key>>,
    signer: &Signer,
    request: &[u8],
    answer: Vec<u8>,
) -> Updated {
    let Ok(mut answer) = Message::from_octets(answer) else {
        return Updated::Unknown("an answer without a header".into());
    };
    match transaction.answer(&mut answer, signer.now()) {
        Ok(()) if belongs(request, &answer) => Updated::Answer(answer.header().rcode()),
        Ok(()) => Updated::Unknown("a signed answer to another question".into()),
        Err(ValidationError::ServerBadTime { client, server }) => {
            Updated::ClockSkew(bad_time(client, Some(server)))
        }
        Err(e) => Updated::Unknown(format!(
            "the answer {} is not signed as it must be ({e}), so it proves nothing",
            answer.header().rcode()
        )),
    }
}

fn build(zone: &DomainName, changes: &[SetChange]) -> Result<AdditionalBuilder<Vec<u8>>, String> {
    let mut expected = question(Opcode::UPDATE, zone.as_str(), Rtype::SOA)?.answer();
    for change in changes {
        expect(&mut expected, zone, change)?;
    }
    let mut work = expected.authority();
    for change in changes.iter().filter(|c| c.before.is_some() && !is_needed(&c.key)) {
        push(&mut work, zone, &change.key, Class::ANY, 0, Vec::new())?;
    }
    for change in changes {
        for data in change.after.iter().flat_map(|body| &body.data) {
            let ttl = change.after.as_ref().map_or(0, |body| body.ttl.secs());
            push(&mut work, zone, &change.key, Class::IN, ttl, wire(&change.key, data)?)?;
        }
    }
    // A server does not delete the whole NS set of its apex (RFC 2136 3.4.2.3): the new ones come first,
    // then the old ones go one by one.
    for change in changes.iter().filter(|c| is_apex_ns(&c.key)) {
        let stays =
            |data: &RecordData| change.after.as_ref().is_some_and(|b| b.data.contains(data));
        for data in change.before.iter().flat_map(|body| &body.data).filter(|d| !stays(d)) {
            push(&mut work, zone, &change.key, Class::NONE, 0, wire(&change.key, data)?)?;
        }
    }
    Ok(work.additional())
}

/// RFC 2136 2.4.2 and 2.4.3: the set has exactly these values, or does not exist.
fn expect(
    section: &mut impl RecordSectionBuilder<Vec<u8>>,
    zone: &DomainName,
    change: &SetChange,
) -> Result<(), String> {
    match &change.before {
        None => push(section, zone, &change.key, Class::NONE, 0, Vec::new()),
        Some(SetBody { data, .. }) => data.iter().try_for_each(|data| {
            push(section, zone, &change.key, Class::IN, 0, wire(&change.key, data)?)
        }),
    }
}

fn push(
    section: &mut impl RecordSectionBuilder<Vec<u8>>,
    zone: &DomainName,
    key: &SetKey,
    class: Class,
    ttl: u32,
    data: Vec<u8>,
) -> Result<(), String> {
    let owner = dns_name(&key.name.absolute(zone))?;
    let data = UnknownRecordData::from_octets(Rtype::from_int(key.rtype.code()), Bytes::from(data))
        .map_err(|e| e.to_string())?;
    section.push((owner, class, ttl, data)).map_err(|e| e.to_string())
}

fn wire(key: &SetKey, data: &RecordData) -> Result<Vec<u8>, String> {
    data.to_wire(key.rtype).map_err(|e| e.to_string())
}

/// No server deletes these as a whole; a new SOA takes the place of the old one (RFC 2136 3.4.2.2).
fn is_needed(key: &SetKey) -> bool {
    is_apex_ns(key) || key.rtype == RecordType::SOA
}

fn is_apex_ns(key: &SetKey) -> bool {
    key.name.is_apex() && key.rtype == RecordType::NS
}
