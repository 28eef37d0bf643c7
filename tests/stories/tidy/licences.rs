//! deny.toml holds for what is really built, checked without cargo-deny and without a network.

use std::collections::BTreeSet;
use std::process::Command;

use super::{none, root};

#[test]
fn every_dependency_has_a_licence_that_we_allow_and_none_is_banned() {
    let text = std::fs::read_to_string(root().join("deny.toml")).unwrap();
    let deny: toml::Table = toml::from_str(&text).unwrap();
    let strings = |list: &toml::Value| -> BTreeSet<String> {
        let name =
            |v: &toml::Value| v.as_str().or_else(|| v.get("name")?.as_str()).map(String::from);
        list.as_array().unwrap().iter().filter_map(name).collect()
    };
    let allowed = strings(&deny["licenses"]["allow"]);
    let banned = strings(&deny["bans"]["deny"]);
    assert!(!allowed.is_empty() && !banned.is_empty(), "deny.toml says something");
    let mut wrong = Vec::new();
    for package in packages() {
        let name = package["name"].as_str().unwrap();
        if banned.contains(name) {
            wrong.push(format!("{name} is banned"));
        }
        match package["license"].as_str() {
            Some(licence) if holds(licence, &allowed) => {}
            licence => wrong.push(format!("{name}: {licence:?}")),
        }
    }
    none("dependencies against deny.toml", &wrong);
}

/// What Cargo.lock holds for this machine's platform, as `cargo metadata` names it.
fn packages() -> Vec<serde_json::Value> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let host = Command::new(&cargo).args(["-vV"]).output().unwrap();
    let host = String::from_utf8(host.stdout).unwrap();
    let host = host.lines().find_map(|l| l.strip_prefix("host: ")).expect("cargo names its host");
    let out = Command::new(&cargo)
        .args(["metadata", "--format-version=1", "--locked", "--offline"])
        .args(["--filter-platform", host])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let all: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    let packages = all["packages"].as_array().unwrap().clone();
    assert!(packages.len() > 50, "there are dependencies");
    packages
}

/// An SPDX expression of OR (or the old `/`), AND and parentheses that hold an OR.
fn holds(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let expression = expression.replace('/', " OR ");
    let expression = expression.trim();
    if let Some((left, right)) = cut(expression, " AND ") {
        return holds(left, allowed) && holds(right, allowed);
    }
    if let Some((left, right)) = cut(expression, " OR ") {
        return holds(left, allowed) || holds(right, allowed);
    }
    match expression.strip_prefix('(').and_then(|e| e.strip_suffix(')')) {
        Some(inner) => holds(inner, allowed),
        None => allowed.contains(expression),
    }
}

/// At the first operator outside parentheses. AND is cut first: the stricter reading of a bare mixture.
fn cut<'a>(expression: &'a str, operator: &str) -> Option<(&'a str, &'a str)> {
    expression.match_indices(operator).find_map(|(at, _)| {
        let left = &expression[..at];
        let open = left.matches('(').count() - left.matches(')').count();
        (open == 0).then(|| (left, &expression[at + operator.len()..]))
    })
}

#[test]
fn licence_expressions_are_read_strictly() {
    let allowed = ["MIT", "ISC"].map(String::from).into();
    for good in ["MIT", "MIT/GPL-3.0", "GPL-3.0 OR (MIT AND ISC)", "(MIT OR GPL-3.0) AND ISC"] {
        assert!(holds(good, &allowed), "{good}");
    }
    for bad in ["GPL-3.0", "MIT AND GPL-3.0", "(MIT OR ISC) AND GPL-3.0", ""] {
        assert!(!holds(bad, &allowed), "{bad}");
    }
}
