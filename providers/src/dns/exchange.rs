//! Carrying messages: TCP with its two-byte length (RFC 1035 4.2.2), UDP with TCP after a truncated answer.

use std::future::Future;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use dns_domain::base::Message;
use dns_domain::base::iana::{Rcode, Rtype};
use dns_domain::base::message_builder::AdditionalBuilder;
use dns_domain::tsig::ClientTransaction;
use dombot_core::provider::ProviderError;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;

use super::message::{Reply, belongs, query, reply};
use super::signer::{Signer, reading_error};

/// A lost datagram is sent again after this long; queries only read.
const UDP_PATIENCE: Duration = Duration::from_millis(1500);

/// A server and the key that it knows us by.
#[derive(Clone, Copy)]
pub(crate) struct Server<'a> {
    pub(crate) addr: SocketAddr,
    pub(crate) signer: Option<&'a Signer>,
}

/// An open way to a server, for one question after the other.
pub(super) enum Link<'a> {
    Tcp(TcpStream, Option<&'a Signer>),
    Udp(SocketAddr),
}

/// Stops `work` at the deadline.
pub(super) async fn within<T>(
    deadline: Duration,
    work: impl Future<Output = Result<T, ProviderError>>,
) -> Result<T, ProviderError> {
    timeout(deadline, work).await.unwrap_or_else(|_| {
        Err(ProviderError::Unavailable(format!("no answer within {} s", deadline.as_secs_f32())))
    })
}

pub(super) async fn connect(addr: SocketAddr) -> Result<TcpStream, ProviderError> {
    let stream = TcpStream::connect(addr)
        .await
        .map_err(|e| ProviderError::Unavailable(format!("cannot connect to {addr}: {e}")))?;
    // Without it a length and a message written apart wait for each other's acknowledgement.
    let _ = stream.set_nodelay(true);
    Ok(stream)
}

pub(super) async fn send(stream: &mut TcpStream, message: &[u8]) -> std::io::Result<()> {
    let length = u16::try_from(message.len()).map_err(std::io::Error::other)?;
    let mut framed = Vec::with_capacity(message.len() + 2);
    framed.extend(length.to_be_bytes());
    framed.extend(message);
    stream.write_all(&framed).await
}

/// An early end of the connection is an `UnexpectedEof`.
pub(super) async fn receive(stream: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut length = [0; 2];
    stream.read_exact(&mut length).await?;
    let mut message = vec![0; usize::from(u16::from_be_bytes(length))];
    stream.read_exact(&mut message).await?;
    Ok(message)
}

/// Asks one question and gives the whole reply; every code but NOERROR and NXDOMAIN is an error.
pub(super) async fn exchange(
    link: &mut Link<'_>,
    name: &str,
    rtype: Rtype,
) -> Result<Reply, ProviderError> {
    let unexpected = ProviderError::Unexpected;
    let message = query(name, rtype).map_err(unexpected)?;
    let answer = match link {
        Link::Tcp(stream, signer) => over_tcp(stream, *signer, message).await?,
        Link::Udp(addr) => {
            let answer = over_udp(*addr, message.as_slice()).await?;
            if answer.header().tc() {
                over_tcp(&mut connect(*addr).await?, None, message).await?
            } else {
                answer
            }
        }
    };
    let reply = reply(answer).map_err(unexpected)?;
    match reply.rcode {
        _ if reply.truncated => {
            Err(ProviderError::Incomplete("a truncated answer over TCP".into()))
        }
        Rcode::NOERROR | Rcode::NXDOMAIN => Ok(reply),
        other => Err(refusal(other)),
    }
}

/// What a code other than NOERROR means for a reading call.
pub(super) fn refusal(rcode: Rcode) -> ProviderError {
    match rcode {
        Rcode::REFUSED | Rcode::NOTAUTH => ProviderError::Auth(format!(
            "{rcode}: this key may not do that there, or the server does not hold the zone"
        )),
        Rcode::SERVFAIL => ProviderError::Unavailable("the server says SERVFAIL".into()),
        other => ProviderError::Unexpected(format!("the server says {other}")),
    }
}

async fn over_tcp(
    stream: &mut TcpStream,
    signer: Option<&Signer>,
    mut message: AdditionalBuilder<Vec<u8>>,
) -> Result<Message<Vec<u8>>, ProviderError> {
    let unsigned = message.as_slice().to_vec();
    let transaction = match signer {
        Some(s) => Some(
            ClientTransaction::request(s.key.clone(), &mut message, s.now())
                .map_err(|e| ProviderError::Unexpected(e.to_string()))?,
        ),
        None => None,
    };
    let lost = |e: std::io::Error| ProviderError::Unavailable(format!("the connection broke: {e}"));
    send(stream, message.as_slice()).await.map_err(lost)?;
    let answer = receive(stream).await.map_err(lost)?;
    let mut answer = Message::from_octets(answer)
        .map_err(|_| ProviderError::Unexpected("an answer without a header".into()))?;
    if let (Some(transaction), Some(s)) = (transaction, signer) {
        transaction.answer(&mut answer, s.now()).map_err(|e| reading_error(&e, &answer))?;
    }
    if belongs(&unsigned, &answer) {
        Ok(answer)
    } else {
        Err(ProviderError::Unexpected("an answer to another question".into()))
    }
}

/// Answers that do not fit the question are ignored: anybody can send us datagrams.
pub(super) async fn over_udp(
    addr: SocketAddr,
    message: &[u8],
) -> Result<Message<Vec<u8>>, ProviderError> {
    let broken = |e: std::io::Error| ProviderError::Unavailable(format!("{addr}: {e}"));
    let any: SocketAddr = match addr {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = UdpSocket::bind(any).await.map_err(broken)?;
    socket.connect(addr).await.map_err(broken)?;
    loop {
        socket.send(message).await.map_err(broken)?;
        if let Ok(answer) = timeout(UDP_PATIENCE, matching(&socket, message)).await {
            return answer.map_err(broken);
        }
    }
}

async fn matching(socket: &UdpSocket, message: &[u8]) -> std::io::Result<Message<Vec<u8>>> {
    let mut buffer = vec![0; 4096];
    loop {
        let length = socket.recv(&mut buffer).await?;
        if let Ok(answer) = Message::from_octets(buffer[..length].to_vec())
            && belongs(message, &answer)
        {
            return Ok(answer);
        }
    }
}
