//! The contract with providers: registrars, DNS hosts and whoever comes later.
//!
//! Reading is free; every writing method demands a [`Claimed`], which only the job engine makes.

mod books;
mod outcome;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::civil::Date;
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

pub use books::{BookEntry, Books};
pub use outcome::{AuthorityAnswer, Evidence, Outcome, ProviderError, Reason, Rejection, Verify};

use crate::domain::{DomainName, Money, RecordName, RecordSet, RecordType, SetBody, SetKey, Years};
use crate::ids::AccountId;
use crate::job::Claimed;
use crate::phrase::Phrase;
use crate::plan::SetChange;

/// One login at one company. A capability is a value that you can get.
pub trait Provider: Send + Sync {
    /// It serves zones.
    fn dns(&self) -> Option<&dyn DnsHost> {
        None
    }
    /// It registers domains.
    fn registrar(&self) -> Option<&dyn Registrar> {
        None
    }
    /// It tells what was done in the account.
    fn books(&self) -> Option<&dyn Books> {
        None
    }
}

/// A zone at one account. `id` is the provider's own identifier and is frozen into plans.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct ZoneRef {
    /// The login that holds it.
    pub account: AccountId,
    /// The provider's identifier of the zone.
    pub id: String,
    /// Apex.
    pub name: DomainName,
}

/// One authoritative server of a zone, as an address that we can ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Authority {
    /// Host name or label for people.
    pub name: String,
    /// Where it answers DNS.
    pub addr: SocketAddr,
}

/// How a call may be repeated when its outcome is unknown. Rules 13-15.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// The provider recognises our key for this long and then answers without doing it again.
    Keyed {
        /// Past it the key protects nothing.
        valid_for: Duration,
    },
    /// The call carries the state that it expects and is refused where that is not so.
    CompareAndSet,
    /// Only reading tells whether it happened; sending again could do it twice.
    ReadBackOnly,
    /// Not even reading tells.
    Never,
}

/// What a DNS host can hold and how it takes changes.
#[derive(Debug, Clone)]
pub struct DnsLimits {
    /// How [`DnsHost::change`] may be repeated.
    pub repeat: Repeat,
    /// After this long without the effect a sent change will not arrive any more.
    pub settle: Duration,
    /// Most record sets that one call takes; a plan with more is cut into several steps.
    pub sets_per_call: usize,
    /// One call happens as a whole or not at all.
    pub atomic: bool,
    /// Zones can be made and deleted here.
    pub manages_zones: bool,
    /// Hard total deadline of one writing call.
    pub deadline: Duration,
    /// A read shows every change that the provider has carried out: no cache or replica stands in between. Rule 15.
    pub fresh: bool,
}

/// A zone as it will be after the whole plan, as far as it was read.
pub trait Around: Sync {
    /// Types at a name; `None` = the name was not read.
    fn types(&self, name: &RecordName) -> Option<Vec<RecordType>>;
    /// The set at a name and of a type; `None` = there is none, or it was not read.
    fn set(&self, key: &SetKey) -> Option<SetBody>;
    /// Some name below this one that has records; `None` = none is known.
    fn below(&self, name: &RecordName) -> Option<RecordName>;
}

/// Serves zones.
#[async_trait]
pub trait DnsHost: Send + Sync {
    /// What it can do, as data.
    fn limits(&self) -> DnsLimits;
    /// Why this change would not be kept, in plain words; empty when it would. Asked before a plan is shown.
    fn refusals(&self, zone: &ZoneRef, change: &SetChange, around: &dyn Around) -> Vec<Phrase>;
    /// Other names of the zone that must be read before [`DnsHost::refusals`] can judge this change.
    fn looks_at(&self, _: &ZoneRef, _: &SetChange) -> Vec<RecordName> {
        Vec::new()
    }
    /// All zones of the account.
    async fn zones(&self) -> Result<Vec<ZoneRef>, ProviderError>;
    /// The whole zone without the SOA's serial games: every record set including SOA and apex NS,
    /// complete or an error.
    async fn read_zone(&self, zone: &ZoneRef) -> Result<Vec<RecordSet>, ProviderError>;
    /// Just these sets, as they are now; a set that does not exist is absent from the answer.
    async fn read_sets(
        &self,
        zone: &ZoneRef,
        keys: &[SetKey],
    ) -> Result<Vec<RecordSet>, ProviderError>;
    /// Every set at one owner name.
    async fn read_name(
        &self,
        zone: &ZoneRef,
        name: &RecordName,
    ) -> Result<Vec<RecordSet>, ProviderError>;
    /// The zone's authoritative servers as far as they are known to the account's settings or the provider.
    async fn authorities(&self, zone: &ZoneRef) -> Result<Vec<Authority>, ProviderError>;
    /// Changes record sets, once. Never retries by itself.
    async fn change(&self, claim: &Claimed<'_>, zone: &ZoneRef, changes: &[SetChange]) -> Outcome;
    /// Makes an empty zone.
    async fn create_zone(&self, claim: &Claimed<'_>, name: &DomainName) -> Outcome;
    /// Deletes a zone with everything in it.
    async fn delete_zone(&self, claim: &Claimed<'_>, zone: &ZoneRef) -> Outcome;
}

/// What a registrar says of a domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DomainFacts {
    /// Which.
    pub name: DomainName,
    /// Registry expiry; `None` = unknown.
    #[schemars(with = "Option<String>")]
    pub expires: Option<Date>,
    /// `None` = unknown.
    pub auto_renew: Option<bool>,
    /// Transfer lock.
    pub locked: Option<bool>,
    /// Delegation, A-labels.
    pub nameservers: Vec<DomainName>,
    /// Registry and registrar statuses as the provider names them.
    pub statuses: Vec<String>,
}

/// Can a name be registered?
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Availability {
    /// Which.
    pub name: DomainName,
    /// `None` = could not be found out.
    pub available: Option<bool>,
    /// For the first year.
    pub price: Option<Money>,
    /// A registry premium name.
    pub premium: bool,
}

/// What a paid verb would cost now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Quote {
    /// Total for all years.
    pub price: Money,
    /// What the account has; `None` where the provider does not say.
    pub balance: Option<Money>,
    /// The provider refuses the order when the price is above the one we send.
    pub enforced: bool,
    /// A registry premium name.
    pub premium: bool,
    /// Whether the price holds tax.
    pub tax: Tax,
}

/// Whether a price holds tax. Another basis is another price. Rule 21.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Tax {
    /// The account pays this sum.
    Included,
    /// Tax comes on top.
    Excluded,
    /// The provider does not say.
    #[default]
    Unknown,
}

/// A renewal, as approved. Nothing in it is read again before sending.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenewOrder {
    /// Which.
    pub domain: DomainName,
    /// For how long.
    pub years: Years,
    /// The expiry that the plan showed.
    pub expected_expiry: Date,
    /// The expiry that it will have.
    pub new_expiry: Date,
    /// The highest total price.
    pub price_cap: Money,
    /// It was shown as a registry premium name.
    #[serde(default)]
    pub premium: bool,
    /// Whether the highest price holds tax.
    #[serde(default)]
    pub tax: Tax,
}

/// Paid and unpaid verbs of a registrar, for [`Registrar::repeat`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// Add years.
    Renew,
    /// Switch automatic renewal.
    AutoRenew,
}

/// What the provider's own books say of an order that carried our key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderRecord {
    /// The provider's order number.
    pub reference: String,
    /// What was taken.
    pub charged: Option<Money>,
    /// Expiry after it.
    pub expires: Option<Date>,
}

/// Registers domains.
#[async_trait]
pub trait Registrar: Send + Sync {
    /// How a verb may be repeated.
    fn repeat(&self, verb: Verb) -> Repeat;
    /// After this long without the effect a sent order will not arrive any more.
    fn settle(&self) -> Duration;
    /// Hard total deadline of one writing call.
    fn deadline(&self) -> Duration;
    /// A read shows every order that the registrar has carried out: no cache or replica stands in between. Rule 15.
    fn fresh(&self) -> bool;
    /// All domains of the account.
    async fn domains(&self) -> Result<Vec<DomainFacts>, ProviderError>;
    /// One domain, fresh.
    async fn domain(&self, name: &DomainName) -> Result<DomainFacts, ProviderError>;
    /// Can it be registered?
    async fn check(&self, name: &DomainName) -> Result<Availability, ProviderError>;
    /// What renewing would cost now.
    async fn quote_renew(&self, name: &DomainName, years: Years) -> Result<Quote, ProviderError>;
    /// Looks an order up by the key that we sent with it: proof of money, which a moved expiry is not.
    /// `Ok(None)` = the books hold no such order now.
    async fn order(
        &self,
        key: &str,
        domain: &DomainName,
    ) -> Result<Option<OrderRecord>, ProviderError>;
    /// Renews, once. Never retries by itself. The key is `claim.key()`.
    async fn renew(&self, claim: &Claimed<'_>, order: &RenewOrder) -> Outcome;
    /// Switches automatic renewal.
    async fn set_auto_renew(
        &self,
        claim: &Claimed<'_>,
        domain: &DomainName,
        enabled: bool,
    ) -> Outcome;
}

/// How we know that a provider's code works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "how", content = "what", rename_all = "snake_case")]
pub enum Proved {
    /// Our own fake operator; proves dombot, not a company.
    Sandbox,
    /// Tests run against the real server software named.
    RealServer(&'static str),
    /// Answers recorded on that date.
    RecordedTraffic(&'static str),
    /// Never run against it.
    Documentation,
}

/// One field of a provider's account settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Field {
    /// Key in the settings.
    pub name: &'static str,
    /// What it is, with an example.
    pub hint: &'static str,
    /// Never shown again.
    pub secret: bool,
    /// May be left out.
    pub optional: bool,
}

/// The settings of one account, out of the vault.
#[derive(Clone, Default)]
pub struct Settings(pub std::collections::BTreeMap<String, SecretString>);

/// Why an account could not be opened. The text names the field, never its value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("field {field}: {problem}")]
pub struct OpenError {
    /// Which field.
    pub field: &'static str,
    /// What is wrong with it.
    pub problem: String,
}

/// Opens an account. Does no I/O.
pub type OpenFn = fn(AccountId, &Settings) -> Result<Arc<dyn Provider>, OpenError>;

/// What a provider is, as data.
#[derive(Clone, Copy)]
pub struct Kind {
    /// Stable id: `powerdns`.
    pub id: &'static str,
    /// Name for people.
    pub title: &'static str,
    /// Settings of an account.
    pub fields: &'static [Field],
    /// How we know that it works.
    pub proved: Proved,
    /// Reserved names (.test, .example) are allowed here: the sandbox and one's own servers.
    pub own_server: bool,
    /// Opens an account.
    pub open: OpenFn,
}

impl std::fmt::Debug for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kind")
            .field("id", &self.id)
            .field("proved", &self.proved)
            .finish_non_exhaustive()
    }
}

impl Settings {
    /// A field that must be there.
    pub fn required(&self, field: &'static str) -> Result<&SecretString, OpenError> {
        self.0.get(field).ok_or_else(|| OpenError { field, problem: "missing".into() })
    }

    /// A field that is not secret and may be missing.
    pub fn text(&self, field: &str) -> Option<&str> {
        use secrecy::ExposeSecret;
        self.0.get(field).map(ExposeSecret::expose_secret)
    }
}
