//! Slots of the wishes that wait for their areas.

use std::collections::BTreeMap;
use std::fmt;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::{DomainName, Years};

macro_rules! slots {
    ($($(#[$doc:meta])* $name:ident { $($(#[$fdoc:meta])* $field:ident: $t:ty,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($(#[$fdoc])* pub $field: $t,)*
        }
    )*};
}

slots! {
    /// Register a domain.
    Register {
        /// Registrable name.
        domain: DomainName,
        /// Absent = 1.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        years: Option<Years>,
        /// Account's name or provider's id; absent = the planner proposes one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        provider: Option<String>,
    }
    /// Move a domain, a zone or a site from one provider to another.
    Move {
        /// Registrable name.
        domain: DomainName,
        /// Where it is; absent = where the planner finds it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<String>,
        /// Account's name or provider's id.
        to: String,
    }
    /// Bring a domain in from a registrar elsewhere.
    TransferIn {
        /// Registrable name.
        domain: DomainName,
        /// EPP authInfo (RFC 5731 section 2.6); a secret, case kept.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        auth_code: Option<AuthCode>,
    }
    /// Switch the transfer lock or DNSSEC.
    Switched {
        /// Registrable name.
        domain: DomainName,
        /// On or off.
        enabled: bool,
    }
    /// Delegate a domain to other name servers.
    NsSet {
        /// Registrable name.
        domain: DomainName,
        /// All of them, in the order said.
        nameservers: Vec<DomainName>,
    }
    /// Change a contact of a domain.
    ContactSet {
        /// Registrable name.
        domain: DomainName,
        /// Which contact.
        role: ContactRole,
        /// `email`, `phone` (E.164), `name`, `organization`; only those that change.
        fields: BTreeMap<String, String>,
    }
    /// Order a certificate.
    CertIssue {
        /// Host names, `*.` allowed in front.
        names: Vec<CertName>,
        /// `letsencrypt`; absent = the planner proposes one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        issuer: Option<String>,
    }
    /// One certificate, by a host name that it is for.
    CertRef {
        /// Host name.
        name: CertName,
    }
    /// Revoke a certificate.
    CertRevoke {
        /// Host name.
        name: CertName,
        /// As RFC 5280 section 5.3.1 names it: `keyCompromise`, `superseded`, ...
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    }
    /// Which certificates?
    CertList {
        /// Those that end within so many days; absent = all.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        within_days: Option<u32>,
    }
    /// Offer a domain for sale.
    SaleCreate {
        /// Registrable name.
        domain: DomainName,
        /// What it costs, `12500.00`.
        price: Amount,
        /// ISO 4217.
        currency: String,
        /// Offers below are not shown to the owner.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        min_offer: Option<Amount>,
    }
    /// Days of the calendar, both included.
    Days {
        /// First day.
        #[schemars(with = "String")]
        from: Date,
        /// Last day.
        #[schemars(with = "String")]
        to: Date,
    }
    /// The calendar as a file.
    CalendarExport {
        /// `ics` or `csv`.
        format: String,
    }
    /// Work for another customer's profile.
    ProfileSwitch {
        /// Its name.
        profile: String,
    }
}

/// The contacts of a domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ContactRole {
    /// The owner.
    Registrant,
    /// For administrative questions.
    Admin,
    /// For technical questions.
    Tech,
    /// For invoices.
    Billing,
}

/// A transfer code: never in a log.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct AuthCode(String);

impl fmt::Debug for AuthCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuthCode(..)")
    }
}

/// A host name, perhaps with `*.` in front.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct CertName {
    wildcard: bool,
    host: DomainName,
}

impl TryFrom<String> for CertName {
    type Error = crate::domain::NameError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        let (wildcard, host) = match text.strip_prefix("*.") {
            Some(rest) => (true, rest),
            None => (false, text.as_str()),
        };
        Ok(Self { wildcard, host: host.parse()? })
    }
}

impl From<CertName> for String {
    fn from(name: CertName) -> Self {
        format!("{}{}", if name.wildcard { "*." } else { "" }, name.host)
    }
}

/// An amount of money with two digits after the point: `12500.00`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Amount(String);

impl TryFrom<String> for Amount {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        match text.split_once('.') {
            Some((whole, part)) if digits(whole) && digits(part) && part.len() == 2 => {
                Ok(Self(text))
            }
            _ => Err("an amount is written like 12500.00"),
        }
    }
}

impl From<Amount> for String {
    fn from(amount: Amount) -> Self {
        amount.0
    }
}
