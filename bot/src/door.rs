//! The way to the process that owns the home: in this process, or over its socket.

use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use dombot_core::phrase;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Mutex;

use crate::home::{self, Home, Opening, Paths, Trouble};
use crate::request::{Request, Response, answer};

/// Longest request or answer on the socket, in bytes: a zone file of 100,000 records fits.
const LONGEST: u64 = 64 << 20;

/// A door to the home.
pub(crate) enum Door {
    /// This process owns it.
    Own(Arc<Home>),
    /// Another one does.
    Other(Mutex<BufReader<UnixStream>>),
}

impl Door {
    /// Owns the home where nobody does, else talks to the owner.
    pub(crate) async fn open(paths: &Paths) -> anyhow::Result<Self> {
        if !paths.exists() {
            return Err(Trouble(phrase!("home.none", path = paths.home.display())).into());
        }
        // The owner may be starting, or be gone with its lock not yet released: both are tried for ten seconds.
        for _ in 0..100 {
            if let Some(lock) = home::lock(paths)? {
                let opening = Opening { lock, vault: None, create: false, no_changes: false };
                let home = Arc::new(Home::open(paths.clone(), opening).await?);
                home.start().await;
                return Ok(Self::Own(home));
            }
            if let Ok(stream) = UnixStream::connect(paths.socket()).await {
                return Ok(Self::Other(Mutex::new(BufReader::new(stream))));
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Err(Trouble(phrase!("home.busy", path = paths.socket().display())).into())
    }

    /// Asks one thing.
    pub(crate) async fn ask(&self, request: Request) -> anyhow::Result<Response> {
        match self {
            Self::Own(home) => Ok(answer(home, request).await),
            Self::Other(stream) => {
                let mut stream = stream.lock().await;
                let mut line = serde_json::to_vec(&request)?;
                line.push(b'\n');
                stream.get_mut().write_all(&line).await?;
                let mut reply = String::new();
                (&mut *stream).take(LONGEST).read_line(&mut reply).await?;
                serde_json::from_str(&reply).context("the dombot that owns this home went away")
            }
        }
    }

    /// Ends well: the job at hand ends its turn, files are closed.
    pub(crate) async fn close(self) {
        if let Self::Own(home) = self {
            home.close().await;
            let _ = std::fs::remove_file(home.paths.socket());
        }
    }
}

/// Answers clients of the same user until the process ends.
pub(crate) fn listen(home: &Arc<Home>) -> anyhow::Result<()> {
    let path = home.paths.socket();
    // Left by a process that was killed; the home's lock says that nobody listens there.
    let _ = std::fs::remove_file(&path);
    let listener = UnixListener::bind(&path)
        .with_context(|| format!("cannot listen at {}", path.display()))?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
    let home = Arc::clone(home);
    tokio::spawn(async move {
        loop {
            let Ok((stream, _)) = listener.accept().await else {
                // Out of file descriptors, say: that passes.
                tokio::time::sleep(Duration::from_millis(200)).await;
                continue;
            };
            let own = rustix::process::geteuid().as_raw();
            if stream.peer_cred().is_ok_and(|peer| peer.uid() == own) {
                tokio::spawn(client(Arc::clone(&home), stream));
            }
        }
    });
    Ok(())
}

async fn client(home: Arc<Home>, stream: UnixStream) {
    let mut stream = BufReader::new(stream);
    loop {
        let mut line = String::new();
        match (&mut stream).take(LONGEST).read_line(&mut line).await {
            Ok(n) if n > 0 => {}
            _ => return,
        }
        let response = match serde_json::from_str(&line) {
            Ok(request) => answer(&home, request).await,
            Err(e) => Response::Failed { text: format!("not a request: {e}") },
        };
        let Ok(mut out) = serde_json::to_vec(&response) else { return };
        out.push(b'\n');
        if stream.get_mut().write_all(&out).await.is_err() {
            return;
        }
    }
}
