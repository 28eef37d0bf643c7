//! The outside heartbeat: a watcher somewhere else is told that all is well, and raises the alarm when it hears
//! nothing. It is told nothing else.

use std::time::Duration;

use crate::http::{plain, reader};

const DEADLINE: Duration = Duration::from_secs(20);

/// An address that can be pinged, or what is wrong with it.
pub fn check(url: &str) -> Result<(), String> {
    let url = reqwest::Url::parse(url).map_err(|e| e.to_string())?;
    match url.scheme() {
        "http" | "https" if url.has_host() => Ok(()),
        _ => Err("not an address that begins with https://".into()),
    }
}

/// Asks for the address once. Errors don't name it: often it is all that one needs to ping in our place.
pub async fn ping(url: &str) -> Result<(), String> {
    check(url)?;
    let asked = async {
        let answer = reader().get(url).send().await.map_err(plain)?;
        let status = answer.status();
        if status.is_success() { Ok(()) } else { Err(format!("HTTP {status}")) }
    };
    tokio::time::timeout(DEADLINE, asked)
        .await
        .unwrap_or_else(|_| Err(format!("no answer within {} s", DEADLINE.as_secs())))
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn a_ping_is_one_request_and_no_error_names_the_address() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/ping/secret-token", listener.local_addr().unwrap());
        let asked = tokio::spawn(async move {
            let mut seen = Vec::new();
            for status in ["200 OK", "500 Oops", "302 Found\r\nlocation: http://127.0.0.1:1/"] {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = vec![0; 4096];
                let n = stream.read(&mut request).await.unwrap();
                seen.push(String::from_utf8_lossy(&request[..n]).into_owned());
                let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n");
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
            seen
        });
        assert_eq!(ping(&url).await, Ok(()));
        for _ in 0..2 {
            let e = ping(&url).await.unwrap_err();
            assert!(e.starts_with("HTTP ") && !e.contains("secret-token"), "{e}");
        }
        let seen = asked.await.unwrap();
        assert!(
            seen.iter().all(|r| r.starts_with("GET /ping/secret-token HTTP/1.1\r\n")),
            "{seen:?}"
        );
        let e = ping(&url).await.unwrap_err();
        assert!(!e.contains("secret-token"), "{e}");
        for bad in ["", "firma.pl", "file:///etc/passwd", "ftp://a/"] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
