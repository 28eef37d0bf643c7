//! What a new sandbox holds: the demo world.

use std::collections::BTreeMap;

use dombot_core::clock::{Chance, SystemChance};
use jiff::{Timestamp, ToSpan, tz::TimeZone};

use super::rdata::{Labels, Type};
use super::state::{Domain, Registrar, Set, State, Tokens, Zone};
use super::zones;

const DKIM: &str = "\"v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAvR0c7Vt2n9Qe6JcQm2J5mXk0bqfC1yq7Wc3l8oYdE4uTzHnB6rPpS5gAfKxD9LwIh1eMvJtUs8QyZkGoC3b7NfVaRi2XjTqO4pEwLlHdY6mSuKz5cBgW0tDvJr9xFhPnAeQ8oUiM7yRkTs1XZbVfCaLj3GwNqOpE\" \"dHuYl2mIvKxS6tBzJr4gFcWnQ0PoDeAh9kXyTuMi5RbVsLa7NjGwEq3ZfOpCdHuYl1mIvKxS8tBzQIDAQAB\"";

/// Owner, type, TTL, values of demo-firma.test beside SOA and NS: 14 sets in all.
const FIRMA: &[(&str, Type, u32, &[&str])] = &[
    ("@", Type::A, 300, &["192.0.2.10"]),
    ("@", Type::AAAA, 300, &["2001:db8::10"]),
    ("@", Type::MX, 3600, &["10 mail.demo-firma.test.", "20 mx2.sandbox.test."]),
    ("@", Type::TXT, 3600, &["\"v=spf1 mx ip4:192.0.2.25 -all\""]),
    (
        "@",
        Type::CAA,
        3600,
        &["0 issue \"letsencrypt.org\"", "0 iodef \"mailto:admin@demo-firma.test\""],
    ),
    ("www", Type::A, 300, &["192.0.2.10"]),
    ("mail", Type::A, 3600, &["192.0.2.25"]),
    ("_dmarc", Type::TXT, 3600, &["\"v=DMARC1; p=quarantine; rua=mailto:dmarc@demo-firma.test\""]),
    ("s1._domainkey", Type::TXT, 3600, &[DKIM]),
    ("_imaps._tcp", Type::SRV, 3600, &["0 1 993 mail.demo-firma.test."]),
    ("sklep", Type::CNAME, 300, &["www.demo-shop.test."]),
    ("*.dev", Type::A, 300, &["192.0.2.77"]),
];

const SHOP: &[(&str, Type, u32, &[&str])] = &[
    ("@", Type::A, 300, &["192.0.2.20"]),
    ("www", Type::A, 300, &["192.0.2.20"]),
    ("@", Type::MX, 3600, &["10 mx2.sandbox.test."]),
    ("@", Type::TXT, 3600, &["\"v=spf1 include:sandbox.test -all\""]),
];

const SKLEP: &[(&str, Type, u32, &[&str])] = &[
    ("@", Type::A, 300, &["192.0.2.30"]),
    ("www", Type::CNAME, 300, &["sklep-demo.test."]),
    ("@", Type::MX, 3600, &["0 ."]),
];

/// A world that begins at `now`, with new tokens.
pub(super) fn state(now: Timestamp) -> State {
    let mut state = State {
        version: 1,
        next_id: 0,
        offset_secs: 0,
        tokens: Tokens { a: token(), b: token(), dns: token(), admin: token() },
        a: registrar(),
        b: registrar(),
        zones: BTreeMap::new(),
        ledger: Vec::new(),
        rules: Vec::new(),
        late: Vec::new(),
        stale: Vec::new(),
    };
    state.a.domains.insert("demo-firma.test".into(), domain(now, 12, false, false));
    state.a.domains.insert("sklep-demo.test".into(), domain(now, 200, true, false));
    state.b.domains.insert("demo-shop.test".into(), domain(now, 41, false, true));
    for (name, sets) in
        [("demo-firma.test", FIRMA), ("sklep-demo.test", SKLEP), ("demo-shop.test", SHOP)]
    {
        let id = format!("zone-{}", state.new_id());
        state.zones.insert(id, zone(name, sets, now));
    }
    state
}

fn token() -> String {
    let mut bytes = [0; 16];
    SystemChance.fill(&mut bytes);
    format!("{:032x}", u128::from_be_bytes(bytes))
}

fn registrar() -> Registrar {
    let prices = [("test", 4900), ("example", 6500)];
    Registrar {
        currency: "PLN".into(),
        balance: 50_000,
        prices: prices.map(|(tld, price)| (tld.to_owned(), price)).into(),
        domains: BTreeMap::new(),
        orders: Vec::new(),
    }
}

fn domain(now: Timestamp, days: i32, auto_renew: bool, locked: bool) -> Domain {
    let statuses: &[&str] = if locked { &["clientTransferProhibited"] } else { &["ok"] };
    Domain {
        expires: now.to_zoned(TimeZone::UTC).date().saturating_add(days.days()),
        auto_renew,
        locked,
        nameservers: zones::NAMESERVERS.map(str::to_owned).into(),
        statuses: statuses.iter().map(|&s| s.to_owned()).collect(),
    }
}

fn zone(name: &str, sets: &[(&str, Type, u32, &[&str])], now: Timestamp) -> Zone {
    let labels = |text: &str| Labels::parse(text).expect("demo names are names: a test reads them");
    let mut zone = zones::empty(&labels(name), now);
    for (owner, rtype, ttl, data) in sets {
        let at = if *owner == "@" { labels(name) } else { labels(&format!("{owner}.{name}")) };
        let data = data.iter().map(|&d| d.to_owned()).collect();
        zone.put(&at, *rtype, Some(Set { ttl: *ttl, data }));
    }
    zone
}
