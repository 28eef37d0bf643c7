use jiff::civil::{Date, date};
use jiff::tz::TimeZone;

use super::super::tests::{at, name, pln, sets, zone};
use crate::action::{
    AccountRow, Accounts, Answer, CheckRow, Checked, DomainRow, Domains, EventRow, Exported, Found,
    FoundRow, HelpRow, HelpText, History, JobRow, Jobs, Records, Unreachable, ZoneRow, ZoneSize,
    Zones,
};
use crate::clock::{SystemChance, SystemClock};
use crate::domain::RecordSet;
use crate::ids::PlanId;
use crate::phrase;
use crate::phrase::Language;
use crate::provider::Evidence;

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
            text: phrase!("card.ok"),
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
        let text = show(*lang, &Answer::Jobs(Jobs { jobs: jobs.clone(), unreadable: Vec::new() }));
        assert!(!text.contains('['), "{text}");
    }
    let mut proved = job("dns_change", "done");
    proved.evidence = Some(Evidence { read_back: true, ..Evidence::default() });
    assert_eq!(
        show(Language::Pl, &Answer::Jobs(Jobs { jobs: vec![proved], unreadable: Vec::new() })),
        "7F3A   9G5FAV   rekordy   a.test   zrobione   2026-11-23 10:05\n    Odczytano z powrotem"
    );
}
