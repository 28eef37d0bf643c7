//! The two HTTP clients of all providers: one that reads, one that writes. Neither repeats a request,
//! follows a redirect, keeps a connection or looks at the environment for a proxy.

use std::error::Error as _;
use std::sync::OnceLock;
use std::time::Duration;

use dombot_core::provider::ProviderError;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Client, ClientBuilder, RequestBuilder, Response, StatusCode};
use serde::de::DeserializeOwned;

/// Most bytes of one answer; a zone of 100,000 records stays below it.
const MAX_BODY: usize = 64 << 20;

/// What became of one writing request.
#[derive(Debug)]
#[expect(clippy::enum_variant_names, reason = "it was not sent: no shorter word says it")]
pub(crate) enum Sent {
    /// A whole answer, whatever its status; the body is complete.
    Answer(StatusCode, HeaderMap, Vec<u8>),
    /// No connection was made: certainly no effect.
    NotSent(String),
    /// Time-out, reset, or a body cut short: nobody knows.
    Unknown(String),
}

/// For requests without effect.
pub(crate) fn reader() -> &'static Client {
    static CLIENT: OnceLock<Client> = OnceLock::new();
    CLIENT.get_or_init(client)
}

/// For requests with effect: only through [`send_once`].
pub(crate) fn writer() -> &'static Client {
    static CLIENT: OnceLock<Client> = OnceLock::new();
    CLIENT.get_or_init(client)
}

/// Sends a writing request once. `deadline` is for all of it: connecting, sending and the whole answer.
pub(crate) async fn send_once(req: RequestBuilder, deadline: Duration) -> Sent {
    let whole = async {
        let response = match req.send().await {
            Ok(response) => response,
            Err(e) if e.is_connect() || e.is_builder() => return Sent::NotSent(plain(e)),
            Err(e) => return Sent::Unknown(plain(e)),
        };
        let (status, headers) = (response.status(), response.headers().clone());
        match body(response).await {
            Ok(bytes) => Sent::Answer(status, headers, bytes),
            Err(problem) => Sent::Unknown(format!("HTTP {status}, then {problem}")),
        }
    };
    let late = |_| Sent::Unknown(format!("no whole answer within {} s", deadline.as_secs_f32()));
    tokio::time::timeout(deadline, whole).await.unwrap_or_else(late)
}

/// Sends a reading request and decodes its answer of status 2xx. Not for requests with effect.
pub(crate) async fn read_json<T: DeserializeOwned>(
    req: RequestBuilder,
    deadline: Duration,
) -> Result<T, ProviderError> {
    let whole = async {
        let response = req.send().await.map_err(|e| ProviderError::Unavailable(plain(e)))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = body(response).await.map_err(ProviderError::Incomplete)?;
        if !status.is_success() {
            return Err(refusal(status, &headers, &bytes));
        }
        serde_json::from_slice(&bytes)
            .map_err(|e| ProviderError::Unexpected(format!("HTTP {status}: {e}")))
    };
    tokio::time::timeout(deadline, whole).await.unwrap_or_else(|_| {
        let problem = format!("no whole answer within {} s", deadline.as_secs_f32());
        Err(ProviderError::Unavailable(problem))
    })
}

/// `Retry-After` in seconds; the form with a date counts as not said.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

/// The beginning of an answer that is not what was expected, for an error text.
pub(crate) fn excerpt(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(300)]);
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>().trim().to_owned()
}

fn refusal(status: StatusCode, headers: &HeaderMap, bytes: &[u8]) -> ProviderError {
    let said = format!("HTTP {status}: {}", excerpt(bytes));
    match status.as_u16() {
        401 | 403 => ProviderError::Auth(said),
        404 => ProviderError::NotFound(said),
        429 => ProviderError::RateLimited { retry_after: retry_after(headers) },
        500..=599 => ProviderError::Unavailable(said),
        _ => ProviderError::Unexpected(said),
    }
}

async fn body(mut response: Response) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(plain)? {
        if out.len() + chunk.len() > MAX_BODY {
            return Err(format!("more than {MAX_BODY} bytes"));
        }
        out.extend_from_slice(&chunk);
    }
    Ok(out)
}

/// The error and its causes without the URL, which may hold a password.
pub(crate) fn plain(e: reqwest::Error) -> String {
    let e = e.without_url();
    let mut text = e.to_string();
    let mut cause = e.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}

fn client() -> Client {
    // The first one wins, which is fine: all of this program are ring.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let built = rules().build();
    // A machine without any CA certificate can still talk to its own servers without TLS.
    built.or_else(|_| rules().tls_certs_only([]).build()).expect("a client without trust anchors")
}

/// No idle connections even for reading: one that the server is just closing fails a request for nothing.
fn rules() -> ClientBuilder {
    Client::builder()
        .retry(reqwest::retry::never())
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .http1_only()
        .pool_max_idle_per_host(0)
        .connect_timeout(Duration::from_secs(10))
        .user_agent(concat!("dombot/", env!("CARGO_PKG_VERSION")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    const SOON: Duration = Duration::from_secs(5);

    /// A server that says `answer` to each connection and closes; counts the connections.
    async fn server(
        answer: &'static str,
    ) -> (String, std::sync::Arc<std::sync::atomic::AtomicU32>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let count = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
        let seen = count.clone();
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                seen.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                let _ = socket.read(&mut [0; 4096]).await;
                let _ = socket.write_all(answer.as_bytes()).await;
            }
        });
        (url, count)
    }

    #[tokio::test]
    async fn nothing_listens_there() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        drop(listener);
        assert!(matches!(send_once(writer().post(&url), SOON).await, Sent::NotSent(_)));
        let read = read_json::<u32>(reader().get(&url), SOON).await;
        assert!(matches!(read, Err(ProviderError::Unavailable(_))), "{read:?}");
    }

    #[tokio::test]
    async fn unknown_is_said_and_nothing_is_sent_twice() {
        let redirect = "HTTP/1.1 307 Go\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n";
        for (answer, known) in [
            ("", false),
            ("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf", false),
            ("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", true),
            (redirect, true),
        ] {
            let (url, count) = server(answer).await;
            let sent = send_once(writer().post(&url).body("x"), SOON).await;
            assert_eq!(matches!(sent, Sent::Answer(..)), known, "{answer:?}: {sent:?}");
            assert_eq!(matches!(sent, Sent::Unknown(_)), !known, "{answer:?}: {sent:?}");
            assert_eq!(count.load(std::sync::atomic::Ordering::SeqCst), 1, "{answer:?}");
        }
    }

    #[tokio::test]
    async fn the_deadline_is_for_the_whole_answer() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n").await.unwrap();
            while socket.write_all(b"x").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        let sent = send_once(writer().post(&url), Duration::from_millis(300)).await;
        assert!(matches!(sent, Sent::Unknown(_)), "{sent:?}");
    }

    #[tokio::test]
    async fn reading_errors_are_told_apart() {
        let read = async |answer| {
            let (url, _) = server(answer).await;
            read_json::<u32>(reader().get(&url), SOON).await
        };
        assert_eq!(read("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n42").await, Ok(42));
        let r = read("HTTP/1.1 429 No\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n").await;
        assert_eq!(
            r,
            Err(ProviderError::RateLimited { retry_after: Some(Duration::from_secs(7)) })
        );
        let r = read("HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n").await;
        assert!(matches!(r, Err(ProviderError::Auth(_))), "{r:?}");
        let r = read("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n").await;
        assert!(matches!(r, Err(ProviderError::NotFound(_))), "{r:?}");
        let r = read("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n").await;
        assert!(matches!(r, Err(ProviderError::Unavailable(_))), "{r:?}");
        let r = read("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n42").await;
        assert!(matches!(r, Err(ProviderError::Incomplete(_))), "{r:?}");
        let r = read("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").await;
        assert!(matches!(r, Err(ProviderError::Unexpected(_))), "{r:?}");
    }

    #[tokio::test]
    async fn errors_hold_no_password() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        drop(listener);
        let req = writer().post(format!("http://me:geheim@{addr}/"));
        let sent = format!("{:?}", send_once(req, SOON).await);
        assert!(!sent.contains("geheim"), "{sent}");
    }
}
