//! TSIG (RFC 8945): one shared key and the clock that dates the signatures.

use std::str::FromStr;
use std::sync::Arc;

use base64::Engine;
use dns_domain::base::iana::{Rcode, TsigRcode};
use dns_domain::base::{Message, Name, Record};
use dns_domain::dep::octseq::Array;
use dns_domain::rdata::tsig::{Time48, Tsig};
use dns_domain::tsig::{Algorithm, Key, ValidationError};
use dombot_core::clock::Clock;
use dombot_core::provider::{OpenError, ProviderError};
use secrecy::{ExposeSecret, SecretString};

/// A TSIG key. No `Debug`: it holds a secret.
#[derive(Clone)]
pub(crate) struct Signer {
    pub(super) key: Arc<Key>,
    clock: Arc<dyn Clock>,
}

impl Signer {
    /// `algorithm` is `hmac-sha256`, `hmac-sha384` or `hmac-sha512`; `secret` is base64. The error names the
    /// settings field `key_name`, `algorithm` or `secret`.
    pub(crate) fn new(
        name: &str,
        algorithm: &str,
        secret: &SecretString,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenError> {
        let bad = |field, problem: &str| OpenError { field, problem: problem.to_owned() };
        let name = Name::<Array<255>>::from_str(name.trim())
            .map_err(|_| bad("key_name", "not a DNS name"))?;
        let algorithm = match algorithm.trim().trim_end_matches('.').to_ascii_lowercase().as_str() {
            "hmac-sha256" => Algorithm::Sha256,
            "hmac-sha384" => Algorithm::Sha384,
            "hmac-sha512" => Algorithm::Sha512,
            _ => return Err(bad("algorithm", "must be hmac-sha256, hmac-sha384 or hmac-sha512")),
        };
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(secret.expose_secret().trim())
            .map_err(|_| bad("secret", "not base64"))?;
        if bytes.is_empty() {
            return Err(bad("secret", "empty"));
        }
        let key = Key::new(algorithm, &bytes, name, None, None)
            .map_err(|_| bad("secret", "cannot be used with this algorithm"))?;
        Ok(Self { key: Arc::new(key), clock })
    }

    pub(super) fn now(&self) -> Time48 {
        Time48::from_u64(u64::try_from(self.clock.now().as_second()).unwrap_or(0))
    }
}

/// What a failed signature check means for a reading call. A refusal may come without a valid signature
/// (RFC 8945 5.3.2): a reader takes it at its word.
pub(super) fn reading_error(e: &ValidationError, answer: &Message<Vec<u8>>) -> ProviderError {
    let rcode = answer.header().rcode();
    let tsig = answer.get_last_additional::<Tsig<_, _>>().map(Record::into_data);
    let badtime = tsig.as_ref().filter(|t| t.error() == TsigRcode::BADTIME);
    match (e, badtime) {
        (_, Some(t)) if rcode == Rcode::NOTAUTH => {
            ProviderError::ClockSkew(bad_time(t.time_signed(), t.other_time()))
        }
        (ValidationError::BadTime, _) => {
            ProviderError::ClockSkew("the server signed at a time far from ours".into())
        }
        (ValidationError::ServerBadKey, _) => {
            ProviderError::Auth("the server does not know this TSIG key name".into())
        }
        (ValidationError::ServerBadSig, _) => ProviderError::Auth(
            "the server says that the signature is wrong: check the secret".into(),
        ),
        _ if matches!(rcode, Rcode::REFUSED | Rcode::NOTAUTH) => ProviderError::Auth(format!(
            "{rcode} without a signature: the key's name, secret or algorithm is wrong, the key may not \
             do that, or the clocks disagree"
        )),
        (other, _) => {
            ProviderError::Unexpected(format!("the answer's signature does not hold: {other}"))
        }
    }
}

/// `server` is what the server says of its own clock.
pub(super) fn bad_time(ours: Time48, server: Option<Time48>) -> String {
    match server.map(|theirs| seconds(theirs) - seconds(ours)) {
        Some(ahead @ 0..) => format!("the server's clock is {ahead} s ahead of ours"),
        Some(behind) => format!("the server's clock is {} s behind ours", -behind),
        None => "the server says BADTIME".to_owned(),
    }
}

fn seconds(time: Time48) -> i64 {
    time.into_octets().into_iter().fold(0, |sum, byte| sum << 8 | i64::from(byte))
}
