use serde_json::json;

use crate::action::act::fakes::{COMPANY, Fake, OWN, World, ZONE, host, told};
use crate::action::{Answer, Planned};
use crate::provider::ProviderError;

#[tokio::test]
async fn list_and_export() {
    let world = World::demo().await;
    let count = async |slots| match world.answer("dns.list", slots).await {
        Answer::Records(r) => r.sets.len(),
        other => panic!("{other:?}"),
    };
    assert_eq!(count(json!({"domain": "demo-firma.test"})).await, 10);
    assert_eq!(count(json!({"domain": "demo-firma.test", "type": "A"})).await, 4);
    assert_eq!(count(json!({"domain": "demo-firma.test", "name": "mail"})).await, 2);
    assert_eq!(count(json!({"domain": "demo-firma.test", "name": "mail", "type": "A"})).await, 1);
    let Answer::Exported(file) =
        world.answer("dns.export", json!({"domain": "demo-firma.test"})).await
    else {
        panic!("no file")
    };
    let again = crate::domain::zonefile::read(&file.file, &file.zone).unwrap();
    assert_eq!(again.len(), 10);
    let slots = json!({"domain": "demo-firma.test", "format": "yaml"});
    assert_eq!(told(world.plan("dns.export", slots).await).0, "dns.export_format");
}

#[tokio::test]
async fn find_reads_every_zone_and_says_whom_it_could_not_ask() {
    let mut world = World::demo().await;
    world.host(
        "second",
        &COMPANY,
        &[],
        &[("firma.pl", "@ 60 IN A 192.0.2.10\nx 60 IN A 192.0.2.100\n")],
    );
    world.add("dead", &COMPANY, |id| Fake {
        down: Some(ProviderError::Unavailable("refused".into())),
        ..host(id, &[], &[])
    });
    let Answer::Found(found) = world.answer("dns.find", json!({"value": "192.0.2.10"})).await
    else {
        panic!("not found")
    };
    let hits: Vec<String> =
        found.hits.iter().map(|h| format!("{} {:?}", h.zone, h.set.key)).collect();
    assert_eq!(hits, ["demo-firma.test @ A", "demo-firma.test www A", "firma.pl @ A"]);
    assert_eq!(found.zones_read, 2);
    assert_eq!(found.unreachable.len(), 1);
    assert_eq!(found.unreachable[0].account, "dead");
    assert_eq!(
        told(world.plan("dns.find", json!({"value": "300.1.2.3"})).await).0,
        "dns.find_bad_value"
    );
}

#[tokio::test]
async fn zones_know_whether_they_are_live() {
    let mut world = World::demo().await;
    world.host("stale", &OWN, &["ns9.other.test"], &[("demo-firma.test", ZONE), ("x.test", ZONE)]);
    let Answer::Zones(zones) = world.answer("dns.zones", json!({})).await else {
        panic!("no zones")
    };
    let live: Vec<_> = zones.zones.iter().map(|z| (z.account.as_str(), z.delegated)).collect();
    assert_eq!(live, [("sandbox-dns", Some(true)), ("stale", Some(false)), ("stale", None)]);
}

#[tokio::test]
async fn help_lists_every_kind() {
    let world = World::empty().await;
    let Planned::Answer(Answer::Help(help)) = world.plan("help", json!({})).await.unwrap() else {
        panic!("no help")
    };
    assert_eq!(help.topics.len(), crate::action::SPECS.len());
    let Answer::Help(help) = world.answer("help", json!({"topic": "dns"})).await else { panic!() };
    assert!(help.topics.iter().all(|t| t.kind.starts_with("dns.")) && help.topics.len() == 9);
}
