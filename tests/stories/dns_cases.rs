//! Tables of whole zones, run case by case through a whole dombot: zone file, plan, code, job; then the zone as `dig`
//! transfers it must be the desired one, and the same file must plan nothing more. What a server cannot hold is
//! refused by the plan, and then nothing was written.
//!
//! Another table of the same shape (see `tests/data/dns/README.md`) is run at every server by
//! `DOMBOT_DNS_CASES=FILE cargo test -p dombot-tests dns_cases`. Each server then prints a line for every case that is
//! refused, wrong or changed without need, and its sums; the tests fail where a zone is wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dombot_core::action::{Action, DnsImport, FileMode};
use dombot_core::chat::ReplyKind;
use dombot_core::phrase::Language;
use dombot_core::store::PlanState;
use dombot_providers::sandbox::world::{self, Labels, World};
use dombot_tests::cases::{self, Base, Case, Group, Line};
use dombot_tests::clock::FakeClock;
use dombot_tests::dns_talk::{Door, Talk};
use dombot_tests::servers::{Server, dig_axfr, dig_axfr_wire};

const ZONE: &str = "cases.example";

/// Reads the zone without dombot.
type Judge<'a> = &'a dyn Fn() -> BTreeSet<Line>;

/// How a case went.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Went {
    Exact,
    Refused(String),
    Wrong(String),
}

/// What a run came to.
#[derive(Debug, Default)]
struct Sums {
    exact: usize,
    /// Where, and why.
    refused: Vec<(String, String)>,
    wrong: Vec<String>,
}

struct Run<'a> {
    talk: &'a Talk,
    judge: Judge<'a>,
    base: Base,
    /// Leaves out one record of every file: the control.
    drops: bool,
}

impl Run<'_> {
    async fn table(&self, groups: &[Group]) -> Sums {
        let mut sums = Sums::default();
        for group in groups {
            let empty = Case {
                desc: "(empty)".into(),
                records: Vec::new(),
                expect_no_changes: false,
                ignore: Vec::new(),
                unsafe_ignore: false,
            };
            let reset = self.case(&empty, "").await;
            if reset != Went::Exact {
                sums.wrong.push(format!("before {}: {reset:?}", group.desc));
                continue;
            }
            let (mut ech, mut refused) = (String::new(), false);
            for case in &group.cases {
                let mut case = case.clone();
                // What an earlier case of the group should have left behind is not there.
                case.expect_no_changes &= !refused;
                let went = self.case(&case, &ech).await;
                ech = ech_of(&case).unwrap_or(ech);
                let at = format!("{} / {}", group.desc, case.desc);
                match went {
                    Went::Exact => sums.exact += 1,
                    Went::Refused(why) => {
                        refused = true;
                        assert!(why.contains("Nothing was changed"), "{at}: {why}");
                        sums.refused.push((at, why));
                    }
                    Went::Wrong(how) => sums.wrong.push(format!("{at}: {how}")),
                }
            }
        }
        sums
    }

    async fn case(&self, case: &Case, ech: &str) -> Went {
        let file = cases::zone_file(case, ZONE, &self.base, ech);
        let file = if self.drops { without_one(&file) } else { file };
        let before = (self.judge)();
        let reply = self.talk.act(wish(case), Some(&file)).await;
        match (reply.kind, reply.plan) {
            (ReplyKind::Answer, None) => {}
            (ReplyKind::Plan, Some(card)) => {
                if case.expect_no_changes {
                    self.talk.say("nie").await;
                    return Went::Wrong(format!("a plan where nothing changes: {}", reply.text));
                }
                let progress = self.talk.approve(&card).await;
                if progress.state != PlanState::Completed {
                    return Went::Wrong(progress.text(Language::En));
                }
            }
            _ => {
                let same = (self.judge)() == before;
                let why = reply.text.replace('\n', " ");
                return if same { Went::Refused(why) } else { Went::Wrong(why) };
            }
        }
        self.looked_at(case, ech, &file, &before).await
    }

    async fn looked_at(&self, case: &Case, ech: &str, file: &str, before: &BTreeSet<Line>) -> Went {
        let now = (self.judge)();
        let mut wanted = cases::wanted(case, ZONE, &self.base, ech);
        if case.ignore.is_empty() || case.expect_no_changes {
            if !case.ignore.is_empty() {
                wanted.clone_from(before);
            }
            if now != wanted {
                let much: Vec<_> = now.difference(&wanted).collect();
                let little: Vec<_> = wanted.difference(&now).collect();
                return Went::Wrong(format!("too much {much:?}, missing {little:?}"));
            }
        } else if !wanted.is_subset(&now) {
            return Went::Wrong(format!("missing {:?}", wanted.difference(&now)));
        }
        let again = self.talk.act(wish(case), Some(file)).await;
        if again.plan.is_some() || again.kind != ReplyKind::Answer {
            self.talk.say("nie").await;
            return Went::Wrong(format!("planned a second time: {}", again.text));
        }
        Went::Exact
    }
}

fn wish(case: &Case) -> Action {
    Action::DnsImport(DnsImport {
        domain: ZONE.parse().unwrap(),
        attachment: "zone".into(),
        mode: Some(FileMode::ExactAll),
        ignore: case.ignore.iter().map(cases::Pattern::words).collect(),
        ignore_overlap: case.unsafe_ignore,
        account: None,
    })
}

/// The value that `ech=IGNORE` of a later case keeps.
fn ech_of(case: &Case) -> Option<String> {
    let texts = case.records.iter().flat_map(|r| &r.args).filter_map(|a| a.as_str());
    let words = texts.flat_map(|t| t.split(' ')).filter(|w| w.starts_with("ech="));
    words.filter(|w| *w != "ech=IGNORE").map(str::to_owned).next()
}

fn without_one(file: &str) -> String {
    let mut lines: Vec<&str> = file.lines().collect();
    let own =
        lines.iter().rposition(|l| !l.contains("\tSOA\t") && !l.starts_with("@\t3600\tIN\tNS"));
    if let Some(at) = own.filter(|at| *at > 0) {
        lines.remove(at);
    }
    lines.join("\n") + "\n"
}

/// SOA and apex NS as the server came with them.
fn base(lines: &[String]) -> Base {
    let mut base = Base::default();
    for line in lines {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let text = format!("@\t{}\tIN\t{}\t{}\n", fields[1], fields[3], fields[4..].join(" "));
        match fields[3] {
            "SOA" if base.soa.is_empty() => base.soa = text,
            "NS" => base.ns += &text,
            _ => {}
        }
    }
    base
}

/// The tables to run: ours, or the one that the environment names.
fn tables() -> (bool, Vec<Vec<Group>>) {
    if let Some(file) = std::env::var_os("DOMBOT_DNS_CASES") {
        return (true, vec![cases::read(&PathBuf::from(file))]);
    }
    (false, ["dnscontrol.json", "own.json"].map(own_table).into())
}

fn own_table(file: &str) -> Vec<Group> {
    cases::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("data/dns").join(file))
}

/// Runs them. What a server refuses of our own tables is known: it stands in `refused.json`.
async fn run(who: &str, run: &Run<'_>) {
    let (foreign, tables) = tables();
    let mut refused = BTreeSet::new();
    for groups in &tables {
        let sums = run.table(groups).await;
        if foreign {
            let mut out = std::io::stderr();
            for (at, why) in &sums.refused {
                let _ = writeln!(out, "{who}: REFUSED {at}: {why}");
            }
            let (exact, no, wrong) = (sums.exact, sums.refused.len(), sums.wrong.len());
            let _ = writeln!(out, "{who}: {exact} exact, {no} refused, {wrong} wrong");
        }
        assert!(sums.wrong.is_empty(), "{who}:\n{}", sums.wrong.join("\n"));
        refused.extend(sums.refused.into_iter().map(|(at, _)| at));
    }
    if !foreign {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/dns/refused.json");
        let known = std::fs::read_to_string(file).unwrap();
        let known: BTreeMap<String, BTreeSet<String>> = serde_json::from_str(&known).unwrap();
        assert_eq!(Some(&refused), known.get(who), "{who}: what is refused, and what was expected");
    }
}

async fn at_server(server: Option<Server>, door: impl Fn(&Server) -> Door) {
    let Some(server) = server else { return };
    let door = door(&server);
    let who = format!("{} by {}", server.software, door.kind);
    let base = base(&dig_axfr(server.addr, ZONE).expect("dig is installed"));
    let judge = || cases::served(&dig_axfr_wire(server.addr, ZONE).expect("dig is installed"));
    let talk = Talk::new(&door, Language::En).await;
    Box::pin(run(&who, &Run { talk: &talk, judge: &judge, base, drops: false })).await;
}

fn by_update(server: &Server) -> Door {
    Door::update(server.addr, &[ZONE])
}

#[tokio::test]
async fn every_case_at_powerdns_by_its_api() {
    let door = |s: &Server| Door::api(s).expect("PowerDNS has an API");
    at_server(Server::pdns(&[(ZONE, "")]), door).await;
}

#[tokio::test]
async fn every_case_at_powerdns_by_update() {
    at_server(Server::pdns(&[(ZONE, "")]), by_update).await;
}

#[tokio::test]
async fn every_case_at_bind() {
    at_server(Server::bind(&[(ZONE, "")]), by_update).await;
}

#[tokio::test]
async fn every_case_at_knot() {
    at_server(Server::knot(&[(ZONE, "")]), by_update).await;
}

#[tokio::test]
async fn every_case_at_the_sandbox() {
    let clock = Arc::new(FakeClock::at("2026-11-23T09:00:00Z".parse().unwrap()));
    let world = World::demo(clock);
    let any = "127.0.0.1:0".parse().unwrap();
    let running = world::serve(world.clone(), any, any).await.unwrap();
    let name = Labels::parse(ZONE).unwrap();
    let lines = [
        ("SOA", 3600, "ns1.sandbox.test. hostmaster.sandbox.test. 1 7200 3600 1209600 300"),
        ("NS", 3600, "ns1.sandbox.test."),
    ];
    let make = |state: &mut world::State, _| {
        let mut zone = world::Zone { name: name.clone(), sets: BTreeMap::new() };
        for (rtype, ttl, data) in lines {
            let set = world::Set { ttl, data: vec![data.into()] };
            zone.put(&name, rtype.parse().unwrap(), Some(set));
        }
        state.zones.insert("zone-cases".into(), zone);
    };
    world.edit(make).unwrap();
    let door = Door {
        kind: "sandbox-dns",
        fields: [
            ("url", running.url("dns")),
            ("token", world.tokens().dns),
            ("dns", running.dns_addr.to_string()),
        ]
        .into(),
    };
    let text = lines.map(|(rtype, ttl, data)| format!("{ZONE}. {ttl} IN {rtype} {data}"));
    let judge = || booked(&world);
    let talk = Talk::new(&door, Language::En).await;
    run("sandbox", &Run { talk: &talk, judge: &judge, base: base(&text), drops: false }).await;
}

/// The operator's own books.
fn booked(world: &World) -> BTreeSet<Line> {
    let sets = |state: &mut world::State, _| {
        let zone = &state.zones["zone-cases"];
        let at = zone.sets.iter().flat_map(|(n, at)| at.iter().map(move |(t, s)| (n, t, s)));
        at.map(|(n, t, s)| (n.to_string(), t.to_string(), s.clone())).collect::<Vec<_>>()
    };
    let sets = world.edit(sets).unwrap();
    let lines = sets.into_iter().flat_map(|(name, rtype, set)| {
        set.data.into_iter().map(move |data| {
            let (code, hex) = cases::wire(ZONE, &rtype, &data);
            format!("{name}. {} IN TYPE{code} \\# 0 {hex}", set.ttl)
        })
    });
    cases::served(&lines.collect::<Vec<_>>())
}

/// A runner that loses one record of every zone is found out.
#[tokio::test]
async fn a_runner_that_drops_a_record_fails() {
    let Some(server) = Server::knot(&[(ZONE, "")]) else { return };
    let base = base(&dig_axfr(server.addr, ZONE).expect("dig is installed"));
    let judge = || cases::served(&dig_axfr_wire(server.addr, ZONE).expect("dig is installed"));
    let talk = Talk::new(&by_update(&server), Language::En).await;
    let run = Run { talk: &talk, judge: &judge, base, drops: true };
    for group in own_table("dnscontrol.json").iter().take(8) {
        for case in group.cases.iter().filter(|c| !c.records.is_empty()) {
            let went = run.case(case, "").await;
            assert!(matches!(went, Went::Wrong(_)), "{} / {}: {went:?}", group.desc, case.desc);
        }
    }
}
