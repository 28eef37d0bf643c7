use super::*;
use crate::sandbox::world::{Fault, Rule, View, Who};
use dombot_core::provider::{DnsHost, ProviderError, Registrar, Repeat, Verb};

#[tokio::test]
async fn reads_what_the_demo_world_holds() {
    let rig = rig().await;
    let domains = rig.a.domains().await.unwrap();
    let lines: Vec<String> = domains
        .iter()
        .map(|d| format!("{} {} {}", d.name, d.expires.unwrap(), d.auto_renew.unwrap()))
        .collect();
    assert_eq!(lines, ["demo-firma.test 2026-12-05 false", "sklep-demo.test 2027-06-11 true"]);
    let shop = rig.b.domain(&domain("demo-shop.test")).await.unwrap();
    assert_eq!((shop.locked, &*shop.statuses[0]), (Some(true), "clientTransferProhibited"));
    assert_eq!(shop.nameservers.len(), 2);

    let quote = rig.a.quote_renew(&domain("demo-firma.test"), 2.try_into().unwrap()).await.unwrap();
    assert_eq!(quote.price.to_string(), "98.00 PLN");
    assert_eq!(quote.balance.unwrap().to_string(), "500.00 PLN");
    let check = async |name| rig.a.check(&domain(name)).await.unwrap().available;
    assert_eq!(check("demo-shop.test").await, Some(false));
    assert_eq!(check("wolna.test").await, Some(true));
    assert_eq!(check("wolna.pl").await, Some(false));

    let zones = rig.dns.zones().await.unwrap();
    assert_eq!(zones.len(), 3);
    let firma = zones.iter().find(|z| z.name.as_str() == "demo-firma.test").unwrap();
    let sets = rig.dns.read_zone(firma).await.unwrap();
    assert_eq!(sets.len(), 14);
    assert_eq!(rig.dns.read_name(firma, &RecordName::apex()).await.unwrap().len(), 7);
    let keys = [key("www", "A"), key("nichts", "A"), key("@", "CAA")];
    assert_eq!(rig.dns.read_sets(firma, &keys).await.unwrap().len(), 2);
    let [server] = &rig.dns.authorities(firma).await.unwrap()[..] else { panic!("one server") };
    assert_eq!(server.addr, rig.running.dns_addr);
    rig.running.stop().await;
}

#[tokio::test]
async fn a_renewal_is_paid_once_and_found_again() {
    let rig = rig().await;
    let order = order("demo-firma.test", "2026-12-05");
    let evidence = done(rig.a.send_renewal("K", SOON, &order).await);
    assert_eq!(evidence.charged.unwrap().to_string(), "49.00 PLN");
    assert_eq!(evidence.balance.unwrap().to_string(), "451.00 PLN");
    assert_eq!(evidence.expires, Some(order.new_expiry));
    assert_eq!(done(rig.a.send_renewal("K", SOON, &order).await).reference, evidence.reference);
    let found = rig.a.order("K", &order.domain).await.unwrap().unwrap();
    assert_eq!(Some(found.reference), evidence.reference);
    assert_eq!(rig.a.order("L", &order.domain).await.unwrap(), None);
    assert_eq!(rig.world.ledger().len(), 1);
    assert!(matches!(rig.a.repeat(Verb::Renew), Repeat::Keyed { .. }));
    assert_eq!(rig.b.repeat(Verb::Renew), Repeat::ReadBackOnly);
}

#[tokio::test]
async fn every_fault_of_a_writing_call_is_told_apart() {
    let slow = || Fault::Delay { ms: 3000 };
    let reject =
        |status, code: &str| Fault::Reject { status, code: code.into(), retry_after: Some(7) };
    for (fault, expected, effects) in [
        (Fault::ApplyThenReset, None, 1),
        (Fault::ApplyThenError { status: 500 }, None, 1),
        (Fault::ApplyThenGarbage, None, 1),
        (Fault::CutBody, None, 1),
        (slow(), None, 1),
        (Fault::Error { status: 503 }, None, 0),
        (Fault::Reset, None, 0),
        (Fault::Late { secs: 60 }, None, 0),
        (reject(418, "teapot"), None, 0),
        (reject(402, "something-new"), None, 0),
        (reject(429, "rate"), Some(Reason::Busy), 0),
        (reject(409, "status"), Some(Reason::Status), 0),
        (Fault::Price { per_year: 4901 }, Some(Reason::Price), 0),
        (Fault::Expiry { date: jiff::civil::date(2027, 12, 5) }, Some(Reason::Changed), 0),
    ] {
        let rig = rig().await;
        rig.world.fault(Rule::next("renew", fault.clone())).unwrap();
        let order = order("demo-firma.test", "2026-12-05");
        let outcome = rig.a.send_renewal("K", Duration::from_millis(1500), &order).await;
        match expected {
            None => assert!(matches!(outcome, Outcome::Unknown(_)), "{fault:?}: {outcome:?}"),
            Some(_) => assert_eq!(reason(&outcome), expected, "{fault:?}: {outcome:?}"),
        }
        let paid = rig.world.ledger().iter().filter(|e| e.kind == "renew").count();
        assert_eq!(paid, effects, "{fault:?}");
    }
}

#[tokio::test]
async fn plain_refusals_have_their_reasons() {
    let rig = rig().await;
    let renew = async |order: &RenewOrder| reason(&rig.a.send_renewal("K", SOON, order).await);
    let firma = order("demo-firma.test", "2026-12-05");
    assert_eq!(renew(&order("cudza.test", "2026-12-05")).await, Some(Reason::NotFound));
    assert_eq!(renew(&order("demo-firma.test", "2026-12-06")).await, Some(Reason::Changed));
    let cheap = RenewOrder { price_cap: Money::parse("48.99", "PLN").unwrap(), ..firma.clone() };
    assert_eq!(renew(&cheap).await, Some(Reason::Price));
    rig.world.edit(|s, _| s.a.balance = 0).unwrap();
    assert_eq!(renew(&firma).await, Some(Reason::Balance));
    let stranger = Face::open(&settings(&rig.running.url("a"), "wrong")).unwrap();
    let stranger = SandboxRegistrar { face: stranger, keyed: true };
    let outcome = stranger.send_renewal("K", SOON, &firma).await;
    assert_eq!(reason(&outcome), Some(Reason::Auth));
    assert!(matches!(stranger.domains().await, Err(ProviderError::Auth(_))));
    assert!(rig.world.ledger().is_empty());
    rig.running.stop().await;
    let outcome = rig.a.send_renewal("K", SOON, &firma).await;
    assert_eq!(reason(&outcome), Some(Reason::Unreachable), "{outcome:?}");
    assert!(matches!(rig.a.domains().await, Err(ProviderError::Unavailable(_))));
}

#[tokio::test]
async fn reading_faults_are_errors_not_short_answers() {
    let rig = rig().await;
    let zone = rig.dns.zones().await.unwrap().remove(0);
    let read = async |fault| {
        rig.world.fault(Rule::next("zone", fault)).unwrap();
        rig.dns.read_zone(&zone).await.unwrap_err()
    };
    assert!(matches!(read(Fault::CutBody).await, ProviderError::Incomplete(_)));
    assert!(matches!(read(Fault::Reset).await, ProviderError::Unavailable(_)));
    assert!(matches!(read(Fault::ApplyThenGarbage).await, ProviderError::Unexpected(_)));
    let busy = Fault::Reject { status: 429, code: "rate".into(), retry_after: Some(7) };
    let wait = Some(Duration::from_secs(7));
    assert_eq!(read(busy).await, ProviderError::RateLimited { retry_after: wait });
    let gone = ZoneRef { id: "zone-99".into(), ..zone.clone() };
    assert!(matches!(rig.dns.read_zone(&gone).await, Err(ProviderError::NotFound(_))));
}

#[tokio::test]
async fn automatic_renewal_is_switched_from_the_state_that_was_seen() {
    let rig = rig().await;
    let name = domain("demo-firma.test");
    done(rig.a.send_auto_renew("K", SOON, &name, true).await);
    assert_eq!(rig.a.domain(&name).await.unwrap().auto_renew, Some(true));
    let again = rig.a.send_auto_renew("K", SOON, &name, true).await;
    assert_eq!(reason(&again), Some(Reason::Changed));
    assert_eq!(rig.world.ledger().len(), 1);
}

#[tokio::test]
async fn a_stale_registrar_shows_the_old_expiry_but_the_order() {
    let rig = rig().await;
    let stale = Fault::Stale { secs: 900, view: View::Domains };
    rig.world.fault(Rule::next("renew", stale).at(Who::B)).unwrap();
    rig.world.fault(Rule::next("renew", Fault::ApplyThenReset).at(Who::B)).unwrap();
    let order = order("demo-shop.test", "2027-01-03");
    let outcome = rig.b.send_renewal("K", SOON, &order).await;
    assert!(matches!(outcome, Outcome::Unknown(_)), "{outcome:?}");
    let shown = rig.b.domain(&order.domain).await.unwrap().expires;
    assert_eq!(shown, Some(order.expected_expiry));
    let found = rig.b.order("K", &order.domain).await.unwrap().unwrap();
    assert_eq!(found.expires, Some(order.new_expiry));
}

#[tokio::test]
async fn sets_of_every_sort_come_back_as_they_went() {
    let rig = rig().await;
    let zone = rig.dns.zones().await.unwrap().remove(0);
    let long = format!("\"{}\" \"b\\\"c;d\\009\"", "x".repeat(255));
    let cases: &[(&str, &str, &[&str])] = &[
        ("a1", "A", &["203.0.113.7", "203.0.113.8"]),
        ("a2", "AAAA", &["2001:db8::7"]),
        ("a3", "TXT", &[&long, "\"\""]),
        ("a4", "MX", &["0 ."]),
        ("a5", "SRV", &["1 2 443 x.test."]),
        ("a6", "CAA", &["0 issue \"ca.test; a=b\"", "128 issuewild \";\""]),
        ("a7", "CNAME", &["x_y.demo.test."]),
        ("a8", "TLSA", &["3 1 1 aabbccdd"]),
        ("a9", "HTTPS", &["1 . alpn=h2"]),
        ("b1", "SSHFP", &["1 2 aabb"]),
        ("b2", "DS", &["12345 13 2 aabbccdd"]),
        ("b3", "TYPE65400", &["\\# 2 beef"]),
        ("b4", "NAPTR", &["100 10 \"u\" \"sip\" \"!^.*$!sip:a@b.c!\" ."]),
        ("b5", "PTR", &["host.test."]),
        ("*.b6", "A", &["203.0.113.9"]),
        ("_x.b7", "NS", &["ns.other.test."]),
    ];
    let changes: Vec<SetChange> = cases
        .iter()
        .map(|(n, t, d)| set_change(key(n, t), None, Some(body(&zone, t, 60, d))))
        .collect();
    for change in &changes {
        assert_eq!(rig.dns.refusals(&zone, change, &crate::dns::testing::Nowhere), []);
    }
    done(rig.dns.send_change("K", SOON, &zone, &changes).await);
    let keys: Vec<SetKey> = changes.iter().map(|c| c.key.clone()).collect();
    let read = rig.dns.read_sets(&zone, &keys).await.unwrap();
    for change in &changes {
        let found = read.iter().find(|s| s.key == change.key).map(|s| &s.body);
        assert_eq!(found, change.after.as_ref(), "{:?}", change.key);
    }
    assert_eq!(rig.dns.read_zone(&zone).await.unwrap().len(), 14 + cases.len());
    // The same once more is refused, and the way back leads back.
    let again = rig.dns.send_change("K", SOON, &zone, &changes).await;
    assert_eq!(reason(&again), Some(Reason::Changed));
    let back: Vec<SetChange> = changes.iter().map(SetChange::inverse).collect();
    done(rig.dns.send_change("L", SOON, &zone, &back).await);
    assert_eq!(rig.dns.read_zone(&zone).await.unwrap().len(), 14);
    assert_eq!(rig.world.ledger().len(), 2);
}

#[tokio::test]
async fn every_demo_set_can_be_expected_exactly_as_it_was_read() {
    let rig = rig().await;
    for zone in rig.dns.zones().await.unwrap() {
        for set in rig.dns.read_zone(&zone).await.unwrap() {
            let mut after = set.body.clone();
            after.ttl = Ttl::try_from(after.ttl.secs() + 1).unwrap();
            let change = set_change(set.key.clone(), Some(set.body), Some(after.clone()));
            done(rig.dns.send_change("K", SOON, &zone, &[change]).await);
            let now = rig.dns.read_sets(&zone, std::slice::from_ref(&set.key)).await.unwrap();
            assert_eq!(now[0].body.ttl, after.ttl, "{:?}", set.key);
        }
    }
}

#[tokio::test]
async fn refusals_are_told_before_and_agree_with_the_host() {
    let rig = rig().await;
    let zone = rig.dns.zones().await.unwrap().remove(0);
    let huge: Vec<String> = (0..17).map(|i| format!("\"{i:0255}\"")).collect();
    let many: Vec<String> = (0..10)
        .map(|n| (0..16).map(|i| format!("\"{n:0127}{i:0127}\"")).collect::<Vec<_>>().join(" "))
        .collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let new = |k: SetKey, t: &str, d: &[&str]| set_change(k, None, Some(body(&zone, t, 60, d)));
    let gone = |k: SetKey| set_change(k, None, None);
    for (phrase, change) in [
        ("sandbox.cname_apex", new(key("@", "CNAME"), "CNAME", &["a.test."])),
        ("sandbox.single", new(key("x", "CNAME"), "CNAME", &["a.test.", "b.test."])),
        ("sandbox.soa_below", new(key("x", "SOA"), "SOA", &["a. b. 1 2 3 4 5"])),
        ("sandbox.long", new(key("x", "TXT"), "TXT", &[&huge.join(" ")])),
        ("sandbox.set_size", new(key("x", "TXT"), "TXT", &many)),
        ("sandbox.type", new(key("x", "TYPE200"), "TYPE200", &["\\# 1 00"])),
        ("sandbox.needed", gone(key("@", "NS"))),
        ("sandbox.needed", gone(key("@", "SOA"))),
    ] {
        let said = rig.dns.refusals(&zone, &change, &crate::dns::testing::Nowhere);
        assert_eq!(said.iter().map(dombot_core::phrase::Phrase::key).collect::<Vec<_>>(), [phrase]);
        let outcome = rig.dns.send_change("K", SOON, &zone, &[change]).await;
        let no = [Some(Reason::Invalid), Some(Reason::Changed)];
        assert!(no.contains(&reason(&outcome)), "{phrase}: {outcome:?}");
    }
    assert!(rig.world.ledger().is_empty());
}

#[tokio::test]
async fn zones_are_made_and_deleted() {
    let rig = rig().await;
    let name = domain("nowa.test");
    let id = done(rig.dns.send_create("K", SOON, &name).await).reference.unwrap();
    let zone = rig.dns.zones().await.unwrap().into_iter().find(|z| z.name == name).unwrap();
    assert_eq!(zone.id, id);
    let again = rig.dns.send_create("K", SOON, &name).await;
    assert_eq!(reason(&again), Some(Reason::Changed));
    done(rig.dns.send_delete("L", SOON, &zone).await);
    let again = rig.dns.send_delete("L", SOON, &zone).await;
    assert_eq!(reason(&again), Some(Reason::NotFound));
}

#[test]
fn accounts_open_only_towards_this_machine() {
    for kind in crate::ALL.iter().filter(|k| k.id.starts_with("sandbox")) {
        let open = |url| (kind.open)(account(), &settings(url, "t")).map(|_| ());
        for good in ["http://127.0.0.1:1/a", "http://localhost:1/a", "http://[::1]:1/a/"] {
            assert_eq!(open(good), Ok(()), "{good}");
        }
        for bad in ["", "https://127.0.0.1/a", "http://192.0.2.1/a", "http://localhost.evil.org/"] {
            let e = open(bad).unwrap_err();
            assert_eq!(e.field, "url", "{bad}");
        }
        let missing = (kind.open)(account(), &Settings::default()).map(|_| ());
        assert_eq!(missing.unwrap_err().field, "url");
    }
    let mut odd = settings("http://127.0.0.1:1/a", "t");
    odd.0.insert("repeat".into(), SecretString::from("always"));
    let e = (crate::kind("sandbox").unwrap().open)(account(), &odd).map(|_| ()).unwrap_err();
    assert_eq!(e.field, "repeat");
}
