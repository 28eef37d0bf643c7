//! Domain names and owner names inside a zone.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use unicode_security::MixedScript;

use super::labels::{self, Origin};

/// Why a text is not a name. Words for people are in `replies.toml` under `name.*`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Not allowed by DNS or IDNA 2008 / UTS 46.
    #[error("not a domain name: {0}")]
    Invalid(String),
    /// Letters of several scripts in one label, as in a look-alike name.
    #[error("mixed scripts: {0}")]
    MixedScript(String),
    /// Longer than 253 characters, or a label longer than 63.
    #[error("too long")]
    TooLong,
    /// The name does not lie in the zone.
    #[error("{0} is outside the zone")]
    OutsideZone(String),
}

/// A domain name as lower-case A-labels without the final dot: `xn--kka-0qa.pl`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DomainName(Box<str>);

impl DomainName {
    /// Parses A-labels or Unicode, any case, with or without the final dot. Underscore labels are allowed.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let ascii = to_ascii(text.strip_suffix('.').unwrap_or(text))?;
        if ascii.contains(['*', '\\']) {
            return Err(NameError::Invalid(text.to_owned()));
        }
        check_labels(&ascii)?;
        Ok(Self(ascii.into()))
    }

    /// Lower-case wire form with the root label.
    pub(super) fn wire(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.0.len() + 2);
        for label in self.0.split('.') {
            // `parse` lets no label over 63 bytes through.
            out.push(u8::try_from(label.len()).unwrap_or(63));
            out.extend(label.as_bytes());
        }
        out.push(0);
        out
    }

    /// `xn--kka-0qa.pl`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `łąka.pl`.
    pub fn unicode(&self) -> String {
        idna::domain_to_unicode(&self.0).0
    }

    /// The registrable name by the Public Suffix List: `firma.co.uk` of `www.firma.co.uk`.
    /// A name under an unknown top level gives its last two labels; a public suffix gives `None`.
    pub fn registrable(&self) -> Option<Self> {
        psl::domain_str(&self.0).map(|s| Self(s.into()))
    }

    /// The last label stands in the root zone's list, as far as the Public Suffix List knows it.
    pub fn has_known_tld(&self) -> bool {
        psl::suffix(self.0.as_bytes()).is_some_and(|s| s.is_known())
    }

    /// Reserved top levels (RFC 2606, RFC 6761): only the sandbox and one's own servers hold them.
    pub fn is_reserved(&self) -> bool {
        matches!(
            self.0.rsplit('.').next(),
            Some("test" | "example" | "invalid" | "localhost" | "local" | "internal")
        )
    }

    /// This name is `zone` or lies below it.
    pub fn is_in(&self, zone: &Self) -> bool {
        self.0
            .strip_suffix(zone.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    }

    /// The owner name inside `zone`.
    pub fn relative_to(&self, zone: &Self) -> Result<RecordName, NameError> {
        match self.0.strip_suffix(zone.as_str()) {
            Some("") => Ok(RecordName::apex()),
            Some(rest) if rest.ends_with('.') => RecordName::parse(&rest[..rest.len() - 1]),
            _ => Err(NameError::OutsideZone(self.to_string())),
        }
    }
}

/// An owner name relative to its zone: `@`, `www`, `*`, `_dmarc`, `a.b`. Lower-case A-labels; bytes that no person
/// would type, but that a server may serve, as `\DDD` or `\.` (RFC 1035 5.1).
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RecordName(Box<str>);

impl RecordName {
    /// `@`.
    pub fn apex() -> Self {
        Self("@".into())
    }

    /// Parses a relative name; `@` or the empty text is the apex. Odd bytes are taken only where they are escaped.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        if text.is_empty() || text == "@" {
            return Ok(Self::apex());
        }
        let ascii = to_ascii(text)?;
        check_labels(&ascii)?;
        if !ascii.contains('\\') {
            return Ok(Self(ascii.into()));
        }
        let root = Origin { wire: &[0], dotted_is_absolute: false };
        let wire = labels::to_wire(&ascii, &root).map_err(NameError::Invalid)?;
        Ok(Self(labels::relative_text(&wire).into()))
    }

    /// `www`, or `@`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `@`.
    pub fn is_apex(&self) -> bool {
        &*self.0 == "@"
    }

    /// Its first label is `*`.
    pub fn is_wildcard(&self) -> bool {
        &*self.0 == "*" || self.0.starts_with("*.")
    }

    /// Absolute, without the final dot; may hold a wildcard, so it is a text.
    pub fn absolute(&self, zone: &DomainName) -> String {
        if self.is_apex() { zone.to_string() } else { format!("{}.{zone}", self.0) }
    }

    /// From an absolute owner name (final dot optional) in `zone`. Takes every name that a server can serve.
    pub fn from_absolute(owner: &str, zone: &DomainName) -> Result<Self, NameError> {
        let root = Origin { wire: &[0], dotted_is_absolute: false };
        let wire = labels::to_wire(owner, &root).map_err(NameError::Invalid)?;
        Self::from_wire(&wire, &zone.wire())
    }

    /// From lower-case wire names.
    pub(super) fn from_wire(owner: &[u8], zone: &[u8]) -> Result<Self, NameError> {
        match labels::below(owner, zone) {
            Some([]) => Ok(Self::apex()),
            Some(head) => Ok(Self(labels::relative_text(head).into())),
            None => Err(NameError::OutsideZone(labels::relative_text(owner))),
        }
    }
}

/// The apex comes first.
impl Ord for RecordName {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        other.is_apex().cmp(&self.is_apex()).then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for RecordName {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// IDNA to A-labels; pure ASCII names pass unchanged but for case, so that `_dmarc` and `\042` stay.
pub(super) fn to_ascii(text: &str) -> Result<String, NameError> {
    if text.is_ascii() {
        return Ok(text.to_ascii_lowercase());
    }
    // UTS 46 would silently drop what cannot be seen.
    let unseen = |c: char| matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}');
    if text.contains(unseen) {
        return Err(NameError::Invalid(text.escape_unicode().to_string()));
    }
    for label in text.split('.') {
        if !label.is_single_script() {
            return Err(NameError::MixedScript(text.to_owned()));
        }
    }
    // A wildcard or underscore label is not an IDNA label: convert label by label.
    let mut out = Vec::new();
    for label in text.split('.') {
        if label.is_ascii() {
            out.push(label.to_ascii_lowercase());
        } else {
            out.push(
                idna::domain_to_ascii_strict(label)
                    .map_err(|_| NameError::Invalid(text.to_owned()))?,
            );
        }
    }
    Ok(out.join("."))
}

/// Length and characters as DNS has them (RFC 1035 2.3.4); what else a name may hold must be escaped.
fn check_labels(ascii: &str) -> Result<(), NameError> {
    let bad = || NameError::Invalid(ascii.to_owned());
    let mut bytes = ascii.bytes();
    let (mut label, mut total) = (0_usize, 0_usize);
    while let Some(b) = bytes.next() {
        match b {
            b'.' if label == 0 => return Err(bad()),
            b'.' => label = 0,
            b'\\' => {
                // `\DDD` or `\X`; its value is looked at where it is undone.
                match bytes.next() {
                    Some(b'0'..=b'9') => drop((bytes.next(), bytes.next())),
                    Some(0x21..=0x7e) => {}
                    _ => return Err(bad()),
                }
                label += 1;
            }
            b'-' | b'_' | b'*' | b'/' | b'+' => label += 1,
            _ if b.is_ascii_alphanumeric() => label += 1,
            _ => return Err(bad()),
        }
        total += 1;
        if label > 63 || total > 253 {
            return Err(NameError::TooLong);
        }
    }
    if label == 0 { Err(bad()) } else { Ok(()) }
}

macro_rules! text_type {
    ($($t:ident, $schema:literal);*) => {$(
        impl fmt::Display for $t {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl fmt::Debug for $t {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", &self.0)
            }
        }
        impl FromStr for $t {
            type Err = NameError;
            fn from_str(s: &str) -> Result<Self, NameError> {
                Self::parse(s)
            }
        }
        impl TryFrom<String> for $t {
            type Error = NameError;
            fn try_from(s: String) -> Result<Self, NameError> {
                Self::parse(&s)
            }
        }
        impl From<$t> for String {
            fn from(n: $t) -> Self {
                n.0.into()
            }
        }
        impl JsonSchema for $t {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($t).into()
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({"type": "string", "description": $schema})
            }
        }
    )*};
}

text_type!(DomainName, "Lower-case A-labels without the final dot"; RecordName, "Relative owner name, @ = apex");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_folded_and_checked() {
        assert_eq!(DomainName::parse("Firma.PL.").unwrap().as_str(), "firma.pl");
        assert_eq!(DomainName::parse("łąka.pl").unwrap().as_str(), "xn--ka-ola7v.pl");
        assert_eq!(DomainName::parse("xn--ka-ola7v.pl").unwrap().unicode(), "łąka.pl");
        assert!(matches!(DomainName::parse("аpple.com"), Err(NameError::MixedScript(_))));
        for bad in
            ["", ".", "a..b", "fi rma.pl", "*.firma.pl", &"a".repeat(64), "a\u{200b}b.pl", "a\n.pl"]
        {
            assert!(DomainName::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn splits_by_public_suffix() {
        let of = |s: &str| DomainName::parse(s).unwrap().registrable().map(|d| d.to_string());
        assert_eq!(of("www.firma.co.uk").as_deref(), Some("firma.co.uk"));
        assert_eq!(of("a.b.demo-firma.test").as_deref(), Some("demo-firma.test"));
        assert_eq!(of("com.pl"), None);
    }

    #[test]
    fn owner_names_that_only_servers_know() {
        let zone = DomainName::parse("firma.pl").unwrap();
        for (owner, name) in [
            ("a\\.b.firma.pl.", "a\\.b"),
            ("A\\ b\\009,c.firma.pl", "a\\032b\\009\\044c"),
            ("a b!.firma.pl.", "a\\032b\\033"),
            ("\\@.firma.pl.", "\\064"),
            ("\\195\\179.firma.pl.", "\\195\\179"),
            ("a\\\\.firma.pl.", "a\\\\"),
            ("0/25.firma.pl", "0/25"),
        ] {
            let parsed = RecordName::from_absolute(owner, &zone).unwrap();
            assert_eq!(parsed.as_str(), name, "{owner}");
            assert_eq!(RecordName::parse(name).unwrap(), parsed);
            assert_eq!(RecordName::from_absolute(&parsed.absolute(&zone), &zone).unwrap(), parsed);
        }
        // The dot is escaped: this is the label "a.firma" under pl.
        assert!(RecordName::from_absolute("a\\.firma.pl.", &zone).is_err());
        assert!(RecordName::from_absolute("x.5firma.pl.", &zone).is_err());
        for bad in
            ["a b", "a,b", "a;b", "a..b", "a.", ".a", "a\\", "a\\25", "a\\300", "a\nb", "ó\u{200b}"]
        {
            assert!(RecordName::parse(bad).is_err(), "{bad:?}");
        }
        assert!(DomainName::parse("a\\.b.pl").is_err());
        assert!(RecordName::apex() < RecordName::parse("*").unwrap());
    }

    #[test]
    fn relative_and_absolute() {
        let zone = DomainName::parse("firma.pl").unwrap();
        assert_eq!(RecordName::from_absolute("WWW.firma.pl.", &zone).unwrap().as_str(), "www");
        assert_eq!(RecordName::from_absolute("firma.pl.", &zone).unwrap(), RecordName::apex());
        assert!(RecordName::from_absolute("www.innafirma.pl.", &zone).is_err());
        assert_eq!(RecordName::parse("*").unwrap().absolute(&zone), "*.firma.pl");
        assert!(!DomainName::parse("innafirma.pl").unwrap().is_in(&zone));
    }
}
