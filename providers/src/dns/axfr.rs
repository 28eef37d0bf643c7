//! Zone transfers (RFC 5936): the whole zone or an error, never a part.

use std::time::Duration;

use dns_domain::base::Message;
use dns_domain::base::iana::{Rcode, Rtype};
use dns_domain::tsig::ClientSequence;
use dombot_core::domain::{DomainName, RecordSet, RecordType};
use dombot_core::provider::ProviderError;
use tokio::time::{Instant, timeout_at};

use super::exchange::{Server, connect, receive, refusal, send};
use super::message::{Rr, answers, belongs, query, sets};
use super::signer::reading_error;

/// More is not a zone that a person keeps; it would fill the memory of a small machine.
const MOST_BYTES: usize = 256 << 20;

/// Every record set of the zone. `Incomplete` when the transfer ended or stalled before its closing SOA.
pub(crate) async fn axfr(
    server: Server<'_>,
    zone: &DomainName,
    deadline: Duration,
) -> Result<Vec<RecordSet>, ProviderError> {
    let records = transfer(server, zone, Instant::now() + deadline).await?;
    sets(zone, &records).map_err(ProviderError::Unexpected)
}

async fn transfer(
    server: Server<'_>,
    zone: &DomainName,
    until: Instant,
) -> Result<Vec<Rr>, ProviderError> {
    let mut request = query(zone.as_str(), Rtype::AXFR).map_err(ProviderError::Unexpected)?;
    let unsigned = request.as_slice().to_vec();
    let mut sequence = match server.signer {
        Some(s) => Some(
            ClientSequence::request(s.key.clone(), &mut request, s.now())
                .map_err(|e| ProviderError::Unexpected(e.to_string()))?,
        ),
        None => None,
    };
    let late = |_| ProviderError::Unavailable("no answer within the deadline".into());
    let mut stream = timeout_at(until, connect(server.addr)).await.map_err(late)??;
    timeout_at(until, send(&mut stream, request.as_slice()))
        .await
        .map_err(late)?
        .map_err(|e| ProviderError::Unavailable(format!("the connection broke: {e}")))?;

    let mut zone_so_far = Gathered::new(zone);
    while !zone_so_far.closed {
        let bytes = match timeout_at(until, receive(&mut stream)).await {
            Ok(Ok(bytes)) => bytes,
            Ok(Err(e)) => return Err(zone_so_far.cut(&e.to_string())),
            Err(_) => return Err(zone_so_far.cut("the deadline passed")),
        };
        let first = zone_so_far.bytes == 0;
        zone_so_far.bytes += bytes.len();
        let mut message = Message::from_octets(bytes)
            .map_err(|_| ProviderError::Unexpected("a message without a header".into()))?;
        if let (Some(sequence), Some(s)) = (&mut sequence, server.signer) {
            sequence.answer(&mut message, s.now()).map_err(|e| reading_error(&e, &message))?;
        }
        check_header(&unsigned, &message, first)?;
        zone_so_far.take(answers(message).map_err(ProviderError::Unexpected)?)?;
    }
    if let Some(sequence) = sequence {
        // RFC 8945 5.3.1: the last message must be signed.
        sequence.done().map_err(|e| ProviderError::Unexpected(e.to_string()))?;
    }
    Ok(zone_so_far.records)
}

/// Only the first message must repeat the question (RFC 5936 2.2.1).
fn check_header(
    request: &[u8],
    message: &Message<Vec<u8>>,
    first: bool,
) -> Result<(), ProviderError> {
    let header = message.header();
    match header.rcode() {
        Rcode::NOERROR => {}
        other => return Err(refusal(other)),
    }
    if header.tc() {
        return Err(ProviderError::Incomplete("a truncated message".into()));
    }
    let same_id = header.id() == u16::from_be_bytes([request[0], request[1]]);
    let bare = !first && message.header_counts().qdcount() == 0 && header.qr() && same_id;
    if bare || belongs(request, message) {
        Ok(())
    } else {
        Err(ProviderError::Unexpected("an answer to another question".into()))
    }
}

/// What has come so far: SOA, records, the same SOA again.
struct Gathered<'a> {
    zone: &'a DomainName,
    records: Vec<Rr>,
    bytes: usize,
    closed: bool,
}

impl<'a> Gathered<'a> {
    fn new(zone: &'a DomainName) -> Self {
        Self { zone, records: Vec::new(), bytes: 0, closed: false }
    }

    fn cut(&self, why: &str) -> ProviderError {
        if self.bytes == 0 {
            return ProviderError::Unavailable(format!("no answer to the transfer: {why}"));
        }
        ProviderError::Incomplete(format!(
            "the transfer stopped after {} records: {why}",
            self.records.len()
        ))
    }

    fn take(&mut self, records: Vec<Rr>) -> Result<(), ProviderError> {
        if self.bytes > MOST_BYTES {
            return Err(ProviderError::Unsupported(format!("a zone above {MOST_BYTES} bytes")));
        }
        for rr in records {
            let is_soa = rr.rtype == RecordType::SOA && rr.owner == self.zone.as_str();
            match (self.records.first(), is_soa) {
                _ if self.closed => {
                    return Err(ProviderError::Unexpected("records after the closing SOA".into()));
                }
                (None, false) => {
                    return Err(ProviderError::Unexpected("a transfer without its SOA".into()));
                }
                (Some(opening), true) if opening.data == rr.data => self.closed = true,
                (Some(_), true) => {
                    return Err(ProviderError::Incomplete("the zone changed meanwhile".into()));
                }
                _ => self.records.push(rr),
            }
        }
        Ok(())
    }
}
