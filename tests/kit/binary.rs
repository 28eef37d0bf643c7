//! The executable under test, built by this very cargo from these very sources.
//!
//! Both builds share one target folder with everything else: a feature keeps them apart, so that no dependency is
//! built twice.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};

/// As people have it.
pub fn dombot() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| build("plain", &[]))
}

/// With fail points: `DOMBOT_FAIL_AT=k` ends it at the k-th, `DOMBOT_FAIL_LOG=file` notes each. Without these
/// variables it does what the plain one does.
pub fn with_fail_points() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| build("failpoints", &["--features", "failpoints"]))
}

/// Builds and puts a copy aside, because the next build of another kind takes the executable's place. A build that
/// fails ends the test: nothing is skipped.
fn build(kind: &str, features: &[&str]) -> PathBuf {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    // What cargo told this test of its package: ring's build script would take it for a change and build again.
    for (name, _) in std::env::vars_os() {
        let known = name.to_string_lossy();
        if known.starts_with("CARGO_PKG_") || known.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    let out = command
        .args(["build", "--quiet", "--locked", "-p", "dombot", "--message-format=json"])
        .args(features)
        .current_dir(&root)
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo runs");
    assert!(out.status.success(), "the executable ({kind}) was not built: {}", out.status);
    let made = executable(&out.stdout).expect("cargo names the executable that it built");
    let aside = made.with_file_name(format!("dombot-under-test-{kind}-{}", std::process::id()));
    fs::copy(&made, &aside).expect("the executable can be copied");
    // Under one name for all test processes, so that they don't pile up; a running one keeps its file.
    let kept = made.with_file_name(format!("dombot-under-test-{kind}"));
    fs::rename(&aside, &kept).expect("the copy can be renamed");
    kept
}

/// From cargo's messages, one JSON object a line.
fn executable(messages: &[u8]) -> Option<PathBuf> {
    let lines = messages.split(|b| *b == b'\n');
    let values = lines.filter_map(|l| serde_json::from_slice::<serde_json::Value>(l).ok());
    let mut named = values.filter(|v| v["target"]["name"] == "dombot");
    named.find_map(|v| v["executable"].as_str().map(PathBuf::from))
}
