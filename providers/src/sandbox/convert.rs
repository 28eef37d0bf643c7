//! Between the sandbox's JSON and dombot's types.

use std::fmt::Write as _;
use std::time::Duration;

use dombot_core::domain::{
    DomainName, Money, RecordData, RecordName, RecordSet, RecordType, SetBody, SetKey, Ttl,
};
use dombot_core::plan::SetChange;
use dombot_core::provider::{Outcome, ProviderError, Reason, Rejection};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::http::{Sent, excerpt, retry_after};

/// Refusals that its documentation lists as without effect.
const REFUSALS: &[(u16, &str, Reason)] = &[
    (401, "token", Reason::Auth),
    (402, "balance", Reason::Balance),
    (404, "unknown", Reason::NotFound),
    (409, "price", Reason::Price),
    (409, "expiry", Reason::Changed),
    (409, "changed", Reason::Changed),
    (409, "exists", Reason::Changed),
    (409, "status", Reason::Status),
    (422, "invalid", Reason::Invalid),
    (422, "cname", Reason::Invalid),
    (422, "key_reused", Reason::Invalid),
    (429, "rate", Reason::Busy),
];

/// Types whose text the sandbox reads: A, NS, CNAME, SOA, PTR, MX, TXT, AAAA, SRV, DNAME, CAA. The others
/// travel as `TYPE52` and `\# length hex`.
const IN_TEXT: &[u16] = &[1, 2, 5, 6, 12, 15, 16, 28, 33, 39, 257];

/// One record set as it travels; `name` is absolute.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct WireSet {
    pub(super) name: String,
    #[serde(rename = "type")]
    pub(super) rtype: String,
    #[serde(flatten)]
    pub(super) body: WireBody,
}

/// TTL and values as they travel.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct WireBody {
    pub(super) ttl: u32,
    pub(super) data: Vec<String>,
}

/// One change as it travels. `before` is always said, `null` included.
#[derive(Debug, Serialize)]
pub(super) struct WireChange {
    name: String,
    #[serde(rename = "type")]
    rtype: String,
    before: Option<WireBody>,
    after: Option<WireBody>,
}

#[derive(Deserialize)]
struct ErrorBody {
    error: ErrorCode,
}

#[derive(Deserialize)]
struct ErrorCode {
    code: String,
    message: String,
}

/// A good answer decoded, or the outcome that anything else means.
pub(super) fn answered<T: DeserializeOwned>(sent: Sent) -> Result<T, Outcome> {
    match sent {
        Sent::NotSent(detail) => {
            Err(Outcome::Rejected(Rejection { reason: Reason::Unreachable, detail }))
        }
        Sent::Unknown(problem) => Err(Outcome::Unknown(problem)),
        Sent::Answer(status, _, body) if status.is_success() => serde_json::from_slice(&body)
            .map_err(|e| Outcome::Unknown(format!("HTTP {status}, unreadable: {e}"))),
        Sent::Answer(status, headers, body) => {
            Err(refused(status.as_u16(), retry_after(&headers), &body))
        }
    }
}

fn refused(status: u16, wait: Option<Duration>, body: &[u8]) -> Outcome {
    let unknown = || Outcome::Unknown(format!("HTTP {status}: {}", excerpt(body)));
    let Ok(ErrorBody { error }) = serde_json::from_slice(body) else { return unknown() };
    let listed = REFUSALS.iter().find(|(s, code, _)| *s == status && *code == error.code);
    listed.map_or_else(unknown, |(_, _, reason)| {
        let wait = wait.map(|w| format!(" (again in {} s)", w.as_secs())).unwrap_or_default();
        Outcome::Rejected(Rejection { reason: *reason, detail: error.message + &wait })
    })
}

/// Text and name of a type as they travel.
pub(super) fn type_name(rtype: RecordType) -> String {
    if IN_TEXT.contains(&rtype.code()) {
        rtype.to_string()
    } else {
        format!("TYPE{}", rtype.code())
    }
}

/// Absolute owner without the final dot.
pub(super) fn owner(name: &RecordName, zone: &DomainName) -> String {
    name.absolute(zone)
}

/// Bytes that the sandbox would hold; the data comes from a plan, so it has a wire form.
pub(super) fn wire(key: &SetKey, data: &RecordData) -> Vec<u8> {
    data.to_wire(key.rtype).unwrap_or_default()
}

fn to_text(key: &SetKey, data: &RecordData) -> String {
    if IN_TEXT.contains(&key.rtype.code()) {
        return data.to_string();
    }
    let bytes = wire(key, data);
    let mut text = format!("\\# {} ", bytes.len());
    for b in &bytes {
        // Writing to a String cannot fail.
        let _ = write!(text, "{b:02x}");
    }
    text.trim_end().to_owned()
}

/// A planned change as it travels.
pub(super) fn to_wire_change(zone: &DomainName, change: &SetChange) -> WireChange {
    let body = |body: &Option<SetBody>| {
        body.as_ref().map(|b| WireBody {
            ttl: b.ttl.secs(),
            data: b.data.iter().map(|d| to_text(&change.key, d)).collect(),
        })
    };
    WireChange {
        name: owner(&change.key.name, zone),
        rtype: type_name(change.key.rtype),
        before: body(&change.before),
        after: body(&change.after),
    }
}

/// A set that came, in dombot's canonical form.
pub(super) fn to_set(zone: &DomainName, set: &WireSet) -> Result<RecordSet, ProviderError> {
    let odd = |e: String| ProviderError::Unexpected(format!("{} {}: {e}", set.name, set.rtype));
    let rtype: RecordType = set.rtype.parse().map_err(odd)?;
    let name = RecordName::from_absolute(&set.name, zone).map_err(|e| odd(e.to_string()))?;
    let data = set.body.data.iter().map(|text| from_text(rtype, text, zone));
    let data: Vec<RecordData> = data.collect::<Result<_, _>>().map_err(odd)?;
    if data.is_empty() {
        return Err(odd("no values".into()));
    }
    let ttl = Ttl::try_from(set.body.ttl).map_err(odd)?;
    Ok(RecordSet::new(name, rtype, ttl, data))
}

fn from_text(rtype: RecordType, text: &str, zone: &DomainName) -> Result<RecordData, String> {
    let Some(rest) = text.strip_prefix("\\#") else {
        return RecordData::parse(rtype, text, zone).map_err(|e| e.to_string());
    };
    let hex: Vec<u8> = rest.split_whitespace().skip(1).flat_map(str::bytes).collect();
    let pair = |p: &[u8]| u8::from_str_radix(std::str::from_utf8(p).ok()?, 16).ok();
    let bytes: Option<Vec<u8>> = hex.chunks(2).map(pair).collect();
    let bytes = bytes.ok_or("not hex")?;
    RecordData::from_wire(rtype, &bytes).map_err(|e| e.to_string())
}

/// "98.00" and "PLN".
pub(super) fn money(amount: &str, currency: &str) -> Result<Money, ProviderError> {
    Money::parse(amount, currency).map_err(|e| ProviderError::Unexpected(e.to_string()))
}
