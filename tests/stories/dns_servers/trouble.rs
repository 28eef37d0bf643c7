//! What goes wrong: somebody else's hands, keys, clocks, dead and slow servers, servers that say yes and lie.

use std::fmt::Write as _;
use std::process::Command;
use std::time::Duration;

use dombot_core::action::Answer;
use dombot_core::chat::{Reply, ReplyKind};
use dombot_core::engine::Progress;
use dombot_core::phrase::Language;
use dombot_core::store::PlanState;
use dombot_tests::dns_talk::{Door, Talk, planned};
use dombot_tests::servers::{Server, WRONG_SECRET, nsupdate, skip};
use dombot_tests::wire::{Fault, Wire};

use super::{House, Told, ZONES, by_update, houses, houses_with};

const SET: (&str, &str) = ("ustaw www.{z} na 203.0.113.7", "set www.{z} to 203.0.113.7");

impl House {
    fn wrong_key(&self) -> Door {
        let field = if self.door.kind == "powerdns" { "api_key" } else { "secret" };
        self.door.clone().with(field, WRONG_SECRET)
    }

    fn is_compare_and_swap(&self) -> bool {
        self.door.kind == "rfc2136"
    }
}

#[track_caller]
fn not_begun(progress: &Progress, note: &str) {
    assert_eq!(progress.state, PlanState::Halted, "{progress:?}");
    let notes: Vec<&str> =
        progress.steps.iter().filter_map(|s| Some(s.note.as_ref()?.key())).collect();
    assert_eq!(notes, [note], "{progress:?}");
}

#[tokio::test]
async fn somebody_else_was_faster() {
    let others: [&[&str]; 3] = [
        &["update delete www.{z} A", "update add www.{z}. 3600 A 198.51.100.9"],
        &["update delete www.{z} A", "update add www.{z}. 60 A 192.0.2.10"],
        &["update delete www.{z} A"],
    ];
    let seen = [&["3600 198.51.100.9"][..], &["60 192.0.2.10"], &[]];
    let after = ["3600 203.0.113.7", "60 203.0.113.7", "300 203.0.113.7"];
    for house in houses() {
        for told in house.people().await {
            for i in 0..3 {
                let card = told.plans(SET.0, SET.1).await;
                let lines: Vec<String> = others[i].iter().map(|l| told.fill(l)).collect();
                let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
                nsupdate(house.server.addr, told.zone, &lines);
                let progress = told.talk.approve(&card).await;
                not_begun(&progress, "job.set_changed");
                told.sees("www", "A", seen[i]);
                // Planned anew from what is there now, with a code of its own.
                assert!(progress.wants_new_plan());
                let person = &told.talk.person;
                let again = told.talk.engine.replan(person, card.plan.id, true).await;
                let again = again.expect("a database").expect("its person");
                told.talk.sees(&again).await;
                told.talk.finishes(&planned("anew", again)).await;
                told.sees("www", "A", &[after[i]]);
                told.does("ustaw www.{z} na 192.0.2.10", "set www.{z} to 192.0.2.10").await;
            }
            told.strangers_survive();
        }
    }
}

#[tokio::test]
async fn somebody_elses_other_change_is_nobodys_business() {
    for house in houses() {
        for told in house.people().await {
            let card = told.plans(SET.0, SET.1).await;
            let line = told.fill("update add inny.{z}. 60 A 198.51.100.9");
            nsupdate(house.server.addr, told.zone, &[&line]);
            told.talk.finishes(&card).await;
            told.sees("www", "A", &["3600 203.0.113.7"]);
            told.sees("inny", "A", &["60 198.51.100.9"]);
        }
    }
}

#[tokio::test]
async fn a_wrong_key_changes_nothing() {
    for house in houses() {
        for told in house.people().await {
            let before = told.zone_by_dig();
            let card = told.plans(SET.0, SET.1).await;
            told.talk.connect(&house.wrong_key());
            let progress = told.talk.approve(&card).await;
            not_begun(&progress, "job.cannot_read");
            told.is_refused(SET, ("dom", "dom")).await;
            assert_eq!(told.zone_by_dig(), before);
            told.talk.connect(&house.door);
            told.does(SET.0, SET.1).await;
            told.sees("www", "A", &["3600 203.0.113.7"]);
        }
    }
}

#[tokio::test]
async fn a_server_that_died_is_waited_for() {
    for mut house in houses() {
        let (lang, zone) = ZONES[0];
        let talk = Talk::new(&house.door, lang).await;
        let said = SET.0.replace("{z}", zone);
        let card = talk.plan(&said).await;
        house.server.kill();
        let dead = talk.say(&said).await;
        assert!(dead.kind == ReplyKind::Error && dead.plan.is_none(), "{}", dead.text);
        let waits = talk.approve_once(&card).await;
        assert!(!waits.is_over() && !waits.needs_human(), "{waits:?}");
        house.server.start_again(&[]);
        let told = Told { house: &house, talk, lang, zone };
        told.sees("www", "A", &["3600 192.0.2.10"]);
        let done = told.talk.watch(&card, Duration::from_mins(10)).await;
        assert_eq!(done.state, PlanState::Completed, "{}: {done:?}", house.who);
        told.sees("www", "A", &["3600 203.0.113.7"]);
        told.strangers_survive();
    }
}

#[tokio::test]
async fn an_answer_that_got_lost_is_settled_by_reading() {
    for house in houses() {
        let wire = Wire::to(house.door.face(&house.server)).await;
        let told = through(&house, &wire).await;
        let card = told.plans(SET.0, SET.1).await;
        wire.is(Fault::LoseAnswer);
        let progress = told.talk.approve(&card).await;
        assert_eq!(progress.state, PlanState::Completed, "{}: {progress:?}", house.who);
        assert_eq!(wire.writes(), 1, "{}: never sent again", house.who);
        told.sees("www", "A", &["3600 203.0.113.7"]);
    }
}

#[tokio::test]
async fn a_request_that_got_lost_is_repeated_only_where_that_is_safe() {
    for house in houses() {
        let wire = Wire::to(house.door.face(&house.server)).await;
        let told = through(&house, &wire).await;
        let card = told.plans(SET.0, SET.1).await;
        wire.is(Fault::LoseRequest);
        let progress = told.talk.approve(&card).await;
        if house.is_compare_and_swap() {
            assert_eq!(progress.state, PlanState::Completed, "{}: {progress:?}", house.who);
            assert_eq!(wire.writes(), 2, "{}", house.who);
            told.sees("www", "A", &["3600 203.0.113.7"]);
        } else {
            assert!(progress.needs_human(), "{}: {progress:?}", house.who);
            assert_eq!(wire.writes(), 1, "{}: a person is asked", house.who);
            told.sees("www", "A", &["3600 192.0.2.10"]);
        }
    }
}

#[tokio::test]
async fn a_slow_server_is_waited_for_and_a_silent_one_is_named() {
    for house in houses() {
        let wire = Wire::to(house.door.face(&house.server)).await;
        let told = through(&house, &wire).await;
        wire.is(Fault::Slow(Duration::from_millis(100)));
        told.does(SET.0, SET.1).await;
        told.sees("www", "A", &["3600 203.0.113.7"]);
        wire.is(Fault::None);
        house.server.hang();
        let silent = told.says("ustaw www.{z} na 192.0.2.1", "set www.{z} to 192.0.2.1").await;
        house.server.go_on();
        assert!(silent.kind == ReplyKind::Error && silent.plan.is_none(), "{}", silent.text);
        assert!(silent.text.contains("dom"), "{}", silent.text);
        told.sees("www", "A", &["3600 203.0.113.7"]);
    }
}

#[tokio::test]
async fn half_a_zone_is_no_zone() {
    let mut lines = super::LINES.to_owned();
    for i in 0..2000 {
        let _ = writeln!(lines, "h{i} 300 A 10.0.{}.{}", i / 256, i % 256);
    }
    for house in houses_with(&lines) {
        let wire = Wire::to(house.door.face(&house.server)).await;
        let told = through(&house, &wire).await;
        let whole = told.says("wyeksportuj strefę {z}", "export the zone {z}").await;
        let Some(Answer::Exported(exported)) = whole.data else { panic!("{}", whole.text) };
        wire.is(Fault::Cut(20_000));
        let half = told.says("wyeksportuj strefę {z}", "export the zone {z}").await;
        assert!(half.kind == ReplyKind::Error && half.data.is_none(), "{}", half.text);
        // Half a list would be planned as a thousand new records, or as none to delete.
        let import =
            told.words("wczytaj załączony plik do {z}", "import the attached file into {z}");
        let reply = told.talk.send(&import, &exported.file.replace("10.0.0.7", "10.9.9.9")).await;
        assert!(reply.kind == ReplyKind::Error && reply.plan.is_none(), "{}", reply.text);
    }
}

async fn through<'a>(house: &'a House, wire: &Wire) -> Told<'a> {
    let (lang, zone) = ZONES[usize::from(house.server.software == "bind")];
    Told {
        house,
        talk: Talk::new(&house.door.through(wire.addr, &house.server), lang).await,
        lang,
        zone,
    }
}

/// A zone file that adds a DS at a name without a delegation.
async fn lone_ds(told: &Told<'_>) -> (String, Reply) {
    let export = told.says("wyeksportuj strefę {z}", "export the zone {z}").await;
    let Some(Answer::Exported(zone)) = export.data else { panic!("{}", export.text) };
    let ds = "lone 300 IN DS 12345 8 2 \
        00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n";
    let import = told.words("wczytaj załączony plik do {z}", "import the attached file into {z}");
    let reply = told.talk.send(&import, &format!("{}{ds}", zone.file)).await;
    (import, reply)
}

#[tokio::test]
async fn a_ds_that_bind_drops_is_never_reported_as_done() {
    let zones = ZONES.map(|(_, zone)| (zone, super::LINES));
    let Some(server) = Server::bind(&zones) else { return };
    let house = by_update(server);
    for told in house.people().await {
        let before = told.zone_by_dig();
        // It says itself that it is BIND, so it is not even asked.
        let (_, reply) = lone_ds(&told).await;
        assert_eq!(reply.kind, ReplyKind::Error, "{}", reply.text);
        let why = told.words("BIND trzyma DS tylko tam", "BIND keeps a DS only where");
        assert!(reply.text.contains(&why), "{}", reply.text);
        // Taken for another server it says NOERROR; reading back finds nothing, as often as it is safely sent.
        let other = Talk::new(&house.door.clone().with("software", "knot"), told.lang).await;
        let told = Told { house: &house, talk: other, lang: told.lang, zone: told.zone };
        let (import, reply) = lone_ds(&told).await;
        let progress = told.talk.approve(&planned(&import, reply)).await;
        assert!(progress.needs_human(), "{progress:?}");
        assert_eq!(told.zone_by_dig(), before);
    }
}

#[tokio::test]
async fn what_bind_refuses_is_said_in_its_place() {
    let zones = ZONES.map(|(_, zone)| (zone, super::LINES));
    let Some(server) = Server::bind(&zones) else { return };
    let house = by_update(server);
    for told in house.people().await {
        let before = told.zone_by_dig();
        let mx = ("dodaj MX 20 nikt.{z} do {z}", "add MX 20 nikt.{z} to {z}");
        told.is_refused(mx, ("BIND nie przyjmie rekordu MX", "BIND takes no MX")).await;
        // Taken for another server it is asked, and its answer is told.
        let other = Talk::new(&house.door.clone().with("software", "knot"), told.lang).await;
        let told = Told { house: &house, talk: other, lang: told.lang, zone: told.zone };
        let progress = told.talk.approve(&told.plans(mx.0, mx.1).await).await;
        not_begun(&progress, "job.rejected");
        assert!(progress.text(told.lang).contains("BIND"), "{}", progress.text(told.lang));
        assert_eq!(told.zone_by_dig(), before);
    }
}

/// The server's clock, moved by a library that stands before libc's.
fn clock_shim(dir: &std::path::Path) -> Option<String> {
    let source = dir.join("skew.c");
    std::fs::write(
        &source,
        "#define _GNU_SOURCE\n#include <dlfcn.h>\n#include <sys/time.h>\n#include <time.h>\n\
         #define SKEW 3600\n\
         int clock_gettime(clockid_t c, struct timespec *t) {\n\
           int (*real)(clockid_t, struct timespec *) = dlsym(RTLD_NEXT, \"clock_gettime\");\n\
           int r = real(c, t); if (c == CLOCK_REALTIME || c == CLOCK_REALTIME_COARSE) t->tv_sec += SKEW; return r; }\n\
         time_t time(time_t *t) { struct timespec s; clock_gettime(CLOCK_REALTIME, &s);\n\
           if (t) *t = s.tv_sec; return s.tv_sec; }\n\
         int gettimeofday(struct timeval *restrict t, void *restrict z) { struct timespec s; (void)z;\n\
           clock_gettime(CLOCK_REALTIME, &s); t->tv_sec = s.tv_sec; t->tv_usec = s.tv_nsec / 1000;\n\
           return 0; }\n",
    )
    .expect("a file");
    let library = dir.join("skew.so");
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-o"])
        .arg(&library)
        .arg(&source)
        .arg("-ldl")
        .status();
    if !built.is_ok_and(|s| s.success()) {
        skip("cc", "gcc libc6-dev");
        return None;
    }
    Some(library.display().to_string())
}

#[tokio::test]
async fn clocks_that_disagree_change_nothing() {
    let dir = tempfile::tempdir().expect("a folder");
    let Some(library) = clock_shim(dir.path()) else { return };
    for mut house in houses().into_iter().filter(House::is_compare_and_swap) {
        let (lang, zone) = (Language::En, "company.example");
        let talk = Talk::new(&house.door, lang).await;
        let card = talk.plan(&SET.1.replace("{z}", zone)).await;
        house.server.start_again(&[("LD_PRELOAD", &library)]);
        let progress = talk.approve(&card).await;
        not_begun(&progress, "job.cannot_read");
        let reply = talk.say(&SET.1.replace("{z}", zone)).await;
        assert!(reply.plan.is_none(), "{}", reply.text);
        // PowerDNS says NOTAUTH and not why.
        let why = if house.server.software == "pdns" { "key" } else { "clock" };
        assert!(reply.text.contains(why), "{}: {}", house.who, reply.text);
        house.server.start_again(&[]);
        let told = Told { house: &house, talk, lang, zone };
        told.sees("www", "A", &["3600 192.0.2.10"]);
        told.does(SET.0, SET.1).await;
        told.sees("www", "A", &["3600 203.0.113.7"]);
    }
}
