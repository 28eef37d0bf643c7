//! Against real servers. Where one is not installed, it is skipped aloud.

use std::time::{Duration, Instant};

use dombot_core::clock::{Chance, Clock, SystemChance, SystemClock};
use dombot_core::domain::{RecordData, RecordName, RecordSet, RecordType, SetBody, SetKey, Ttl};
use dombot_core::plan::SetChange;
use dombot_core::provider::{Authority, Outcome, ProviderError, Reason, ZoneRef};
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use tokio::net::TcpListener;

use super::*;
use crate::dns::{self, ask};
use crate::servers::{self, KEY_NAME, KEY_SECRET, Server, WRONG_SECRET, dig};

const SOON: Duration = Duration::from_secs(20);
const ZONE: &str = "firma.example";
const LINES: &str = "@ MX 10 mail\nwww 300 A 192.0.2.10\nwww 300 A 192.0.2.11\nmail 300 A 192.0.2.20\n\
    mail 600 TXT \"v=spf1 -all\"\nalias CNAME www\n*.wild 300 A 192.0.2.99\n\
    shop NS ns.shop\nshop NS ns.other.example.\nns.shop 300 A 192.0.2.53\n\
    odd TYPE65400 \\# 2 beef\nlong TXT \"a\\\"b\" \"; c\" \"\\200\"\n";

struct Shifted(SignedDuration);

impl Clock for Shifted {
    fn now(&self) -> Timestamp {
        SystemClock::default().now() + self.0
    }
    fn monotonic(&self) -> Duration {
        SystemClock::default().monotonic()
    }
}

struct Door {
    host: Rfc2136,
    zone: ZoneRef,
}

fn door(server: &Server) -> Door {
    opened(server.addr, KEY_SECRET, "unknown", system_clock())
}

fn opened(addr: SocketAddr, secret: &str, software: &str, clock: Arc<dyn Clock>) -> Door {
    let fields = [
        ("server", addr.to_string()),
        ("zones", format!("{ZONE}, big.example sub.{ZONE}")),
        ("key_name", KEY_NAME.to_owned()),
        ("secret", secret.to_owned()),
        ("software", software.to_owned()),
    ];
    let settings =
        Settings(fields.into_iter().map(|(k, v)| (k.to_owned(), SecretString::from(v))).collect());
    let account = AccountId::new(&SystemClock::default(), &SystemChance as &dyn Chance);
    let host = Rfc2136::open(account, &settings, clock).unwrap();
    let zone = ZoneRef { account, id: ZONE.to_owned(), name: name(ZONE) };
    Door { host, zone }
}

fn name(text: &str) -> DomainName {
    DomainName::parse(text).unwrap()
}

fn key(owner: &str, rtype: &str) -> SetKey {
    SetKey { name: RecordName::parse(owner).unwrap(), rtype: rtype.parse().unwrap() }
}

#[expect(clippy::unnecessary_wraps, reason = "a change holds it so")]
fn body(rtype: &str, ttl: u32, data: &[&str]) -> Option<SetBody> {
    let rtype: RecordType = rtype.parse().unwrap();
    let parse = |text: &&str| RecordData::parse(rtype, text, &name(ZONE)).unwrap();
    Some(SetBody::new(Ttl::try_from(ttl).unwrap(), data.iter().map(parse).collect()))
}

fn change(owner: &str, rtype: &str, before: Option<SetBody>, after: Option<SetBody>) -> SetChange {
    SetChange { key: key(owner, rtype), before, after }
}

impl Door {
    async fn set(&self, owner: &str, rtype: &str) -> Option<SetBody> {
        let key = key(owner, rtype);
        let mut sets = self.host.read_sets(&self.zone, std::slice::from_ref(&key)).await.unwrap();
        assert!(sets.len() <= 1 && sets.iter().all(|s| s.key == key), "{sets:?}");
        sets.pop().map(|s| s.body)
    }

    async fn swap(&self, changes: &[SetChange]) -> Outcome {
        self.host.swap(&self.zone, changes, SOON).await
    }

    async fn agrees(&self, changes: &[SetChange]) -> Option<String> {
        let server = Authority { name: "it".into(), addr: self.host.server };
        let answer = ask(&server, &self.zone.name, changes, SOON).await;
        assert_eq!(answer.agrees, answer.problem.is_none());
        answer.problem
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
    for server in Server::all(&[(ZONE, LINES)]) {
        let (door, who) = (door(&server), server.software);
        let all = door.host.read_zone(&door.zone).await.unwrap();
        let by_dig = servers::dig_axfr(server.addr, ZONE).unwrap();
        let values: usize = all.iter().map(|s| s.body.data.len()).sum();
        assert_eq!(values, by_dig.len() - 1, "{who}: one SOA comes twice");
        for set in &all {
            let one = door.set(set.key.name.as_str(), &set.key.rtype.to_string()).await;
            assert_eq!(one.as_ref(), Some(&set.body), "{who}: {:?}", set.key);
        }
        assert_eq!(door.set("www", "A").await, body("A", 300, &["192.0.2.11", "192.0.2.10"]));
        assert_eq!(door.set("www", "AAAA").await, None, "{who}");
        assert_eq!(door.set("nobody", "A").await, None, "{who}");
        assert_eq!(door.set("alias", "A").await, None, "{who}: a CNAME is no A");
        assert_eq!(door.set("*.wild", "A").await, body("A", 300, &["192.0.2.99"]), "{who}");
        assert_eq!(
            door.set("x.wild", "A").await,
            None,
            "{who}: the wildcard's data is not its own"
        );
        let shop: Vec<&str> = vec!["ns.shop", "ns.other.example."];
        assert_eq!(door.set("shop", "NS").await, body("NS", 3600, &shop), "{who}");
        assert_eq!(door.set("ns.shop", "A").await, body("A", 300, &["192.0.2.53"]), "{who}: glue");

        for owner in ["@", "mail", "www", "alias", "shop", "ns.shop", "*.wild", "x.wild", "nobody"]
        {
            for software in ["unknown", who.replace("pdns", "powerdns").as_str()] {
                let door = opened(server.addr, KEY_SECRET, software, system_clock());
                let owner = RecordName::parse(owner).unwrap();
                let there = door.host.read_name(&door.zone, &owner).await.unwrap();
                let wanted: Vec<RecordSet> =
                    all.iter().filter(|s| s.key.name == owner).cloned().collect();
                assert_eq!(there, wanted, "{who} as {software}: {owner}");
            }
        }
    }
}

#[tokio::test]
async fn a_big_transfer_is_complete() {
    use std::fmt::Write as _;
    let mut lines = String::new();
    for i in 0..10_001 {
        let _ = writeln!(lines, "h{i:05} 300 A 10.1.{}.{}", i / 256, i % 256);
    }
    for server in Server::all(&[("big.example", lines.as_str())]) {
        let door = door(&server);
        let zone = ZoneRef { name: name("big.example"), ..door.zone.clone() };
        let sets = door.host.read_zone(&zone).await.unwrap();
        let values: usize = sets.iter().map(|s| s.body.data.len()).sum();
        assert_eq!(values, 10_004, "{}", server.software);
        assert_eq!(sets.len(), 10_003, "{}", server.software);
    }
}

#[tokio::test]
async fn a_change_is_a_compare_and_swap() {
    for server in Server::all(&[(ZONE, LINES)]) {
        let (door, who) = (door(&server), server.software);
        let old = body("A", 300, &["192.0.2.10", "192.0.2.11"]);
        let new = body("A", 60, &["203.0.113.7"]);
        let txt = body("TXT", 120, &["\"quote \\\" and ; semicolon\" \"second\""]);
        let plan = [
            change("www", "A", old.clone(), new.clone()),
            change("brand", "TXT", None, txt.clone()),
            change("mail", "TXT", body("TXT", 600, &["\"v=spf1 -all\""]), None),
        ];
        assert!(door.agrees(&plan).await.is_some(), "{who}: not yet");
        assert!(matches!(door.swap(&plan).await, Outcome::Done(_)), "{who}");
        assert_eq!(door.agrees(&plan).await, None, "{who}");
        assert_eq!(
            dig(server.addr, "www.firma.example", "A").unwrap(),
            ["60 203.0.113.7"],
            "{who}"
        );
        assert_eq!(dig(server.addr, "mail.firma.example", "TXT").unwrap().len(), 0, "{who}");

        // A second plan made from the old state, with another value.
        let late = [change("www", "A", old.clone(), body("A", 60, &["198.51.100.1"]))];
        assert_eq!(reason(&door.swap(&late).await), Reason::Changed, "{who}");
        assert_eq!(door.set("www", "A").await, new, "{who}");
        // The server itself refuses, without our reading before: values, existence, non-existence.
        for (late, code) in [
            (late[0].clone(), "NXRRSET"),
            (change("brand", "TXT", None, body("TXT", 9, &["\"other\""])), "YXRRSET"),
            (change("mail", "TXT", body("TXT", 600, &["\"v=spf1 -all\""]), None), "NXRRSET"),
        ] {
            let sent =
                dns::update(server.addr, &door.host.signer, &name(ZONE), &[late], SOON).await;
            assert!(format!("{sent:?}").contains(code), "{who}: {sent:?} is not {code}");
        }
        assert_eq!(door.set("www", "A").await, new, "{who}");
        assert_eq!(door.set("brand", "TXT").await, txt, "{who}");
        // Only the TTL differs: no prerequisite sees it, the reading before does.
        let ttl = [change("www", "A", body("A", 61, &["203.0.113.7"]), old)];
        assert_eq!(reason(&door.swap(&ttl).await), Reason::Changed, "{who}");
        // One stale set holds back the whole message.
        let both = [
            change("brand", "TXT", txt.clone(), None),
            change("mail", "A", body("A", 300, &["192.0.2.21"]), None),
        ];
        let sent = dns::update(server.addr, &door.host.signer, &name(ZONE), &both, SOON).await;
        assert!(format!("{sent:?}").contains("NXRRSET"), "{who}: {sent:?}");
        assert_eq!(door.set("brand", "TXT").await, txt, "{who}");
    }
}

#[tokio::test]
async fn types_change_places_and_the_apex_keeps_name_servers() {
    for server in Server::all(&[(ZONE, LINES)]) {
        let (door, who) = (door(&server), server.software);
        let cname = body("CNAME", 300, &["www"]);
        let plan = [
            change("alias", "CNAME", body("CNAME", 3600, &["www"]), None),
            change("alias", "A", None, body("A", 300, &["192.0.2.1"])),
            change("mail", "A", body("A", 300, &["192.0.2.20"]), None),
            change("mail", "TXT", body("TXT", 600, &["\"v=spf1 -all\""]), None),
            change("mail", "CNAME", None, cname.clone()),
            change(
                "@",
                "NS",
                body("NS", 3600, &["ns1.example.net.", "ns2.example.net."]),
                body("NS", 7200, &["ns2.example.net.", "ns3.example.net."]),
            ),
        ];
        let done = door.swap(&plan).await;
        assert!(matches!(done, Outcome::Done(_)), "{who}: {done:?}");
        assert_eq!(door.agrees(&plan).await, None, "{who}");
        let all = door.host.read_zone(&door.zone).await.unwrap();
        for c in &plan {
            let found = all.iter().find(|s| s.key == c.key).map(|s| s.body.clone());
            assert_eq!(found, c.after, "{who}: {:?}", c.key);
        }
        // Beside a CNAME nothing fits, and the server would say NOERROR.
        for beside in [
            change("mail", "A", None, body("A", 300, &["192.0.2.1"])),
            change("www", "CNAME", None, cname.clone()),
        ] {
            let answer = door.swap(&[beside]).await;
            assert_eq!(reason(&answer), Reason::Invalid, "{who}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn many_types_survive() {
    let values: &[(&str, &str)] = &[
        ("AAAA", "2001:db8::1"),
        ("MX", "0 ."),
        ("SRV", "1 2 443 www"),
        ("CAA", "0 issue \"ca.example.net; validationmethods=dns-01\""),
        ("TLSA", "3 1 1 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"),
        ("SSHFP", "1 2 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"),
        ("NAPTR", "100 10 \"u\" \"sip\" \"!^.*$!sip:a@b.example!\" ."),
        ("HTTPS", "1 . alpn=h2 ipv4hint=192.0.2.1"),
        ("SVCB", "1 svc.example.net. port=8443"),
        ("TXT", "\"\""),
        ("PTR", "host.example.net."),
        ("DNAME", "other.example.net."),
        ("RP", "user.example.net. txt.example.net."),
        ("OPENPGPKEY", "q83vEjRWeJA="),
        ("TYPE65401", "\\# 3 010203"),
    ];
    for server in Server::all(&[(ZONE, "")]) {
        let (door, who) = (door(&server), server.software);
        let plan: Vec<SetChange> = values
            .iter()
            // PowerDNS keeps its own ALIAS under that number.
            .filter(|(rtype, _)| who != "pdns" || *rtype != "TYPE65401")
            .map(|(rtype, text)| {
                change(&format!("t-{rtype}"), rtype, None, body(rtype, 300, &[text]))
            })
            .collect();
        let done = door.swap(&plan).await;
        assert!(matches!(done, Outcome::Done(_)), "{who}: {done:?}");
        for c in &plan {
            assert_eq!(
                door.set(c.key.name.as_str(), &c.key.rtype.to_string()).await,
                c.after,
                "{who}"
            );
        }
        let all = door.host.read_zone(&door.zone).await.unwrap();
        for c in &plan {
            let found = all.iter().find(|s| s.key == c.key).map(|s| s.body.clone());
            assert_eq!(found, c.after, "{who}: {:?}", c.key);
        }
        assert_eq!(door.agrees(&plan).await, None, "{who}");
        let back: Vec<SetChange> = plan.iter().map(SetChange::inverse).collect();
        assert!(matches!(door.swap(&back).await, Outcome::Done(_)), "{who}");
        assert_eq!(door.host.read_zone(&door.zone).await.unwrap().len(), 2, "{who}: SOA and NS");
    }
}

#[tokio::test]
async fn bind_says_noerror_and_drops_a_ds() {
    let Some(server) = Server::bind(&[(ZONE, LINES)]) else { return };
    let ds = "12345 8 2 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    let lone = [change("lone", "DS", None, body("DS", 300, &[ds]))];
    let unknown = opened(server.addr, KEY_SECRET, "unknown", system_clock());
    assert!(matches!(unknown.swap(&lone).await, Outcome::Done(_)), "BIND says NOERROR");
    assert!(unknown.agrees(&lone).await.is_some(), "but it is not there");
    let bind = opened(server.addr, KEY_SECRET, "bind", system_clock());
    assert_eq!(reason(&bind.swap(&lone).await), Reason::Invalid);
    let shop = [change("shop", "DS", None, body("DS", 300, &[ds]))];
    assert!(matches!(bind.swap(&shop).await, Outcome::Done(_)));
    assert_eq!(bind.agrees(&shop).await, None);
}

#[tokio::test]
async fn a_wrong_key_and_a_wrong_clock_change_nothing() {
    for server in Server::all(&[(ZONE, LINES)]) {
        let who = server.software;
        let old = body("A", 300, &["192.0.2.10", "192.0.2.11"]);
        let plan = [change("www", "A", old, body("A", 300, &["203.0.113.66"]))];
        let wrong = opened(server.addr, WRONG_SECRET, "unknown", system_clock());
        let read = wrong.host.read_zone(&wrong.zone).await;
        assert!(matches!(read, Err(ProviderError::Auth(_))), "{who}: {read:?}");
        let one = wrong.host.read_sets(&wrong.zone, &[plan[0].key.clone()]).await;
        assert!(matches!(one, Err(ProviderError::Auth(_))), "{who}: {one:?}");
        assert_eq!(reason(&wrong.swap(&plan).await), Reason::Auth, "{who}");
        let unread = dns::update(server.addr, &wrong.host.signer, &name(ZONE), &plan, SOON).await;
        assert!(
            matches!(unread, dns::Updated::Unknown(_)),
            "{who}: not signed, so it proves nothing"
        );

        for minutes in [-10, 10] {
            let clock = Arc::new(Shifted(SignedDuration::from_mins(minutes)));
            let late = opened(server.addr, KEY_SECRET, "unknown", clock);
            let read = late.host.read_zone(&late.zone).await;
            assert_eq!(reason(&late.swap(&plan).await), Reason::Auth, "{who}");
            if who == "pdns" {
                // It answers NOTAUTH without saying why.
                assert!(matches!(read, Err(ProviderError::Auth(_))), "{who}: {read:?}");
            } else {
                let text = read.unwrap_err().to_string();
                let way = if minutes < 0 { "ahead of" } else { "behind" };
                assert!(
                    text.contains("the clocks disagree") && text.contains(way),
                    "{who}: {text}"
                );
            }
        }
        assert!(door(&server).agrees(&plan).await.is_some(), "{who}: nothing changed");
    }
}

#[tokio::test]
async fn a_server_that_is_down_or_silent() {
    let plan = [change("www", "A", None, body("A", 300, &["203.0.113.66"]))];
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let silent = opened(addr, KEY_SECRET, "unknown", system_clock());
    let start = Instant::now();
    let outcome = silent.host.swap(&silent.zone, &plan, Duration::from_millis(300)).await;
    assert_eq!(reason(&outcome), Reason::Unreachable, "only questions were sent");
    let short = Duration::from_millis(300);
    let sent = dns::update(addr, &silent.host.signer, &name(ZONE), &plan, short).await;
    assert!(matches!(sent, dns::Updated::Unknown(_)), "{sent:?}");
    assert!(start.elapsed() < Duration::from_secs(5));
    drop(listener);
    let outcome = silent.swap(&plan).await;
    assert_eq!(reason(&outcome), Reason::Unreachable);
    let sent = dns::update(addr, &silent.host.signer, &name(ZONE), &plan, SOON).await;
    assert!(matches!(sent, dns::Updated::NotSent(_)), "{sent:?}");
}

#[tokio::test]
async fn what_cannot_be_carried_is_refused_before_anything_is_sent() {
    // Nothing listens there: whoever asked it would say so.
    let door = opened("127.0.0.1:1".parse().unwrap(), KEY_SECRET, "unknown", system_clock());
    let long = format!("\"{}\"", "x".repeat(250));
    let texts: Vec<String> = (0..250).map(|i| format!("\"{i}\" {long}")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let big = change("big", "TXT", None, body("TXT", 300, &texts));
    assert_eq!(
        door.host.refusals(&door.zone, &big, &dns::testing::Nowhere)[0].key(),
        "dnshost.too_big"
    );
    let two = body("CNAME", 300, &["a", "b"]);
    let soa = body("SOA", 300, &["ns1 host 1 2 3 4 5"]);
    for wrong in [
        big,
        change("@", "SOA", soa.clone(), None),
        change("www", "SOA", soa.clone(), body("SOA", 300, &["ns1 host 2 2 3 4 6"])),
        change("@", "NS", body("NS", 300, &["ns1"]), None),
        change("@", "CNAME", None, body("CNAME", 300, &["www"])),
        change("www", "CNAME", None, two),
        change("www", "TYPE65534", None, body("TYPE65534", 300, &["\\# 1 01"])),
    ] {
        let outcome = door.swap(std::slice::from_ref(&wrong)).await;
        assert_eq!(reason(&outcome), Reason::Invalid, "{:?}", wrong.key);
    }
}

#[test]
fn settings_are_checked() {
    let fields =
        [("server", "192.0.2.1"), ("zones", "firma.pl"), ("key_name", "k"), ("secret", "c2VjcmV0")];
    let with = |name: &str, value: &str| {
        let mut map: std::collections::BTreeMap<String, SecretString> =
            fields.iter().map(|(k, v)| ((*k).to_owned(), SecretString::from(*v))).collect();
        map.insert(name.to_owned(), SecretString::from(value));
        let account = AccountId::new(&SystemClock::default(), &SystemChance);
        Rfc2136::open(account, &Settings(map), system_clock()).map(|h| h.authorities)
    };
    let own = with("software", "knot").unwrap();
    assert_eq!(own[0].addr, "192.0.2.1:53".parse().unwrap());
    assert_eq!(with("authorities", "ns1=[2001:db8::1]:5353").unwrap()[0].name, "ns1");
    for (field, value) in [
        ("server", "ns1.firma.pl"),
        ("zones", " , "),
        ("zones", "a b!"),
        ("secret", "not base64!"),
        ("algorithm", "hmac-md5"),
        ("software", "djbdns"),
        ("authorities", "ns1"),
    ] {
        let error = with(field, value).unwrap_err();
        assert_eq!(error.field, field);
        assert!(!error.to_string().contains("not base64!"));
    }
}
