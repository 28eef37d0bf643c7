//! Arrows, rooms, lengths, names.

use std::collections::BTreeSet;

use super::{everything, none, root, rust};

/// Who may use whom; no other arrow is allowed.
const ARROWS: &[(&str, &[&str])] = &[
    ("core", &[]),
    ("intents", &["dombot-core"]),
    ("providers", &["dombot-core"]),
    ("bot", &["dombot-core", "dombot-intents", "dombot-providers"]),
    ("tests", &["dombot-core", "dombot-intents", "dombot-providers"]),
];

/// A library (as code names it), its package, and the rooms where it may be used.
const ROOMS: &[(&str, &str, &[&str])] = &[
    ("sqlx", "sqlx", &["core/src/store"]),
    ("keepass", "keepass", &["core/src/vault"]),
    ("totp_rs", "totp-rs", &["core/src/approval", "tests/"]),
    ("hickory_proto", "hickory-proto", &["providers/src"]),
    ("hickory_server", "hickory-server", &["providers/src"]),
    ("axum", "axum", &["providers/src/sandbox"]),
    ("reqwest", "reqwest", &["providers/src", "intents/src/model"]),
    (
        "dns_domain",
        "dns-domain",
        &["core/src/domain", "providers/src/dns", "providers/src/rfc2136"],
    ),
    ("rustyline", "rustyline", &["bot/src/chat/terminal"]),
    ("rpassword", "rpassword", &["bot/src"]),
    ("clap", "clap", &["bot/src"]),
];

const LONGEST_FILE: usize = 400;
const NOT_A_NAME: &[&str] = &["manager", "helper", "util", "common"];

/// The packages that a member's manifest names, with what each really is.
fn dependencies(member: &str) -> Vec<(String, String)> {
    let text = std::fs::read_to_string(root().join(member).join("Cargo.toml")).unwrap();
    let manifest: toml::Table = toml::from_str(&text).unwrap();
    let platforms = manifest.get("target").and_then(toml::Value::as_table);
    let tables = platforms.into_iter().flat_map(|t| t.values()).filter_map(toml::Value::as_table);
    let mut found = Vec::new();
    for table in tables.chain([&manifest]) {
        for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
            for (key, value) in
                table.get(kind).and_then(toml::Value::as_table).into_iter().flatten()
            {
                let package = value.get("package").and_then(toml::Value::as_str).unwrap_or(key);
                found.push((key.clone(), package.to_owned()));
            }
        }
    }
    found
}

#[test]
fn the_arrows_between_crates_are_the_allowed_ones() {
    let text = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let workspace: toml::Table = toml::from_str(&text).unwrap();
    let members: BTreeSet<&str> = workspace["workspace"]["members"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| m.as_str().unwrap())
        .collect();
    let known: BTreeSet<&str> = ARROWS.iter().map(|(m, _)| *m).collect();
    assert_eq!(members, known, "every member has its arrows here");
    let mut wrong = Vec::new();
    for (member, allowed) in ARROWS {
        for (key, package) in dependencies(member) {
            if package.starts_with("dombot") && key != package {
                wrong.push(format!("{member} renames {package} to {key}: derive macros break"));
            } else if package.starts_with("dombot") && !allowed.contains(&package.as_str()) {
                wrong.push(format!("{member} -> {package}"));
            }
        }
    }
    none("arrows that design forbids", &wrong);
}

#[test]
fn every_library_stays_in_its_rooms() {
    let mut wrong = Vec::new();
    for (_, package, rooms) in ROOMS {
        for (member, _) in ARROWS {
            let named = dependencies(member).iter().any(|(key, p)| key == package || p == package);
            if named && !rooms.iter().any(|r| r.starts_with(&format!("{member}/"))) {
                wrong.push(format!("{member}/Cargo.toml names {package}"));
            }
        }
    }
    for file in rust() {
        for (library, _, rooms) in ROOMS {
            let at_home = rooms.iter().any(|room| file.path.starts_with(room));
            if !at_home && uses(&file.text, library) {
                wrong.push(format!("{} uses {library}", file.path));
            }
        }
    }
    none("libraries outside their rooms", &wrong);
}

/// `library::` in code, not in a comment and not as the end of a longer name.
fn uses(text: &str, library: &str) -> bool {
    let path = format!("{library}::");
    text.lines().filter(|l| !l.trim_start().starts_with("//")).any(|line| {
        line.match_indices(&path).any(|(at, _)| {
            !line[..at].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | ':' | '.'))
        })
    })
}

#[test]
fn files_are_short_and_say_what_they_are() {
    let mut wrong = Vec::new();
    for file in rust() {
        let length = if file.is_test() { 0 } else { file.shipped().lines().count() };
        if length > LONGEST_FILE {
            wrong.push(format!("{} has {length} lines before its tests", file.path));
        }
        let unit_tests = file.is_test() && !file.path.starts_with("tests/");
        if !unit_tests && !file.text.starts_with("//!") {
            wrong.push(format!("{} does not begin with a line of //!", file.path));
        }
    }
    none("files that are too long or have no module documentation", &wrong);
}

#[test]
fn nothing_is_named_after_doing_everything() {
    let mut wrong = Vec::new();
    let bad = |name: &str| NOT_A_NAME.iter().any(|b| name.to_lowercase().contains(b));
    for file in rust() {
        if file.path.split('/').any(|part| bad(part.trim_end_matches(".rs"))) {
            wrong.push(file.path.clone());
        }
        for line in file.text.lines() {
            let mut words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
            let defines = ["struct", "enum", "trait", "mod", "type"];
            if words.by_ref().any(|w| defines.contains(&w)) && words.next().is_some_and(bad) {
                wrong.push(format!("{}: {}", file.path, line.trim()));
            }
        }
    }
    none("names that say nothing", &wrong);
}

#[test]
fn no_path_of_one_machine_is_in_the_tree() {
    let private =
        [["/wo", "rk/"], ["/tmp/", "wt"], ["/ro", "ot/"], ["/home/", "user"]].map(|p| p.concat());
    let mut wrong = Vec::new();
    for file in everything() {
        for (n, line) in file.text.lines().enumerate() {
            if private.iter().any(|p| line.contains(p)) {
                wrong.push(format!("{}:{}: {}", file.path, n + 1, line.trim()));
            }
        }
    }
    none("paths of somebody's machine", &wrong);
}
