//! A bad line between dombot and a name server: slow, cut short, or dead at the worst moment.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::task::JoinSet;

/// What the line does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing bad.
    None,
    /// Every answer comes this much later.
    Slow(Duration),
    /// Over TCP an answer ends after so many bytes.
    Cut(usize),
    /// The next writing request arrives and is answered; the answer does not come through. Once.
    LoseAnswer,
    /// The next writing request is taken and does not arrive. Once.
    LoseRequest,
}

/// A line to one server, over UDP and TCP; it ends with this value.
#[derive(Debug)]
pub struct Wire {
    /// This end.
    pub addr: SocketAddr,
    state: Arc<Mutex<State>>,
    _tasks: JoinSet<()>,
}

#[derive(Debug)]
struct State {
    fault: Fault,
    writes: usize,
    bytes: usize,
}

impl Wire {
    /// A good line at first.
    pub async fn to(server: SocketAddr) -> Self {
        let (tcp, udp) = loop {
            let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
            let addr = tcp.local_addr().expect("a bound socket");
            if let Ok(udp) = UdpSocket::bind(addr).await {
                break (tcp, udp);
            }
        };
        let addr = tcp.local_addr().expect("a bound socket");
        let state = Arc::new(Mutex::new(State { fault: Fault::None, writes: 0, bytes: 0 }));
        let mut tasks = JoinSet::new();
        tasks.spawn(streams(tcp, server, state.clone()));
        tasks.spawn(datagrams(udp, server, state.clone()));
        Self { addr, state, _tasks: tasks }
    }

    /// From now on it behaves so.
    pub fn is(&self, fault: Fault) {
        self.state.lock().expect("no panic inside").fault = fault;
    }

    /// How many writing requests came: UPDATE messages, HTTP requests other than GET.
    pub fn writes(&self) -> usize {
        self.state.lock().expect("no panic inside").writes
    }

    /// How many bytes went both ways, without the headers of IP, UDP and TCP.
    pub fn bytes(&self) -> usize {
        self.state.lock().expect("no panic inside").bytes
    }
}

async fn datagrams(here: UdpSocket, server: SocketAddr, state: Arc<Mutex<State>>) {
    let here = Arc::new(here);
    let mut buffer = [0; 4096];
    while let Ok((length, client)) = here.recv_from(&mut buffer).await {
        let (here, question) = (here.clone(), buffer[..length].to_vec());
        let state = state.clone();
        tokio::spawn(async move {
            let there = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?;
            there.send_to(&question, server).await?;
            let mut answer = [0; 4096];
            let length = there.recv(&mut answer).await?;
            let fault = carry(&state, question.len() + length);
            pause(fault).await;
            here.send_to(&answer[..length], client).await
        });
    }
}

async fn streams(listener: TcpListener, server: SocketAddr, state: Arc<Mutex<State>>) {
    while let Ok((client, _)) = listener.accept().await {
        let state = state.clone();
        tokio::spawn(async move {
            // A line that breaks is what this is for.
            let _ = stream(client, server, &state).await;
        });
    }
}

async fn stream(
    mut client: TcpStream,
    server: SocketAddr,
    state: &Mutex<State>,
) -> std::io::Result<()> {
    let mut there = TcpStream::connect(server).await?;
    let (mut up, mut down) = (vec![0; 70_000], vec![0; 70_000]);
    let mut carried = 0;
    let mut lose = false;
    loop {
        tokio::select! {
            n = client.read(&mut up) => match n? {
                0 => there.shutdown().await?,
                n => {
                    let fault = note(&up[..n], state);
                    if fault == Fault::LoseRequest {
                        return Ok(());
                    }
                    lose |= fault == Fault::LoseAnswer;
                    carry(state, n);
                    there.write_all(&up[..n]).await?;
                }
            },
            n = there.read(&mut down) => {
                let n = n?;
                if n == 0 || lose {
                    return Ok(());
                }
                let fault = carry(state, n);
                pause(fault).await;
                let most = if let Fault::Cut(most) = fault { most } else { usize::MAX };
                let n = n.min(most.saturating_sub(carried));
                client.write_all(&down[..n]).await?;
                carried += n;
                if carried >= most {
                    return Ok(());
                }
            }
        }
    }
}

/// Counts a writing request and says what happens to it.
fn note(bytes: &[u8], state: &Mutex<State>) -> Fault {
    let http = [&b"PATCH "[..], b"POST ", b"PUT ", b"DELETE "].iter().any(|m| bytes.starts_with(m));
    // Two bytes of length, two of id, then QR and the opcode: 5 is UPDATE.
    let update = bytes.get(4).is_some_and(|flags| flags >> 3 == 5) && !bytes.starts_with(b"GET ");
    let mut state = state.lock().expect("no panic inside");
    if !http && !update {
        return Fault::None;
    }
    state.writes += 1;
    match state.fault {
        fault @ (Fault::LoseAnswer | Fault::LoseRequest) => {
            state.fault = Fault::None;
            fault
        }
        _ => Fault::None,
    }
}

/// Counts bytes and says how the line is.
fn carry(state: &Mutex<State>, bytes: usize) -> Fault {
    let mut state = state.lock().expect("no panic inside");
    state.bytes += bytes;
    state.fault
}

async fn pause(fault: Fault) {
    if let Fault::Slow(time) = fault {
        tokio::time::sleep(time).await;
    }
}
