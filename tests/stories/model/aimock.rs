//! A stranger's fake, `@copilotkit/aimock`: it was written by people who never saw dombot.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use dombot_tests::servers;

use super::*;

struct Stranger {
    child: Child,
    url: String,
    _dir: tempfile::TempDir,
}

impl Drop for Stranger {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `DOMBOT_TEST_LLMOCK`, or what tests/install put into the build folder.
fn program() -> Option<PathBuf> {
    let named = std::env::var_os("DOMBOT_TEST_LLMOCK").map(PathBuf::from);
    let below = ["..", "target", "test-node", "node_modules", ".bin", "llmock"];
    let built =
        below.iter().fold(PathBuf::from(env!("CARGO_MANIFEST_DIR")), |p, part| p.join(part));
    named.or_else(|| built.exists().then_some(built))
}

async fn start() -> Option<Stranger> {
    let Some(program) = program() else {
        servers::skip("aimock", "npm; then npm i @copilotkit/aimock");
        return None;
    };
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/llm_fixtures");
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let dir = tempfile::tempdir().unwrap();
    let child = Command::new(program)
        .args(["--host", "127.0.0.1", "-p", &port.to_string(), "-f"])
        .arg(fixtures)
        .current_dir(dir.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let url = format!("http://127.0.0.1:{port}/v1");
    let stranger = Stranger { child, url, _dir: dir };
    for _ in 0..200 {
        if tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
            return Some(stranger);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("aimock does not start");
}

#[tokio::test]
async fn what_it_replays_is_understood_or_thrown_away() {
    let Some(stranger) = start().await else { return };
    let endpoint = Endpoint::new(&stranger.url, Some("sk-any".into()), MODEL).unwrap();
    let parser = Advised::by(endpoint.within(Duration::from_secs(30)));
    for (said, want) in [
        ("blorp firma.pl valid", "action"),
        ("blorp firma.pl fenced", "action"),
        ("blorp firma.pl ratelimit", "action"),
        ("blorp firma.pl truncated", "clarify"),
        ("blorp firma.pl invented", "clarify"),
        ("blorp firma.pl garbled", "clarify"),
        ("blorp firma.pl quota", "clarify"),
        ("blorp firma.pl boom", "clarify"),
        ("blorp firma.pl unmatched", "clarify"),
        ("renew firma.pl for 2 years blorp wrong-domain", "clarify"),
        ("renew firma.pl for 2 years blorp wrong-years", "clarify"),
        ("renew firma.pl for 2 years blorp extra", "clarify"),
    ] {
        let got = heard(&parser, said).await;
        assert_eq!(got["outcome"], want, "{said}: {got}");
        if want == "action" {
            assert_eq!(got["actions"][0]["kind"], "dns.list", "{said}");
        }
    }
}
