//! One question to a server: no redirect, no proxy of the environment, one deadline for all of it, one more try
//! where that can help. Nothing of a question or an answer stands in an error or the log.

use std::sync::OnceLock;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Client, ClientBuilder, Response, StatusCode};
use secrecy::ExposeSecret;
use serde_json::Value;
use tokio::time::{Instant, sleep, timeout_at};

use super::endpoint::Endpoint;

/// Most bytes of an answer.
const MOST_BYTES: usize = 256 << 10;
/// Before the second try where the server does not say how long.
const PAUSE: Duration = Duration::from_millis(300);

/// Why there is no answer. The offline one stands then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Silent {
    /// Not within the deadline.
    #[error("no whole answer in time")]
    Late,
    /// Nobody there, or the connection broke.
    #[error("the server cannot be reached, or the connection broke")]
    Unreachable,
    /// Asked too often, and it asks to wait longer than the deadline.
    #[error("the server asks to wait")]
    Busy,
    /// Paid out.
    #[error("the account's quota is used up")]
    Quota,
    /// The key, the model's name or the address is wrong.
    #[error("the server refuses: HTTP {0}")]
    Refused(u16),
    /// 5xx twice.
    #[error("the server fails: HTTP {0}")]
    Failing(u16),
    /// More than an answer can hold.
    #[error("the answer is too long")]
    TooLong,
    /// Not the protocol, or not an answer of the schema.
    #[error("the answer is none")]
    NoAnswer,
    /// Cut short by the limit of tokens.
    #[error("the answer is cut short")]
    Cut,
    /// The model declined to answer.
    #[error("the model declines")]
    Declined,
}

impl Silent {
    /// A person has to mend it; waiting does not help.
    pub fn is_lasting(&self) -> bool {
        matches!(self, Self::Quota | Self::Refused(_))
    }
}

/// What one try came to.
enum Tried {
    Said(String),
    /// The request's form was refused, with these words.
    Form(u16, String),
    /// Another try may help, after this time.
    Again(Silent, Duration),
    No(Silent),
}

impl Endpoint {
    /// What the model says to these words.
    pub(super) async fn ask(&self, system: &str, words: &str) -> Result<String, Silent> {
        let until = Instant::now() + self.deadline;
        timeout_at(until, self.tries(system, words, until)).await.unwrap_or(Err(Silent::Late))
    }

    async fn tries(&self, system: &str, words: &str, until: Instant) -> Result<String, Silent> {
        let _turn = self.turn.acquire().await.map_err(|_| Silent::Unreachable)?;
        let mut shape = self.shape();
        let mut last_try = false;
        loop {
            let body = shape.body(&self.model, system, words);
            match self.once(&body).await {
                Tried::Said(text) => {
                    self.remember(shape);
                    return Ok(text);
                }
                Tried::Form(status, said) => {
                    shape = shape.simpler(&said).ok_or(Silent::Refused(status))?;
                }
                Tried::Again(why, pause) => {
                    if last_try || Instant::now() + pause >= until {
                        return Err(why);
                    }
                    last_try = true;
                    sleep(pause).await;
                }
                Tried::No(why) => return Err(why),
            }
        }
    }

    async fn once(&self, body: &Value) -> Tried {
        let url = format!("{}/chat/completions", self.url);
        let mut request =
            client().post(url).header(CONTENT_TYPE, "application/json").body(body.to_string());
        if let Some(header) = self.authorization() {
            request = request.header(AUTHORIZATION, header);
        }
        let Ok(response) = request.send().await else {
            return Tried::Again(Silent::Unreachable, PAUSE);
        };
        let (status, headers) = (response.status(), response.headers().clone());
        match whole(response).await {
            Ok(bytes) if status == StatusCode::OK => said(&bytes),
            Ok(bytes) => refused(status, &headers, &bytes),
            Err(Silent::Unreachable) => Tried::Again(Silent::Unreachable, PAUSE),
            Err(why) => Tried::No(why),
        }
    }

    fn authorization(&self) -> Option<HeaderValue> {
        let key = self.key.as_ref()?;
        let mut header = HeaderValue::from_str(&format!("Bearer {}", key.expose_secret())).ok()?;
        header.set_sensitive(true);
        Some(header)
    }

    /// Does it answer at all? Asks for its list of models, says nothing of anybody.
    pub async fn check(&self) -> Result<(), Silent> {
        let ask = async {
            let mut request = client().get(format!("{}/models", self.url));
            if let Some(header) = self.authorization() {
                request = request.header(AUTHORIZATION, header);
            }
            let response = request.send().await.map_err(|_| Silent::Unreachable)?;
            match response.status() {
                StatusCode::OK => whole(response).await.map(drop),
                status => Err(Silent::Refused(status.as_u16())),
            }
        };
        tokio::time::timeout(self.deadline, ask).await.unwrap_or(Err(Silent::Late))
    }
}

async fn whole(mut response: Response) -> Result<Vec<u8>, Silent> {
    let mut out = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| Silent::Unreachable)? {
        if out.len() + chunk.len() > MOST_BYTES {
            return Err(Silent::TooLong);
        }
        out.extend_from_slice(&chunk);
    }
    Ok(out)
}

/// `choices[0].message.content` of a whole answer.
fn said(bytes: &[u8]) -> Tried {
    let Ok(answer) = serde_json::from_slice::<Value>(bytes) else {
        return Tried::No(Silent::NoAnswer);
    };
    let choice = &answer["choices"][0];
    if choice["message"]["refusal"].as_str().is_some_and(|r| !r.is_empty()) {
        return Tried::No(Silent::Declined);
    }
    if choice["finish_reason"] == "length" {
        return Tried::No(Silent::Cut);
    }
    match choice["message"]["content"].as_str() {
        Some(text) => Tried::Said(text.to_owned()),
        None => Tried::No(Silent::NoAnswer),
    }
}

fn refused(status: StatusCode, headers: &HeaderMap, bytes: &[u8]) -> Tried {
    let error = serde_json::from_slice::<Value>(bytes).unwrap_or_default();
    let word = |field: &str| error["error"][field].as_str().unwrap_or_default();
    let quota =
        ["type", "code"].iter().any(|f| word(f).contains("quota") || word(f).contains("billing"));
    match status.as_u16() {
        _ if quota => Tried::No(Silent::Quota),
        402 => Tried::No(Silent::Quota),
        429 => Tried::Again(Silent::Busy, retry_after(headers).unwrap_or(PAUSE)),
        code @ (400 | 415 | 422 | 501) => {
            Tried::Form(code, String::from_utf8_lossy(bytes).into_owned())
        }
        code @ 500..=599 => {
            Tried::Again(Silent::Failing(code), retry_after(headers).unwrap_or(PAUSE))
        }
        code => Tried::No(Silent::Refused(code)),
    }
}

/// In seconds; the form with a date counts as not said.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

fn client() -> &'static Client {
    static CLIENT: OnceLock<Client> = OnceLock::new();
    CLIENT.get_or_init(|| {
        // The first one wins, which is fine: all of this program are ring.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let built = rules().build();
        // A machine without any CA certificate can still ask a model of its own without TLS.
        built
            .or_else(|_| rules().tls_certs_only([]).build())
            .expect("a client without trust anchors")
    })
}

/// No idle connections: a runtime that ends takes them along.
fn rules() -> ClientBuilder {
    Client::builder()
        .retry(reqwest::retry::never())
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .http1_only()
        .pool_max_idle_per_host(0)
        .connect_timeout(Duration::from_secs(5))
        .user_agent(concat!("dombot/", env!("CARGO_PKG_VERSION")))
}
