use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use super::{add, delete, set};
use crate::action::act::fakes::{Fake, OWN, World, ZONE, changes, host, keys, told};
use crate::plan::{Step, Tier};

#[tokio::test]
async fn set_keeps_the_ttl_and_says_how_to_go_back() {
    let world = World::demo().await;
    let cut = world.desk(&[set("www", "A", "203.0.113.7")]).await.unwrap();
    assert_eq!(changes(&cut), ["www A 300 192.0.2.10 -> 300 203.0.113.7"]);
    assert_eq!(cut.draft.tier, Some(Tier::Reversible));
    assert!(cut.draft.warnings.is_empty(), "{:?}", cut.draft.warnings);
    let Some(Step::DnsChange { changes, .. }) = cut.draft.undo.as_ref().and_then(|u| u.first())
    else {
        panic!("no undo")
    };
    assert_eq!(changes[0].after.as_ref().unwrap().data[0].as_str(), "192.0.2.10");
}

#[tokio::test]
async fn a_new_set_gets_the_default_ttl_and_the_card_says_so() {
    let world = World::demo().await;
    let cut = world.desk(&[set("new", "A", "203.0.113.7")]).await.unwrap();
    assert_eq!(changes(&cut), ["new A - -> 300 203.0.113.7"]);
    assert_eq!(keys(&cut.draft.warnings), ["dns.default_ttl"]);
}

#[tokio::test]
async fn ttl_alone() {
    let world = World::demo().await;
    let ttl = |name: &str| {
        ("dns.set", json!({"domain": "demo-firma.test", "name": name, "type": "A", "ttl": 900}))
    };
    let cut = world.desk(&[ttl("old")]).await.unwrap();
    assert_eq!(changes(&cut), ["old A 300 192.0.2.30, 192.0.2.31 -> 900 192.0.2.30, 192.0.2.31"]);
    assert_eq!(told(world.desk(&[ttl("nothing")]).await).0, "dns.empty_name");
    let (key, text) = told(world.desk(&[ttl("shop")]).await);
    assert_eq!(key, "dns.no_set");
    assert!(text.contains("CNAME"), "{text}");
    let nothing = json!({"domain": "demo-firma.test", "name": "www", "type": "A"});
    assert_eq!(told(world.desk(&[("dns.set", nothing)]).await).0, "dns.set_nothing");
}

#[tokio::test]
async fn what_is_so_already_makes_no_step() {
    let world = World::demo().await;
    let cut = world.desk(&[set("www", "A", "192.0.2.10")]).await.unwrap();
    assert!(cut.draft.steps.is_empty());
    assert_eq!(keys(&cut.already), ["dns.already_so"]);
    let again = [set("www", "A", "192.0.2.10"), set("mail", "A", "203.0.113.9")];
    let cut = world.desk(&again).await.unwrap();
    assert_eq!(changes(&cut), ["mail A 300 192.0.2.20 -> 300 203.0.113.9"]);
    assert_eq!(cut.already.len(), 1);
}

#[tokio::test]
async fn wishes_about_one_set_add_up_or_are_refused() {
    let world = World::demo().await;
    let cut =
        world.desk(&[add("new", "A", "192.0.2.2"), add("new", "A", "192.0.2.1")]).await.unwrap();
    assert_eq!(changes(&cut), ["new A - -> 300 192.0.2.1, 192.0.2.2"]);
    let same = [set("www", "A", "203.0.113.7"), set("www", "A", "203.0.113.7")];
    assert_eq!(changes(&world.desk(&same).await.unwrap()).len(), 1);
    let swap = [
        delete(json!({"name": "old", "type": "A", "value": "192.0.2.30"})),
        add("old", "A", "192.0.2.32"),
    ];
    assert_eq!(
        changes(&world.desk(&swap).await.unwrap()),
        ["old A 300 192.0.2.30, 192.0.2.31 -> 300 192.0.2.31, 192.0.2.32"]
    );
    let (key, text) =
        told(world.desk(&[set("www", "A", "192.0.2.1"), set("www", "A", "192.0.2.2")]).await);
    assert_eq!(key, "dns.two_values");
    assert!(text.contains("192.0.2.1") && text.contains("www.demo-firma.test"), "{text}");
    for (a, b) in [
        (set("www", "A", "192.0.2.1"), add("www", "A", "192.0.2.2")),
        (set("www", "A", "192.0.2.1"), delete(json!({"name": "www"}))),
        (
            add("old", "A", "192.0.2.9"),
            delete(json!({"name": "old", "type": "A", "value": "192.0.2.9"})),
        ),
    ] {
        let key = told(world.desk(&[a.clone(), b.clone()]).await).0;
        assert!(["dns.two_changes", "dns.no_value"].contains(&key.as_str()), "{a:?} {b:?}: {key}");
    }
}

#[tokio::test]
async fn one_name_is_read_once_and_the_zone_not_at_all() {
    let mut world = World::empty().await;
    let fake = world.host("dns", &OWN, &[], &[("demo-firma.test", ZONE)]);
    let wishes = [set("www", "A", "203.0.113.7"), set("www", "AAAA", "2001:db8::7")];
    world.desk(&wishes).await.unwrap();
    assert_eq!(fake.name_reads.load(Ordering::Relaxed), 1);
    assert_eq!(fake.whole_reads.load(Ordering::Relaxed), 0);
    let many: Vec<_> = (0..4).map(|i| set(&format!("n{i}"), "A", "192.0.2.1")).collect();
    world.desk(&many).await.unwrap();
    assert_eq!(fake.whole_reads.load(Ordering::Relaxed), 1, "its share of the zone matters");
}

#[tokio::test]
async fn a_cname_needs_the_name_for_itself() {
    let world = World::demo().await;
    let (key, text) = told(world.desk(&[set("www", "CNAME", "mail.demo-firma.test")]).await);
    assert_eq!(key, "dns.refused");
    assert!(text.contains("CNAME") && text.contains("Nothing was changed"), "{text}");
    let swap = [delete(json!({"name": "www", "type": "A"})), set("www", "CNAME", "mail")];
    assert_eq!(
        changes(&world.desk(&swap).await.unwrap()),
        ["www A 300 192.0.2.10 -> -", "www CNAME - -> 300 mail.demo-firma.test."]
    );
    let back = [delete(json!({"name": "shop", "type": "CNAME"})), set("shop", "A", "192.0.2.1")];
    let cut = world.desk(&back).await.unwrap();
    assert!(changes(&cut)[0].starts_with("shop CNAME 600"), "what goes comes first");
    let Some(undo) = &cut.draft.undo else { panic!("no undo") };
    let Step::DnsChange { changes, .. } = &undo[0] else { panic!("no change") };
    assert!(changes[0].after.is_none(), "and on the way back too");
}

#[tokio::test]
async fn refusals_are_told_all_at_once() {
    let mut world = World::empty().await;
    world.add("dns", &OWN, |id| Fake {
        refuses: true,
        ..host(id, &[], &[("demo-firma.test", ZONE)])
    });
    let wishes = [set("www", "CNAME", "mail"), set("@", "CNAME", "mail")];
    let (key, text) = told(world.desk(&wishes).await);
    assert_eq!(key, "dns.refused");
    assert!(text.lines().filter(|l| l.starts_with("- ")).count() >= 3, "{text}");
}

#[tokio::test]
async fn bad_values_are_named() {
    let world = World::demo().await;
    for (rtype, value) in
        [("A", "300.1.2.3"), ("AAAA", "192.0.2.1"), ("MX", "a b c"), ("CAA", "letsencrypt.org")]
    {
        let (key, text) = told(world.desk(&[set("www", rtype, value)]).await);
        assert_eq!(key, "dns.bad_value", "{rtype} {value}");
        assert!(text.contains(rtype) && text.contains(value) && text.contains("like this"));
    }
    let (_, text) = told(world.desk(&[set("www", "A", "1.2.3.4\u{1b}[31m")]).await);
    assert!(!text.contains('\u{1b}'), "{text}");
    for rtype in ["SOA", "RRSIG"] {
        let slots = json!({"domain": "demo-firma.test", "name": "@", "type": rtype, "ttl": 5});
        let key = told(world.desk(&[("dns.set", slots)]).await).0;
        assert!(["dns.soa_refused", "dns.no_set"].contains(&key.as_str()), "{rtype} {key}");
    }
}

#[tokio::test]
async fn long_and_quoted_texts() {
    let world = World::demo().await;
    let cut = world.desk(&[set("txt", "TXT", &"x".repeat(300))]).await.unwrap();
    assert!(changes(&cut)[0].contains("x\" \"x"), "cut into strings");
    let cut = world.desk(&[set("txt", "TXT", "say \"hi\"")]).await.unwrap();
    assert!(changes(&cut)[0].ends_with(r#""say \"hi\"""#), "{:?}", changes(&cut));
}

#[tokio::test]
async fn priorities_stand_apart_or_inside() {
    let world = World::demo().await;
    let mx = |value: &str, priority: Option<u16>| {
        let slots = json!({"domain": "demo-firma.test", "name": "@", "type": "MX", "value": value, "priority": priority});
        ("dns.add", slots)
    };
    for (value, priority) in
        [("mx2.demo-firma.test", Some(20)), ("20 mx2", None), ("20 mx2", Some(20))]
    {
        let cut = world.desk(&[mx(value, priority)]).await.unwrap();
        let both = "10 mail.demo-firma.test., 20 mx2.demo-firma.test.";
        assert!(changes(&cut)[0].ends_with(both), "{:?}", changes(&cut));
        assert_eq!(cut.draft.tier, Some(Tier::Dangerous));
    }
    assert_eq!(told(world.desk(&[mx("mx2", None)]).await).0, "dns.priority_missing");
    assert_eq!(told(world.desk(&[mx("20 mx2", Some(5))]).await).0, "dns.two_priorities");
    let slots = json!({"domain": "demo-firma.test", "name": "_sip._tcp", "type": "SRV", "value": "5 5060 sip", "priority": 10});
    let cut = world.desk(&[("dns.add", slots)]).await.unwrap();
    assert!(changes(&cut)[0].ends_with("10 5 5060 sip.demo-firma.test."));
    let slots = json!({"domain": "demo-firma.test", "name": "www", "type": "A", "value": "192.0.2.9", "priority": 1});
    assert_eq!(told(world.desk(&[("dns.add", slots)]).await).0, "dns.no_priority");
}

#[tokio::test]
async fn delete_by_value_set_name_type_and_all() {
    let world = World::demo().await;
    let of = async |slots: Value| changes(&world.desk(&[delete(slots)]).await.unwrap());
    assert_eq!(
        of(json!({"name": "old", "type": "A", "value": "192.0.2.30"})).await,
        ["old A 300 192.0.2.30, 192.0.2.31 -> 300 192.0.2.31"]
    );
    assert_eq!(
        of(json!({"name": "old", "value": "192.0.2.31"})).await,
        ["old A 300 192.0.2.30, 192.0.2.31 -> 300 192.0.2.30"]
    );
    assert_eq!(
        of(json!({"name": "www", "type": "A", "value": "192.0.2.10"})).await,
        ["www A 300 192.0.2.10 -> -"]
    );
    assert_eq!(of(json!({"name": "mail"})).await.len(), 2);
    assert_eq!(of(json!({"type": "CNAME"})).await, ["shop CNAME 600 www.demo-firma.test. -> -"]);
    assert_eq!(
        of(json!({"name": "@", "type": "MX", "value": "mail.demo-firma.test"})).await,
        ["@ MX 300 10 mail.demo-firma.test. -> -"]
    );
    assert_eq!(of(json!({"type": "A", "scope": "all"})).await.len(), 4);
    let all = of(json!({"scope": "all"})).await;
    assert_eq!(all.len(), 8, "{all:?}");
    assert!(!all.iter().any(|c| c.contains("SOA") || c.contains("NS ns1")));
    assert_eq!(of(json!({"name": "@"})).await.len(), 3, "SOA and NS stay");
}

#[tokio::test]
async fn deletions_that_cannot_be() {
    let world = World::demo().await;
    for (slots, key) in [
        (json!({}), "dns.delete_what"),
        (json!({"value": "192.0.2.10"}), "dns.delete_what"),
        (json!({"scope": "some"}), "dns.bad_scope"),
        (json!({"type": "A"}), "dns.which_name"),
        (json!({"type": "CAA"}), "dns.no_type"),
        (json!({"name": "nothing"}), "dns.empty_name"),
        (json!({"name": "www", "type": "TXT"}), "dns.no_set"),
        (json!({"name": "www", "type": "A", "value": "192.0.2.99"}), "dns.no_value"),
        (json!({"name": "www", "type": "A", "value": "x"}), "dns.bad_value"),
        (json!({"name": "@", "type": "NS"}), "dns.refused"),
        (json!({"name": "@", "type": "SOA"}), "dns.refused"),
    ] {
        assert_eq!(told(world.desk(&[delete(slots.clone())]).await).0, key, "{slots}");
    }
}

#[tokio::test]
async fn long_plans_are_cut_without_tearing_a_name_apart() {
    let mut world = World::empty().await;
    world.add("dns", &OWN, |id| {
        let mut fake = host(id, &[], &[("demo-firma.test", ZONE)]);
        fake.limits.sets_per_call = 3;
        fake
    });
    let wishes = [
        set("a", "A", "192.0.2.1"),
        set("b", "A", "192.0.2.1"),
        set("c", "A", "192.0.2.1"),
        set("c", "AAAA", "2001:db8::1"),
        set("d", "A", "192.0.2.1"),
    ];
    let cut = world.desk(&wishes).await.unwrap();
    let names: Vec<Vec<String>> = cut
        .draft
        .steps
        .iter()
        .map(|s| match s {
            Step::DnsChange { changes, .. } => {
                changes.iter().map(|c| c.key.name.to_string()).collect()
            }
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(names, [vec!["a", "b"], vec!["c", "c", "d"]]);
    let undo = cut.draft.undo.unwrap();
    let Step::DnsChange { changes, .. } = &undo[0] else { panic!("no change") };
    assert_eq!(changes[0].key.name.as_str(), "d", "undo goes backwards");
}

#[tokio::test]
async fn in_long_plans_hosts_come_before_what_leads_to_them_and_go_after_it() {
    let mut world = World::empty().await;
    world.add("dns", &OWN, |id| {
        let mut fake = host(id, &[], &[("demo-firma.test", ZONE)]);
        fake.limits.sets_per_call = 1;
        fake
    });
    let wishes = [
        set("@", "MX", "5 new.demo-firma.test"),
        set("new", "A", "192.0.2.1"),
        delete(json!({"name": "mail", "type": "A"})),
    ];
    let cut = world.desk(&wishes).await.unwrap();
    assert_eq!(
        changes(&cut).iter().map(|c| c.split(' ').next().unwrap()).collect::<Vec<_>>(),
        ["new", "@", "mail"]
    );
    let back: Vec<String> = cut.draft.undo.unwrap().iter().map(|s| format!("{s:?}")).collect();
    let at = |name: &str| back.iter().position(|s| s.contains(&format!("key: {name} "))).unwrap();
    assert_eq!((at("mail"), at("@"), at("new")), (0, 1, 2), "{back:?}");
}
