//! Where a model answers: any server with OpenAI's `/chat/completions`.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;

use super::shape::Shape;

/// For everything: waiting for our turn, connecting, both tries, the whole answer.
pub const DEADLINE: Duration = Duration::from_secs(8);

/// One model at one server. What it was found to understand is remembered as long as this value lives.
pub struct Endpoint {
    pub(super) url: Url,
    pub(super) key: Option<SecretString>,
    pub(super) model: String,
    pub(super) deadline: Duration,
    /// One question at a time: a slow server is not asked by a crowd.
    pub(super) turn: Semaphore,
    shape: Mutex<Shape>,
}

/// Why an address cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadEndpoint {
    /// Not `http://...` or `https://...`, or with a user, a query or a fragment in it.
    #[error("not an address of the form https://host/v1")]
    Address,
    /// A key or a person's words would cross a network in the clear.
    #[error(
        "http:// is only for this machine or, without a key, for the own network; use https://"
    )]
    Clear,
    /// Not a model's name or not a key: empty, or with control characters.
    #[error("the model's name or the key is empty or has characters that cannot be sent")]
    Name,
}

impl Endpoint {
    /// `url` with or without `/v1`; without a key for servers of one's own.
    pub fn new(url: &str, key: Option<SecretString>, model: &str) -> Result<Self, BadEndpoint> {
        let key = key.filter(|k| !k.expose_secret().trim().is_empty());
        let plain = |s: &str| !s.trim().is_empty() && !s.chars().any(char::is_control);
        if !plain(model)
            || key
                .as_ref()
                .is_some_and(|k| !k.expose_secret().is_ascii() || !plain(k.expose_secret()))
        {
            return Err(BadEndpoint::Name);
        }
        Ok(Self {
            url: address(url, key.is_some())?,
            key,
            model: model.trim().to_owned(),
            deadline: DEADLINE,
            turn: Semaphore::new(1),
            shape: Mutex::default(),
        })
    }

    /// With another deadline: a model on a small machine needs longer.
    #[must_use]
    pub fn within(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// On this machine: what is said does not leave it.
    pub fn is_here(&self) -> bool {
        self.url.host_str().is_some_and(is_loopback)
    }

    /// The model's name.
    pub fn model(&self) -> &str {
        &self.model
    }

    /// What the server has understood so far.
    pub(super) fn shape(&self) -> Shape {
        *self.shape.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on it is asked like this.
    pub(super) fn remember(&self, shape: Shape) {
        *self.shape.lock().unwrap_or_else(PoisonError::into_inner) = shape;
    }
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Endpoint")
            .field("url", &self.url.as_str())
            .field("model", &self.model)
            .finish_non_exhaustive()
    }
}

/// The address without the final slash; a bare host gets `/v1`.
fn address(text: &str, has_key: bool) -> Result<Url, BadEndpoint> {
    let mut url = Url::parse(text.trim()).map_err(|_| BadEndpoint::Address)?;
    let odd = url.cannot_be_a_base()
        || !url.username().is_empty()
        || url.password().is_some()
        || url.query().is_some()
        || url.fragment().is_some();
    let host = url.host_str().unwrap_or_default().to_owned();
    if odd || host.is_empty() {
        return Err(BadEndpoint::Address);
    }
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&host) || !has_key && is_near(&host) => {}
        "http" => return Err(BadEndpoint::Clear),
        _ => return Err(BadEndpoint::Address),
    }
    let path = match url.path().trim_end_matches('/') {
        "" => "/v1".to_owned(),
        path => path.trim_end_matches("/chat/completions").to_owned(),
    };
    url.set_path(&path);
    Ok(url)
}

fn ip(host: &str) -> Option<IpAddr> {
    host.trim_matches(['[', ']']).parse().ok()
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || ip(host).is_some_and(|ip| ip.is_loopback())
}

/// In the own network, by its address or by a name that only exists there.
fn is_near(host: &str) -> bool {
    let named = !host.contains('.')
        || [".local", ".lan", ".internal", ".home.arpa"].iter().any(|end| host.ends_with(end));
    match ip(host) {
        Some(IpAddr::V4(ip)) => ip.is_private() || ip.is_link_local(),
        Some(IpAddr::V6(ip)) => ip.is_unique_local() || ip.is_unicast_link_local(),
        None => named,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(url: &str, key: Option<&str>) -> Result<String, BadEndpoint> {
        Endpoint::new(url, key.map(SecretString::from), "m").map(|e| e.url.to_string())
    }

    #[test]
    fn addresses() {
        let same = |s: &str| Ok(s.to_owned());
        assert_eq!(made("https://api.openai.com/v1", Some("k")), same("https://api.openai.com/v1"));
        assert_eq!(
            made(" https://api.openai.com/v1/chat/completions ", Some("k")),
            same("https://api.openai.com/v1")
        );
        assert_eq!(made("http://127.0.0.1:11434", None), same("http://127.0.0.1:11434/v1"));
        assert_eq!(made("http://localhost:8080/v1/", Some("k")), same("http://localhost:8080/v1"));
        for near in [
            "http://192.168.1.5:11434",
            "http://ollama:11434",
            "http://[fd00::1]:1/v1",
            "http://box.lan",
        ] {
            assert!(made(near, None).is_ok(), "{near}");
            assert_eq!(made(near, Some("k")), Err(BadEndpoint::Clear), "{near}");
        }
        for far in ["http://api.openai.com/v1", "http://8.8.8.8", "http://[2001:db8::1]"] {
            assert_eq!(made(far, None), Err(BadEndpoint::Clear), "{far}");
        }
        for bad in [
            "",
            "api.openai.com",
            "ftp://x/v1",
            "https://me:pw@x/v1",
            "https://x/v1?key=1",
            "https://x/#a",
            "mailto:a@b",
        ] {
            assert_eq!(made(bad, None), Err(BadEndpoint::Address), "{bad}");
        }
        assert_eq!(Endpoint::new("https://x", None, " ").err(), Some(BadEndpoint::Name));
        assert_eq!(made("https://x", Some("a\r\nb")), Err(BadEndpoint::Name));
    }

    #[test]
    fn the_key_is_not_shown() {
        let endpoint = Endpoint::new("https://x", Some("geheim".into()), "m").unwrap();
        assert!(!format!("{endpoint:?}").contains("geheim"));
    }
}
