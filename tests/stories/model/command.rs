//! The executable: a trial without a home, the vault's model, and what stands in logs and outputs.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use dombot_core::approval::totp;
use dombot_core::clock::{Clock, SystemClock};
use dombot_core::vault::{Unlock, Vault};
use dombot_intents::model::{VERSION, hash};
use dombot_tests::binary;
use secrecy::{ExposeSecret, SecretString};

use super::*;

const KEY: &str = "sk-canary-5f2a";

struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

/// Runs the executable beside the server of the test. Every proxy that the environment names is a dead end.
async fn dombot(dir: &Path, args: &[&str], input: &str) -> Ran {
    let mut command = Command::new(binary::with_fail_points());
    command
        .args(args)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", dir)
        .env("XDG_CONFIG_HOME", dir.join("config"))
        .env("DOMBOT_HOME", dir.join("home"))
        .env("DOMBOT_KEY_FILE", dir.join("the.key"))
        .env("DOMBOT_LOG", "trace")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    for proxy in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"] {
        command.env(proxy, "http://127.0.0.1:1");
    }
    let input = input.to_owned();
    let run = move || {
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    };
    let out = tokio::task::spawn_blocking(run).await.unwrap();
    Ran {
        code: out.status.code(),
        out: String::from_utf8(out.stdout).unwrap(),
        err: String::from_utf8(out.stderr).unwrap(),
    }
}

#[tokio::test]
async fn a_trial_on_this_machine_needs_no_home() {
    let dir = tempfile::tempdir().unwrap();
    let (server, _) = scene(Rules::default(), |_, _| Says::Text(look())).await;
    let with = ["parse", "--json", "--model", MODEL, "--model-url"];
    let ran = dombot(dir.path(), &[&with[..], &[&server.url(), ODD]].concat(), "").await;
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let got: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(got["actions"], looked()["actions"]);
    assert_eq!(server.journal().len(), 1);
    // The prompt's version and hash, never the words.
    assert!(ran.err.contains(VERSION) && ran.err.contains(hash()), "{}", ran.err);
    assert!(!ran.err.contains("blorpnij") && !ran.err.contains("firma.pl"), "{}", ran.err);
    let far = dombot(dir.path(), &[&with[..], &["https://192.0.2.1/v1", ODD]].concat(), "").await;
    assert_eq!(far.code, Some(1));
    assert!(far.err.contains("Nothing was sent"), "{}", far.err);
}

#[tokio::test]
async fn a_set_is_scored_with_a_model() {
    let dir = tempfile::tempdir().unwrap();
    let (server, _) = scene(Rules::default(), |_, _| Says::Text(look())).await;
    let file = dir.path().join("set.jsonl");
    let case = json!({"id": "one", "lang": "pl", "tags": ["odd"],
        "context": {"now": "2026-11-23T10:00:00+01:00", "tz": "Europe/Warsaw", "portfolio": []},
        "turns": [{"user": ODD, "expect": looked()}]});
    std::fs::write(&file, case.to_string()).unwrap();
    let eval = ["parse", "--eval", file.to_str().unwrap()];
    let alone = dombot(dir.path(), &eval, "").await;
    assert!(
        alone.out.ends_with("cases 1 exact 0 kind 0 clarify_ok 0 wrong_mutations 0\n"),
        "{}",
        alone.out
    );
    let url = server.url();
    let with = [&eval[..], &["--model", MODEL, "--model-url", &url]].concat();
    let advised = dombot(dir.path(), &with, "").await;
    assert!(
        advised.out.ends_with("cases 1 exact 1 kind 1 clarify_ok 0 wrong_mutations 0\n"),
        "{}",
        advised.out
    );
}

fn code(otpauth: &str) -> String {
    let secret = totp::secret_of(&SecretString::from(otpauth)).unwrap();
    let secret = totp_rs::Secret::try_from_base32(secret.expose_secret()).unwrap();
    let totp = totp_rs::Builder::new().with_secret(secret).build().unwrap();
    let now = SystemClock::default().now().as_second();
    totp.generate(u64::try_from(now).unwrap()).to_string()
}

#[tokio::test]
async fn the_vaults_model_helps_and_its_key_is_never_seen() {
    let dir = tempfile::tempdir().unwrap();
    // The key lies in it too.
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
    let home = dir.path();
    let (server, _) =
        scene(Rules { key: Some(KEY), ..Rules::default() }, |_, _| Says::Text(look())).await;
    let made = dombot(home, &["init", "--unattended", "--json", "--lang", "pl"], "").await;
    assert_eq!(made.code, Some(0), "{}", made.err);
    let made: Value = serde_json::from_str(&made.out).unwrap();
    let otpauth = made["otpauth"].as_str().unwrap();

    let none = dombot(home, &["parse", "--model", MODEL, ODD], "").await;
    assert!(none.code == Some(1) && none.err.contains("model.url"), "{}", none.err);
    // A bad value is refused before the code is looked at: it is still good for the next one.
    for (key, value) in [
        ("model.url", "http://api.example.com/v1"),
        ("model.url", "ftp://x"),
        ("model.deadline", "900"),
        ("model.temperature", "1"),
    ] {
        let refused =
            dombot(home, &["config", "set", key], &format!("{value}\n{}\n", code(otpauth))).await;
        assert_eq!(refused.code, Some(1), "{key} {value}: {} {}", refused.out, refused.err);
    }
    let set = dombot(
        home,
        &["config", "set", "model.url"],
        &format!("{}\n{}\n", server.url(), code(otpauth)),
    )
    .await;
    assert_eq!(set.code, Some(0), "{} {}", set.out, set.err);
    let (path, unlock) = (home.join("home/vault.kdbx"), Unlock::KeyFile(home.join("the.key")));
    // The others straight into the vault: each code would want 30 s.
    let put = move || {
        Vault::open(&path, &unlock).unwrap().edit(|c| {
            c.put_config("model.name", MODEL)?;
            c.put_config("model.key", KEY)
        })
    };
    tokio::task::spawn_blocking(put).await.unwrap().unwrap();

    let mut seen: Vec<String> = Vec::new();
    for args in [
        &["parse", "--json", "--model", MODEL, ODD][..],
        &["ask", "--json", ODD],
        &["config", "list"],
        &["config", "get", "model.key"],
        &["doctor"],
    ] {
        let ran = dombot(home, args, "").await;
        seen.push(format!("$ {args:?}\n{}{}", ran.out, ran.err));
    }
    let seen = seen.join("\n");
    assert!(seen.contains("\"kind\":\"dns.list\""), "{seen}");
    assert!(
        seen.contains("model.key\t***") && seen.contains(&format!("model {MODEL}\tok")),
        "{seen}"
    );
    assert!(!seen.contains(KEY), "{seen}");
    assert_eq!(server.journal().len(), 2, "parse and ask: {seen}");
    assert!(server.journal().iter().all(|a| a.raw.contains(KEY)));
    for entry in std::fs::read_dir(home.join("home")).unwrap().flatten() {
        let bytes = std::fs::read(entry.path()).unwrap_or_default();
        assert!(!String::from_utf8_lossy(&bytes).contains(KEY), "{}", entry.path().display());
    }
}
