//! Accounts, a store, a clock and a person around the fakes.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::date;
use jiff::tz::TimeZone;

use super::{Fake, OWN, facts, name};
use crate::account::{Account, Accounts, Person};
use crate::action::act::{Ctx, Cut, Desk, Planned};
use crate::action::{Action, Answer, Role};
use crate::clock::{Clock, SystemChance};
use crate::domain::{RecordData, SetBody, zonefile};
use crate::error::{Error, Result};
use crate::ids::{AccountId, PersonId};
use crate::phrase::{Language, Phrase};
use crate::plan::{SetChange, Step};
use crate::provider::{Authority, Kind, ZoneRef};
use crate::store::Store;

/// 2026-11-23, 10:00 in Warsaw; each look at it takes a millisecond.
pub(crate) struct Noon(pub(crate) Mutex<Timestamp>);

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        let mut now = self.0.lock().unwrap();
        *now += jiff::SignedDuration::from_millis(1);
        *now
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
            chance: &SystemChance,
            conversation: "terminal",
            tz: TimeZone::get("Europe/Warsaw").unwrap(),
            lang: self.lang,
            attachment: self.file.as_deref(),
            locked: false,
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
    let body = |b: &Option<SetBody>| {
        b.as_ref().map_or_else(
            || "-".to_owned(),
            |b| {
                let data: Vec<&str> = b.data.iter().map(RecordData::as_str).collect();
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
