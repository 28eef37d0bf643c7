//! Opening the faces, on loopback only.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use dombot_core::clock::Clock;
use hickory_server::Server;
use serde_json::json;
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::door::{Cut, Door};
use super::{World, dns, http};

/// A sandbox as a process of its own.
#[derive(Debug, Clone)]
pub struct Options {
    /// Its folder.
    pub dir: PathBuf,
    /// Where HTTP listens; port 0 = any.
    pub http: SocketAddr,
    /// Where DNS listens, UDP and TCP; port 0 = any.
    pub dns: SocketAddr,
}

/// Open faces. They close when this is dropped or [`Running::stop`] is called.
#[derive(Debug)]
pub struct Running {
    /// Where HTTP listens.
    pub http_addr: SocketAddr,
    /// Where DNS listens.
    pub dns_addr: SocketAddr,
    end: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Running {
    /// `http://127.0.0.1:PORT/a` and the like: the field `url` of an account.
    pub fn url(&self, face: &str) -> String {
        format!("http://{}/{face}", self.http_addr)
    }

    /// Closes the faces and waits until they are closed.
    pub async fn stop(mut self) {
        self.end.send_replace(true);
        for task in std::mem::take(&mut self.tasks) {
            let abort = task.abort_handle();
            if tokio::time::timeout(Duration::from_secs(2), task).await.is_err() {
                abort.abort();
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end.send_replace(true);
    }
}

/// Opens the folder and its faces, and writes the addresses and tokens into `DIR/world.addr.json` (mode 0600)
/// for whoever started it.
pub async fn run(options: Options, clock: Arc<dyn Clock>) -> io::Result<(World, Running)> {
    let world = World::open(&options.dir, clock)?;
    let running = serve(world.clone(), options.http, options.dns).await?;
    let tokens = world.tokens();
    let card = json!({
        "http": running.http_addr, "dns": running.dns_addr, "tokens": tokens,
    });
    super::file::write_private(&options.dir, "world.addr.json", card.to_string().as_bytes())?;
    Ok((world, running))
}

/// Opens both faces; other than loopback addresses are refused.
pub async fn serve(world: World, http: SocketAddr, dns: SocketAddr) -> io::Result<Running> {
    if !http.ip().is_loopback() || !dns.ip().is_loopback() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "the sandbox is for loopback only",
        ));
    }
    let listener = TcpListener::bind(http).await?;
    let (udp, tcp) = bind_dns(dns).await?;
    let (http_addr, dns_addr) = (listener.local_addr()?, udp.local_addr()?);
    *world.dns_addr() = Some(dns_addr);
    let (end, ended) = watch::channel(false);
    let tasks = vec![
        tokio::spawn(serve_http(world.clone(), listener, ended.clone())),
        tokio::spawn(serve_dns(world.clone(), udp, tcp, ended.clone())),
        tokio::spawn(tick(world, ended)),
    ];
    Ok(Running { http_addr, dns_addr, end, tasks })
}

/// The same port for UDP and TCP, also when any will do.
async fn bind_dns(addr: SocketAddr) -> io::Result<(UdpSocket, TcpListener)> {
    let mut tries = 0;
    loop {
        let udp = UdpSocket::bind(addr).await?;
        match TcpListener::bind(udp.local_addr()?).await {
            Ok(tcp) => return Ok((udp, tcp)),
            Err(_) if addr.port() == 0 && tries < 20 => tries += 1,
            Err(e) => return Err(e),
        }
    }
}

async fn serve_http(world: World, listener: TcpListener, mut ended: watch::Receiver<bool>) {
    let service = http::router(world).into_make_service_with_connect_info::<Cut>();
    let until = async move {
        let _ = ended.wait_for(|end| *end).await;
    };
    if let Err(e) = axum::serve(Door(listener), service).with_graceful_shutdown(until).await {
        tracing::error!(error = %e, "the sandbox's HTTP face failed");
    }
}

async fn serve_dns(
    world: World,
    udp: UdpSocket,
    tcp: TcpListener,
    mut ended: watch::Receiver<bool>,
) {
    let mut server = Server::new(dns::Authoritative(world));
    server.register_socket(udp);
    server.register_listener(tcp, Duration::from_secs(5), 32);
    tokio::select! {
        done = server.block_until_done() => if let Err(e) = done {
            tracing::error!(error = %e, "the sandbox's DNS face failed");
        },
        _ = ended.wait_for(|end| *end) => server.shutdown_token().cancel(),
    }
}

/// Late effects arrive also when nobody asks.
async fn tick(world: World, mut ended: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(50)) => {}
            _ = ended.wait_for(|end| *end) => return,
        }
        let world = world.clone();
        let done = tokio::task::spawn_blocking(move || world.look(&[], |_| ())).await;
        if let Ok(Err(e)) = done {
            tracing::error!(error = %e, "the sandbox could not write its file");
        }
    }
}
