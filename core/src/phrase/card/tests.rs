use jiff::Timestamp;
use jiff::civil::date;
use jiff::tz::TimeZone;

use super::*;
use crate::clock::{SystemChance, SystemClock};
use crate::domain::{DomainName, Money, RecordSet, SetBody, SetKey, Years, zonefile};
use crate::ids::{JobId, PersonId, PlanId};
use crate::plan::SetChange;
use crate::provider::{Authority, Tax, ZoneRef};

pub(super) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn account() -> AccountId {
    "01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().unwrap()
}

pub(super) fn name(text: &str) -> DomainName {
    DomainName::parse(text).unwrap()
}

pub(super) fn pln(amount: &str) -> Money {
    Money::parse(amount, "PLN").unwrap()
}

pub(super) fn zone(text: &str) -> ZoneRef {
    ZoneRef { account: account(), id: "z".into(), name: name(text) }
}

pub(super) fn sets(file: &str) -> Vec<RecordSet> {
    zonefile::read(file, &name("demo-firma.test")).unwrap()
}

/// The change from one zone file line set to another; an empty text is no set.
fn change(before: &str, after: &str) -> SetChange {
    let one = |file: &str| sets(file).into_iter().next().map(|s| (s.key, s.body));
    let (before, after) = (one(before), one(after));
    let key: SetKey = before.as_ref().or(after.as_ref()).unwrap().0.clone();
    let body = |s: Option<(SetKey, SetBody)>| s.map(|(_, b)| b);
    SetChange { key, before: body(before), after: body(after) }
}

fn plan_of(steps: Vec<Step>, tier: Tier, cost: Vec<Cost>, warnings: Vec<Phrase>) -> PlanCard {
    let clock = SystemClock::default();
    let undo = if tier == Tier::Reversible { Undo::Steps(vec![]) } else { Undo::Impossible };
    let plan = Plan {
        v: 1,
        id: PlanId::new(&clock, &SystemChance),
        nonce: "00".into(),
        person: PersonId::new(&clock, &SystemChance),
        conversation: "c".into(),
        actions: vec![],
        steps,
        tier,
        cost,
        warnings,
        undo,
        follows: None,
        created_at: at("2026-11-23T13:22:00Z"),
        expires_at: at("2026-11-23T13:32:00Z"),
        start_by: at("2026-11-24T13:22:00Z"),
        not_before: None,
        delay: 0,
    };
    PlanCard { plan, label: "7F3A".into(), digest: String::new(), armed: false }
}

fn draw(lang: Language, plan: &PlanCard) -> String {
    let tz = TimeZone::get("Europe/Warsaw").unwrap();
    card(lang, &tz, plan, &|_| "sandbox-dns".into(), at("2026-11-23T13:25:00Z"))
}

fn dns(changes: Vec<SetChange>, warnings: Vec<Phrase>) -> PlanCard {
    let step = Step::DnsChange { zone: zone("demo-firma.test"), changes };
    plan_of(vec![step], Tier::Reversible, vec![], warnings)
}

fn renew(domain: &str, account: AccountId) -> Step {
    let order = RenewOrder {
        domain: name(domain),
        years: Years::try_from(2).unwrap(),
        expected_expiry: date(2026, 12, 5),
        new_expiry: date(2028, 12, 5),
        price_cap: pln("98.00"),
        tax: Tax::Included,
        premium: false,
    };
    Step::Renew { account, order, again: None }
}

fn cost(price: &str) -> Cost {
    Cost { account: account(), price: pln(price), balance: Some(pln("500.00")), enforced: true }
}

#[test]
fn one_change_in_both_languages() {
    let plan = dns(vec![change("www 300 IN A 192.0.2.10", "www 300 IN A 203.0.113.7")], vec![]);
    assert_eq!(
        draw(Language::En, &plan),
        "\
Plan 7F3A  demo-firma.test at sandbox-dns                       tier 1, reversible
  ~ www  A  300   192.0.2.10  ->  203.0.113.7
Valid until 14:32."
    );
    assert_eq!(
        draw(Language::Pl, &plan),
        "\
Plan 7F3A  demo-firma.test na sandbox-dns                       poziom 1, odwracalne
  ~ www  A  300   192.0.2.10  ->  203.0.113.7
Ważne do 14:32."
    );
}

#[test]
fn every_kind_of_change() {
    let plan = dns(
        vec![
            change("", "new 300 IN A 192.0.2.1\nnew 300 IN A 192.0.2.2"),
            change("shop 600 IN CNAME www", ""),
            change("mail 300 IN AAAA 2001:db8::20", "mail 900 IN AAAA 2001:db8::20"),
            change("@ 300 IN MX 10 a\n@ 300 IN MX 20 b", "@ 300 IN MX 10 a\n@ 300 IN MX 30 c"),
        ],
        vec![crate::phrase!("dns.default_ttl", ttl = 300)],
    );
    assert_eq!(
        draw(Language::En, &plan),
        "\
Plan 7F3A  demo-firma.test at sandbox-dns                       tier 1, reversible
  + new   A      300          192.0.2.1
                              192.0.2.2
  - shop  CNAME  600          www.demo-firma.test.
  ~ mail  AAAA   300 -> 900   2001:db8::20
  ~ @     MX     300            10 a.demo-firma.test.
                              - 20 b.demo-firma.test.
                              + 30 c.demo-firma.test.
! No TTL was said for a new record: it gets 300 s.
Valid until 14:32."
    );
}

#[test]
fn foreign_text_is_harmless_and_short() {
    let long = format!("t 300 IN TXT \"{}\" \"{}\"", "x".repeat(250), "\\027[31m");
    let card = draw(Language::En, &dns(vec![change("", &long)], vec![]));
    assert!(!card.contains('\u{1b}'), "{card}");
    assert!(card.contains("... (+"), "{card}");
    assert!(card.lines().all(|l| l.chars().count() < 260), "{card}");
}

#[test]
fn names_have_both_forms() {
    let key = SetKey { name: "xn--ka-ola7v".parse().unwrap(), rtype: "A".parse().unwrap() };
    let body = sets("a 60 IN A 192.0.2.1").remove(0).body;
    let changes = vec![SetChange { key, before: None, after: Some(body) }];
    let step = Step::DnsChange { zone: zone("xn--ka-ola7v.pl"), changes };
    let card = draw(Language::En, &plan_of(vec![step], Tier::Reversible, vec![], vec![]));
    assert!(card.contains("łąka.pl (xn--ka-ola7v.pl) at"), "{card}");
    assert!(card.contains("+ łąka (xn--ka-ola7v)  A"), "{card}");
}

#[test]
fn money_in_both_languages() {
    let plan = plan_of(
        vec![renew("demo-firma.test", account())],
        Tier::Money,
        vec![cost("98.00")],
        vec![],
    );
    assert_eq!(
        draw(Language::En, &plan),
        "\
Plan 7F3A  demo-firma.test at sandbox-dns                       tier 2, money
  expires 2026-12-05 -> 2028-12-05, 98.00 PLN, balance 500.00 PLN -> 402.00 PLN
This cannot be undone.
Valid until 14:32."
    );
    assert_eq!(
        draw(Language::Pl, &plan),
        "\
Plan 7F3A  demo-firma.test na sandbox-dns                       poziom 2, pieniądze
  wygasa 2026-12-05 -> 2028-12-05, 98.00 PLN, saldo 500.00 PLN -> 402.00 PLN
Tego nie da się cofnąć.
Ważne do 14:32."
    );
}

#[test]
fn several_targets_have_headings_and_one_sum() {
    let steps = vec![renew("a.test", account()), renew("b.test", account())];
    let card = draw(Language::En, &plan_of(steps, Tier::Money, vec![cost("196.00")], vec![]));
    assert_eq!(
        card,
        "\
Plan 7F3A                                                       tier 2, money
 a.test at sandbox-dns
  expires 2026-12-05 -> 2028-12-05, 98.00 PLN
 b.test at sandbox-dns
  expires 2026-12-05 -> 2028-12-05, 98.00 PLN
  sandbox-dns: 196.00 PLN in total, balance 500.00 PLN -> 304.00 PLN
This cannot be undone.
Valid until 14:32."
    );
}

#[test]
fn other_steps() {
    let job: JobId = "01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().unwrap();
    let before = sets("@ 300 IN A 192.0.2.1\nwww 300 IN A 192.0.2.1");
    let steps = vec![
        Step::ZoneCreate { account: account(), name: name("nowa.test") },
        Step::ZoneDelete { zone: zone("stara.test"), before },
        Step::AutoRenew {
            account: account(),
            domain: name("demo-firma.test"),
            before: Some(false),
            enabled: true,
        },
        Step::Settle { job, verdict: Verdict::DidNot },
    ];
    let card = draw(Language::Pl, &plan_of(steps, Tier::Dangerous, vec![], vec![]));
    assert_eq!(
        card,
        "\
Plan 7F3A                                                       poziom 3, niebezpieczne
 nowa.test na sandbox-dns
  + strefa nowa.test, pusta
 stara.test na sandbox-dns
  - strefa stara.test, a w niej 2 zestawy rekordów:
  - @    A  300   192.0.2.1
  - www  A  300   192.0.2.1
 demo-firma.test na sandbox-dns
  ~ autoodnawianie  wyłączone  ->  włączone
  zadanie 9G5FAV:  nie nastąpiło
Tego nie da się cofnąć.
Ważne do 14:32."
    );
}

#[test]
fn a_card_that_is_too_old_says_so() {
    let plan = dns(vec![change("", "www 300 IN A 192.0.2.1")], vec![]);
    let tz = TimeZone::UTC;
    let late = card(Language::En, &tz, &plan, &|_| String::new(), at("2026-11-24T13:25:00Z"));
    assert!(late.ends_with("Expired at 2026-11-23 13:32. Please ask again."), "{late}");
}

fn server(host: &str, agrees: bool, problem: Option<&str>) -> AuthorityAnswer {
    let addr = "127.0.0.1:5300".parse().unwrap();
    let server = Authority { name: host.into(), addr };
    AuthorityAnswer { server, agrees, problem: problem.map(Into::into) }
}

#[test]
fn evidence_is_one_line() {
    let step = Step::DnsChange {
        zone: zone("demo-firma.test"),
        changes: vec![change("", "www 300 IN A 203.0.113.7")],
    };
    let one = Evidence {
        read_back: true,
        authorities: vec![server("ns1", true, None)],
        ..Evidence::default()
    };
    assert_eq!(
        evidence(Language::En, Some("sandbox-dns"), Some(&step), &one),
        "Read back from sandbox-dns; 127.0.0.1:5300 (authoritative) answers 203.0.113.7"
    );
    let three = Evidence {
        read_back: true,
        authorities: vec![
            server("ns1", true, None),
            server("ns2", true, None),
            server("ns3", false, Some("timeout\u{7}")),
        ],
        ..Evidence::default()
    };
    assert_eq!(
        evidence(Language::En, None, None, &three),
        "Read back; 2 of 3 authoritative servers answer as planned; ns3 does not: timeout\\u{7}"
    );
    assert_eq!(
        evidence(Language::Pl, None, None, &three),
        "Odczytano z powrotem; 2 z 3 serwerów autorytatywnych odpowiadają zgodnie z planem; ns3 nie: timeout\\u{7}"
    );
    let paid = Evidence {
        reference: Some("A-17".into()),
        charged: Some(pln("98.00")),
        expires: Some(date(2028, 12, 5)),
        balance: Some(pln("402.00")),
        ..Evidence::default()
    };
    assert_eq!(
        evidence(Language::Pl, None, None, &paid),
        "wygasa 2028-12-05; pobrano 98.00 PLN; saldo 402.00 PLN; numer A-17"
    );
    assert_eq!(evidence(Language::En, None, None, &Evidence::default()), "no evidence yet");
}
