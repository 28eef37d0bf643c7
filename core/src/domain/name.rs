//! Domain names and owner names inside a zone.

use std::fmt;
use std::str::FromStr;

use dns_domain::base::Name;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use unicode_security::MixedScript;

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
        if ascii.is_empty() || ascii.contains('*') {
            return Err(NameError::Invalid(text.to_owned()));
        }
        check_labels(&ascii)?;
        Ok(Self(ascii.into()))
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

/// An owner name relative to its zone: `@`, `www`, `*`, `_dmarc`, `a.b`. Lower-case A-labels.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RecordName(Box<str>);

impl RecordName {
    /// `@`.
    pub fn apex() -> Self {
        Self("@".into())
    }

    /// Parses a relative name; `@` or the empty text is the apex.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        if text.is_empty() || text == "@" {
            return Ok(Self::apex());
        }
        let ascii = to_ascii(text)?;
        check_labels(&ascii)?;
        Ok(Self(ascii.into()))
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

    /// From an absolute owner name (final dot optional) in `zone`.
    pub fn from_absolute(owner: &str, zone: &DomainName) -> Result<Self, NameError> {
        let owner = owner.strip_suffix('.').unwrap_or(owner).to_ascii_lowercase();
        match owner.strip_suffix(zone.as_str()) {
            Some("") => Ok(Self::apex()),
            Some(rest) if rest.ends_with('.') && !rest.ends_with("\\.") => {
                Self::parse(&rest[..rest.len() - 1])
            }
            _ => Err(NameError::OutsideZone(owner)),
        }
    }
}

/// IDNA to A-labels; pure ASCII names pass unchanged but for case, so that `_dmarc` and `\042` stay.
fn to_ascii(text: &str) -> Result<String, NameError> {
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

/// Length and characters as DNS has them (RFC 1035 2.3.4); whitespace and control characters never.
fn check_labels(ascii: &str) -> Result<(), NameError> {
    let bad = || NameError::Invalid(ascii.to_owned());
    if ascii.len() > 253 {
        return Err(NameError::TooLong);
    }
    let readable = |b: u8| {
        b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'*' | b'.' | b'\\' | b'/' | b'+')
    };
    if !ascii.bytes().all(readable) {
        return Err(bad());
    }
    let name = Name::<Vec<u8>>::from_str(ascii).map_err(|_| bad())?;
    if name.is_root() { Err(bad()) } else { Ok(()) }
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
    fn relative_and_absolute() {
        let zone = DomainName::parse("firma.pl").unwrap();
        assert_eq!(RecordName::from_absolute("WWW.firma.pl.", &zone).unwrap().as_str(), "www");
        assert_eq!(RecordName::from_absolute("firma.pl.", &zone).unwrap(), RecordName::apex());
        assert!(RecordName::from_absolute("www.innafirma.pl.", &zone).is_err());
        assert_eq!(RecordName::parse("*").unwrap().absolute(&zone), "*.firma.pl");
        assert!(!DomainName::parse("innafirma.pl").unwrap().is_in(&zone));
    }
}
