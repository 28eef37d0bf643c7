use std::net::SocketAddr;
use std::process::Command;

use ResponseCode::{NXDomain, NoError, Refused};
use hickory_proto::op::{Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::{Name, RecordType};
use serde_json::{Value, json};

use super::*;
use crate::http::{read_json, reader};
use crate::sandbox::world::{Fault, Labels, Options, Rule, Set, Type, View, run};
use dombot_core::provider::DnsHost;

/// One question over UDP, as any resolver asks.
async fn ask(server: SocketAddr, name: &str, rtype: &str) -> Message {
    let mut message = Message::new(7, MessageType::Query, OpCode::Query);
    let rtype: RecordType = rtype.parse().unwrap();
    message.add_query(Query::query(Name::from_ascii(name).unwrap(), rtype));
    let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    socket.send_to(&message.to_vec().unwrap(), server).await.unwrap();
    let mut buf = [0; 4096];
    let received = tokio::time::timeout(SOON, socket.recv(&mut buf)).await.unwrap().unwrap();
    Message::from_vec(&buf[..received]).unwrap()
}

/// Response code, authoritative bit, answers.
async fn short(server: SocketAddr, name: &str, rtype: &str) -> (ResponseCode, bool, Vec<String>) {
    let m = ask(server, name, rtype).await;
    let mut lines: Vec<String> =
        m.answers.iter().map(|r| format!("{} {} {}", r.name, r.record_type(), r.data)).collect();
    lines.sort();
    (m.metadata.response_code, m.metadata.authoritative, lines)
}

fn put(world: &World, zone: &str, name: &str, rtype: Type, ttl: u32, data: &[&str]) {
    let data = data.iter().map(|&d| d.to_owned()).collect();
    let owner = Labels::parse(name).unwrap();
    let zone = Labels::parse(zone).unwrap();
    world
        .edit(|s, _| {
            let zone = s.zones.values_mut().find(|z| z.name == zone).unwrap();
            zone.put(&owner, rtype, Some(Set { ttl, data }));
        })
        .unwrap();
}

#[tokio::test]
async fn names_are_found_as_the_rfcs_say() {
    let rig = rig().await;
    let zone = "demo-firma.test";
    put(&rig.world, zone, "a.b.c.demo-firma.test", Type::A, 60, &["192.0.2.1"]);
    put(&rig.world, zone, "sub.demo-firma.test", Type::NS, 60, &["ns.sub.demo-firma.test."]);
    put(&rig.world, zone, "ns.sub.demo-firma.test", Type::A, 60, &["192.0.2.2"]);
    put(&rig.world, zone, "sub.demo-firma.test", Type::DS, 60, &["\\# 5 0001020304"]);
    put(&rig.world, zone, "old.demo-firma.test", Type::DNAME, 60, &["demo-shop.test."]);
    put(&rig.world, zone, "loop.demo-firma.test", Type::CNAME, 60, &["loop.demo-firma.test."]);
    put(&rig.world, zone, "away.demo-firma.test", Type::CNAME, 60, &["example.org."]);
    let ask = async |name: &str, rtype: &str| {
        let (code, aa, lines) = short(rig.running.dns_addr, name, rtype).await;
        assert_eq!(aa, code != Refused && !name.contains("sub."), "{name}");
        (code, lines.join(" | "))
    };
    for (name, rtype, code, lines) in [
        ("www.demo-firma.test.", "A", NoError, "www.demo-firma.test. A 192.0.2.10"),
        ("WWW.Demo-Firma.TEST.", "A", NoError, "www.demo-firma.test. A 192.0.2.10"),
        ("www.demo-firma.test.", "AAAA", NoError, ""),
        ("nie.demo-firma.test.", "A", NXDomain, ""),
        ("b.c.demo-firma.test.", "A", NoError, ""),
        ("x.y.dev.demo-firma.test.", "A", NoError, "x.y.dev.demo-firma.test. A 192.0.2.77"),
        ("x.dev.demo-firma.test.", "TXT", NoError, ""),
        ("dev.demo-firma.test.", "A", NoError, ""),
        ("cudza.test.", "A", Refused, ""),
        ("test.", "SOA", Refused, ""),
        (
            "sklep.demo-firma.test.",
            "A",
            NoError,
            "sklep.demo-firma.test. CNAME www.demo-shop.test. | www.demo-shop.test. A 192.0.2.20",
        ),
        ("away.demo-firma.test.", "A", NoError, "away.demo-firma.test. CNAME example.org."),
        (
            "www.old.demo-firma.test.",
            "A",
            NoError,
            "old.demo-firma.test. DNAME demo-shop.test. | www.demo-shop.test. A 192.0.2.20 | \
             www.old.demo-firma.test. CNAME www.demo-shop.test.",
        ),
        ("x.sub.demo-firma.test.", "A", NoError, ""),
    ] {
        let (got, answers) = ask(name, rtype).await;
        // A DNAME comes as plain bytes, which are shown in base64.
        let answers = answers.replace("CWRlbW8tc2hvcAR0ZXN0AA==", "demo-shop.test.");
        assert_eq!((got, answers), (code, lines.to_owned()), "{name} {rtype}");
    }
    assert_eq!(ask("loop.demo-firma.test.", "A").await.0, NoError);
    assert_ne!(ask("demo-firma.test.", "ANY").await.1, "");
    assert_eq!(ask("demo-firma.test.", "AXFR").await.0, Refused);
}

#[tokio::test]
async fn a_no_carries_the_soa_and_a_cut_its_glue() {
    let rig = rig().await;
    put(
        &rig.world,
        "demo-firma.test",
        "sub.demo-firma.test",
        Type::NS,
        60,
        &["ns.sub.demo-firma.test."],
    );
    put(&rig.world, "demo-firma.test", "ns.sub.demo-firma.test", Type::A, 60, &["192.0.2.2"]);
    for name in ["nie.demo-firma.test.", "demo-firma.test."] {
        let m = ask(rig.running.dns_addr, name, "SRV").await;
        let [soa] = &m.authorities[..] else { panic!("{m:?}") };
        assert_eq!((soa.record_type(), soa.ttl), (RecordType::SOA, 300));
    }
    let m = ask(rig.running.dns_addr, "x.sub.demo-firma.test.", "A").await;
    assert!(!m.metadata.authoritative && m.answers.is_empty());
    assert_eq!(m.authorities[0].record_type(), RecordType::NS);
    assert_eq!(m.additionals[0].data.to_string(), "192.0.2.2");
}

#[tokio::test]
async fn the_server_answers_differently_right_after_a_change() {
    let rig = rig().await;
    let zone = rig.dns.zones().await.unwrap().remove(0);
    let server = rig.running.dns_addr;
    let (old, new) =
        (body(&zone, "A", 300, &["192.0.2.10"]), body(&zone, "A", 300, &["203.0.113.7"]));
    let change = set_change(key("www", "A"), Some(old), Some(new));
    done(rig.dns.send_change("K", SOON, &zone, std::slice::from_ref(&change)).await);
    let www = async || short(server, "www.demo-firma.test.", "A").await.2.join("");
    assert_eq!(www().await, "www.demo-firma.test. A 203.0.113.7");
    // A secondary that lags behind.
    let stale = Fault::Stale { secs: 60, view: View::Authority };
    rig.world.fault(Rule::next("dns_change", stale)).unwrap();
    done(rig.dns.send_change("L", SOON, &zone, &[change.inverse()]).await);
    assert_eq!(www().await, "www.demo-firma.test. A 203.0.113.7");
    rig.world.advance(61).unwrap();
    assert_eq!(www().await, "www.demo-firma.test. A 192.0.2.10");
}

/// `dig` or `kdig`, whichever is installed; the questions above are asked without either.
fn tool() -> Option<&'static str> {
    ["dig", "kdig"].into_iter().find(|t| Command::new(t).arg("-h").output().is_ok())
}

#[tokio::test(flavor = "multi_thread")]
async fn another_resolver_reads_the_same() {
    let Some(tool) = tool() else { return };
    let rig = rig().await;
    let zone = "demo-firma.test";
    let many: Vec<String> = (0..100).map(|i| format!("\"{i:0200}\"")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    put(&rig.world, zone, "big.demo-firma.test", Type::TXT, 60, &many);
    put(&rig.world, zone, "odd.demo-firma.test", Type(65400), 60, &["\\# 2 beef"]);
    put(&rig.world, zone, "nil.demo-firma.test", Type(65400), 60, &["\\# 0"]);
    let port = rig.running.dns_addr.port().to_string();
    let dig = |extra: &[&str]| {
        let mut command = Command::new(tool);
        command.args(["@127.0.0.1", "-p", &port, "+time=3"]).args(extra);
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    let short = |name: &str, rtype: &str| dig(&["+short", name, rtype]).trim().to_owned();
    assert_eq!(short("www.demo-firma.test", "A"), "192.0.2.10");
    assert_eq!(short("demo-firma.test", "CAA").lines().count(), 2);
    assert_eq!(short("_imaps._tcp.demo-firma.test", "SRV"), "0 1 993 mail.demo-firma.test.");
    assert!(short("s1._domainkey.demo-firma.test", "TXT").contains("\" \""), "two strings");
    assert!(short("odd.demo-firma.test", "TYPE65400").eq_ignore_ascii_case("\\# 2 beef"));
    assert!(dig(&["nil.demo-firma.test", "TYPE65400"]).contains("\\# 0"));
    assert_eq!(
        short("big.demo-firma.test", "TXT").lines().count(),
        100,
        "cut on UDP, whole on TCP"
    );
    assert_eq!(dig(&["+tcp", "+short", "www.demo-firma.test", "A"]).trim(), "192.0.2.10");
    assert!(dig(&["nie.demo-firma.test"]).contains("NXDOMAIN"));
    assert!(dig(&["+ignore", "+notcp", "+noedns", "big.demo-firma.test", "TXT"]).contains(" tc"));
}

async fn admin(rig: &Rig, path: &str) -> Value {
    let url = format!("{}/{path}", rig.running.url("admin"));
    let request = reader().get(url).bearer_auth(rig.world.tokens().admin);
    read_json(request, SOON).await.unwrap()
}

async fn post(rig: &Rig, path: &str, body: Value) -> u16 {
    let url = format!("{}/{path}", rig.running.url("admin"));
    let request = crate::http::writer().post(url).bearer_auth(rig.world.tokens().admin).json(&body);
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn the_admin_face_moves_the_world() {
    let rig = rig().await;
    assert_eq!(admin(&rig, "clock").await["now"], "2026-11-23T10:00:00Z");
    assert_eq!(post(&rig, "clock", json!({"advance_secs": 86400})).await, 200);
    assert_eq!(admin(&rig, "clock").await["now"], "2026-11-24T10:00:00Z");
    let domain = json!({"registrar": "b", "name": "inna.test", "expires": "2026-12-01"});
    assert_eq!(post(&rig, "domains", domain).await, 200);
    assert_eq!(post(&rig, "balance", json!({"registrar": "b", "balance": "1.00"})).await, 200);
    assert_eq!(
        post(&rig, "price", json!({"registrar": "b", "tld": "test", "price": "0.50"})).await,
        200
    );
    assert_eq!(post(&rig, "zones", json!({"name": "inna.test"})).await, 201);
    let set = json!({"ttl": 60, "data": ["192.0.2.99"]});
    let set = json!({"zone": "inna.test", "name": "www.inna.test", "type": "A", "set": set});
    assert_eq!(post(&rig, "sets", set).await, 200);
    let rule = json!({"verb": "renew", "times": 2, "fault": {"do": "late", "secs": 60}});
    assert_eq!(post(&rig, "faults", rule).await, 200);
    assert_eq!(post(&rig, "faults", json!({"verb": "renew", "fault": {"do": "magic"}})).await, 422);
    assert_eq!(admin(&rig, "faults").await["rules"].as_array().unwrap().len(), 1);
    let kinds = |ledger: Value| -> Vec<String> {
        let effects = ledger["effects"].as_array().unwrap();
        effects.iter().map(|e| e["kind"].as_str().unwrap().to_owned()).collect()
    };
    let all = kinds(admin(&rig, "ledger").await);
    assert_eq!(all, ["admin_domain", "admin_balance", "zone_create", "admin_set"]);
    assert_eq!(kinds(admin(&rig, "ledger?domain=inna.test&kind=admin_set").await).len(), 1);
    let (_, _, lines) = short(rig.running.dns_addr, "www.inna.test.", "A").await;
    assert_eq!(lines, ["www.inna.test. A 192.0.2.99"]);

    let outcome = rig.b.send_renewal("K", SOON, &order("inna.test", "2026-12-01")).await;
    assert!(matches!(outcome, Outcome::Unknown(_)));
    assert!(kinds(admin(&rig, "ledger?kind=renew").await).is_empty());
    post(&rig, "clock", json!({"advance_secs": 61})).await;
    let paid = admin(&rig, "ledger?kind=renew").await;
    assert_eq!(
        (&paid["effects"][0]["amount"], &paid["effects"][0]["key"]),
        (&json!(50), &json!("K"))
    );
}

#[tokio::test]
async fn each_token_opens_its_face_and_no_other() {
    let rig = rig().await;
    let tokens = rig.world.tokens();
    let faces =
        [("a", &tokens.a), ("b", &tokens.b), ("dns", &tokens.dns), ("admin", &tokens.admin)];
    for (face, _) in faces {
        for (owner, token) in faces {
            let path = match face {
                "dns" => "zones",
                "admin" => "ledger",
                _ => "domains",
            };
            let url = format!("{}/{path}", rig.running.url(face));
            let status = reader().get(url).bearer_auth(token).send().await.unwrap().status();
            assert_eq!(status.as_u16(), if face == owner { 200 } else { 401 }, "{face} {owner}");
        }
    }
}

#[tokio::test]
async fn a_process_of_its_own_says_where_it_listens_and_keeps_its_world() {
    let home = tempfile::tempdir().unwrap();
    let any: SocketAddr = "127.0.0.1:0".parse().unwrap();
    let options = Options { dir: home.path().join("sandbox"), http: any, dns: any };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let (world, running) = run(options.clone(), clock.clone()).await.unwrap();
    let card = std::fs::read(options.dir.join("world.addr.json")).unwrap();
    let card: Value = serde_json::from_slice(&card).unwrap();
    assert_eq!(card["http"], json!(running.http_addr));
    let token = card["tokens"]["a"].as_str().unwrap();
    let face = Face::open(&settings(&running.url("a"), token)).unwrap();
    let a = SandboxRegistrar { face, keyed: true };
    let expiry = world.edit(|s, _| s.a.domains["demo-firma.test"].expires).unwrap().to_string();
    done(a.send_renewal("K", SOON, &order("demo-firma.test", &expiry)).await);
    let on_disk = crate::sandbox::world::load(&options.dir).unwrap().unwrap();
    assert_eq!(on_disk.ledger, world.ledger());
    running.stop().await;
    drop(world);
    let (world, running) = run(options.clone(), clock.clone()).await.unwrap();
    assert_eq!(world.ledger(), on_disk.ledger);
    assert_eq!(world.tokens(), on_disk.tokens);
    running.stop().await;
    let open = Options { http: "0.0.0.0:0".parse().unwrap(), ..options };
    drop(world);
    assert!(run(open, clock).await.is_err(), "loopback only");
}
