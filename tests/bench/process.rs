//! The executable as a process: size, start, memory, messages over its socket.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use dombot_core::vault::{Memory, Profile};
use serde_json::{Value, json};
use tempfile::TempDir;
use totp_rs::{Builder, Secret, Totp};

use super::{cpu, memory, row, spread, timed};

const MESSAGES: u32 = 1000;

pub(crate) fn print() {
    let program = program();
    let size = std::fs::metadata(&program).expect("the executable").len();
    row("release binary", &format!("{:.2} MiB", megabytes(size)), "`stat target/release/dombot`");
    let home = TempDir::new().expect("a folder");
    let totp = init(&program, home.path());
    let kdf = format!("{:?}", Profile::for_machine(Memory::of_machine()));
    starts(&program, home.path(), &kdf);
    served(&program, home.path(), &totp);
}

fn megabytes(bytes: u64) -> f64 {
    f64::from(u32::try_from(bytes / 1024).expect("less than 4 TiB")) / 1024.0
}

fn program() -> PathBuf {
    let own = std::env::current_exe().expect("a path");
    let beside = own.ancestors().nth(2).expect("target/release").join("dombot");
    let program = std::env::var_os("DOMBOT_BIN").map_or(beside, PathBuf::from);
    assert!(program.is_file(), "no {}: cargo build --release -p dombot", program.display());
    program
}

fn command(program: &Path, home: &Path) -> Command {
    let mut command = Command::new(program);
    command.env("DOMBOT_HOME", home.join("home")).env("XDG_CONFIG_HOME", home.join("config"));
    command.stdin(Stdio::null());
    command
}

/// A demo home; gives its authenticator.
fn init(program: &Path, home: &Path) -> Totp {
    let args = ["init", "--demo", "--unattended", "--json", "--lang", "pl"];
    let out = command(program, home).args(args).output().expect("it runs");
    let made: Value = serde_json::from_slice(&out.stdout).expect("JSON");
    let url = made["otpauth"].as_str().expect("a URL");
    let secret = url.split(['?', '&']).find_map(|p| p.strip_prefix("secret=")).expect("a secret");
    let secret = Secret::try_from_base32(secret).expect("base32");
    Builder::new().with_secret(secret).build().expect("an authenticator")
}

fn starts(program: &Path, home: &Path, kdf: &str) {
    let asks = (0..9).map(|_| {
        let mut ask = command(program, home);
        ask.args(["ask", "jakie mam domeny?"]).stdout(Stdio::null());
        timed(|| assert!(ask.status().expect("it runs").success())).1
    });
    row(
        "one question, nothing running: exec to exit",
        &spread(asks.collect()),
        &format!("`dombot ask \"jakie mam domeny?\"`; opens the vault with {kdf}"),
    );
    let serves = (0..9).map(|_| {
        let (mut child, time) = serve(program, home);
        child.stop();
        time
    });
    row("start to ready", &spread(serves.collect()), "`dombot serve` until it says so");
}

struct Serving(Child);

impl Serving {
    fn stop(&mut self) {
        let pid = self.0.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &pid]).status();
        let _ = self.0.wait();
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn serve(program: &Path, home: &Path) -> (Serving, Duration) {
    let start = Instant::now();
    let mut child =
        command(program, home).arg("serve").stdout(Stdio::piped()).spawn().expect("it starts");
    let mut line = String::new();
    let out = child.stdout.take().expect("a pipe");
    BufReader::new(out).read_line(&mut line).expect("a line");
    assert!(!line.is_empty(), "it did not start");
    (Serving(child), start.elapsed())
}

fn served(program: &Path, home: &Path, totp: &Totp) {
    let (mut child, _) = serve(program, home);
    let pid = child.0.id();
    std::thread::sleep(Duration::from_secs(2));
    row("memory, idle", &memory(pid, "VmRSS"), "`dombot serve` of a demo home, VmRSS after 2 s");
    let mut line = Line::new(&home.join("home/dombot.sock"));
    changes(&mut line, totp);
    let before = cpu(pid);
    let times = (0..MESSAGES).map(|i| {
        let text = format!("ustaw www.demo-firma.test na 203.0.{}.{}", 113 + i / 250, i % 250);
        let (reply, time) = timed(|| line.say(&text));
        assert_eq!(reply["reply"]["kind"], "plan", "{reply}");
        time
    });
    let times = spread(times.collect());
    row("message to plan, over the socket", &times, "sandbox; each message a plan of its own");
    let each = (cpu(pid) - before) * 1000.0 / f64::from(MESSAGES);
    row("CPU of one message to plan", &format!("{each:.2} ms"), "sandbox in the same process");
    let now = format!("{}; peak {}", memory(pid, "VmRSS"), memory(pid, "VmHWM"));
    row("memory after 1,000 messages", &now, "the same process: VmRSS; VmHWM");
    child.stop();
}

/// Three codes are good at one moment: the one before, this one, the next.
fn changes(line: &mut Line, totp: &Totp) {
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().expect("after 1970").as_secs();
    let times = [now - 30, now, now + 30].map(|at| {
        let plan = line.say(&format!("ustaw www.demo-firma.test na 198.51.100.{}", at % 250));
        let card = &plan["reply"]["plan"];
        let (id, label) = (&card["plan"]["id"], &card["label"]);
        line.ask(&json!({"op": "find", "person": null, "plan": label}));
        let code = totp.generate(at).to_string();
        timed(|| {
            line.ask(&json!({"op": "code", "person": null, "plan": id, "code": code}));
            loop {
                let progress = line.ask(&json!({"op": "progress", "plan": id}));
                if progress["over"] == true {
                    assert_eq!(progress["state"], "completed", "{progress}");
                    return;
                }
                std::thread::sleep(Duration::from_millis(2));
            }
        })
        .1
    });
    row(
        "code to proved change",
        &spread(times.to_vec()),
        "sandbox; read back and asked at its name server",
    );
}

struct Line(BufReader<UnixStream>);

impl Line {
    fn new(socket: &Path) -> Self {
        Self(BufReader::new(UnixStream::connect(socket).expect("its socket")))
    }

    fn ask(&mut self, request: &Value) -> Value {
        self.0.get_mut().write_all(format!("{request}\n").as_bytes()).expect("it listens");
        let mut answer = String::new();
        self.0.read_line(&mut answer).expect("it answers");
        serde_json::from_str(&answer).expect("JSON")
    }

    fn say(&mut self, text: &str) -> Value {
        self.ask(&json!({
            "op": "say", "person": null, "conversation": "bench", "text": text, "file": null,
            "arms": false,
        }))
    }
}
