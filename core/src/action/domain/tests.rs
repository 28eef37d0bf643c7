use jiff::civil::date;
use serde_json::json;

use crate::action::act::fakes::{COMPANY, Fake, OWN, World, facts, host, keys, pln, told};
use crate::action::{Answer, Domains, Draft, Planned};
use crate::error::Result;
use crate::phrase::Language;
use crate::plan::Step;
use crate::provider::{DomainFacts, ProviderError, Quote, Tax};

fn firma(expires: Option<jiff::civil::Date>) -> DomainFacts {
    facts("firma.pl", expires, &["ns1.firma.pl"])
}

fn registrar(domains: Vec<DomainFacts>) -> Fake {
    Fake { is_registrar: true, domains, ..Fake::default() }
}

fn domains(answer: Answer) -> Domains {
    match answer {
        Answer::Domains(d) => d,
        other => panic!("{other:?}"),
    }
}

fn draft(planned: Result<Planned>) -> Draft {
    match planned {
        Ok(Planned::Steps(draft)) => draft,
        other => panic!("no steps: {other:?}"),
    }
}

async fn with(fake: Fake) -> World {
    let mut world = World::empty().await;
    world.add("reg", &COMPANY, |_| fake);
    world
}

#[tokio::test]
async fn list_says_dates_and_zones() {
    let world = World::demo().await;
    let list = domains(world.answer("domain.list", json!({})).await);
    let row = &list.domains[0];
    assert_eq!((row.account.as_str(), row.days_left), ("sandbox", Some(12)));
    let zone = row.zone.as_ref().unwrap();
    assert_eq!((zone.account.as_str(), zone.sets), ("sandbox-dns", Some(10)));
    assert_eq!(
        told(World::empty().await.plan("domain.list", json!({})).await).0,
        "domain.no_registrar"
    );
}

#[tokio::test]
async fn a_silent_registrar_s_last_words_are_shown_with_their_age() {
    let mut world = World::empty().await;
    let id = {
        world.add("reg", &COMPANY, |_| Fake {
            down: Some(ProviderError::Unavailable("503".into())),
            ..registrar(vec![])
        });
        world.accounts.0[0].id
    };
    let then = "2026-11-01T09:00:00Z".parse().unwrap();
    world.store.put_facts(id, &[firma(Some(date(2026, 12, 1)))], then).await.unwrap();
    for kind in ["domain.list", "calendar.expiring"] {
        let list = domains(world.answer(kind, json!({})).await);
        assert_eq!(list.domains[0].seen_at, then, "{kind}");
        assert_eq!(list.unreachable[0].account, "reg");
    }
    let list = domains(world.answer("domain.expiry", json!({"domain": "firma.pl"})).await);
    assert_eq!(list.domains[0].days_left, Some(8));
    let renew = world.plan("domain.renew", json!({"domain": "firma.pl"})).await;
    assert_eq!(told(renew).0, "domain.cannot_tell", "old words are not enough to pay on");
}

#[tokio::test]
async fn what_a_registrar_says_is_remembered() {
    let world = with(registrar(vec![firma(Some(date(2027, 1, 1)))])).await;
    world.answer("domain.list", json!({})).await;
    let known = world.store.facts().await.unwrap();
    assert_eq!(known.len(), 1);
    assert_eq!(known[0].1.name.as_str(), "firma.pl");
}

#[tokio::test]
async fn expiry_of_what_is_not_ours() {
    let world = with(registrar(vec![])).await;
    let of = async |d: &str| told(world.plan("domain.expiry", json!({"domain": d})).await).0;
    assert_eq!(of("firma.pl").await, "domain.not_yours");
    assert_eq!(of("firma.nosuchtld").await, "domain.unknown_tld");
}

#[tokio::test]
async fn expiring_keeps_the_overdue_and_the_unknown() {
    let day = |n: &str, d| facts(n, d, &[]);
    let world = with(registrar(vec![
        day("soon.pl", Some(date(2026, 12, 20))),
        day("late.pl", Some(date(2027, 3, 1))),
        day("over.pl", Some(date(2026, 11, 20))),
        day("gap.pl", Some(date(1969, 12, 31))),
        day("dunno.de", None),
    ]))
    .await;
    let of = async |slots| {
        let list = domains(world.answer("calendar.expiring", slots).await);
        list.domains.iter().map(|d| d.domain.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(of(json!({})).await, ["over.pl", "soon.pl", "dunno.de", "gap.pl"]);
    assert_eq!(of(json!({"within_days": 3})).await, ["over.pl", "dunno.de", "gap.pl"]);
    assert_eq!(
        of(json!({"from": "2027-03-01", "to": "2027-03-31"})).await,
        ["late.pl", "dunno.de", "gap.pl"]
    );
    let slots = json!({"from": "2027-03-02", "to": "2027-03-01"});
    assert_eq!(told(world.plan("calendar.expiring", slots).await).0, "calendar.backwards");
}

#[tokio::test]
async fn check_asks_everybody() {
    let mut world = with(registrar(vec![])).await;
    world.add("slow", &COMPANY, |_| Fake {
        down: Some(ProviderError::RateLimited { retry_after: None }),
        ..registrar(vec![])
    });
    let Answer::Checked(checked) = world.answer("domain.check", json!({"domain": "nowa.pl"})).await
    else {
        panic!("not checked")
    };
    let rows: Vec<_> = checked.answers.iter().map(|r| (r.account.as_str(), r.available)).collect();
    assert_eq!(rows, [("reg", Some(true)), ("slow", None)]);
    assert_eq!(checked.answers[0].price, Some(pln("98.00")));
    for (domain, key) in [
        ("www.nowa.pl", "domain.is_part"),
        ("com.pl", "domain.is_suffix"),
        ("nowa.test", "domain.reserved"),
        ("nowa.nosuchtld", "domain.unknown_tld"),
    ] {
        let said = told(world.plan("domain.check", json!({"domain": domain})).await).0;
        assert_eq!(said, key, "{domain}");
    }
    world.accounts.0.remove(0);
    let said = told(world.plan("domain.check", json!({"domain": "nowa.pl"})).await);
    assert_eq!(said.0, "domain.check_failed");
}

#[tokio::test]
async fn renewal_freezes_dates_and_price() {
    let world = World::demo().await;
    let slots = json!({"domain": "demo-firma.test", "years": 2});
    let draft = draft(world.plan("domain.renew", slots).await);
    let [Step::Renew { account, order, again: None }] = draft.steps.as_slice() else {
        panic!("{draft:?}")
    };
    assert_eq!(world.accounts.get(*account).unwrap().name, "sandbox");
    assert_eq!(order.expected_expiry, date(2026, 12, 5));
    assert_eq!(order.new_expiry, date(2028, 12, 5));
    assert_eq!(order.price_cap, pln("98.00"));
    assert_eq!(draft.cost[0].balance, Some(pln("500.00")));
    assert!(draft.warnings.is_empty() && draft.undo.is_none());
}

#[tokio::test]
async fn one_year_where_none_is_said_and_leap_days_clip() {
    let world = with(registrar(vec![firma(Some(date(2028, 2, 29)))])).await;
    let draft = draft(world.plan("domain.renew", json!({"domain": "firma.pl"})).await);
    let Step::Renew { order, .. } = &draft.steps[0] else { panic!("{draft:?}") };
    assert_eq!((order.years.get(), order.new_expiry), (1, date(2029, 2, 28)));
}

#[tokio::test]
async fn renewals_that_are_not_planned() {
    let renew = async |fake: Fake| {
        told(with(fake).await.plan("domain.renew", json!({"domain": "firma.pl"})).await).0
    };
    assert_eq!(renew(registrar(vec![firma(None)])).await, "domain.expiry_unknown");
    let epoch = firma(Some(date(1969, 12, 31)));
    assert_eq!(renew(registrar(vec![epoch])).await, "domain.expiry_unknown");
    assert_eq!(renew(registrar(vec![])).await, "domain.not_yours");
    let poor = Fake {
        quote: Quote {
            price: pln("98.00"),
            balance: Some(pln("97.99")),
            enforced: true,
            premium: false,
            tax: Tax::Included,
        },
        ..registrar(vec![firma(Some(date(2027, 1, 1)))])
    };
    assert_eq!(renew(poor).await, "domain.balance_low");
    let mut world = with(registrar(vec![firma(Some(date(2027, 1, 1)))])).await;
    world.add("other", &COMPANY, |_| registrar(vec![firma(Some(date(2027, 1, 1)))]));
    let both = told(world.plan("domain.renew", json!({"domain": "firma.pl"})).await);
    assert_eq!(both.0, "domain.two_accounts");
    let part = told(world.plan("domain.renew", json!({"domain": "www.firma.pl"})).await);
    assert_eq!(part.0, "domain.is_part");
}

#[tokio::test]
async fn renewals_to_look_at_twice() {
    let mut old = firma(Some(date(2026, 11, 1)));
    old.statuses = vec!["clientHold".into(), "auto renew period".into(), "redemptionPeriod".into()];
    let fake = Fake {
        quote: Quote {
            price: pln("98.00"),
            balance: None,
            enforced: false,
            premium: true,
            tax: Tax::Unknown,
        },
        ..registrar(vec![old])
    };
    let world = with(fake).await;
    let slots = json!({"domain": "firma.pl", "years": 10});
    let draft = draft(world.plan("domain.renew", slots).await);
    assert_eq!(
        keys(&draft.warnings),
        [
            "domain.price_not_enforced",
            "domain.premium",
            "domain.expired",
            "domain.on_hold",
            "domain.in_auto_renew",
            "domain.being_deleted",
        ]
    );
    let long = with(registrar(vec![firma(Some(date(2027, 1, 1)))])).await;
    let slots = json!({"domain": "firma.pl", "years": 10});
    assert_eq!(
        keys(&self::draft(long.plan("domain.renew", slots).await).warnings),
        ["domain.too_long"]
    );
}

#[tokio::test]
async fn two_renewals_must_be_paid_for_together() {
    let one =
        draft(World::demo().await.plan("domain.renew", json!({"domain": "demo-firma.test"})).await);
    let world = World::demo().await;
    let cost = one.cost[0].clone();
    let sum = crate::action::total(&world.accounts, vec![cost.clone(); 5]).unwrap();
    assert_eq!((sum.len(), sum[0].price), (1, pln("490.00")));
    let six = crate::action::total(&world.accounts, vec![cost; 6]);
    assert_eq!(told(six).0, "domain.balance_low");
}

#[tokio::test]
async fn auto_renewal() {
    let world = World::demo().await;
    let switch = async |on: bool| {
        world.plan("domain.autorenew", json!({"domain": "demo-firma.test", "enabled": on})).await
    };
    let draft = draft(switch(true).await);
    let [Step::AutoRenew { before: Some(false), enabled: true, .. }] = draft.steps.as_slice()
    else {
        panic!("{draft:?}")
    };
    let Some([Step::AutoRenew { before: Some(true), enabled: false, .. }]) = draft.undo.as_deref()
    else {
        panic!("{draft:?}")
    };
    let Ok(Planned::Said(said)) = switch(false).await else { panic!("a plan for nothing") };
    assert_eq!(said.key(), "domain.autorenew_off_already");
    let mut on = firma(Some(date(2027, 1, 1)));
    on.auto_renew = Some(true);
    let world = with(registrar(vec![on])).await;
    let off = world.plan("domain.autorenew", json!({"domain": "firma.pl", "enabled": false})).await;
    let draft = self::draft(off);
    assert!(draft.warnings[0].text(Language::Pl).contains("2027-01-01"));
}

#[tokio::test]
async fn accounts_and_whether_they_answer() {
    let mut world = World::demo().await;
    world.add("dead", &COMPANY, |id| Fake {
        down: Some(ProviderError::Auth("wrong".into())),
        ..host(id, &[], &[])
    });
    world.add("both", &OWN, |id| Fake { is_registrar: true, ..host(id, &[], &[]) });
    let Answer::Accounts(list) = world.answer("provider.list", json!({})).await else { panic!() };
    let rows: Vec<_> = list.accounts.iter().map(|a| (a.name.as_str(), a.state.as_str())).collect();
    assert_eq!(
        rows,
        [
            ("both", "ok"),
            ("dead", "the provider refused our key"),
            ("sandbox", "ok"),
            ("sandbox-dns", "ok"),
        ]
    );
    assert_eq!(list.accounts[1].proved, "proved against their test system");
}
