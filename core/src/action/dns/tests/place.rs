use serde_json::json;

use super::set;
use crate::action::Answer;
use crate::action::act::fakes::{
    COMPANY, Fake, OWN, World, ZONE, changes, facts, host, keys, told,
};
use crate::error::Error;
use crate::phrase::Language;
use crate::plan::Step;
use crate::provider::ProviderError;

#[tokio::test]
async fn names_outside_and_accounts_that_are_silent() {
    let mut world = World::empty().await;
    let www = |domain: &str| {
        [("dns.set", json!({"domain": domain, "name": "www", "type": "A", "value": "192.0.2.1"}))]
    };
    assert_eq!(told(world.desk(&www("firma.pl")).await).0, "zone.no_accounts");
    world.host("home", &OWN, &[], &[("demo-firma.test", ZONE)]);
    let (key, text) = told(world.desk(&www("firma.pl")).await);
    assert_eq!(key, "zone.not_yours");
    assert!(text.contains("firma.pl") && text.contains("home"), "{text}");
    assert_eq!(told(world.desk(&www("firma.nosuchtld")).await).0, "domain.unknown_tld");
    world.add("dead", &OWN, |id| Fake {
        down: Some(ProviderError::Auth("no".into())),
        ..host(id, &[], &[])
    });
    assert_eq!(told(world.desk(&www("firma.pl")).await).0, "zone.cannot_tell");
    let cut = world.desk(&www("demo-firma.test")).await.unwrap();
    assert_eq!(keys(&cut.draft.warnings), ["zone.account_silent"]);
}

#[tokio::test]
async fn an_account_that_hangs_costs_patience_and_no_more() {
    let mut world = World::empty().await;
    world.host("home", &OWN, &[], &[("demo-firma.test", ZONE)]);
    tokio::time::pause();
    world.add("hangs", &OWN, |id| Fake { hangs: true, ..host(id, &[], &[]) });
    let began = tokio::time::Instant::now();
    let cut = world.desk(&[set("www", "A", "203.0.113.7")]).await.unwrap();
    assert_eq!(keys(&cut.draft.warnings), ["zone.account_silent"]);
    assert!(began.elapsed() < std::time::Duration::from_secs(30));
}

#[tokio::test]
async fn a_host_that_fails_while_reading_is_named() {
    let mut world = World::empty().await;
    world.add("dns", &OWN, |id| Fake {
        unread: Some(ProviderError::Incomplete("connection closed".into())),
        ..host(id, &[], &[("demo-firma.test", ZONE)])
    });
    let lost = world.desk(&[set("www", "A", "203.0.113.7")]).await;
    let Err(Error::Provider { account, source }) = lost else { panic!("{lost:?}") };
    assert_eq!(account, world.accounts.0[0].id);
    let said = crate::action::fault(Language::Pl, "dns", &source).text(Language::Pl);
    assert_eq!(
        said,
        "Nie udało się zapytać konta dns: odpowiedź się urwała: connection closed. Nic nie zmieniono."
    );
    let Answer::Found(found) = world.answer("dns.find", json!({"value": "192.0.2.10"})).await
    else {
        panic!("no answer")
    };
    assert_eq!((found.zones_read, found.unreachable.len()), (0, 1));
}

#[tokio::test]
async fn reserved_names_only_at_own_servers() {
    let mut world = World::empty().await;
    world.host("company", &COMPANY, &[], &[("demo-firma.test", ZONE)]);
    assert_eq!(told(world.desk(&[set("www", "A", "192.0.2.1")]).await).0, "zone.reserved");
}

#[tokio::test]
async fn the_longest_zone_holds_the_name() {
    let mut world = World::demo().await;
    world.host("sub", &OWN, &[], &[("dev.demo-firma.test", "www 60 IN A 192.0.2.77\n")]);
    let cut = world.desk(&[set("www.dev", "A", "203.0.113.7")]).await.unwrap();
    assert_eq!(changes(&cut), ["www A 60 192.0.2.77 -> 60 203.0.113.7"]);
    let cut = world.desk(&[set("*.dev", "A", "203.0.113.7")]).await.unwrap();
    assert_eq!(changes(&cut), ["* A - -> 300 203.0.113.7"]);
    let ds = "12345 13 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    let cut = world.desk(&[set("dev", "DS", ds)]).await.unwrap();
    let Step::DnsChange { zone, changes } = &cut.draft.steps[0] else { panic!("no change") };
    assert_eq!(zone.name.as_str(), "demo-firma.test", "a DS stands in the zone above");
    assert_eq!(changes[0].key.name.as_str(), "dev");
}

#[tokio::test]
async fn of_two_zones_the_delegated_one_is_changed() {
    let mut world = World::demo().await;
    world.host("copy", &OWN, &["ns9.other.test"], &[("demo-firma.test", ZONE)]);
    let cut = world.desk(&[set("www", "A", "203.0.113.7")]).await.unwrap();
    let at = cut.draft.steps[0].account().unwrap();
    assert_eq!(world.accounts.get(at).unwrap().name, "sandbox-dns");
    assert_eq!(keys(&cut.draft.warnings), ["zone.by_delegation"]);
    let text = cut.draft.warnings[0].text(world.lang);
    assert!(text.contains("sandbox-dns") && text.contains("copy"), "{text}");
}

#[tokio::test]
async fn two_zones_that_nothing_tells_apart_are_a_question() {
    let mut world = World::empty().await;
    world.host("one", &OWN, &[], &[("demo-firma.test", ZONE)]);
    world.host("two", &OWN, &[], &[("demo-firma.test", ZONE)]);
    let wish = [set("www", "A", "203.0.113.7")];
    let (key, text) = told(world.desk(&wish).await);
    assert_eq!(key, "zone.which_account");
    assert!(text.contains("one, two"), "{text}");
    world.add("registrar", &OWN, |_| Fake {
        is_registrar: true,
        domains: vec![facts("demo-firma.test", None, &["ns1.sandbox.test"])],
        ..Fake::default()
    });
    assert_eq!(told(world.desk(&wish).await).0, "zone.which_account", "both copies name ns1");
}
