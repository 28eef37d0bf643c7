//! A small world in memory for the tests of actions: two kinds of accounts whose reading methods answer from
//! fields. Their writing methods are never called by planning.

mod world;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use jiff::civil::Date;

use crate::domain::{DomainName, Money, RecordName, RecordSet, SetKey, Years};
use crate::job::Claimed;
use crate::phrase;
use crate::phrase::Phrase;
use crate::plan::SetChange;
use crate::provider::{
    Around, Authority, Availability, DnsHost, DnsLimits, DomainFacts, Kind, OpenError, OrderRecord,
    Outcome, Proved, Provider, ProviderError, Quote, Registrar, RenewOrder, Repeat, Tax, Verb,
    ZoneRef,
};

pub(crate) use world::{World, ZONE, action, changes, host, keys, told};

/// A server of one's own: reserved names are allowed.
pub(crate) static OWN: Kind = Kind {
    id: "own",
    title: "Own server",
    fields: &[],
    proved: Proved::Sandbox,
    own_server: true,
    open: |_, _| Err(OpenError { field: "x", problem: "not opened in tests".into() }),
};

/// A company out there.
pub(crate) static COMPANY: Kind = Kind {
    id: "company",
    title: "Company",
    own_server: false,
    proved: Proved::RealServer("their test system"),
    ..OWN
};

/// Answers from its fields.
#[expect(clippy::struct_excessive_bools, reason = "each switches one fault or capability")]
pub(crate) struct Fake {
    pub(crate) zones: Vec<(ZoneRef, Vec<RecordSet>)>,
    pub(crate) servers: Vec<Authority>,
    pub(crate) domains: Vec<DomainFacts>,
    pub(crate) is_host: bool,
    pub(crate) is_registrar: bool,
    pub(crate) down: Option<ProviderError>,
    pub(crate) hangs: bool,
    /// Zones are listed but cannot be read.
    pub(crate) unread: Option<ProviderError>,
    pub(crate) refuses: bool,
    pub(crate) limits: DnsLimits,
    pub(crate) quote: Quote,
    pub(crate) free: Option<bool>,
    pub(crate) whole_reads: AtomicUsize,
    pub(crate) name_reads: AtomicUsize,
}

impl Default for Fake {
    fn default() -> Self {
        Self {
            zones: Vec::new(),
            servers: Vec::new(),
            domains: Vec::new(),
            is_host: false,
            is_registrar: false,
            down: None,
            hangs: false,
            unread: None,
            refuses: false,
            limits: DnsLimits {
                repeat: Repeat::CompareAndSet,
                settle: Duration::from_secs(1),
                sets_per_call: 100,
                atomic: true,
                manages_zones: true,
                deadline: Duration::from_secs(10),
                fresh: true,
            },
            quote: Quote {
                price: pln("98.00"),
                balance: Some(pln("500.00")),
                enforced: true,
                premium: false,
                tax: Tax::Included,
            },
            free: Some(true),
            whole_reads: AtomicUsize::new(0),
            name_reads: AtomicUsize::new(0),
        }
    }
}

pub(crate) fn pln(amount: &str) -> Money {
    Money::parse(amount, "PLN").unwrap()
}

pub(crate) fn name(text: &str) -> DomainName {
    DomainName::parse(text).unwrap()
}

/// Facts of a domain that expires on the day.
pub(crate) fn facts(domain: &str, expires: Option<Date>, servers: &[&str]) -> DomainFacts {
    DomainFacts {
        name: name(domain),
        expires,
        auto_renew: Some(false),
        locked: Some(true),
        nameservers: servers.iter().map(|s| name(s)).collect(),
        statuses: vec!["ok".into()],
    }
}

impl Fake {
    async fn up(&self) -> Result<(), ProviderError> {
        if self.hangs {
            std::future::pending::<()>().await;
        }
        self.down.clone().map_or(Ok(()), Err)
    }

    fn sets(&self, zone: &ZoneRef) -> Result<&Vec<RecordSet>, ProviderError> {
        if let Some(e) = self.unread.clone() {
            return Err(e);
        }
        let found = self.zones.iter().find(|(z, _)| z == zone);
        found.map(|(_, sets)| sets).ok_or_else(|| ProviderError::NotFound(zone.id.clone()))
    }
}

impl Provider for Fake {
    fn dns(&self) -> Option<&dyn DnsHost> {
        self.is_host.then_some(self as &dyn DnsHost)
    }
    fn registrar(&self) -> Option<&dyn Registrar> {
        self.is_registrar.then_some(self as &dyn Registrar)
    }
}

#[async_trait]
impl DnsHost for Fake {
    fn limits(&self) -> DnsLimits {
        self.limits.clone()
    }
    fn refusals(&self, _: &ZoneRef, _: &SetChange, _: &dyn Around) -> Vec<Phrase> {
        if self.refuses { vec![phrase!("provider.auth")] } else { Vec::new() }
    }
    async fn zones(&self) -> Result<Vec<ZoneRef>, ProviderError> {
        self.up().await?;
        Ok(self.zones.iter().map(|(z, _)| z.clone()).collect())
    }
    async fn read_zone(&self, zone: &ZoneRef) -> Result<Vec<RecordSet>, ProviderError> {
        self.up().await?;
        self.whole_reads.fetch_add(1, Ordering::Relaxed);
        self.sets(zone).cloned()
    }
    async fn read_sets(
        &self,
        zone: &ZoneRef,
        keys: &[SetKey],
    ) -> Result<Vec<RecordSet>, ProviderError> {
        self.up().await?;
        Ok(self.sets(zone)?.iter().filter(|s| keys.contains(&s.key)).cloned().collect())
    }
    async fn read_name(
        &self,
        zone: &ZoneRef,
        name: &RecordName,
    ) -> Result<Vec<RecordSet>, ProviderError> {
        self.up().await?;
        self.name_reads.fetch_add(1, Ordering::Relaxed);
        Ok(self.sets(zone)?.iter().filter(|s| s.key.name == *name).cloned().collect())
    }
    async fn authorities(&self, _: &ZoneRef) -> Result<Vec<Authority>, ProviderError> {
        self.up().await?;
        Ok(self.servers.clone())
    }
    async fn change(&self, _: &Claimed<'_>, _: &ZoneRef, _: &[SetChange]) -> Outcome {
        panic!("planning writes")
    }
    async fn create_zone(&self, _: &Claimed<'_>, _: &DomainName) -> Outcome {
        panic!("planning writes")
    }
    async fn delete_zone(&self, _: &Claimed<'_>, _: &ZoneRef) -> Outcome {
        panic!("planning writes")
    }
}

#[async_trait]
impl Registrar for Fake {
    fn repeat(&self, _: Verb) -> Repeat {
        Repeat::ReadBackOnly
    }
    fn settle(&self) -> Duration {
        Duration::from_secs(1)
    }
    fn deadline(&self) -> Duration {
        Duration::from_secs(10)
    }
    fn fresh(&self) -> bool {
        true
    }
    async fn domains(&self) -> Result<Vec<DomainFacts>, ProviderError> {
        self.up().await?;
        Ok(self.domains.clone())
    }
    async fn domain(&self, name: &DomainName) -> Result<DomainFacts, ProviderError> {
        self.up().await?;
        let found = self.domains.iter().find(|d| d.name == *name).cloned();
        found.ok_or_else(|| ProviderError::NotFound(name.to_string()))
    }
    async fn check(&self, name: &DomainName) -> Result<Availability, ProviderError> {
        self.up().await?;
        let (price, premium) = (Some(self.quote.price), self.quote.premium);
        Ok(Availability { name: name.clone(), available: self.free, price, premium })
    }
    async fn quote_renew(&self, _: &DomainName, _: Years) -> Result<Quote, ProviderError> {
        self.up().await?;
        Ok(self.quote.clone())
    }
    async fn order(&self, _: &str, _: &DomainName) -> Result<Option<OrderRecord>, ProviderError> {
        Ok(None)
    }
    async fn renew(&self, _: &Claimed<'_>, _: &RenewOrder) -> Outcome {
        panic!("planning writes")
    }
    async fn set_auto_renew(&self, _: &Claimed<'_>, _: &DomainName, _: bool) -> Outcome {
        panic!("planning writes")
    }
}
