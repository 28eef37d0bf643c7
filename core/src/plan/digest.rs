//! The digest that a code approves: SHA-256 over canonical JSON.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;

use super::Plan;
use crate::error::Error;

/// SHA-256 of a plan's canonical JSON. Compared in constant time.
#[derive(Clone, Copy)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Of a plan.
    pub fn of(plan: &Plan) -> Result<Self, Error> {
        Ok(Self::of_bytes(canonical_json(plan)?.as_bytes()))
    }

    /// Of stored canonical JSON.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The first 20 bits as 4 Crockford characters: a name for people, never compared by us.
    pub fn label(&self) -> String {
        const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        let bits = u32::from_be_bytes([self.0[0], self.0[1], self.0[2], 0]) >> 12;
        (0..4).rev().map(|i| char::from(CROCKFORD[(bits >> (5 * i) & 31) as usize])).collect()
    }

    /// Raw bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl PartialEq for Digest {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Digest {}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Digest {
    type Err = Error;
    fn from_str(s: &str) -> Result<Self, Error> {
        let bytes: Option<Vec<u8>> = (s.len() == 64 && s.bytes().all(|b| b.is_ascii_hexdigit()))
            .then(|| {
                (0..32)
                    .map(|i| u8::from_str_radix(&s[2 * i..2 * i + 2], 16))
                    .collect::<Result<_, _>>()
                    .ok()
            })
            .flatten();
        let array =
            bytes.and_then(|b| b.try_into().ok()).ok_or_else(|| Error::internal("not a digest"))?;
        Ok(Self(array))
    }
}

/// Bytes as lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut out, b| {
        out.extend([b >> 4, b & 15].map(|n| char::from_digit(u32::from(n), 16).unwrap_or('0')));
        out
    })
}

/// JSON with sorted keys and no spaces (RFC 8785 for the values that we use: no floats).
pub fn canonical_json(value: &impl Serialize) -> Result<String, Error> {
    let value = serde_json::to_value(value).map_err(Error::internal)?;
    let mut out = String::new();
    write(&value, &mut out)?;
    Ok(out)
}

fn write(value: &Value, out: &mut String) -> Result<(), Error> {
    match value {
        Value::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort_by(|a, b| a.encode_utf16().cmp(b.encode_utf16()));
            out.push('{');
            for (i, key) in keys.into_iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                out.push_str(&serde_json::to_string(key).map_err(Error::internal)?);
                out.push(':');
                write(&map[key], out)?;
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write(item, out)?;
            }
            out.push(']');
        }
        Value::Number(n) if n.is_f64() => return Err(Error::internal("a float in a plan")),
        other => out.push_str(&other.to_string()),
    }
    Ok(())
}
