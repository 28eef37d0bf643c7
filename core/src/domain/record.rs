//! Record data and record sets. The record set is the unit of diff, plan, undo and history.

use std::fmt;
use std::str::FromStr;

use dns_domain::base::iana::Rtype;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::labels::{Origin, unescape};
use super::lex::Token;
use super::{DomainName, RecordName, rdata};
use crate::phrase;
use crate::phrase::Phrase;

/// A record type by its mnemonic, or `TYPE65534` (RFC 3597).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RecordType(Rtype);

/// Seconds, 0 to 2^31-1 (RFC 2181 section 8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct Ttl(u32);

/// The data of one record in canonical presentation form: absolute names with the final dot and in lower case, since
/// DNS compares them so; types that we do not know as `\# length hex` (RFC 3597).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RecordData(Box<str>);

/// Owner and type.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct SetKey {
    /// Owner, relative to the zone.
    pub name: RecordName,
    /// Type.
    #[serde(rename = "type")]
    pub rtype: RecordType,
}

/// TTL and values; values are sorted and without doubles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SetBody {
    /// One for the whole set (RFC 2181 section 5.2).
    pub ttl: Ttl,
    /// Sorted, no doubles, never empty.
    pub data: Vec<RecordData>,
}

/// All records of one owner and type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RecordSet {
    /// Owner and type.
    #[serde(flatten)]
    pub key: SetKey,
    /// TTL and values.
    #[serde(flatten)]
    pub body: SetBody,
}

/// Why a text or some bytes are not data of that type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not {rtype} data: {problem}")]
pub struct DataError {
    /// Which type.
    pub rtype: RecordType,
    /// What is wrong.
    pub problem: String,
}

impl RecordType {
    /// IPv4 address.
    pub const A: Self = Self(Rtype::A);
    /// IPv6 address.
    pub const AAAA: Self = Self(Rtype::AAAA);
    /// Alias.
    pub const CNAME: Self = Self(Rtype::CNAME);
    /// Alias of a tree.
    pub const DNAME: Self = Self(Rtype::DNAME);
    /// Delegation signer.
    pub const DS: Self = Self(Rtype::DS);
    /// Mail exchanger.
    pub const MX: Self = Self(Rtype::MX);
    /// Name server.
    pub const NS: Self = Self(Rtype::NS);
    /// Start of authority.
    pub const SOA: Self = Self(Rtype::SOA);
    /// Text.
    pub const TXT: Self = Self(Rtype::TXT);
    /// Certification authority authorisation.
    pub const CAA: Self = Self(Rtype::CAA);
    /// Service.
    pub const SRV: Self = Self(Rtype::SRV);
    /// SPF's own type, given up by RFC 7208.
    pub const SPF: Self = Self(Rtype::from_int(99));

    /// The number.
    pub fn code(self) -> u16 {
        self.0.to_int()
    }

    /// From the number.
    pub fn from_code(code: u16) -> Self {
        Self(Rtype::from_int(code))
    }

    /// Made by a signer, a server or a query, never planned by us: DNSSEC signatures and chains,
    /// BIND's private TYPE65534, meta types.
    pub fn is_maintained_by_server(self) -> bool {
        matches!(self.0, Rtype::RRSIG | Rtype::NSEC | Rtype::NSEC3 | Rtype::NSEC3PARAM)
            || matches!(self.code(), 0 | 41 | 128..=255 | 65534)
    }
}

impl RecordData {
    /// From zone-file text; names without the final dot are relative to `origin`.
    pub fn parse(rtype: RecordType, text: &str, origin: &DomainName) -> Result<Self, DataError> {
        Self::read(rtype, text, origin, false)
    }

    /// As a person types it: TXT that is not all quoted strings is one text, cut into strings of 255 bytes; other
    /// types as in a zone file, except that a host name with a dot inside counts as absolute.
    pub fn from_person(
        rtype: RecordType,
        text: &str,
        zone: &DomainName,
    ) -> Result<Self, DataError> {
        let text = text.trim();
        let zonefile_form = || {
            let words = rdata::words(text).ok()?;
            words.iter().all(|w| w.quoted).then_some(())
        };
        if matches!(rtype, RecordType::TXT | RecordType::SPF) && zonefile_form().is_none() {
            if text.is_empty() || text.contains(['\n', '\r']) {
                return Err(DataError { rtype, problem: "empty, or more than one line".into() });
            }
            return Ok(Self::txt(text.as_bytes()));
        }
        Self::read(rtype, text, zone, true)
    }

    fn read(
        rtype: RecordType,
        text: &str,
        origin: &DomainName,
        dotted_is_absolute: bool,
    ) -> Result<Self, DataError> {
        let wire = origin.wire();
        let origin = Origin { wire: &wire, dotted_is_absolute };
        let bad = |problem| DataError { rtype, problem };
        Self::from_words(rtype, &rdata::words(text).map_err(bad)?, &origin)
    }

    /// From the words of a zone file.
    pub(super) fn from_words(
        rtype: RecordType,
        words: &[Token<'_>],
        origin: &Origin<'_>,
    ) -> Result<Self, DataError> {
        let bad = |problem| DataError { rtype, problem };
        if let Some(bytes) = rdata::generic(words) {
            return Self::from_wire(rtype, &bytes.map_err(bad)?);
        }
        let wire = rdata::to_wire(rtype.code(), words, origin).map_err(bad)?;
        Self::from_wire(rtype, &wire)
    }

    /// TXT data holding these bytes, cut into strings of 255 bytes (RFC 1035 3.3).
    pub fn txt(bytes: &[u8]) -> Self {
        let mut out = String::with_capacity(bytes.len() + 2);
        let mut rest = bytes;
        loop {
            let (chunk, tail) = rest.split_at(rest.len().min(255));
            rdata::quote(chunk, &mut out);
            if tail.is_empty() {
                return Self(out.into());
            }
            out.push(' ');
            rest = tail;
        }
    }

    /// The bytes of TXT data with their strings joined, as SPF and DKIM readers take them; `None` for other data.
    pub fn txt_bytes(&self) -> Option<Vec<u8>> {
        let words = rdata::words(&self.0).ok()?;
        let strings = words.iter().map(|w| w.quoted.then(|| unescape(w.raw).ok()).flatten());
        Some(strings.collect::<Option<Vec<_>>>()?.concat())
    }

    /// From uncompressed wire data. What does not have the shape of its type is kept as it is (RFC 3597).
    pub fn from_wire(rtype: RecordType, wire: &[u8]) -> Result<Self, DataError> {
        if wire.len() > 65535 {
            return Err(DataError { rtype, problem: "longer than 65,535 bytes".into() });
        }
        // Only a text that leads back to the same bytes stands for them; letter case of names aside.
        let text = rdata::to_text(rtype.code(), wire).filter(|text| {
            let back = || {
                let words = rdata::words(text).ok()?;
                rdata::to_wire(rtype.code(), &words, &ROOT).ok()
            };
            back().is_some_and(|b| b.eq_ignore_ascii_case(wire))
        });
        Ok(Self(text.unwrap_or_else(|| rdata::generic_text(wire)).into()))
    }

    /// Uncompressed wire data, names in lower case.
    pub fn to_wire(&self, rtype: RecordType) -> Result<Vec<u8>, DataError> {
        let bad = |problem| DataError { rtype, problem };
        let words = rdata::words(&self.0).map_err(bad)?;
        match rdata::generic(&words) {
            Some(bytes) => bytes.map_err(bad),
            None => rdata::to_wire(rtype.code(), &words, &ROOT).map_err(bad),
        }
    }

    /// Presentation form, as in a zone file with absolute names.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl DataError {
    /// For people: the type and what its data look like.
    pub fn phrase(&self) -> Phrase {
        phrase!("dns.bad_data", rtype = self.rtype, example = rdata::example(self.rtype.code()))
    }
}

/// Names of IANA's registry that the crate `domain` lacks or spells otherwise.
const REGISTRY: &[(&str, u16)] =
    &[("NSAP-PTR", 23), ("DOA", 259), ("AMTRELAY", 260), ("RESINFO", 261), ("WALLET", 262)];

const ROOT: Origin<'static> = Origin { wire: &[0], dotted_is_absolute: false };

impl SetBody {
    /// Sorts the values and drops doubles.
    pub fn new(ttl: Ttl, mut data: Vec<RecordData>) -> Self {
        data.sort();
        data.dedup();
        Self { ttl, data }
    }
}

impl RecordSet {
    /// Sorts the values and drops doubles.
    pub fn new(name: RecordName, rtype: RecordType, ttl: Ttl, data: Vec<RecordData>) -> Self {
        Self { key: SetKey { name, rtype }, body: SetBody::new(ttl, data) }
    }
}

impl Ttl {
    /// Not to be kept at all.
    pub const ZERO: Self = Self(0);

    /// Seconds.
    pub fn secs(self) -> u32 {
        self.0
    }
}

impl TryFrom<u32> for Ttl {
    type Error = String;
    fn try_from(secs: u32) -> Result<Self, String> {
        if secs <= 0x7fff_ffff {
            Ok(Self(secs))
        } else {
            Err(format!("{secs} s is longer than a TTL can be"))
        }
    }
}

impl From<Ttl> for u32 {
    fn from(t: Ttl) -> Self {
        t.0
    }
}

impl fmt::Display for Ttl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl JsonSchema for Ttl {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Ttl".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "integer", "minimum": 0, "maximum": 2_147_483_647_u32})
    }
}

impl FromStr for RecordType {
    type Err = String;
    fn from_str(s: &str) -> Result<Self, String> {
        let name = s.to_ascii_uppercase();
        if let Some((_, code)) = REGISTRY.iter().find(|(known, _)| *known == name) {
            return Ok(Self::from_code(*code));
        }
        Rtype::from_str(&name).map(Self).map_err(|_| format!("{s} is not a record type"))
    }
}

impl fmt::Display for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let registered = REGISTRY.iter().find(|(_, code)| *code == self.code());
        match registered.map(|(name, _)| *name).or(self.0.to_mnemonic_str()) {
            Some(name) => f.write_str(name),
            None => write!(f, "TYPE{}", self.code()),
        }
    }
}

impl fmt::Debug for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl PartialOrd for RecordType {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for RecordType {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.code().cmp(&other.code())
    }
}

impl TryFrom<String> for RecordType {
    type Error = String;
    fn try_from(s: String) -> Result<Self, String> {
        s.parse()
    }
}

impl From<RecordType> for String {
    fn from(t: RecordType) -> Self {
        t.to_string()
    }
}

impl JsonSchema for RecordType {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "RecordType".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string", "description": "Mnemonic (A, MX) or TYPEnnn"})
    }
}

impl fmt::Display for RecordData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RecordData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for SetKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.rtype)
    }
}

impl JsonSchema for RecordData {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "RecordData".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string", "description": "Presentation form, absolute names"})
    }
}

#[cfg(test)]
mod tests;
