use std::path::Path;

use serde_json::{Value, json};

use super::call::{Manner, Reply, call};
use super::ops::Op;
use super::*;

/// Stands still at a moment of 2026-11-23; only the virtual clock moves.
pub(crate) struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        "2026-11-23T10:00:00Z".parse().unwrap()
    }
    fn monotonic(&self) -> std::time::Duration {
        std::time::Duration::ZERO
    }
}

fn world() -> World {
    World::demo(Arc::new(Still))
}

const DAY: i64 = 24 * 3600;

fn domain_of(who: Who) -> &'static str {
    if who == Who::A { "demo-firma.test" } else { "demo-shop.test" }
}

fn renewal(world: &World, who: Who, key: &str) -> Op {
    let expires = world.lock().registrar(who).unwrap().domains[domain_of(who)].expires;
    let body = json!({
        "years": 2, "expected_expiry": expires, "max_price": "98.00", "currency": "PLN",
    });
    Op::Renew {
        name: domain_of(who).into(),
        key: Some(key.into()),
        body: serde_json::from_value(body).unwrap(),
    }
}

fn code(reply: &Reply) -> (u16, &str) {
    (reply.status, reply.body["error"]["code"].as_str().unwrap_or("-"))
}

fn charges(world: &World) -> usize {
    let ledger = world.ledger();
    let paid: i64 = ledger.iter().map(|e| e.amount).sum();
    let state = world.lock();
    let left = state.a.balance + state.b.balance;
    assert_eq!(paid + left, 100_000, "the ledger and the balances agree");
    ledger.iter().filter(|e| e.kind == "renew").count()
}

/// Sends a renewal with a fault, again with the same key, and waits. How many charges after each step?
fn charged(who: Who, fault: Option<Fault>) -> [usize; 3] {
    let world = world();
    let op = renewal(&world, who, "K1");
    if let Some(fault) = fault {
        world.fault(Rule::next("renew", fault)).unwrap();
    }
    call(&world, who, &op);
    let first = charges(&world);
    call(&world, who, &op);
    let second = charges(&world);
    world.advance(DAY / 2).unwrap();
    [first, second, charges(&world)]
}

#[test]
fn charges_under_every_fault_and_a_repeated_key() {
    let reject = || Fault::Reject { status: 429, code: "rate".into(), retry_after: Some(2) };
    for (name, fault, keyed, written_down) in [
        ("no fault", None, [1, 1, 1], [1, 2, 2]),
        ("reset", Some(Fault::ApplyThenReset), [1, 1, 1], [1, 2, 2]),
        ("500", Some(Fault::ApplyThenError { status: 500 }), [1, 1, 1], [1, 2, 2]),
        ("garbage", Some(Fault::ApplyThenGarbage), [1, 1, 1], [1, 2, 2]),
        ("slow", Some(Fault::Delay { ms: 1 }), [1, 1, 1], [1, 2, 2]),
        ("stale", Some(Fault::Stale { secs: 900, view: View::Http }), [1, 1, 1], [1, 2, 2]),
        ("not applied", Some(Fault::Error { status: 503 }), [0, 1, 1], [0, 1, 1]),
        ("lost", Some(Fault::Reset), [0, 1, 1], [0, 1, 1]),
        ("rate", Some(reject()), [0, 1, 1], [0, 1, 1]),
        ("late", Some(Fault::Late { secs: 3600 }), [0, 1, 1], [0, 1, 2]),
        ("dearer", Some(Fault::Price { per_year: 4901 }), [0, 0, 0], [0, 0, 0]),
    ] {
        assert_eq!(charged(Who::A, fault.clone()), keyed, "a: {name}");
        assert_eq!(charged(Who::B, fault), written_down, "b: {name}");
    }
}

#[test]
fn the_manner_of_each_answer() {
    for (fault, manner, status) in [
        (Fault::ApplyThenReset, Manner::Reset, 200),
        (Fault::ApplyThenError { status: 502 }, Manner::Whole, 502),
        (Fault::ApplyThenGarbage, Manner::Garbage, 200),
        (Fault::Late { secs: 5 }, Manner::Reset, 500),
    ] {
        let world = world();
        world.fault(Rule::next("write", fault)).unwrap();
        let reply = call(&world, Who::A, &renewal(&world, Who::A, "K"));
        assert_eq!((reply.manner, reply.status), (manner, status));
        assert!(world.lock().rules.is_empty(), "the rule is used up");
    }
}

#[test]
fn rules_count_and_aim() {
    let world = world();
    let rule = Rule { after: 1, ..Rule::next("read", Fault::Error { status: 500 }) };
    world.fault(rule.at(Who::A).times(2)).unwrap();
    let status = |who| call(&world, who, &Op::Domains).status;
    assert_eq!(
        [Who::B, Who::A, Who::A, Who::B, Who::A, Who::A].map(status),
        [200, 200, 500, 200, 500, 200]
    );
}

#[test]
fn the_first_answer_comes_again_for_a_day() {
    let world = world();
    let op = renewal(&world, Who::A, "K");
    let first = call(&world, Who::A, &op).body;
    let again = call(&world, Who::A, &op).body;
    assert_eq!((&first["id"], &again["repeated"]), (&again["id"], &json!(true)));
    assert_eq!((&first["charged"], &first["expires"]), (&json!("98.00"), &json!("2028-12-05")));
    let other = call(&world, Who::A, &renewal(&world, Who::A, "K"));
    assert_eq!(code(&other), (422, "key_reused"));
    world.advance(DAY).unwrap();
    assert_eq!(call(&world, Who::A, &op).status, 409, "the key is forgotten, the expiry is not");
    assert_eq!(call(&world, Who::A, &renewal(&world, Who::A, "K")).status, 200);
    assert_eq!(charges(&world), 2);
}

#[test]
fn refusals_have_no_effect() {
    let world = world();
    let with = |change: &dyn Fn(&mut Value)| {
        let mut op = serde_json::to_value(renewal(&world, Who::A, "K")).unwrap();
        change(&mut op);
        serde_json::from_value::<Op>(op).unwrap()
    };
    let before = world.lock().clone();
    for (expected, op) in [
        ((404, "unknown"), with(&|o| o["name"] = json!("cudza.test"))),
        ((422, "invalid"), with(&|o| o["key"] = json!(null))),
        ((422, "invalid"), with(&|o| o["body"]["years"] = json!(0))),
        ((422, "invalid"), with(&|o| o["body"]["years"] = json!(10))),
        ((422, "invalid"), with(&|o| o["body"]["max_price"] = json!("98"))),
        ((409, "price"), with(&|o| o["body"]["max_price"] = json!("97.99"))),
        ((409, "price"), with(&|o| o["body"]["currency"] = json!("EUR"))),
        ((409, "expiry"), with(&|o| o["body"]["expected_expiry"] = json!("2027-12-05"))),
        ((404, "unknown"), Op::Zones),
    ] {
        assert_eq!(code(&call(&world, Who::A, &op)), expected, "{op:?}");
        assert_eq!(*world.lock(), before, "{op:?}");
    }
    world.edit(|s, _| s.a.balance = 9799).unwrap();
    let op = renewal(&world, Who::A, "K");
    assert_eq!(code(&call(&world, Who::A, &op)), (402, "balance"));
    let statuses = vec!["pendingDelete".to_owned()];
    world.edit(|s, _| s.a.domains.get_mut("demo-firma.test").unwrap().statuses = statuses).unwrap();
    assert_eq!(code(&call(&world, Who::A, &op)), (409, "status"));
    assert!(world.ledger().is_empty());
}

#[test]
fn registrar_b_looks_at_no_expiry_and_finds_keys() {
    let world = world();
    let op = renewal(&world, Who::B, "K");
    call(&world, Who::B, &op);
    call(&world, Who::B, &op);
    let orders = |key: &str| {
        let op = Op::Orders { key: Some(key.into()), domain: None };
        call(&world, Who::B, &op).body["orders"].as_array().unwrap().len()
    };
    assert_eq!((orders("K"), orders("L")), (2, 0));
    let expires = world.lock().b.domains["demo-shop.test"].expires;
    assert_eq!(expires.to_string(), "2031-01-03");
}

#[test]
fn somebody_else_renews_just_before() {
    let world = world();
    let date = jiff::civil::date(2027, 12, 5);
    world.fault(Rule::next("renew", Fault::Expiry { date })).unwrap();
    let reply = call(&world, Who::A, &renewal(&world, Who::A, "K"));
    assert_eq!(code(&reply), (409, "expiry"));
    let kinds: Vec<_> = world.ledger().into_iter().map(|e| e.kind).collect();
    assert_eq!(kinds, ["admin_expiry"]);
}

#[test]
fn old_pictures_last_as_long_as_ordered() {
    let world = world();
    for view in [View::Domains, View::Authority] {
        world.fault(Rule::next("renew", Fault::Stale { secs: 900, view })).unwrap();
    }
    call(&world, Who::A, &renewal(&world, Who::A, "K"));
    let seen = || {
        let domain = call(&world, Who::A, &Op::Domain { name: "demo-firma.test".into() }).body;
        let orders = call(&world, Who::A, &Op::Orders { key: None, domain: None }).body;
        (domain["expires"].clone(), orders["orders"].as_array().unwrap().len())
    };
    assert_eq!(seen(), (json!("2026-12-05"), 1), "orders are fresh in this view");
    world.advance(899).unwrap();
    assert_eq!(seen(), (json!("2026-12-05"), 1));
    world.advance(2).unwrap();
    assert_eq!(seen(), (json!("2028-12-05"), 1));
    assert!(world.lock().stale.is_empty());
}

#[test]
fn auto_renewal_is_compared_and_set_once() {
    let world = world();
    let op = |to: bool, expected: Option<bool>| Op::AutoRenew {
        name: "demo-firma.test".into(),
        key: Some("K".into()),
        body: serde_json::from_value(json!({"auto_renew": to, "expected": expected})).unwrap(),
    };
    let send = |to, expected| call(&world, Who::A, &op(to, expected)).status;
    let got = [send(true, Some(true)), send(true, Some(false)), send(true, Some(false))];
    assert_eq!(got, [409, 200, 409]);
    assert_eq!(send(true, None), 200);
    assert_eq!(world.ledger().len(), 1);
}

fn change(world: &World, changes: &Value) -> (u16, String) {
    let op = json!({"op": "change", "id": "zone-1", "key": "K", "body": {"changes": changes}});
    let reply = call(world, Who::Dns, &serde_json::from_value(op).unwrap());
    let (status, code) = code(&reply);
    (status, code.to_owned())
}

#[test]
fn changes_of_sets_happen_as_a_whole_and_only_from_the_expected_state() {
    let world = world();
    let www = json!({"ttl": 300, "data": ["192.0.2.10"]});
    let new = json!({"ttl": 300, "data": ["203.0.113.7"]});
    let at = |name: &str, rtype: &str, before: &Value, after: &Value| json!({"name": format!("{name}demo-firma.test"), "type": rtype, "before": before, "after": after});
    let null = &Value::Null;
    let cname = json!({"ttl": 60, "data": ["x.test."]});
    for (expected, changes) in [
        ((409, "changed"), json!([at("new.", "A", null, &new), at("www.", "A", &new, &www)])),
        ((409, "changed"), json!([at("www.", "A", null, &new)])),
        ((422, "cname"), json!([at("www.", "CNAME", null, &cname)])),
        ((422, "invalid"), json!([at("www.", "A", &www, &cname)])),
        ((422, "invalid"), json!([at("www.", "TYPE46", null, &new)])),
        ((422, "invalid"), json!([at("", "NS", null, null)])),
        ((422, "invalid"), json!([at("x", "A", null, &new)])),
        ((422, "invalid"), json!([at("www.", "A", null, &json!({"ttl": 1, "data": []}))])),
        ((422, "invalid"), json!([at("a.", "A", null, &new), at("A.", "A", null, &new)])),
        ((422, "invalid"), json!([])),
    ] {
        let (status, code) = change(&world, &changes);
        assert_eq!((status, &*code), expected, "{changes}");
        assert!(world.ledger().is_empty());
    }
    let good = json!([at("www.", "A", &www, &new), at("new.", "A", null, &new)]);
    assert_eq!(change(&world, &good).0, 200);
    assert_eq!(change(&world, &good).0, 409, "a second time it is not as expected any more");
    let [effect] = &world.ledger()[..] else { panic!("one effect") };
    assert_eq!((&*effect.kind, effect.key.as_deref()), ("dns_change", Some("K")));
    assert_eq!(effect.before[0]["data"], json!(["192.0.2.10"]));
    let soa = world.lock().zones["zone-1"].clone();
    let soa = &soa.get(&soa.name, Type::SOA).unwrap().data[0];
    assert!(soa.contains(" 2026112302 "), "{soa}");
}

#[test]
fn the_same_set_in_other_words_is_the_same_set() {
    let world = world();
    let before = json!({"ttl": 3600, "data": ["20 MX2.sandbox.test.", "10 mail.Demo-Firma.test."]});
    let mx = json!([{"name": "demo-firma.test.", "type": "mx", "before": before, "after": null}]);
    assert_eq!(change(&world, &mx).0, 200);
}

#[test]
fn the_serial_is_the_hosts_own() {
    let world = world();
    let soa = |serial: u32, ttl: u32| {
        let data =
            format!("ns1.sandbox.test. hostmaster.sandbox.test. {serial} 7200 3600 1209600 300");
        json!({"ttl": ttl, "data": [data]})
    };
    let change_soa = |before: Value, after: Value| {
        let name = "demo-firma.test";
        let one = json!({"name": name, "type": "SOA", "before": before, "after": after});
        change(&world, &json!([one])).0
    };
    assert_eq!(change_soa(soa(7, 3600), soa(7, 60)), 200, "an old serial is no other SOA");
    assert_eq!(change_soa(soa(7, 3600), soa(7, 60)), 409);
    let state = world.lock();
    let zone = &state.zones["zone-1"];
    let set = zone.get(&zone.name, Type::SOA).unwrap();
    assert!(set.data[0].contains(" 2026112302 "), "it never goes back: {set:?}");
}

#[test]
fn zones_come_and_go_with_new_identifiers() {
    let world = world();
    let name = Labels::parse("nowa.test").unwrap();
    let create = Op::CreateZone { name, key: None };
    let id = call(&world, Who::Dns, &create).body["id"].as_str().unwrap().to_owned();
    assert_eq!(code(&call(&world, Who::Dns, &create)), (409, "exists"));
    assert_eq!(call(&world, Who::Dns, &Op::Zone { id: id.clone() }).body["count"], 2);
    let delete = Op::DeleteZone { id: id.clone(), key: None };
    assert_eq!(call(&world, Who::Dns, &delete).status, 200);
    assert_eq!(call(&world, Who::Dns, &delete).status, 404);
    assert_ne!(call(&world, Who::Dns, &create).body["id"], json!(id));
}

#[test]
fn nothing_is_lost_when_the_process_dies() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("world");
    let open = || World::open(&dir, Arc::new(Still));
    let world = open().unwrap();
    assert!(open().is_err(), "one process at a time");
    world.fault(Rule::next("renew", Fault::Late { secs: 60 })).unwrap();
    let op = renewal(&world, Who::A, "K");
    call(&world, Who::A, &op);
    call(&world, Who::B, &renewal(&world, Who::B, "L"));
    let state = world.lock().clone();
    assert_eq!(load(&dir).unwrap().unwrap(), state, "readable while it runs");
    drop(world);
    // A write that was cut by the death of the process.
    std::fs::write(dir.join(".world.json.new"), b"{\"version\":1,\"led").unwrap();
    let world = open().unwrap();
    assert_eq!(*world.lock(), state);
    world.advance(61).unwrap();
    assert_eq!(charges(&world), 2, "the late call was not forgotten");
    assert_eq!(load(&dir).unwrap().unwrap().ledger.len(), 2);
    private(&dir);
}

#[cfg(unix)]
fn private(dir: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let mode = |p: &Path| std::fs::metadata(p).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(dir), mode(&dir.join("world.json"))), (0o700, 0o600));
}

#[cfg(not(unix))]
fn private(_: &Path) {}

#[test]
fn a_damaged_file_is_not_replaced_by_a_new_world() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("world.json"), b"{").unwrap();
    assert!(World::open(home.path(), Arc::new(Still)).is_err());
    assert_eq!(std::fs::read(home.path().join("world.json")).unwrap(), b"{");
}

#[test]
fn what_cannot_be_written_does_not_happen() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("world");
    let world = World::open(&dir, Arc::new(Still)).unwrap();
    std::fs::remove_dir_all(&dir).unwrap();
    let reply = call(&world, Who::A, &renewal(&world, Who::A, "K"));
    assert_eq!(code(&reply), (500, "disk"));
    assert_eq!((charges(&world), world.lock().a.orders.len()), (0, 0));
}
