//! A home with a plan that waits for its code, and the operator it concerns: prepared once, copied for each crash.

use std::fs;
use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use dombot_core::clock::{Clock, SystemChance, SystemClock};
use dombot_core::ids::AccountId;
use dombot_core::store::Store;
use dombot_core::vault::{AccountEntry, Unlock, Vault};
use dombot_tests::postgres::Database;
use dombot_tests::{binary, postgres};
use secrecy::SecretString;
use serde_json::Value;
use tempfile::TempDir;

use super::operator::{Books, Operator, Ports};

/// One wish, and what the ledger calls its effect.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deed {
    pub(super) words: &'static str,
    pub(super) kind: &'static str,
    pub(super) domain: &'static str,
    /// Only reading back tells what became of a call: a person may have to be asked.
    pub(super) blind: bool,
}

/// A record set at the DNS host, which compares before it sets.
pub(super) const DNS: Deed = Deed {
    words: "ustaw www.demo-firma.test na 203.0.113.7",
    kind: "dns_change",
    domain: "demo-firma.test",
    blind: false,
};
/// A renewal where the provider recognises our key.
pub(super) const RENEW_A: Deed = Deed {
    words: "przedłuż demo-firma.test o 2 lata",
    kind: "renew",
    domain: "demo-firma.test",
    blind: false,
};
/// A renewal where each call charges.
pub(super) const RENEW_B: Deed = Deed {
    words: "przedłuż demo-shop.test o rok",
    kind: "renew",
    domain: "demo-shop.test",
    blind: true,
};

/// What a process said and how it ended.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) status: ExitStatus,
    pub(super) out: String,
    pub(super) err: String,
}

impl Ran {
    pub(super) fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// It ended itself at its fail point.
    pub(super) fn crashed(&self) -> bool {
        crashed(self.status)
    }

    /// Its last line of JSON.
    pub(super) fn json(&self) -> Value {
        let last = self.out.lines().last().unwrap_or_default();
        serde_json::from_str(last).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }
}

pub(super) fn crashed(status: ExitStatus) -> bool {
    std::os::unix::process::ExitStatusExt::signal(&status) == Some(6)
}

/// A home and its operator's folder, in a folder of their own.
pub(super) struct Scene {
    pub(super) dir: TempDir,
    pub(super) books: Books,
    pub(super) label: String,
    /// Of the demo world.
    pub(super) demo_dns: Option<SocketAddr>,
    /// The key file is named to every command.
    pub(super) names_key: bool,
    secret: SecretString,
    pub(super) ports: Ports,
    operator: Option<Operator>,
    pub(super) database: Option<Database>,
}

impl Scene {
    /// No home yet.
    pub(super) fn nowhere() -> Self {
        Self::nowhere_on(
            postgres::wanted().then(|| Database::new().expect("PostgreSQL was asked for")),
        )
    }

    /// The same, on this database.
    pub(super) fn nowhere_on(database: Option<Database>) -> Self {
        let dir = private_dir();
        Self {
            database,
            books: Books(dir.path().join("sandbox")),
            dir,
            label: String::new(),
            demo_dns: None,
            names_key: true,
            secret: SecretString::default(),
            ports: Ports::free(),
            operator: None,
        }
    }

    /// A home without any account; `lang` is the person's language.
    pub(super) fn empty(lang: &str) -> Self {
        Self::nowhere().init(&["init", "--unattended", "--json", "--lang", lang])
    }

    /// A home that hosts the demo world itself.
    pub(super) fn demo() -> Self {
        Self::nowhere().init(&["init", "--demo", "--unattended", "--json", "--lang", "pl"])
    }

    pub(super) fn init(mut self, args: &[&str]) -> Self {
        let made = self.dombot(args);
        assert_eq!(made.code(), Some(0), "{made:?}");
        let url = SecretString::from(made.json()["otpauth"].as_str().unwrap());
        self.secret = dombot_core::approval::totp::secret_of(&url).unwrap();
        self.demo_dns = made.json()["sandbox_dns"].as_str().map(|a| a.parse().unwrap());
        if let Some(database) = &self.database {
            // Leases of the killed run out in 6 seconds.
            database.hurry(10);
        }
        self
    }

    /// The database, opened by the test itself.
    pub(super) async fn store(&self) -> Store {
        match &self.database {
            Some(database) => Store::connect(&database.url().into(), false).await.unwrap(),
            None => Store::open(&self.file("dombot.db"), false).await.unwrap(),
        }
    }

    /// With the operator running, accounts at all three faces, and a plan for `words`.
    pub(super) fn with_plan(words: &str) -> Self {
        let mut scene = Self::empty("pl");
        scene.open_for_business();
        scene.connect();
        scene.ask(words);
        scene
    }

    pub(super) fn home(&self) -> PathBuf {
        self.dir.path().join("home")
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.home().join(name)
    }

    pub(super) fn key(&self) -> PathBuf {
        self.dir.path().join("the.key")
    }

    pub(super) fn open_for_business(&mut self) {
        self.operator = Some(Operator::start(&self.books.0, self.ports));
    }

    pub(super) fn close_business(&mut self) {
        self.operator = None;
    }

    /// Accounts straight into the vault, as `provider add` would, which wants 30 s for each code.
    pub(super) fn connect(&self) {
        let tokens = self.books.tokens();
        let http = self.ports.http;
        let entry = |name: &str, kind: &str, settings: &[(&str, String)]| AccountEntry {
            id: AccountId::new(&SystemClock::default(), &SystemChance),
            name: name.into(),
            kind: kind.into(),
            settings: settings.iter().map(|(k, v)| ((*k).into(), v.clone().into())).collect(),
            authorities: Vec::new(),
        };
        let at = |face: &str, token: &str, more: (&'static str, String)| {
            [("url", format!("http://{http}/{face}")), ("token", token.to_owned()), more]
        };
        let mut vault =
            Vault::open(&self.file("vault.kdbx"), &Unlock::KeyFile(self.key())).unwrap();
        let keyed = at("a", &tokens.a, ("repeat", "keyed".into()));
        let blind = at("b", &tokens.b, ("repeat", "read_back_only".into()));
        let dns = at("dns", &tokens.dns, ("dns", self.ports.dns.to_string()));
        vault
            .edit(|c| {
                c.put_account(&entry("sandbox", "sandbox", &keyed))?;
                c.put_account(&entry("sandbox-b", "sandbox", &blind))?;
                c.put_account(&entry("sandbox-dns", "sandbox-dns", &dns))
            })
            .unwrap();
    }

    /// Plans `words`; the plan's label is kept.
    pub(super) fn ask(&mut self, words: &str) {
        let asked = self.dombot(&["ask", "--json", words]);
        assert_eq!(asked.code(), Some(3), "{asked:?}");
        asked.json()["plan"]["label"].as_str().unwrap().clone_into(&mut self.label);
    }

    /// The code that the phone shows now.
    pub(super) fn code(&self) -> String {
        use secrecy::ExposeSecret;
        let secret = totp_rs::Secret::try_from_base32(self.secret.expose_secret()).unwrap();
        let totp = totp_rs::Builder::new().with_secret(secret).build().unwrap();
        let now = SystemClock::default().now().as_second();
        totp.generate(u64::try_from(now).unwrap()).to_string()
    }

    /// A command in this home, English unless the person is known.
    pub(super) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(binary::with_fail_points());
        command
            .args(args)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.dir.path())
            .env("XDG_CONFIG_HOME", self.dir.path().join("config"))
            .env("DOMBOT_HOME", self.home())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if self.names_key {
            command.env("DOMBOT_KEY_FILE", self.key());
        }
        if let Some(database) = &self.database {
            command.env("DOMBOT_DATABASE_URL", database.url());
        }
        command
    }

    pub(super) fn dombot(&self, args: &[&str]) -> Ran {
        run(self.command(args), "")
    }

    /// `approve LABEL --wait` with the present code; `fail` = the variables of the fail points.
    pub(super) fn approve(&self, fail: &[(&str, &str)]) -> Ran {
        let mut command =
            self.command(&["approve", &self.label, "--code", "-", "--wait", "--json"]);
        command.envs(fail.iter().copied());
        run(command, &self.code())
    }

    /// Talks to nobody at a terminal: shows what is new.
    pub(super) fn news(&self) -> Ran {
        self.dombot(&["chat"])
    }

    pub(super) fn serve(&self, fail: &[(&str, &str)]) -> Serving {
        let mut command = self.command(&["serve"]);
        command.envs(fail.iter().copied()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut serving = Serving { child: command.spawn().unwrap() };
        let socket = self.file("dombot.sock");
        // One of a killed process may lie there: it is made anew when somebody answers.
        let started = Instant::now();
        while std::os::unix::net::UnixStream::connect(&socket).is_err() && serving.runs() {
            assert!(started.elapsed() < Duration::from_secs(30), "serve does not answer");
            std::thread::sleep(Duration::from_millis(20));
        }
        serving
    }

    /// The same home and operator in a folder of their own; nothing of them may run.
    fn copy(&self) -> Self {
        let dir = private_dir();
        copy_tree(self.dir.path(), dir.path());
        Self {
            books: Books(dir.path().join("sandbox")),
            database: self.database.as_ref().map(Database::copy),
            dir,
            label: self.label.clone(),
            demo_dns: None,
            names_key: true,
            secret: self.secret.clone(),
            ports: self.ports,
            operator: None,
        }
    }
}

/// A `serve` in the background; killed when dropped.
pub(super) struct Serving {
    pub(super) child: Child,
}

impl Serving {
    pub(super) fn runs(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// SIGTERM, and wait.
    pub(super) fn stop(mut self) -> ExitStatus {
        signal(&self.child, rustix::process::Signal::TERM);
        wait(&mut self.child)
    }

    pub(super) fn wait(mut self) -> ExitStatus {
        wait(&mut self.child)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A prepared scene from which copies are made. Its plan is asked for again before it expires.
pub(super) struct Prepared {
    scene: Scene,
    deed: Deed,
    asked: Instant,
}

impl Prepared {
    pub(super) fn new(deed: Deed) -> Self {
        let mut scene = Scene::with_plan(deed.words);
        scene.close_business();
        Self { scene, deed, asked: Instant::now() }
    }

    /// A copy whose operator runs, with `faults` ordered at it.
    pub(super) fn copy(&mut self, faults: &[dombot_providers::sandbox::world::Rule]) -> Scene {
        if self.asked.elapsed() > Duration::from_secs(300) {
            self.scene.open_for_business();
            self.scene.ask(self.deed.words);
            self.scene.close_business();
            self.asked = Instant::now();
        }
        let mut scene = self.scene.copy();
        for rule in faults {
            scene.books.fault(rule.clone());
        }
        scene.open_for_business();
        scene
    }
}

/// Runs to the end, at most two minutes, with `input` as its standard input.
pub(super) fn run(mut command: Command, input: &str) -> Ran {
    let mut child = command.spawn().unwrap();
    // A process that crashes at once reads nothing: that is no fault of the story.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let out = drain(child.stdout.take());
    let err = drain(child.stderr.take());
    let status = wait(&mut child);
    Ran { status, out: out.join().unwrap(), err: err.join().unwrap() }
}

fn drain<R: std::io::Read + Send + 'static>(pipe: Option<R>) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut text = Vec::new();
        if let Some(mut pipe) = pipe {
            let _ = pipe.read_to_end(&mut text);
        }
        String::from_utf8_lossy(&text).into_owned()
    })
}

pub(super) fn wait(child: &mut Child) -> ExitStatus {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if started.elapsed() > Duration::from_secs(120) {
            let _ = child.kill();
            panic!("a dombot did not end in two minutes");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

pub(super) fn signal(child: &Child, which: rustix::process::Signal) {
    let pid = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw).unwrap();
    rustix::process::kill_process(pid, which).unwrap();
}

pub(in super::super) fn private_dir() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o700)).unwrap();
    dir
}

/// Files and folders with their modes; sockets are left out.
fn copy_tree(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            fs::DirBuilder::new().mode(0o700).create(&target).unwrap();
            copy_tree(&entry.path(), &target);
        } else if kind.is_file() {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
