//! Faults on the wire, by small servers that speak just enough DNS to lie.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use dns_domain::base::iana::{Class, Rcode};
use dns_domain::base::{Message, MessageBuilder, Rtype, rdata::UnknownRecordData};
use dns_domain::rdata::tsig::Time48;
use dns_domain::tsig::ServerSequence;
use dombot_core::clock::SystemClock;
use dombot_core::domain::{DomainName, RecordData, RecordName, RecordType, SetBody, SetKey, Ttl};
use dombot_core::plan::SetChange;
use dombot_core::provider::{Authority, ProviderError};
use secrecy::SecretString;
use tokio::net::{TcpListener, UdpSocket};

use super::exchange::{receive, send};
use super::message::dns_name;
use super::query::wildcards;
use super::*;
use crate::servers::{KEY_NAME, KEY_SECRET};

const SOON: Duration = Duration::from_secs(5);
const ZONE: &str = "firma.example";
/// Owner, type, data.
type Line = (&'static str, &'static str, &'static str);
const SOA: Line = (ZONE, "SOA", "ns1.example.net. host.example.net. 7 1 2 3 4");
const LATER: Line = (ZONE, "SOA", "ns1.example.net. host.example.net. 8 1 2 3 4");
const NS: Line = (ZONE, "NS", "ns1.example.net.");
const WWW: Line = ("www.firma.example", "A", "192.0.2.1");
const STRANGER: Line = ("www.other.example", "A", "192.0.2.66");

fn zone() -> DomainName {
    DomainName::parse(ZONE).unwrap()
}

fn signer(secret: &str) -> Signer {
    let secret = SecretString::from(secret);
    Signer::new(KEY_NAME, "hmac-sha256", &secret, Arc::new(SystemClock::default())).unwrap()
}

/// How the small server answers.
#[derive(Clone)]
struct Lie {
    messages: Vec<Vec<Line>>,
    rcode: Rcode,
    fault: Fault,
    /// Signs with this secret.
    key: Option<&'static str>,
}

#[derive(Clone, Copy, PartialEq)]
enum Fault {
    None,
    Truncated,
    WrongId,
    /// The code is changed on the way, after signing.
    Tampered,
    /// Stays silent afterwards instead of closing.
    Hangs,
}

fn lie(messages: &[&[Line]]) -> Lie {
    Lie {
        messages: messages.iter().map(|m| m.to_vec()).collect(),
        rcode: Rcode::NOERROR,
        fault: Fault::None,
        key: None,
    }
}

async fn liar(lie: Lie) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let Ok(request) = receive(&mut stream).await else { continue };
            for message in answers(&lie, request) {
                let _ = send(&mut stream, &message).await;
            }
            if lie.fault == Fault::Hangs {
                let _ = receive(&mut stream).await;
            }
        }
    });
    addr
}

fn answers(lie: &Lie, request: Vec<u8>) -> Vec<Vec<u8>> {
    let mut request = Message::from_octets(request).unwrap();
    let now = Time48::from_u64(u64::try_from(jiff_now()).unwrap());
    let mut sequence = lie.key.map(|secret| {
        // The server's own check would refuse a wrong key: a liar signs without checking.
        let key = signer(secret).key;
        let checked = ServerSequence::request(&key, &mut request, now);
        checked.ok().flatten().expect("the request is signed with the liar's key")
    });
    lie.messages
        .iter()
        .map(|lines| {
            let builder = MessageBuilder::new_vec();
            let mut answer = builder.start_answer(&request, lie.rcode).unwrap();
            answer.header_mut().set_aa(true);
            answer.header_mut().set_tc(lie.fault == Fault::Truncated);
            if lie.fault == Fault::WrongId {
                answer.header_mut().set_id(request.header().id().wrapping_add(1));
            }
            for (owner, rtype, data) in lines {
                let rtype: RecordType = rtype.parse().unwrap();
                let wire = RecordData::parse(rtype, data, &zone()).unwrap().to_wire(rtype).unwrap();
                let code = Rtype::from_int(rtype.code());
                let data = UnknownRecordData::from_octets(code, wire).unwrap();
                answer.push((dns_name(owner).unwrap(), Class::IN, 300, data)).unwrap();
            }
            let mut whole = answer.additional();
            if let Some(sequence) = &mut sequence {
                sequence.answer(&mut whole, now).unwrap();
            }
            let mut bytes = whole.finish();
            if lie.fault == Fault::Tampered {
                bytes[3] ^= 5;
            }
            bytes
        })
        .collect()
}

fn jiff_now() -> i64 {
    use dombot_core::clock::Clock;
    SystemClock::default().now().as_second()
}

async fn transferred(lie: Lie) -> Result<usize, ProviderError> {
    let server = Server { addr: liar(lie).await, signer: None };
    axfr(server, &zone(), Duration::from_millis(700)).await.map(|sets| sets.len())
}

#[tokio::test]
async fn a_transfer_is_complete_or_an_error() {
    use ProviderError as E;
    assert_eq!(transferred(lie(&[&[SOA, NS], &[WWW], &[SOA]])).await, Ok(3));
    assert_eq!(transferred(lie(&[&[SOA, NS, WWW, STRANGER, SOA]])).await, Ok(3), "not its own");
    let cut = transferred(lie(&[&[SOA, NS], &[WWW]])).await;
    assert!(matches!(cut, Err(E::Incomplete(_))), "closed early: {cut:?}");
    let stalled = transferred(Lie { fault: Fault::Hangs, ..lie(&[&[SOA, NS], &[WWW]]) }).await;
    assert!(matches!(stalled, Err(E::Incomplete(_))), "{stalled:?}");
    let mute = transferred(Lie { fault: Fault::Hangs, ..lie(&[]) }).await;
    assert!(matches!(mute, Err(E::Unavailable(_))), "{mute:?}");
    let moved = transferred(lie(&[&[SOA, NS, WWW, LATER]])).await;
    assert!(matches!(moved, Err(E::Incomplete(_))), "another serial: {moved:?}");
    let truncated = transferred(Lie { fault: Fault::Truncated, ..lie(&[&[SOA, NS, SOA]]) }).await;
    assert!(matches!(truncated, Err(E::Incomplete(_))), "{truncated:?}");
    for (why, wrong) in [
        ("no SOA first", lie(&[&[NS, SOA, WWW, SOA]])),
        ("records after the end", lie(&[&[SOA, NS, SOA, WWW]])),
        ("another id", Lie { fault: Fault::WrongId, ..lie(&[&[SOA, NS, SOA]]) }),
    ] {
        let got = transferred(wrong).await;
        assert!(matches!(got, Err(E::Unexpected(_))), "{why}: {got:?}");
    }
    for rcode in [Rcode::REFUSED, Rcode::NOTAUTH] {
        let got = transferred(Lie { rcode, ..lie(&[&[]]) }).await;
        assert!(matches!(got, Err(E::Auth(_))), "{got:?}");
    }
    let broken = transferred(Lie { rcode: Rcode::SERVFAIL, ..lie(&[&[]]) }).await;
    assert!(matches!(broken, Err(E::Unavailable(_))), "{broken:?}");
}

#[tokio::test]
async fn only_signed_answers_count() {
    let whole = lie(&[&[SOA, NS], &[WWW], &[SOA]]);
    let signed = Lie { key: Some(KEY_SECRET), ..whole.clone() };
    let ours = signer(KEY_SECRET);
    let ask = async |lie: Lie| {
        let server = Server { addr: liar(lie).await, signer: Some(&ours) };
        axfr(server, &zone(), SOON).await
    };
    assert_eq!(ask(signed.clone()).await.unwrap().len(), 3);
    assert!(matches!(ask(whole.clone()).await, Err(ProviderError::Unexpected(_))), "unsigned");
    let mut forged = signed.clone();
    forged.fault = Fault::Tampered;
    assert!(matches!(ask(forged).await, Err(ProviderError::Auth(_))), "REFUSED made of NOERROR");

    let key = SetKey { name: RecordName::parse("www").unwrap(), rtype: RecordType::A };
    let body = |ip| {
        let data = RecordData::parse(RecordType::A, ip, &zone()).unwrap();
        Some(SetBody::new(Ttl::try_from(300).unwrap(), vec![data]))
    };
    let plan = [SetChange { key, before: body("192.0.2.1"), after: body("192.0.2.2") }];
    let tell = async |lie: Lie| update(liar(lie).await, &ours, &zone(), &plan, SOON).await;
    let empty = |key| Lie { key, ..lie(&[&[]]) };
    assert_eq!(tell(empty(Some(KEY_SECRET))).await, Updated::Answer(Rcode::NOERROR));
    let refused = Lie { rcode: Rcode::REFUSED, ..empty(Some(KEY_SECRET)) };
    assert_eq!(tell(refused).await, Updated::Answer(Rcode::REFUSED));
    for (why, wrong) in [
        ("unsigned NOERROR", empty(None)),
        ("unsigned REFUSED", Lie { rcode: Rcode::REFUSED, ..empty(None) }),
        ("unsigned NXRRSET", Lie { rcode: Rcode::NXRRSET, ..empty(None) }),
        (
            "NOERROR made of REFUSED",
            Lie { rcode: Rcode::REFUSED, fault: Fault::Tampered, ..empty(Some(KEY_SECRET)) },
        ),
        ("REFUSED made of NOERROR", Lie { fault: Fault::Tampered, ..empty(Some(KEY_SECRET)) }),
        ("closed without a word", lie(&[])),
        ("another id", Lie { fault: Fault::WrongId, ..empty(Some(KEY_SECRET)) }),
    ] {
        let got = tell(wrong).await;
        assert!(matches!(got, Updated::Unknown(_)), "{why}: {got:?}");
    }
}

/// A server on one port for both: UDP says "truncated" or lies, TCP tells all.
async fn both(udp: Vec<Vec<u8>>, tcp: Lie) -> SocketAddr {
    let (listener, socket) = loop {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        if let Ok(socket) = UdpSocket::bind(listener.local_addr().unwrap()).await {
            break (listener, socket);
        }
    };
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut buffer = [0; 512];
        while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
            for noise in &udp {
                let _ = socket.send_to(noise, from).await;
            }
            let short = Lie { fault: Fault::Truncated, ..lie(&[&[]]) };
            for answer in answers(&short, buffer[..length].to_vec()) {
                let _ = socket.send_to(&answer, from).await;
            }
        }
    });
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let Ok(request) = receive(&mut stream).await else { continue };
            for message in answers(&tcp, request) {
                let _ = send(&mut stream, &message).await;
            }
        }
    });
    addr
}

#[tokio::test]
async fn a_truncated_answer_is_asked_again_over_tcp() {
    let noise = vec![b"short".to_vec(), vec![0; 40]];
    let addr = both(noise, lie(&[&[WWW]])).await;
    let key = SetKey { name: RecordName::parse("www").unwrap(), rtype: RecordType::A };
    let data = RecordData::parse(RecordType::A, WWW.2, &zone()).unwrap();
    let body = |ttl| Some(SetBody::new(Ttl::try_from(ttl).unwrap(), vec![data.clone()]));
    let server = Authority { name: "ns1".into(), addr };
    let says = async |after| {
        let plan = [SetChange { key: key.clone(), before: None, after }];
        ask(&server, &zone(), &plan, SOON).await.problem
    };
    assert_eq!(says(body(300)).await, None);
    assert!(says(body(60)).await.unwrap().contains("TTL 300"), "the TTL counts");
    assert!(says(None).await.is_some());
}

#[tokio::test]
async fn a_server_that_is_not_authoritative_or_not_there_does_not_agree() {
    let key = SetKey { name: RecordName::parse("www").unwrap(), rtype: RecordType::A };
    let plan = [SetChange { key, before: None, after: None }];
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let addr = socket.local_addr().unwrap();
    let server = Authority { name: "cache".into(), addr };
    tokio::spawn(async move {
        let mut buffer = [0; 512];
        let (length, from) = socket.recv_from(&mut buffer).await.unwrap();
        let mut answer = answers(&lie(&[&[]]), buffer[..length].to_vec()).remove(0);
        // Takes the flag `aa` away: NOERROR without data, as a cache would say.
        answer[2] &= !4;
        socket.send_to(&answer, from).await.unwrap();
        // The next question gets no answer at all.
        let _ = socket.recv_from(&mut buffer).await;
        tokio::time::sleep(SOON).await;
    });
    let cache = ask(&server, &zone(), &plan, SOON).await;
    assert!(cache.problem.unwrap().contains("not authoritative"));
    let mute = ask(&server, &zone(), &plan, Duration::from_millis(300)).await;
    assert!(!mute.agrees && mute.problem.unwrap().contains("0.3 s"));
}

#[test]
fn wildcards_that_could_answer() {
    let of = |name: &str| -> Vec<String> {
        wildcards(&RecordName::parse(name).unwrap()).iter().map(ToString::to_string).collect()
    };
    assert_eq!(of("a.b.c"), ["*.b.c", "*.c", "*"]);
    assert_eq!(of("*.b"), ["*"]);
    assert!(of("@").is_empty() && of("*").is_empty());
}

#[test]
fn authorities_of_the_settings() {
    let some =
        parse_authorities("192.0.2.1, ns2.example.net=192.0.2.2:5300 ,[2001:db8::1]:53").unwrap();
    let texts: Vec<String> = some.iter().map(|a| format!("{} {}", a.name, a.addr)).collect();
    assert_eq!(
        texts,
        [
            "192.0.2.1 192.0.2.1:53",
            "ns2.example.net 192.0.2.2:5300",
            "[2001:db8::1]:53 [2001:db8::1]:53"
        ]
    );
    assert!(parse_authorities("").unwrap().is_empty());
    assert!(parse_authorities("ns1.example.net").is_err());
}
