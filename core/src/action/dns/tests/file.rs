use serde_json::json;

use crate::action::act::fakes::{OWN, World, ZONE, changes, keys, told};
use crate::plan::Tier;

#[tokio::test]
async fn a_file_becomes_a_diff() {
    let mut world = World::demo().await;
    let file = ZONE
        .replace("sandbox.test. 7 3600", "sandbox.test. 99 3600")
        .replace("www IN A 192.0.2.10", "www IN A 203.0.113.7\nnew IN A 192.0.2.1")
        .replace("shop 600 IN CNAME www\n", "");
    world.file = Some(file);
    let import = ("dns.import", json!({"domain": "demo-firma.test", "attachment": "zone.txt"}));
    let cut = world.desk(std::slice::from_ref(&import)).await.unwrap();
    assert_eq!(
        changes(&cut),
        [
            "new A - -> 300 192.0.2.1",
            "shop CNAME 600 www.demo-firma.test. -> -",
            "www A 300 192.0.2.10 -> 300 203.0.113.7",
        ]
    );
    assert!(cut.draft.warnings.is_empty(), "{:?}", cut.draft.warnings);
    world.file = Some(ZONE.into());
    assert!(world.desk(std::slice::from_ref(&import)).await.unwrap().draft.steps.is_empty());
}

#[tokio::test]
async fn a_file_from_another_host_keeps_the_servers() {
    let mut world = World::demo().await;
    let import = ("dns.import", json!({"domain": "demo-firma.test", "attachment": "zone.txt"}));
    world.file = Some(
        ZONE.replace("NS ns1.sandbox.test.", "NS a.other.example.")
            .replace("NS ns2.sandbox.test.", "NS b.other.example."),
    );
    let cut = world.desk(std::slice::from_ref(&import)).await.unwrap();
    assert!(cut.draft.steps.is_empty());
    assert_eq!(keys(&cut.already), ["dns.import_ns_kept"], "said although there is no card");
    world.file = Some(ZONE.replace("NS ns2.sandbox.test.", "NS ns3.sandbox.test."));
    let cut = world.desk(&[import]).await.unwrap();
    assert_eq!(changes(&cut).len(), 1, "an edited file changes them on purpose");
    assert_eq!(cut.draft.tier, Some(Tier::Dangerous));
}

#[tokio::test]
async fn files_that_are_not_used() {
    let mut world = World::demo().await;
    let import = [("dns.import", json!({"domain": "demo-firma.test", "attachment": "z\u{7}.txt"}))];
    assert_eq!(told(world.desk(&import).await).0, "dns.import_no_file");
    world.file = Some("www IN A not-an-address\n".into());
    let (key, text) = told(world.desk(&import).await);
    assert_eq!(key, "dns.import_bad_file");
    assert!(text.contains("line 1"), "{text}");
    world.file = Some("$TTL 5\n".into());
    assert_eq!(told(world.desk(&import).await).0, "dns.import_empty");
}

#[tokio::test]
async fn types_that_nobody_knows_survive_a_file() {
    let mut world = World::empty().await;
    let zone = format!("{ZONE}odd IN TYPE65400 \\# 2 beef\n@ IN DNSKEY 257 3 13 AAAA\n");
    world.host("dns", &OWN, &[], &[("demo-firma.test", &zone)]);
    world.file = Some(ZONE.into());
    let import = [("dns.import", json!({"domain": "demo-firma.test", "attachment": "z"}))];
    let cut = world.desk(&import).await.unwrap();
    assert!(cut.draft.steps.is_empty(), "{:?}", changes(&cut));
    assert_eq!(keys(&cut.already), ["dns.import_unknown_kept"]);
}
