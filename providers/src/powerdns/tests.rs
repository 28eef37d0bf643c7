//! Against a real PowerDNS. Where it is not installed, the test is skipped aloud.

use std::net::SocketAddr;
use std::time::Duration;

use dombot_core::clock::{SystemChance, SystemClock};
use dombot_core::domain::{RecordData, RecordName, RecordType, SetBody, SetKey, Ttl};
use dombot_core::plan::SetChange;
use dombot_core::provider::{Outcome, ProviderError, Reason, ZoneRef};
use secrecy::SecretString;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::dns::{self, ask};
use crate::servers::{API_KEY, Server, dig, dig_axfr};

const SOON: Duration = Duration::from_secs(20);
const ZONE: &str = "firma.example";
const LINES: &str = "@ MX 10 mail\nwww 300 A 192.0.2.10\nwww 300 A 192.0.2.11\nmail 300 A 192.0.2.20\n\
    alias CNAME www\n*.wild 300 A 192.0.2.99\nshop NS ns.shop\nns.shop 300 A 192.0.2.53\n\
    odd TYPE65280 \\# 2 beef\nown TYPE65400 \\# 2 beef\nlong TXT \"a\\\"b\" \"; c\" \"\\200\"\nspf SPF \"v=spf1 -all\"\n\
    uri URI 10 1 \"https://example.net/a\"\n";

struct Door {
    host: PowerDns,
    zone: ZoneRef,
    dns: SocketAddr,
}

fn door(server: &Server) -> Door {
    opened(server.api.as_deref().unwrap(), API_KEY, server.addr)
}

fn opened(url: &str, key: &str, dns: SocketAddr) -> Door {
    let settings = settings(&[("url", url), ("api_key", key), ("nameservers", "ns1.example.net")]);
    let account = AccountId::new(&SystemClock::default(), &SystemChance);
    let host = PowerDns::open(account, &settings).unwrap();
    let zone = ZoneRef { account, id: format!("{ZONE}."), name: name(ZONE) };
    Door { host, zone, dns }
}

fn settings(fields: &[(&str, &str)]) -> Settings {
    Settings(fields.iter().map(|(k, v)| ((*k).to_owned(), SecretString::from(*v))).collect())
}

fn name(text: &str) -> DomainName {
    DomainName::parse(text).unwrap()
}

#[expect(clippy::unnecessary_wraps, reason = "a change holds it so")]
fn body(rtype: &str, ttl: u32, data: &[&str]) -> Option<SetBody> {
    let rtype: RecordType = rtype.parse().unwrap();
    let parse = |text: &&str| RecordData::parse(rtype, text, &name(ZONE)).unwrap();
    Some(SetBody::new(Ttl::try_from(ttl).unwrap(), data.iter().map(parse).collect()))
}

fn change(owner: &str, rtype: &str, before: Option<SetBody>, after: Option<SetBody>) -> SetChange {
    let key = SetKey { name: RecordName::parse(owner).unwrap(), rtype: rtype.parse().unwrap() };
    SetChange { key, before, after }
}

impl Door {
    async fn patch(&self, changes: &[SetChange]) -> Outcome {
        self.host.patch(&self.zone, changes, SOON).await
    }

    async fn agrees(&self, changes: &[SetChange]) -> Option<String> {
        let server = Authority { name: "it".into(), addr: self.dns };
        ask(&server, &self.zone.name, changes, SOON).await.problem
    }

    async fn raw(&self, rrsets: &[api::Rrset]) {
        let sent = self.host.api.patch(&self.zone.id, rrsets, SOON).await;
        assert!(format!("{sent:?}").contains("204"), "{sent:?}");
    }
}

fn rrset(name: &str, rtype: &str, records: &[(&str, bool)]) -> api::Rrset {
    let record = |(content, disabled): &(&str, bool)| api::Record {
        content: (*content).to_owned(),
        disabled: *disabled,
    };
    api::Rrset {
        name: format!("{name}.{ZONE}."),
        rtype: rtype.to_owned(),
        ttl: 300,
        records: records.iter().map(record).collect(),
        changetype: Some("REPLACE"),
    }
}

#[track_caller]
fn reason(outcome: &Outcome) -> Reason {
    match outcome {
        Outcome::Rejected(rejection) => rejection.reason,
        other => panic!("not rejected: {other:?}"),
    }
}

#[tokio::test]
async fn reads_sets_names_and_whole_zones() {
    let Some(server) = Server::pdns(&[(ZONE, LINES)]) else { return };
    let door = door(&server);
    let zones = door.host.zones().await.unwrap();
    assert_eq!(zones.as_slice(), std::slice::from_ref(&door.zone));
    let all = door.host.read_zone(&door.zone).await.unwrap();
    let values: usize = all.iter().map(|s| s.body.data.len()).sum();
    assert_eq!(values, dig_axfr(server.addr, ZONE).unwrap().len() - 1, "one SOA comes twice");
    for set in &all {
        let one = door.host.read_sets(&door.zone, std::slice::from_ref(&set.key)).await.unwrap();
        assert_eq!(one.as_slice(), std::slice::from_ref(set));
        let there = door.host.read_name(&door.zone, &set.key.name).await.unwrap();
        let wanted: Vec<_> = all.iter().filter(|s| s.key.name == set.key.name).cloned().collect();
        assert_eq!(there, wanted);
    }
    let keys: Vec<SetKey> = all.iter().map(|s| s.key.clone()).collect();
    assert_eq!(door.host.read_sets(&door.zone, &keys).await.unwrap(), all);
    for (owner, rtype) in [("nobody", "A"), ("x.wild", "A"), ("alias", "A"), ("www", "TXT")] {
        let key = change(owner, rtype, None, None).key;
        assert_eq!(door.host.read_sets(&door.zone, &[key]).await.unwrap(), [], "{owner}");
    }
    let gone = ZoneRef { id: "nobody.example.".into(), ..door.zone.clone() };
    assert!(matches!(door.host.read_zone(&gone).await, Err(ProviderError::NotFound(_))));
    // Both doors to one server show one zone.
    let signer = signer();
    let primary = dns::Server { addr: server.addr, signer: Some(&signer) };
    assert_eq!(dns::axfr(primary, &door.zone.name, SOON).await.unwrap(), all);
}

fn signer() -> dns::Signer {
    let secret = SecretString::from(crate::servers::KEY_SECRET);
    let clock = Arc::new(SystemClock::default());
    dns::Signer::new(crate::servers::KEY_NAME, "hmac-sha256", &secret, clock).unwrap()
}

#[tokio::test]
async fn a_change_is_refused_when_the_zone_has_moved() {
    let Some(server) = Server::pdns(&[(ZONE, LINES)]) else { return };
    let door = door(&server);
    let old = body("A", 300, &["192.0.2.10", "192.0.2.11"]);
    let new = body("A", 60, &["203.0.113.7"]);
    let plan = [
        change("www", "A", old.clone(), new.clone()),
        change("brand", "TXT", None, body("TXT", 120, &["\"quote \\\" ; \\200\" \"second\""])),
        change("long", "TXT", body("TXT", 3600, &["\"a\\\"b\" \"; c\" \"\\200\""]), None),
        change("mail", "A", body("A", 300, &["192.0.2.20"]), None),
        change("mail", "CNAME", None, body("CNAME", 300, &["www"])),
    ];
    assert!(door.agrees(&plan).await.is_some(), "not yet");
    let done = door.patch(&plan).await;
    assert!(matches!(done, Outcome::Done(_)), "{done:?}");
    assert_eq!(door.agrees(&plan).await, None);
    assert_eq!(dig(server.addr, "www.firma.example", "A").unwrap(), ["60 203.0.113.7"]);
    assert_eq!(dig(server.addr, "long.firma.example", "TXT").unwrap().len(), 0);

    let late = [change("www", "A", old.clone(), body("A", 60, &["198.51.100.1"]))];
    assert_eq!(reason(&door.patch(&late).await), Reason::Changed);
    let ttl = [change("www", "A", body("A", 61, &["203.0.113.7"]), old)];
    assert_eq!(reason(&door.patch(&ttl).await), Reason::Changed);
    let there = [change("brand", "TXT", None, body("TXT", 1, &["\"x\""]))];
    assert_eq!(reason(&door.patch(&there).await), Reason::Changed);
    let beside = [change("www", "CNAME", None, body("CNAME", 60, &["mail"]))];
    assert_eq!(reason(&door.patch(&beside).await), Reason::Invalid, "422");
    assert_eq!(dig(server.addr, "www.firma.example", "A").unwrap(), ["60 203.0.113.7"]);
}

#[tokio::test]
async fn types_of_all_kinds_come_back_as_they_went() {
    let Some(server) = Server::pdns(&[(ZONE, "")]) else { return };
    let door = door(&server);
    let values: &[(&str, &str)] = &[
        ("AAAA", "2001:db8::1"),
        ("MX", "0 ."),
        ("SRV", "1 2 443 www"),
        ("CAA", "0 issue \"ca.example.net; validationmethods=dns-01\""),
        ("TLSA", "3 1 1 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"),
        ("SSHFP", "1 2 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"),
        ("DS", "12345 8 2 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"),
        ("NAPTR", "100 10 \"u\" \"sip\" \"!^.*$!sip:a@b.example!\" ."),
        ("HTTPS", "1 . alpn=h2,h3 ipv4hint=192.0.2.1 ech=AEn+DQBFKwAg"),
        ("SVCB", "1 svc.example.net. port=8443"),
        ("TXT", "\"\""),
        ("DNAME", "other.example.net."),
        ("OPENPGPKEY", "q83vEjRWeJA="),
        ("TYPE65400", "\\# 3 010203"),
        // A name and two addresses under PowerDNS's own numbers: ALIAS and LUA.
        ("TYPE65401", "\\# 13 0765 78616d706c65036e657400"),
        ("TYPE65280", "\\# 1 01"),
        ("SPF", "\\# 4 03612062"),
        ("URI", "\\# 10 000a0001687474703a2f"),
        ("SMIMEA", "\\# 5 030101aabb"),
    ];
    let plan: Vec<SetChange> = values
        .iter()
        .map(|(rtype, text)| change(&format!("t-{rtype}"), rtype, None, body(rtype, 300, &[text])))
        .collect();
    let done = door.patch(&plan).await;
    assert!(matches!(done, Outcome::Done(_)), "{done:?}");
    let all = door.host.read_zone(&door.zone).await.unwrap();
    for c in &plan {
        let found = all.iter().find(|s| s.key == c.key).map(|s| s.body.clone());
        assert_eq!(found, c.after, "{:?}", c.key);
    }
    let back: Vec<SetChange> = plan.iter().map(SetChange::inverse).collect();
    assert!(matches!(door.patch(&back).await, Outcome::Done(_)));
    assert_eq!(door.host.read_zone(&door.zone).await.unwrap().len(), 2, "SOA and NS");
}

#[tokio::test]
async fn its_own_types_are_kept() {
    let Some(server) = Server::pdns(&[(ZONE, LINES)]) else { return };
    let door = door(&server);
    let lua = "A \"ifportup(443, {'192.0.2.1', '192.0.2.2'})\"";
    let own = [
        rrset("alias2", "ALIAS", &[("x.example.net.", false)]),
        rrset("lua", "LUA", &[(lua, false)]),
    ];
    door.raw(&own).await;
    for rrset in own {
        let zone = door.zone.clone();
        let owner = RecordName::from_absolute(&rrset.name, &zone.name).unwrap();
        let set = door.host.read_name(&zone, &owner).await.unwrap().remove(0);
        let gone = SetChange { key: set.key.clone(), before: Some(set.body.clone()), after: None };
        assert!(matches!(door.patch(std::slice::from_ref(&gone)).await, Outcome::Done(_)));
        assert_eq!(door.host.read_name(&zone, &owner).await.unwrap(), []);
        assert!(matches!(door.patch(&[gone.inverse()]).await, Outcome::Done(_)));
        let again = door.host.api.sets(&zone.id, &rrset.name, None).await.unwrap();
        assert_eq!(again[0].records, rrset.records);
        assert_eq!(again[0].rtype, rrset.rtype);
    }
}

#[tokio::test]
async fn disabled_records_outlive_a_change() {
    let Some(server) = Server::pdns(&[(ZONE, LINES)]) else { return };
    let door = door(&server);
    let off = ("192.0.2.77", true);
    door.raw(&[rrset("www", "A", &[("192.0.2.10", false), off])]).await;
    door.raw(&[rrset("*.wild", "A", &[("192.0.2.99", false), off])]).await;
    for (owner, now) in [("www", "192.0.2.10"), ("*.wild", "192.0.2.99")] {
        let before = body("A", 300, &[now]);
        let plan = [change(owner, "A", before.clone(), body("A", 60, &["203.0.113.7"]))];
        assert!(matches!(door.patch(&plan).await, Outcome::Done(_)));
        let gone = [change(owner, "A", plan[0].after.clone(), None)];
        assert!(matches!(door.patch(&gone).await, Outcome::Done(_)));
        let key = [plan[0].key.clone()];
        assert_eq!(door.host.read_sets(&door.zone, &key).await.unwrap(), [], "none is served");
        let all = door.host.api.zone(&door.zone.id).await.unwrap();
        let name = format!("{owner}.{ZONE}.");
        let left = all.iter().find(|s| s.name == name && s.rtype == "A").unwrap();
        assert_eq!(left.records, [api::Record { content: off.0.into(), disabled: true }]);
        assert!(matches!(door.patch(&[change(owner, "A", None, before)]).await, Outcome::Done(_)));
    }
}

#[tokio::test]
async fn zones_are_made_and_deleted() {
    let Some(server) = Server::pdns(&[(ZONE, LINES)]) else { return };
    let door = door(&server);
    let new = name("nowa.example");
    let made = door.host.create(&new, SOON).await;
    assert!(matches!(made, Outcome::Done(_)), "{made:?}");
    assert_eq!(reason(&door.host.create(&new, SOON).await), Reason::Changed, "409");
    let zones = door.host.zones().await.unwrap();
    let zone = zones.iter().find(|z| z.name == new).unwrap();
    assert_eq!(door.host.read_zone(zone).await.unwrap().len(), 2, "SOA and NS");
    assert_eq!(dig(server.addr, "nowa.example", "NS").unwrap(), ["3600 ns1.example.net."]);
    let sent = door.host.api.delete(&zone.id, SOON).await;
    assert!(format!("{sent:?}").contains("204"), "{sent:?}");
    assert!(matches!(door.host.read_zone(zone).await, Err(ProviderError::NotFound(_))));
}

#[tokio::test]
async fn a_wrong_key_a_dead_server_and_a_broken_answer() {
    let plan = [change("www", "A", None, body("A", 60, &["203.0.113.7"]))];
    if let Some(server) = Server::pdns(&[(ZONE, LINES)]) {
        let wrong = opened(server.api.as_deref().unwrap(), "wrong", server.addr);
        let read = wrong.host.read_zone(&wrong.zone).await;
        assert!(matches!(read, Err(ProviderError::Auth(_))), "{read:?}");
        assert_eq!(reason(&wrong.patch(&plan).await), Reason::Auth);
        let sent = wrong.host.api.patch(&wrong.zone.id, &[], SOON).await;
        assert_eq!(reason(&host::judge(sent)), Reason::Auth);
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let door = opened(&url, API_KEY, listener.local_addr().unwrap());
    // Answers what is asked before the change, and fails the change itself in several ways.
    let server = tokio::spawn(async move {
        for cut in ["", "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 2"] {
            let mut patched = false;
            while !patched {
                let (mut socket, _) = listener.accept().await.unwrap();
                let mut buffer = [0; 4096];
                let length = socket.read(&mut buffer).await.unwrap();
                let text = String::from_utf8_lossy(&buffer[..length]);
                patched = text.starts_with("PATCH");
                let json = if text.contains("search-data") { "[]" } else { "{\"rrsets\":[]}" };
                let fine =
                    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{json}", json.len());
                let answer = if patched { cut } else { &fine };
                socket.write_all(answer.as_bytes()).await.unwrap();
            }
        }
    });
    for _ in 0..3 {
        let outcome = door.patch(&plan).await;
        assert!(matches!(outcome, Outcome::Unknown(_)), "{outcome:?}");
    }
    server.await.unwrap();
    assert_eq!(reason(&door.patch(&plan).await), Reason::Unreachable);
}

#[test]
fn settings_are_checked() {
    let account = AccountId::new(&SystemClock::default(), &SystemChance);
    for (field, value) in [
        ("url", "127.0.0.1"),
        ("url", "ftp://x/"),
        ("url", "http://me:geheim@x/"),
        ("api_key", "two\nlines"),
        ("authorities", "ns1"),
        ("nameservers", "a..b"),
    ] {
        let mut fields = settings(&[("url", "http://127.0.0.1:1"), ("api_key", "k")]);
        fields.0.insert(field.to_owned(), SecretString::from(value));
        let error = PowerDns::open(account, &fields).err().unwrap();
        assert_eq!(error.field, field);
        assert!(!error.to_string().contains("geheim"));
    }
}
