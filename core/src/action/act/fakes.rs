//! A small world in memory for the tests of actions: two kinds of accounts whose reading methods answer from
//! fields. Their writing methods are never called by planning.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;

use super::{Ctx, Cut, Desk, Planned};
use crate::account::{Account, Accounts, Person};
use crate::action::{Action, Answer, Role};
use crate::clock::{Clock, SystemChance};
use crate::domain::{DomainName, Money, RecordName, RecordSet, SetKey, Years, zonefile};
use crate::error::{Error, Result};
use crate::ids::{AccountId, PersonId};
use crate::job::Claimed;
use crate::phrase;
use crate::phrase::{Language, Phrase};
use crate::plan::SetChange;
use crate::provider::{
    Authority, Availability, DnsHost, DnsLimits, DomainFacts, Kind, OpenError, OrderRecord,
    Outcome, Proved, Provider, ProviderError, Quote, Registrar, RenewOrder, Repeat, Verb, ZoneRef,
};
use crate::store::Store;

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
            },
            quote: Quote {
                price: pln("98.00"),
                balance: Some(pln("500.00")),
                enforced: true,
                premium: false,
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
    fn refusals(&self, _: &ZoneRef, _: &SetChange) -> Vec<Phrase> {
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

/// 2026-11-23, 10:00 in Warsaw.
pub(crate) struct Noon(pub(crate) Mutex<Timestamp>);

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

/// Accounts, a store and a person.
pub(crate) struct World {
    pub(crate) accounts: Accounts,
    pub(crate) store: Store,
    pub(crate) clock: Noon,
    pub(crate) lang: Language,
    pub(crate) file: Option<String>,
    person: Person,
    _dir: tempfile::TempDir,
}

/// The demo firm's zone.
pub(crate) const ZONE: &str = "\
$TTL 300
@ 3600 IN SOA ns1.sandbox.test. hostmaster.sandbox.test. 7 3600 600 86400 300
@ 3600 IN NS ns1.sandbox.test.
@ 3600 IN NS ns2.sandbox.test.
@ IN A 192.0.2.10
@ IN MX 10 mail
@ IN TXT \"v=spf1 mx -all\"
www IN A 192.0.2.10
mail IN A 192.0.2.20
mail IN AAAA 2001:db8::20
shop 600 IN CNAME www
old IN A 192.0.2.30
old IN A 192.0.2.31
";

impl World {
    pub(crate) async fn empty() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Noon(Mutex::new("2026-11-23T09:00:00Z".parse().unwrap()));
        let person = Person {
            id: PersonId::new(&clock, &SystemChance),
            name: "Ola".into(),
            role: Role::Owner,
            lang: Language::En,
            tz: "Europe/Warsaw".into(),
            frozen_at: None,
        };
        Self {
            accounts: Accounts::default(),
            store: Store::open(&dir.path().join("test.db"), true).await.unwrap(),
            clock,
            lang: Language::En,
            file: None,
            person,
            _dir: dir,
        }
    }

    /// `demo-firma.test` at the registrar `sandbox`, its zone at `sandbox-dns`.
    pub(crate) async fn demo() -> Self {
        let mut world = Self::empty().await;
        world.add("sandbox", &OWN, |_| Fake {
            is_registrar: true,
            domains: vec![facts(
                "demo-firma.test",
                Some(date(2026, 12, 5)),
                &["ns1.sandbox.test", "ns2.sandbox.test"],
            )],
            ..Fake::default()
        });
        world.host("sandbox-dns", &OWN, &["ns1.sandbox.test"], &[("demo-firma.test", ZONE)]);
        world
    }

    pub(crate) fn add(
        &mut self,
        name: &str,
        kind: &'static Kind,
        make: impl FnOnce(AccountId) -> Fake,
    ) -> Arc<Fake> {
        let id = AccountId::new(&self.clock, &SystemChance);
        let fake = Arc::new(make(id));
        self.accounts.0.push(Account {
            id,
            name: name.into(),
            kind,
            provider: fake.clone(),
            authorities: Vec::new(),
        });
        fake
    }

    pub(crate) fn host(
        &mut self,
        account: &str,
        kind: &'static Kind,
        servers: &[&str],
        zones: &[(&str, &str)],
    ) -> Arc<Fake> {
        self.add(account, kind, |id| host(id, servers, zones))
    }

    pub(crate) fn ctx(&self) -> Ctx<'_> {
        Ctx {
            person: &self.person,
            accounts: &self.accounts,
            store: &self.store,
            clock: &self.clock,
            tz: TimeZone::get("Europe/Warsaw").unwrap(),
            lang: self.lang,
            attachment: self.file.as_deref(),
            desk: Mutex::new(Desk::default()),
        }
    }

    /// Plans one action of its own message.
    pub(crate) async fn plan(&self, kind: &str, slots: serde_json::Value) -> Result<Planned> {
        action(kind, &slots).plan(&self.ctx()).await
    }

    /// Plans one action that answers.
    pub(crate) async fn answer(&self, kind: &str, slots: serde_json::Value) -> Answer {
        match self.plan(kind, slots).await {
            Ok(Planned::Answer(answer)) => answer,
            other => panic!("no answer: {other:?}"),
        }
    }

    /// Plans the record changes of one message.
    pub(crate) async fn desk(&self, wishes: &[(&str, serde_json::Value)]) -> Result<Cut> {
        let ctx = self.ctx();
        for (kind, slots) in wishes {
            let planned = action(kind, slots).plan(&ctx).await?;
            assert!(matches!(planned, Planned::OnDesk), "{planned:?}");
        }
        let desk = std::mem::take(&mut *ctx.on_desk());
        desk.into_cut(&self.accounts, self.lang).await
    }
}

pub(crate) fn host(id: AccountId, servers: &[&str], zones: &[(&str, &str)]) -> Fake {
    let zone = |(zone, file): &(&str, &str)| {
        let zone = name(zone);
        let sets = zonefile::read(file, &zone).unwrap();
        (ZoneRef { account: id, id: format!("z-{zone}"), name: zone }, sets)
    };
    let server =
        |s: &&str| Authority { name: (*s).into(), addr: "127.0.0.1:5300".parse().unwrap() };
    Fake {
        is_host: true,
        zones: zones.iter().map(zone).collect(),
        servers: servers.iter().map(server).collect(),
        ..Fake::default()
    }
}

pub(crate) fn action(kind: &str, slots: &serde_json::Value) -> Action {
    serde_json::from_value(serde_json::json!({"kind": kind, "slots": slots})).unwrap()
}

/// Key and English text of what a person is told instead.
pub(crate) fn told<T: std::fmt::Debug>(result: Result<T>) -> (String, String) {
    match result {
        Err(Error::User(phrase)) => {
            for lang in Language::ALL {
                let text = phrase.text(*lang);
                assert!(!text.starts_with('[') && !text.replace("u{", "").contains('{'), "{text}");
            }
            (phrase.key().to_owned(), phrase.text(Language::En))
        }
        other => panic!("no word for the person: {other:?}"),
    }
}

/// The changes of the only step, one line each: `www A 300 192.0.2.1 -> 300 192.0.2.2`.
pub(crate) fn changes(cut: &Cut) -> Vec<String> {
    use crate::plan::Step;
    let body = |b: &Option<crate::domain::SetBody>| {
        b.as_ref().map_or_else(
            || "-".to_owned(),
            |b| {
                let data: Vec<&str> =
                    b.data.iter().map(crate::domain::RecordData::as_str).collect();
                format!("{} {}", b.ttl, data.join(", "))
            },
        )
    };
    let line = |c: &SetChange| format!("{:?} {} -> {}", c.key, body(&c.before), body(&c.after));
    cut.draft
        .steps
        .iter()
        .flat_map(|s| match s {
            Step::DnsChange { changes, .. } => changes.iter().map(line).collect::<Vec<_>>(),
            other => panic!("not a record change: {other:?}"),
        })
        .collect()
}

/// The keys of warnings.
pub(crate) fn keys(warnings: &[Phrase]) -> Vec<&str> {
    warnings.iter().map(Phrase::key).collect()
}
