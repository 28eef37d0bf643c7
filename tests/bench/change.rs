//! One record changed in a small and in a big zone, at real servers; and words alone.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use dombot_core::parse::{Context, Parser};
use dombot_core::phrase::Language;
use dombot_intents::Offline;
use dombot_tests::dns_talk::{Door, Talk};
use dombot_tests::servers::{Server, dig};
use dombot_tests::wire::Wire;
use jiff::tz::TimeZone;

use super::{cpu, row, spread};

const ZONE: &str = "firma.example";
const CHANGES: u32 = 100;
const SIZES: [usize; 2] = [10, 10_000];

pub(crate) async fn print() {
    words().await;
    for software in ["PowerDNS by its API", "PowerDNS by update", "Knot by update"] {
        for size in SIZES {
            one_record(software, size).await;
        }
    }
}

async fn words() {
    let said = [
        "ustaw www.firma.pl na 203.0.113.7",
        "dodaj MX 10 mail.firma.pl do firma.pl",
        "usuń wszystkie rekordy www.firma.pl",
        "przedłuż firma.pl o 2 lata",
        "co wygasa w grudniu?",
        "set www.example.com to 203.0.113.7 and api.example.com to 203.0.113.8",
        "add TXT \"v=DKIM1; k=rsa; p=abcdef\" to sel._domainkey.example.com",
        "what points to 203.0.113.7?",
    ];
    let context = Context {
        now: "2026-11-23T09:00:00Z".parse().expect("a time"),
        tz: TimeZone::UTC,
        lang: Language::Pl,
        portfolio: Vec::new(),
        accounts: Vec::new(),
        frame: None,
        last: None,
        before: Vec::new(),
        profiles: Vec::new(),
        pending_plan: false,
        attachment: None,
    };
    let mut times = Vec::new();
    for i in 0..800 {
        let start = Instant::now();
        Offline.parse(said[i % said.len()], &context).await;
        times.push(start.elapsed());
    }
    row("parse", &spread(times), "eight sentences in two languages, 100 times each");
}

fn start(software: &str, size: usize) -> Option<(Server, Door)> {
    let mut lines = "www 300 A 192.0.2.10\n".to_owned();
    // SOA, two NS and www are there already.
    for i in 0..size - 4 {
        let _ = writeln!(lines, "h{i:05} 300 A 10.1.{}.{}", i / 256, i % 256);
    }
    let zones = [(ZONE, lines.as_str())];
    let server =
        if software.starts_with("Knot") { Server::knot(&zones)? } else { Server::pdns(&zones)? };
    let door = match software {
        "PowerDNS by its API" => Door::api(&server)?,
        _ => Door::update(server.addr, &[ZONE]),
    };
    Some((server, door))
}

async fn one_record(software: &str, size: usize) {
    let Some((server, door)) = start(software, size) else { return };
    let talk = Talk::new(&door, Language::Pl).await;
    change(&talk, &server, 0).await;
    let (own, its) = (cpu(std::process::id()), cpu(server.pid()));
    let (mut plans, mut proofs) = (Vec::new(), Vec::new());
    for i in 1..=CHANGES {
        let (plan, proof) = change(&talk, &server, i).await;
        plans.push(plan);
        proofs.push(proof);
    }
    let each = |pid: u32, before: f64| (cpu(pid) - before) * 1000.0 / f64::from(CHANGES);
    let figure = format!(
        "CPU {:.1} ms dombot, {:.1} ms server; {} bytes; to plan {}; code to proof {}",
        each(std::process::id(), own),
        each(server.pid(), its),
        bytes(&server, &door).await,
        spread(plans),
        spread(proofs),
    );
    let what = format!("one record of {size}, {software}");
    row(&what, &figure, "100 times: words, plan, code, write, read back, ask the server");
}

/// Time from words to plan and from code to proof.
async fn change(talk: &Talk, server: &Server, i: u32) -> (Duration, Duration) {
    let address = format!("203.0.113.{}", i % 250);
    let start = Instant::now();
    let card = talk.plan(&format!("ustaw www.{ZONE} na {address}")).await;
    let planned = start.elapsed();
    let start = Instant::now();
    talk.finishes(&card).await;
    let proved = start.elapsed();
    if i == CHANGES {
        let seen = dig(server.addr, &format!("www.{ZONE}"), "A");
        assert!(seen.is_none_or(|s| s == [format!("300 {address}")]), "dig sees something else");
    }
    (planned, proved)
}

/// Bytes of one change between dombot and the account's door.
async fn bytes(server: &Server, door: &Door) -> usize {
    let wire = Wire::to(door.face(server)).await;
    let door = door.through(wire.addr, server);
    let talk = Talk::new(&door, Language::Pl).await;
    let card = talk.plan(&format!("ustaw www.{ZONE} na 203.0.113.251")).await;
    talk.finishes(&card).await;
    wire.bytes()
}
