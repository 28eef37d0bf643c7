//! DNS hosts through their public doors, against real servers, with `dig` as the judge.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use dombot_core::clock::{SystemChance, SystemClock};
use dombot_core::domain::{DomainName, RecordSet, RecordType, SetBody, SetKey};
use dombot_core::ids::AccountId;
use dombot_core::plan::SetChange;
use dombot_core::provider::{Authority, OpenError, Provider, ProviderError, Settings, ZoneRef};
use dombot_providers::ALL;
use dombot_providers::dns::ask;
use dombot_tests::servers::{API_KEY, KEY_NAME, KEY_SECRET, Server, dig, dig_axfr};
use secrecy::SecretString;

const ZONE: &str = "firma.example";
const LINES: &str = "@ MX 10 mail\n@ TXT \"v=spf1 mx -all\"\nwww 300 A 192.0.2.10\n\
    www 300 A 192.0.2.11\nmail 300 A 192.0.2.20\nalias CNAME www\n*.wild 300 A 192.0.2.99\n\
    _sip._tcp SRV 1 2 5060 mail\nshop NS ns.shop\nns.shop 300 A 192.0.2.53\n\
    odd TYPE65280 \\# 2 beef\n@ CAA 0 issue \"ca.example.net\"\n";

fn open(kind: &str, fields: &[(&str, &str)]) -> Result<Arc<dyn Provider>, OpenError> {
    let kind = ALL.iter().find(|k| k.id == kind).expect("a known kind");
    let account = AccountId::new(&SystemClock::default(), &SystemChance);
    let fields = fields.iter().map(|(k, v)| ((*k).to_owned(), SecretString::from(*v)));
    (kind.open)(account, &Settings(fields.collect()))
}

/// Every way to this server: dynamic update, and the API where it has one.
fn doors(server: &Server) -> Vec<(&'static str, Arc<dyn Provider>)> {
    let addr = server.addr.to_string();
    let by_update = [
        ("server", addr.as_str()),
        ("zones", ZONE),
        ("key_name", KEY_NAME),
        ("secret", KEY_SECRET),
    ];
    let mut doors = vec![("rfc2136", open("rfc2136", &by_update).unwrap())];
    if let Some(url) = &server.api {
        let by_api = [("url", url.as_str()), ("api_key", API_KEY), ("authorities", &addr)];
        doors.push(("powerdns", open("powerdns", &by_api).unwrap()));
    }
    doors
}

async fn only_zone(door: &dyn Provider) -> ZoneRef {
    let mut zones = door.dns().unwrap().zones().await.unwrap();
    assert_eq!(zones.len(), 1);
    zones.remove(0)
}

fn without_soa(sets: Vec<RecordSet>) -> BTreeMap<SetKey, SetBody> {
    let sets = sets.into_iter().filter(|s| s.key.rtype != RecordType::SOA);
    sets.map(|s| (s.key, s.body)).collect()
}

fn unchanged(sets: &BTreeMap<SetKey, SetBody>) -> Vec<SetChange> {
    let same = |(key, body): (&SetKey, &SetBody)| SetChange {
        key: key.clone(),
        before: None,
        after: Some(body.clone()),
    };
    sets.iter().map(same).collect()
}

#[tokio::test]
async fn every_door_shows_the_same_zone() {
    let mut seen: Vec<(String, BTreeMap<SetKey, SetBody>)> = Vec::new();
    for server in Server::all(&[(ZONE, LINES)]) {
        for (kind, door) in doors(&server) {
            let host = door.dns().unwrap();
            let zone = only_zone(door.as_ref()).await;
            let sets = without_soa(host.read_zone(&zone).await.unwrap());
            let who = format!("{} by {kind}", server.software);
            let values: usize = sets.values().map(|body| body.data.len()).sum();
            assert_eq!(values + 2, dig_axfr(server.addr, ZONE).unwrap().len(), "{who}: SOA twice");
            if let Some((other, first)) = seen.first() {
                assert_eq!(&sets, first, "{who} and {other}");
            }
            // What was read is what the authoritative servers serve, delegation and glue included.
            for server in host.authorities(&zone).await.unwrap() {
                let answer =
                    ask(&server, &zone.name, &unchanged(&sets), Duration::from_secs(10)).await;
                assert_eq!(answer.problem, None, "{who}");
            }
            seen.push((who, sets));
        }
    }
}

#[tokio::test]
async fn big_zones_are_read_whole() {
    let mut lines = String::new();
    for i in 0..10_001 {
        let _ = writeln!(lines, "h{i:05} 300 A 10.1.{}.{}", i / 256, i % 256);
    }
    for server in Server::all(&[(ZONE, &lines)]) {
        for (kind, door) in doors(&server) {
            let host = door.dns().unwrap();
            let zone = only_zone(door.as_ref()).await;
            let sets = host.read_zone(&zone).await.unwrap();
            let values: usize = sets.iter().map(|s| s.body.data.len()).sum();
            assert_eq!(values, 10_004, "{} by {kind}", server.software);
            let key = SetKey { name: "h09999".parse().unwrap(), rtype: RecordType::A };
            let one = host.read_sets(&zone, &[key]).await.unwrap();
            assert_eq!(one[0].body.data[0].as_str(), "10.1.39.15");
            assert_eq!(dig(server.addr, "h09999.firma.example", "A").unwrap(), ["300 10.1.39.15"]);
        }
    }
}

#[tokio::test]
async fn a_server_that_went_away_is_unavailable_and_does_not_agree() {
    for mut server in Server::all(&[(ZONE, LINES)]) {
        let doors = doors(&server);
        let zone = only_zone(doors[0].1.as_ref()).await;
        server.kill();
        for (kind, door) in doors {
            let read = door.dns().unwrap().read_zone(&zone).await;
            assert!(matches!(read, Err(ProviderError::Unavailable(_))), "{kind}: {read:?}");
        }
        let gone = Authority { name: "ns1".into(), addr: server.addr };
        let answer = ask(&gone, &zone.name, &[absent()], Duration::from_secs(2)).await;
        assert!(!answer.agrees && answer.problem.is_some());
    }
}

fn absent() -> SetChange {
    let key = SetKey { name: "nobody".parse().unwrap(), rtype: RecordType::A };
    SetChange { key, before: None, after: None }
}

#[tokio::test]
async fn a_deleted_set_may_leave_the_wildcard_to_answer() {
    let lines = format!("{LINES}deep.wild 300 A 192.0.2.1\n");
    for server in Server::all(&[(ZONE, &lines)]) {
        let authority = Authority { name: "it".into(), addr: server.addr };
        let zone = DomainName::parse(ZONE).unwrap();
        let says = async |name: &str| {
            let mut change = absent();
            change.key.name = name.parse().unwrap();
            ask(&authority, &zone, &[change], Duration::from_secs(5)).await.problem
        };
        assert_eq!(says("gone.wild").await, None, "{}: the wildcard's data", server.software);
        assert_eq!(says("nobody").await, None, "{}", server.software);
        let there = says("deep.wild").await.unwrap();
        assert!(there.contains("192.0.2.1"), "{}: {there}", server.software);
    }
}

#[test]
fn settings_that_are_missing_are_named() {
    for kind in ALL {
        let fields: Vec<&str> = kind.fields.iter().map(|f| f.name).collect();
        assert!(fields.iter().all(|f| fields.iter().filter(|g| f == *g).count() == 1), "{kind:?}");
        assert!(ALL.iter().filter(|k| k.id == kind.id).count() == 1, "{kind:?}");
    }
    let all = [("server", "127.0.0.1:1"), ("zones", ZONE), ("key_name", "k"), ("secret", "c2Vj")];
    for i in 0..all.len() {
        let mut some = all.to_vec();
        let (missing, _) = some.remove(i);
        assert_eq!(open("rfc2136", &some).err().unwrap().field, missing);
    }
    assert_eq!(open("powerdns", &[("api_key", "k")]).err().unwrap().field, "url");
    let addr: SocketAddr = "192.0.2.1:53".parse().unwrap();
    assert_eq!(dombot_providers::dns::parse_authorities("192.0.2.1").unwrap()[0].addr, addr);
}
