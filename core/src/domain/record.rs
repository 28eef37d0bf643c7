//! Record data and record sets. The record set is the unit of diff, plan, undo and history.

use std::fmt;
use std::str::FromStr;

use bytes::Bytes;
use dns_domain::base::iana::Rtype;
use dns_domain::base::name::FlattenInto;
use dns_domain::base::rdata::{ComposeRecordData, ParseRecordData, UnknownRecordData};
use dns_domain::base::zonefile_fmt::{DisplayKind, ZonefileFmt};
use dns_domain::base::{Name, ParsedName};
use dns_domain::dep::octseq::Parser;
use dns_domain::rdata::ZoneRecordData;
use dns_domain::zonefile::inplace::{Entry, Zonefile};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{DomainName, RecordName};

/// A record type by its mnemonic, or `TYPE65534` (RFC 3597).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RecordType(Rtype);

/// Seconds, 0 to 2^31-1 (RFC 2181 section 8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct Ttl(u32);

/// The data of one record in canonical presentation form: absolute names with the final dot, lower case
/// where RFC 4034 6.2 says so; types that we do not know as `\# length hex` (RFC 3597).
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

type Data = ZoneRecordData<Bytes, Name<Bytes>>;

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
        let bad = |problem: String| DataError { rtype, problem };
        if text.contains(['\n', '\r', ';']) && !text.contains('"') {
            return Err(bad("a line break or comment".into()));
        }
        let mut file = Zonefile::from(format!("@ 0 IN {rtype} {text}\n").as_str());
        file.set_origin(to_dns_name(origin.as_str()).map_err(bad)?);
        match file.next_entry() {
            Ok(Some(Entry::Record(record))) => {
                let data: Data = record.into_data().flatten_into();
                if !matches!(file.next_entry(), Ok(None)) {
                    return Err(bad("more than one record".into()));
                }
                canonical(rtype, &data)
            }
            Ok(_) => Err(bad("empty".into())),
            Err(e) => Err(bad(e.to_string())),
        }
    }

    /// As a person types it: TXT without quotes is one text, cut into strings of 255 bytes; other types as
    /// in a zone file, except that a host name with a dot inside counts as absolute.
    pub fn from_person(
        rtype: RecordType,
        text: &str,
        zone: &DomainName,
    ) -> Result<Self, DataError> {
        let text = text.trim();
        if rtype == RecordType::TXT && !text.starts_with('"') {
            return Ok(Self::txt(text.as_bytes()));
        }
        let host_last = matches!(
            rtype.0,
            Rtype::CNAME | Rtype::NS | Rtype::MX | Rtype::PTR | Rtype::DNAME | Rtype::SRV
        );
        if let (true, Some(last)) = (host_last, text.split_whitespace().last()) {
            let ascii = if last.is_ascii() || last == "@" {
                last.to_owned()
            } else {
                DomainName::parse(last)
                    .map_err(|e| DataError { rtype, problem: e.to_string() })?
                    .to_string()
            };
            if ascii.contains('.') && !ascii.ends_with('.') {
                let head = &text[..text.len() - last.len()];
                return Self::parse(rtype, &format!("{head}{ascii}."), zone);
            }
        }
        Self::parse(rtype, text, zone)
    }

    /// TXT data holding these bytes, cut into strings of 255 bytes (RFC 1035 3.3).
    pub fn txt(bytes: &[u8]) -> Self {
        let quote = |chunk: &[u8]| {
            let mut out = String::from("\"");
            for &b in chunk {
                match b {
                    b'"' | b'\\' => out.extend(['\\', char::from(b)]),
                    0x20..0x7f => out.push(char::from(b)),
                    _ => out.push_str(&format!("\\{b:03}")),
                }
            }
            out + "\""
        };
        let strings: Vec<String> = if bytes.is_empty() {
            vec![quote(&[])]
        } else {
            bytes.chunks(255).map(quote).collect()
        };
        Self(strings.join(" ").into())
    }

    /// From uncompressed wire data.
    pub fn from_wire(rtype: RecordType, wire: &[u8]) -> Result<Self, DataError> {
        let octets = Bytes::copy_from_slice(wire);
        let mut parser = Parser::from_ref(&octets);
        let parsed = ZoneRecordData::<Bytes, ParsedName<Bytes>>::parse_rdata(rtype.0, &mut parser);
        if let (Ok(Some(data)), 0) = (parsed, parser.remaining()) {
            let data: Data = data.flatten_into();
            return canonical(rtype, &data);
        }
        opaque(rtype, octets)
    }

    /// Uncompressed wire data.
    pub fn to_wire(&self, rtype: RecordType) -> Result<Vec<u8>, DataError> {
        let root = Name::<Bytes>::root_bytes();
        let mut file = Zonefile::from(format!(". 0 IN {rtype} {}\n", self.0).as_str());
        file.set_origin(root);
        let bad = |problem: String| DataError { rtype, problem };
        match file.next_entry() {
            Ok(Some(Entry::Record(record))) => {
                let data: Data = record.into_data().flatten_into();
                compose(rtype, &data)
            }
            Ok(_) => Err(bad("empty".into())),
            Err(e) => Err(bad(e.to_string())),
        }
    }

    /// Presentation form, as in a zone file with absolute names.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn to_dns_name(name: &str) -> Result<Name<Bytes>, String> {
    Name::<Bytes>::from_str(name).map_err(|e| e.to_string())
}

fn compose(rtype: RecordType, data: &Data) -> Result<Vec<u8>, DataError> {
    let mut wire = Vec::new();
    data.compose_canonical_rdata(&mut wire)
        .map_err(|_| DataError { rtype, problem: "too long".into() })?;
    Ok(wire)
}

/// One text for one value: composed canonically and read again, so that `WWW.Firma.pl.` and `www` agree.
fn canonical(rtype: RecordType, data: &Data) -> Result<RecordData, DataError> {
    let octets = Bytes::from(compose(rtype, data)?);
    let mut parser = Parser::from_ref(&octets);
    match ZoneRecordData::<Bytes, ParsedName<Bytes>>::parse_rdata(rtype.0, &mut parser) {
        Ok(Some(ZoneRecordData::Unknown(_))) | Ok(None) | Err(_) => opaque(rtype, octets),
        Ok(Some(data)) => {
            Ok(RecordData(data.display_zonefile(DisplayKind::Simple).to_string().into()))
        }
    }
}

fn opaque(rtype: RecordType, octets: Bytes) -> Result<RecordData, DataError> {
    let data = UnknownRecordData::from_octets(rtype.0, octets)
        .map_err(|e| DataError { rtype, problem: e.to_string() })?;
    let hex: String = data.data().iter().map(|b| format!("{b:02x}")).collect();
    Ok(RecordData(format!("\\# {} {hex}", data.data().len()).trim_end().into()))
}

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
        Rtype::from_str(&s.to_ascii_uppercase())
            .map(Self)
            .map_err(|_| format!("{s} is not a record type"))
    }
}

impl fmt::Display for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.to_mnemonic_str() {
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
mod tests {
    use super::*;

    fn data(rtype: &str, text: &str) -> Result<String, DataError> {
        let zone = DomainName::parse("firma.pl").unwrap();
        RecordData::parse(rtype.parse().unwrap(), text, &zone).map(|d| d.to_string())
    }

    #[test]
    fn one_text_for_one_value() {
        assert_eq!(data("AAAA", "2001:DB8:0::1").unwrap(), "2001:db8::1");
        assert_eq!(data("CNAME", "WWW").unwrap(), "www.firma.pl.");
        assert_eq!(data("MX", "10 Mail.Firma.PL.").unwrap(), "10 mail.firma.pl.");
        assert_eq!(data("TXT", "\"a\" b").unwrap(), "\"a\" \"b\"");
        assert_eq!(data("TYPE65400", "\\# 2 BEEF").unwrap().to_lowercase(), "\\# 2 beef");
        for (t, bad) in
            [("A", "300.1.2.3"), ("A", "192.0.2.1\nwww A 1.2.3.4"), ("MX", "mail"), ("A", "")]
        {
            assert!(data(t, bad).is_err(), "{t} {bad}");
        }
    }

    #[test]
    fn wire_and_back() {
        let zone = DomainName::parse("firma.pl").unwrap();
        for (t, text) in [
            ("A", "192.0.2.1"),
            ("MX", "0 ."),
            ("TXT", "\"v=spf1 -all\" \"; \\\"x\\\"\""),
            ("CAA", "0 issue \"ca.example.net\""),
            ("SRV", "1 2 443 host"),
            ("TYPE65400", "\\# 2 beef"),
            ("SOA", "ns1 hostmaster 1 2 3 4 5"),
            ("HTTPS", "1 . alpn=h2"),
            ("TLSA", "3 1 1 aabb"),
            ("NAPTR", "100 10 \"u\" \"sip\" \"!^.*$!sip:a@b.c!\" ."),
        ] {
            let rtype: RecordType = t.parse().unwrap();
            let d = RecordData::parse(rtype, text, &zone).unwrap();
            let wire = d.to_wire(rtype).unwrap();
            assert_eq!(RecordData::from_wire(rtype, &wire).unwrap(), d, "{t} {text}");
        }
    }

    #[test]
    fn what_people_type() {
        let zone = DomainName::parse("firma.pl").unwrap();
        let of = |t: &str, v: &str| {
            RecordData::from_person(t.parse().unwrap(), v, &zone).unwrap().to_string()
        };
        assert_eq!(of("TXT", "v=spf1 include:x.pl -all"), "\"v=spf1 include:x.pl -all\"");
        assert_eq!(of("TXT", "say \"hi\""), "\"say \\\"hi\\\"\"");
        assert_eq!(
            of("TXT", &"x".repeat(300)),
            format!("\"{}\" \"{}\"", "x".repeat(255), "x".repeat(45))
        );
        assert_eq!(of("MX", "10 aspmx.l.google.com"), "10 aspmx.l.google.com.");
        assert_eq!(of("CNAME", "www"), "www.firma.pl.");
        assert_eq!(of("CNAME", "łąka.pl"), "xn--ka-ola7v.pl.");
    }
}
