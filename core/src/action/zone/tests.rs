use serde_json::{Value, json};

use crate::action::act::fakes::{COMPANY, Fake, OWN, World, ZONE, host, keys, told};
use crate::action::{Draft, Planned};
use crate::plan::{Step, Tier};
use crate::provider::ProviderError;

async fn draft(world: &World, kind: &str, slots: Value) -> Draft {
    match world.plan(kind, slots).await {
        Ok(Planned::Steps(draft)) => draft,
        other => panic!("no steps: {other:?}"),
    }
}

#[tokio::test]
async fn a_zone_is_made_where_it_can_be() {
    let mut world = World::demo().await;
    let made = draft(&world, "zone.create", json!({"domain": "nowa.test"})).await;
    let [Step::ZoneCreate { account, name }] = made.steps.as_slice() else { panic!("{made:?}") };
    assert_eq!(world.accounts.get(*account).unwrap().name, "sandbox-dns");
    assert_eq!(name.as_str(), "nowa.test");
    world.add("fixed", &OWN, |id| {
        let mut fake = host(id, &[], &[]);
        fake.limits.manages_zones = false;
        fake
    });
    world.host("company", &COMPANY, &[], &[]);
    let made = draft(&world, "zone.create", json!({"domain": "nowa.test"})).await;
    assert_eq!(made.steps.len(), 1, "a reserved name only at the own server");
    let (key, text) = told(world.plan("zone.create", json!({"domain": "nowa.pl"})).await);
    assert_eq!(key, "zone.create_where");
    assert!(text.contains("sandbox-dns, company"), "{text}");
    let of = |domain: &str, provider: &str| json!({"domain": domain, "provider": provider});
    draft(&world, "zone.create", of("nowa.pl", "COMPANY")).await;
    for (slots, key) in [
        (of("nowa.test", "company"), "zone.reserved"),
        (of("nowa.pl", "fixed"), "zone.not_made_here"),
        (of("nowa.pl", "nobody"), "provider.no_such"),
        (of("nowa.pl", "own"), "provider.several"),
        (of("demo-firma.test", "sandbox-dns"), "zone.exists"),
        (of("com.pl", "company"), "domain.is_suffix"),
        (of("nowa.nosuchtld", "company"), "domain.unknown_tld"),
    ] {
        assert_eq!(told(world.plan("zone.create", slots.clone()).await).0, key, "{slots}");
    }
}

#[tokio::test]
async fn a_new_zone_beside_and_inside_others() {
    let mut world = World::demo().await;
    world.host("second", &OWN, &[], &[]);
    let slots = json!({"domain": "demo-firma.test", "provider": "second"});
    let made = draft(&world, "zone.create", slots).await;
    assert_eq!(keys(&made.warnings), ["zone.exists_elsewhere"]);
    let slots = json!({"domain": "dev.demo-firma.test", "provider": "second"});
    let made = draft(&world, "zone.create", slots).await;
    assert_eq!(keys(&made.warnings), ["zone.below"]);
    let nobody = World::empty().await;
    assert_eq!(
        told(nobody.plan("zone.create", json!({"domain": "a.pl"})).await).0,
        "zone.nobody_makes"
    );
}

#[tokio::test]
async fn a_zone_goes_with_all_its_sets() {
    let mut world = World::demo().await;
    let gone = draft(&world, "zone.delete", json!({"domain": "demo-firma.test"})).await;
    let [Step::ZoneDelete { before, .. }] = gone.steps.as_slice() else { panic!("{gone:?}") };
    assert_eq!(before.len(), 10);
    assert_eq!(gone.tier, Some(Tier::Dangerous));
    assert_eq!(keys(&gone.warnings), ["zone.delete_all", "zone.still_live"]);
    assert!(gone.undo.is_none());
    world.accounts.0.retain(|a| a.name != "sandbox-dns");
    world.host("unnamed", &OWN, &[], &[("demo-firma.test", ZONE)]);
    let gone = draft(&world, "zone.delete", json!({"domain": "demo-firma.test"})).await;
    assert_eq!(keys(&gone.warnings), ["zone.delete_all", "zone.still_live"], "by its own NS set");
    world.host("own", &OWN, &["ns1.own.test"], &[("x.test", ZONE)]);
    let gone = draft(&world, "zone.delete", json!({"domain": "x.test"})).await;
    assert_eq!(keys(&gone.warnings), ["zone.delete_all", "zone.delegation_unknown"]);
}

#[tokio::test]
async fn zones_that_are_not_deleted() {
    let mut world = World::demo().await;
    world.add("fixed", &OWN, |id| {
        let mut fake = host(id, &[], &[("fixed.test", ZONE)]);
        fake.limits.manages_zones = false;
        fake
    });
    let of =
        async |domain: &str| told(world.plan("zone.delete", json!({"domain": domain})).await).0;
    assert_eq!(of("fixed.test").await, "zone.not_deleted_here");
    assert_eq!(of("www.demo-firma.test").await, "zone.only_part");
    assert_eq!(of("firma.pl").await, "zone.not_yours");
    world.host("copy", &OWN, &[], &[("demo-firma.test", ZONE)]);
    let both = told(world.plan("zone.delete", json!({"domain": "demo-firma.test"})).await).0;
    assert_eq!(both, "zone.delete_which", "never guessed");
}

#[tokio::test]
async fn an_account_that_is_silent_may_hold_a_second_copy() {
    let mut world = World::demo().await;
    world.add("dead", &OWN, |id| Fake {
        down: Some(ProviderError::Unavailable("refused".into())),
        ..host(id, &[], &[])
    });
    let gone = draft(&world, "zone.delete", json!({"domain": "demo-firma.test"})).await;
    assert!(keys(&gone.warnings).contains(&"zone.account_silent"), "{:?}", gone.warnings);
}

#[tokio::test]
async fn wishes_of_one_message_that_exclude_each_other() {
    use crate::action::act::fakes::action;
    let world = World::demo().await;
    let ctx = world.ctx();
    let set =
        json!({"domain": "demo-firma.test", "name": "www", "type": "A", "value": "192.0.2.9"});
    action("dns.set", &set).plan(&ctx).await.unwrap();
    let whole = json!({"domain": "demo-firma.test"});
    action("zone.delete", &whole).plan(&ctx).await.unwrap();
    let desk = std::mem::take(&mut *ctx.on_desk());
    let key = told(desk.into_cut(&world.accounts, world.lang).await).0;
    assert_eq!(key, "zone.delete_and_change");
    let ctx = world.ctx();
    action("domain.renew", &whole).plan(&ctx).await.unwrap();
    assert_eq!(told(action("domain.renew", &whole).plan(&ctx).await).0, "domain.twice");
}
