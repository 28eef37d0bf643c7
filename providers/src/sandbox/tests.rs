//! The clients against the world over its real faces, and the world's DNS against independent tools.

mod clients;
mod faces;
mod killed;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use dombot_core::clock::{Clock, SystemChance, SystemClock};
use dombot_core::domain::{DomainName, Money, RecordData, RecordName, SetBody, SetKey, Ttl, Years};
use dombot_core::ids::AccountId;
use dombot_core::plan::SetChange;
use dombot_core::provider::{Evidence, Outcome, Reason, RenewOrder, Settings, Tax, ZoneRef};
use secrecy::SecretString;

use super::account::Face;
use super::dns_host::SandboxDns;
use super::registrar::SandboxRegistrar;
use super::world::{Running, World, serve};

const SOON: Duration = Duration::from_secs(5);

/// A running world and the three clients.
struct Rig {
    world: World,
    running: Running,
    a: SandboxRegistrar,
    b: SandboxRegistrar,
    dns: SandboxDns,
}

async fn rig() -> Rig {
    let clock: Arc<dyn Clock> = Arc::new(super::world::tests::Still);
    let world = World::demo(clock);
    let any = "127.0.0.1:0".parse().unwrap();
    let running = serve(world.clone(), any, any).await.unwrap();
    let tokens = world.tokens();
    let face = |face: &str, token: &str| Face::open(&settings(&running.url(face), token)).unwrap();
    Rig {
        a: SandboxRegistrar { face: face("a", &tokens.a), keyed: true },
        b: SandboxRegistrar { face: face("b", &tokens.b), keyed: false },
        dns: SandboxDns { account: account(), face: face("dns", &tokens.dns), dns: None },
        world,
        running,
    }
}

fn account() -> AccountId {
    AccountId::new(&SystemClock::default(), &SystemChance)
}

fn settings(url: &str, token: &str) -> Settings {
    let field = |k: &str, v: &str| (k.to_owned(), SecretString::from(v.to_owned()));
    Settings(BTreeMap::from([field("url", url), field("token", token)]))
}

fn domain(name: &str) -> DomainName {
    DomainName::parse(name).unwrap()
}

fn order(name: &str, expiry: &str) -> RenewOrder {
    let expected_expiry: jiff::civil::Date = expiry.parse().unwrap();
    RenewOrder {
        domain: domain(name),
        years: Years::ONE,
        expected_expiry,
        new_expiry: dombot_core::plan::add_years(expected_expiry, 1).unwrap(),
        price_cap: Money::parse("49.00", "PLN").unwrap(),
        premium: false,
        tax: Tax::Included,
    }
}

fn key(name: &str, rtype: &str) -> SetKey {
    SetKey { name: RecordName::parse(name).unwrap(), rtype: rtype.parse().unwrap() }
}

fn body(zone: &ZoneRef, rtype: &str, ttl: u32, data: &[&str]) -> SetBody {
    let parse = |d: &&str| RecordData::parse(rtype.parse().unwrap(), d, &zone.name).unwrap();
    SetBody::new(Ttl::try_from(ttl).unwrap(), data.iter().map(parse).collect())
}

fn reason(outcome: &Outcome) -> Option<Reason> {
    if let Outcome::Rejected(r) = outcome { Some(r.reason) } else { None }
}

fn done(outcome: Outcome) -> Evidence {
    match outcome {
        Outcome::Done(evidence) => evidence,
        other => panic!("{other:?}"),
    }
}

fn set_change(key: SetKey, before: Option<SetBody>, after: Option<SetBody>) -> SetChange {
    SetChange { key, before, after }
}
