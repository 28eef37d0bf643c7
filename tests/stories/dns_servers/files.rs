//! Zone files: in, out, and back.

use std::fmt::Write as _;

use dombot_core::action::Answer;
use dombot_core::chat::ReplyKind;
use dombot_tests::servers::{Server, dig_axfr};

use super::{LINES, Told, houses};

const FILE: &str = "@ MX 10 mail\n@ MX 20 mail2\n@ TXT \"v=spf1 mx -all\"\nwww 300 A 203.0.113.7\n\
    www 300 AAAA 2001:db8::7\nmail 300 A 192.0.2.20\nmail2 300 A 192.0.2.21\n\
    quoted TXT \"say \\\"hi\\\"; \\\\ done\" \"second \\200\"\n_sip._tcp SRV 1 2 5060 mail\n\
    @ CAA 0 issue \"ca.example.net\"\n*.wild 60 CNAME www\nodd 300 A 192.0.2.40\n\
    _443._tcp TLSA 3 1 1 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n\
    ssh SSHFP 1 2 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n\
    svc HTTPS 1 . alpn=h2 ipv4hint=192.0.2.1\nloc LOC 52 14 0 N 21 0 0 E 100m\n\
    num NAPTR 100 10 \"u\" \"sip\" \"!^.*$!sip:a@b.example!\" .\nshop NS ns.shop\nns.shop A 192.0.2.53\n";
/// Not in the file: types that nobody knows stay.
const KEPT: &str = "odd 300 TYPE65300 \\# 2 beef\n@ 300 TYPE65301 \\# 3 010203\n";

/// The file, with more hosts than one UPDATE takes.
fn file() -> String {
    let mut file = FILE.to_owned();
    for i in 0..120 {
        let _ = writeln!(file, "h{i} 300 A 10.0.0.{i}");
    }
    file
}

fn with_head(zone: &str, lines: &str) -> String {
    format!(
        "$ORIGIN {zone}.\n$TTL 3600\n\
         @ IN SOA ns1.example.net. hostmaster.example.net. 7 3600 600 604800 3600\n\
         @ NS ns1.example.net.\n@ NS ns2.example.net.\n{lines}"
    )
}

/// What another server makes of these lines, as dig sees it; without SOA.
fn by_another_server(zone: &str, lines: &str) -> Vec<String> {
    let judge = Server::knot(&[(zone, lines)]).expect("Knot is installed");
    sorted(&dig_axfr(judge.addr, zone).expect("dig is installed"))
}

fn sorted(lines: &[String]) -> Vec<String> {
    let fields = lines.iter().map(|l| l.split_whitespace().collect::<Vec<_>>());
    let mut lines: Vec<String> = fields.filter(|f| f[3] != "SOA").map(|f| f.join(" ")).collect();
    lines.sort();
    lines
}

#[tokio::test]
async fn a_zone_becomes_like_a_file_and_back() {
    for house in houses() {
        for told in house.people().await {
            let before = told.zone_by_dig();
            let label = imported(&told).await;
            told.does(&format!("cofnij {label}"), &format!("undo {label}")).await;
            assert_eq!(told.zone_by_dig(), before, "{}", told.house.who);
        }
    }
}

async fn imported(told: &Told<'_>) -> String {
    let text = told.words("wczytaj załączony plik do {z}", "import the attached file into {z}");
    let card = told.talk.does_with(&text, &with_head(told.zone, &file())).await;
    let wanted = by_another_server(told.zone, &format!("{}{KEPT}", file()));
    assert_eq!(told.zone_by_dig(), wanted, "{}", told.house.who);
    told.strangers_survive();
    // The second time there is nothing to do.
    let again = told.talk.send(&text, &with_head(told.zone, &file())).await;
    assert!(again.kind == ReplyKind::Answer && again.plan.is_none(), "{}", again.text);
    // A small difference is a small plan.
    let small = file().replace("h7 300 A 10.0.0.7", "h7 300 A 10.0.7.7");
    let diff = told.talk.does_with(&text, &with_head(told.zone, &small)).await;
    assert_eq!(diff.plan.steps.len(), 1);
    told.sees("h7", "A", &["300 10.0.7.7"]);
    told.does(&format!("cofnij {}", diff.label), &format!("undo {}", diff.label)).await;
    told.sees("h7", "A", &["300 10.0.0.7"]);
    card.label
}

#[tokio::test]
async fn an_exported_zone_is_the_zone() {
    for house in houses() {
        for told in house.people().await {
            let import =
                told.words("wczytaj załączony plik do {z}", "import the attached file into {z}");
            told.talk.does_with(&import, &with_head(told.zone, &file())).await;
            let reply = told.says("wyeksportuj strefę {z}", "export the zone {z}").await;
            let Some(Answer::Exported(exported)) = reply.data else { panic!("{}", reply.text) };
            // The judge writes a SOA of its own.
            let lines: Vec<&str> = exported.file.lines().filter(|l| !l.contains(" SOA ")).collect();
            let judged = by_another_server(told.zone, &lines.join("\n"));
            assert_eq!(judged, told.zone_by_dig(), "{}: {}", told.house.who, exported.file);
            // Read back, it changes nothing.
            let again = told.talk.send(&import, &exported.file).await;
            assert!(again.kind == ReplyKind::Answer && again.plan.is_none(), "{}", again.text);
        }
    }
}

#[tokio::test]
async fn a_broken_file_changes_nothing() {
    for house in houses() {
        for told in house.people().await {
            let text =
                told.words("wczytaj załączony plik do {z}", "import the attached file into {z}");
            for broken in ["www A 192.0.2.300\n", "www A\n", "www CNAME a\nwww A 192.0.2.1\n", ""] {
                let lines =
                    if broken.is_empty() { String::new() } else { with_head(told.zone, broken) };
                let reply = told.talk.send(&text, &lines).await;
                assert!(reply.plan.is_none(), "{broken:?}: {}", reply.text);
                assert_eq!(reply.kind, ReplyKind::Error, "{broken:?}: {}", reply.text);
            }
            assert_eq!(told.zone_by_dig(), by_another_server(told.zone, LINES));
        }
    }
}
