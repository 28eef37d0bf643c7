//! The settings that both kinds share: where the face is and its token.

use std::time::Duration;

use async_trait::async_trait;
use dombot_core::domain::Money;
use dombot_core::provider::{BookEntry, Books, Field, OpenError, ProviderError, Settings};
use jiff::Timestamp;
use reqwest::{Method, RequestBuilder, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::http::{read_json, reader, writer};

/// Hard total deadline of one call.
pub(super) const DEADLINE: Duration = Duration::from_secs(10);
/// A loopback server has either done it by then or never will.
pub(super) const SETTLE: Duration = Duration::from_secs(5);

pub(super) const URL: Field = Field {
    name: "url",
    hint: "address of the face: http://127.0.0.1:8053/a",
    secret: false,
    optional: false,
};

pub(super) const TOKEN: Field =
    Field { name: "token", hint: "bearer token of the face", secret: true, optional: false };

/// One face of the sandbox.
#[derive(Clone)]
pub(super) struct Face {
    base: Url,
    token: SecretString,
}

impl Face {
    /// Out of the settings; an address that is not on this machine is refused.
    pub(super) fn open(settings: &Settings) -> Result<Self, OpenError> {
        let bad = |problem: &str| OpenError { field: URL.name, problem: problem.into() };
        let text = settings.required(URL.name)?.expose_secret();
        let base = Url::parse(text).map_err(|e| bad(&e.to_string()))?;
        if base.scheme() != "http" || base.cannot_be_a_base() {
            return Err(bad("not an address like http://127.0.0.1:8053/a"));
        }
        let loopback = match base.host_str() {
            Some("localhost") => true,
            Some(host) => host
                .trim_matches(['[', ']'])
                .parse()
                .is_ok_and(|ip: std::net::IpAddr| ip.is_loopback()),
            None => false,
        };
        if !loopback {
            return Err(bad("the sandbox is only on this machine (127.0.0.1)"));
        }
        Ok(Self { base, token: settings.required(TOKEN.name)?.clone() })
    }

    fn url(&self, path: &[&str]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url
    }

    /// Reads one thing.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<T, ProviderError> {
        let mut url = self.url(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        read_json(reader().get(url).bearer_auth(self.token.expose_secret()), DEADLINE).await
    }

    /// A writing request, not sent yet.
    pub(super) fn write(&self, method: Method, path: &[&str], key: &str) -> RequestBuilder {
        writer()
            .request(method, self.url(path))
            .bearer_auth(self.token.expose_secret())
            .header("idempotency-key", key)
    }
}

#[derive(Deserialize)]
struct Effects {
    effects: Vec<Effect>,
}

#[derive(Deserialize)]
struct Effect {
    id: u64,
    at: Timestamp,
    kind: String,
    domain: String,
    key: Option<String>,
    minor: Option<i64>,
    currency: Option<String>,
}

#[async_trait]
impl Books for Face {
    async fn since(&self, at: Timestamp) -> Result<Vec<BookEntry>, ProviderError> {
        let read: Effects = self.get(&["ledger"], &[("since", &at.to_string())]).await?;
        let entry = |e: Effect| {
            let charged = match (e.minor, e.currency) {
                (Some(minor), Some(currency)) => {
                    let currency = currency
                        .parse()
                        .map_err(|_| ProviderError::Unexpected(format!("currency {currency}")))?;
                    Some(Money { minor, currency })
                }
                _ => None,
            };
            let (reference, kind, domain) = (e.id.to_string(), e.kind, e.domain);
            Ok(BookEntry { at: e.at, reference, kind, domain, key: e.key, charged })
        };
        read.effects.into_iter().map(entry).collect()
    }
}
