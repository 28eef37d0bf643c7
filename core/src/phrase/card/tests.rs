use jiff::Timestamp;
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;

use super::*;
use crate::action::Answer;
use crate::action::{
    AccountRow, Accounts, CheckRow, Checked, DomainRow, Domains, EventRow, Exported, Found,
    FoundRow, HelpRow, HelpText, History, JobRow, Jobs, Records, Unreachable, ZoneRow, ZoneSize,
    Zones,
};
use crate::clock::{Clock, SystemChance, SystemClock};
use crate::domain::{DomainName, Money, RecordSet, SetBody, SetKey, Years, zonefile};
use crate::ids::{JobId, PersonId, PlanId};
use crate::plan::SetChange;
use crate::provider::{Authority, ZoneRef};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn account() -> AccountId {
    "01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().unwrap()
}

fn name(text: &str) -> DomainName {
    DomainName::parse(text).unwrap()
}

fn pln(amount: &str) -> Money {
    Money::parse(amount, "PLN").unwrap()
}

fn zone(text: &str) -> ZoneRef {
    ZoneRef { account: account(), id: "z".into(), name: name(text) }
}

fn sets(file: &str) -> Vec<RecordSet> {
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
    };
    Step::Renew { account, order }
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
    let mut plan = plan_of(
        vec![renew("demo-firma.test", account())],
        Tier::Money,
        vec![cost("98.00")],
        vec![],
    );
    plan.armed = true;
    assert_eq!(
        draw(Language::En, &plan),
        "\
Plan 7F3A  demo-firma.test at sandbox-dns                       tier 2, money
  expires 2026-12-05 -> 2028-12-05, 98.00 PLN, balance 500.00 PLN -> 402.00 PLN
This cannot be undone.
Type your code to do exactly this, \"no\" to drop it. Valid until 14:32."
    );
    assert_eq!(
        draw(Language::Pl, &plan),
        "\
Plan 7F3A  demo-firma.test na sandbox-dns                       poziom 2, pieniądze
  wygasa 2026-12-05 -> 2028-12-05, 98.00 PLN, saldo 500.00 PLN -> 402.00 PLN
Tego nie da się cofnąć.
Wpisz kod, aby zrobić dokładnie to, albo „nie”, aby zrezygnować. Ważne do 14:32."
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

fn show(lang: Language, answer: &Answer) -> String {
    let tz = TimeZone::get("Europe/Warsaw").unwrap();
    super::answer(lang, &tz, answer, date(2026, 11, 23))
}

fn domain(name_: &str, expires: Option<Date>, days_left: Option<i32>) -> DomainRow {
    DomainRow {
        domain: name(name_),
        account: "sandbox".into(),
        expires,
        days_left,
        auto_renew: Some(false),
        seen_at: at("2026-11-23T09:00:00Z"),
        zone: Some(ZoneSize { account: "sandbox-dns".into(), sets: Some(14) }),
    }
}

#[test]
fn domains_in_both_languages() {
    let mut old = domain("b.test", Some(date(2026, 11, 20)), Some(-3));
    old.seen_at = at("2026-11-20T08:00:00Z");
    old.zone = None;
    old.auto_renew = None;
    let unreachable =
        vec![Unreachable { account: "inny".into(), problem: "no\u{202e} answer".into() }];
    let answer = Answer::Domains(Domains {
        domains: vec![domain("demo-firma.test", Some(date(2026, 12, 5)), Some(12)), old],
        unreachable,
    });
    assert_eq!(
        show(Language::En, &answer),
        "\
demo-firma.test   sandbox   expires 2026-12-05 (12 days)      auto-renew off       zone: 14 record sets
b.test            sandbox   expired 2026-11-20 (3 days ago)   auto-renew unknown   no zone here           as of 2026-11-20 09:00
! The account inny could not be asked (no\\u{202e} answer); what it last said is shown, if anything."
    );
    let polish = show(Language::Pl, &answer);
    assert!(polish.starts_with(
        "demo-firma.test   sandbox   wygasa 2026-12-05 (12 dni)        autoodnawianie wyłączone   strefa: 14 zestawów rekordów"
    ), "{polish}");
    let none = Answer::Domains(Domains { domains: vec![], unreachable: vec![] });
    assert_eq!(show(Language::Pl, &none), "Brak domen.");
    let unknown = Answer::Domains(Domains {
        domains: vec![
            domain("a.test", None, None),
            domain("c.test", Some(date(2026, 11, 23)), Some(0)),
        ],
        unreachable: vec![],
    });
    let text = show(Language::En, &unknown);
    assert!(text.contains("expiry unknown") && text.contains("(today!)"), "{text}");
}

#[test]
fn records_found_and_exported() {
    let sets =
        sets("www 300 IN A 192.0.2.1\nmail 300 IN A 192.0.2.1\nmail 300 IN AAAA 2001:db8::1");
    let records =
        Records { zone: zone("demo-firma.test"), account: "dns".into(), sets: sets.clone() };
    assert_eq!(
        show(Language::Pl, &Answer::Records(records)),
        "\
demo-firma.test na dns: 3 zestawy rekordów
    mail  A     300   192.0.2.1
    mail  AAAA  300   2001:db8::1
    www   A     300   192.0.2.1"
    );
    let row = |set: &RecordSet| FoundRow {
        zone: name("demo-firma.test"),
        account: "dns".into(),
        set: set.clone(),
    };
    let found = Found {
        value: "192.0.2.1".into(),
        hits: vec![row(&sets[0])],
        zones_read: 2,
        unreachable: vec![Unreachable { account: "x".into(), problem: "down".into() }],
    };
    assert_eq!(
        show(Language::En, &Answer::Found(found)),
        "\
192.0.2.1 stands in 1 record set (2 zones read).
 demo-firma.test at dns
    mail  A  300   192.0.2.1
! The account x could not be asked (down); what it last said is shown, if anything.
The list may be incomplete."
    );
    let file = Exported { zone: name("demo-firma.test"), file: "$ORIGIN a.\n\u{1b}x\n".into() };
    assert_eq!(show(Language::En, &Answer::Exported(file)), "$ORIGIN a.\n\\u{1b}x");
}

#[test]
fn the_other_answers() {
    let row = |account: &str, available, price, premium| CheckRow {
        account: account.into(),
        available,
        price,
        premium,
    };
    let checked = Checked {
        domain: name("nowa.pl"),
        answers: vec![
            row("reg", Some(true), Some(pln("59.00")), true),
            row("other", Some(false), None, false),
            row("third", None, None, false),
        ],
    };
    assert_eq!(
        show(Language::En, &Answer::Checked(checked)),
        "nowa.pl\n  reg     free, 59.00 PLN for the first year, premium name\n  other   taken\n  third   no answer"
    );
    let zones = Zones {
        zones: vec![ZoneRow {
            account: "dns".into(),
            zone: zone("a.test"),
            delegated: Some(false),
        }],
        unreachable: vec![],
    };
    assert_eq!(
        show(Language::En, &Answer::Zones(zones)),
        "a.test   dns   not live: delegated elsewhere"
    );
    let history = History {
        domain: name("a.test"),
        events: vec![EventRow {
            at: at("2026-11-23T09:05:00Z"),
            kind: "plan.approved".into(),
            plan: Some("7F3A".into()),
            text: crate::phrase!("card.ok"),
        }],
    };
    assert_eq!(show(Language::Pl, &Answer::History(history)), "2026-11-23 10:05   7F3A   działa");
    let accounts = Accounts {
        accounts: vec![AccountRow {
            name: "home".into(),
            provider: "powerdns".into(),
            title: "PowerDNS".into(),
            proved: "p".into(),
            state: "ok".into(),
        }],
    };
    assert_eq!(show(Language::En, &Answer::Accounts(accounts)), "home   PowerDNS   p   works");
    let help = HelpText { topics: vec![HelpRow { kind: "help".into(), example: "help".into() }] };
    assert_eq!(show(Language::En, &Answer::Help(help)), "You can say, for example:\n  help");
}

#[test]
fn jobs_have_words_for_every_step_and_state() {
    let clock = SystemClock::default();
    let steps = ["dns_change", "zone_create", "zone_delete", "renew", "auto_renew", "settle"];
    let states = [
        "pending",
        "ready",
        "calling",
        "waiting",
        "needs_code",
        "needs_human",
        "done",
        "failed",
        "cancelled",
    ];
    let job = |step: &str, state: &str| JobRow {
        id: "01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().unwrap(),
        plan: PlanId::new(&clock, &SystemChance),
        label: "7F3A".into(),
        step: step.into(),
        domain: Some(name("a.test")),
        state: state.into(),
        note: None,
        evidence: None,
        at: at("2026-11-23T09:05:00Z"),
    };
    let pairs = steps.iter().map(|s| (*s, "done")).chain(states.iter().map(|s| ("renew", *s)));
    let jobs: Vec<JobRow> = pairs.map(|(step, state)| job(step, state)).collect();
    for lang in Language::ALL {
        let text = show(*lang, &Answer::Jobs(Jobs { jobs: jobs.clone() }));
        assert!(!text.contains('['), "{text}");
    }
    let mut proved = job("dns_change", "done");
    proved.evidence = Some(Evidence { read_back: true, ..Evidence::default() });
    assert_eq!(
        show(Language::Pl, &Answer::Jobs(Jobs { jobs: vec![proved] })),
        "7F3A   9G5FAV   rekordy   a.test   zrobione   2026-11-23 10:05\n    Odczytano z powrotem"
    );
    assert!(clock.monotonic() > std::time::Duration::ZERO);
}
