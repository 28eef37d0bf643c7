//! The sandbox as a process of its own, at ports that stay the same when it is started again.

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use dombot_core::clock::SystemClock;
use dombot_providers::sandbox::world::{Effect, Rule, State, Tokens, World, load};
use dombot_tests::binary;

/// Where its faces listen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ports {
    pub(super) http: SocketAddr,
    pub(super) dns: SocketAddr,
}

impl Ports {
    /// Free ones below the range from which the system gives out ports by itself: nobody takes them in between.
    pub(super) fn free() -> Self {
        Self { http: free_port(), dns: free_port() }
    }
}

fn free_port() -> SocketAddr {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = u16::try_from(std::process::id() % 9_000).unwrap();
    for _ in 0..1_000 {
        let port = 20_000 + (start + NEXT.fetch_add(1, Ordering::SeqCst)) % 12_000;
        let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        if TcpListener::bind(addr).is_ok() && UdpSocket::bind(addr).is_ok() {
            return addr;
        }
    }
    panic!("no free port between 20000 and 32000");
}

/// A running one. Dropping it kills it, as a crash would: its file stands that.
pub(super) struct Operator {
    child: Child,
}

impl Operator {
    pub(super) fn start(dir: &Path, ports: Ports) -> Self {
        for _ in 0..50 {
            let mut child = Command::new(binary::with_fail_points())
                .args(["sandbox", "--dir"])
                .arg(dir)
                .args(["--http", &ports.http.to_string(), "--dns", &ports.dns.to_string()])
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let mut line = String::new();
            BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
            if line.starts_with("sandbox:") {
                return Self { child };
            }
            child.wait().unwrap();
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("the sandbox did not start at {ports:?}");
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The operator's folder, looked at and changed while it does not run; the ledger can be read at any time.
#[derive(Debug, Clone)]
pub(super) struct Books(pub(super) PathBuf);

impl Books {
    pub(super) fn state(&self) -> State {
        load(&self.0).unwrap().expect("the sandbox has a file")
    }

    /// What the customer's calls brought about; not what the operator did himself.
    pub(super) fn effects(&self) -> Vec<Effect> {
        let ledger = self.state().ledger;
        ledger.into_iter().filter(|e| !e.kind.starts_with("admin_")).collect()
    }

    pub(super) fn tokens(&self) -> Tokens {
        self.state().tokens
    }

    /// Orders a fault.
    pub(super) fn fault(&self, rule: Rule) {
        let world = World::open(&self.0, Arc::new(SystemClock::default())).unwrap();
        world.fault(rule).unwrap();
    }
}
