//! A PostgreSQL cluster of this test process: in a temporary folder, behind a Unix socket there and nowhere else.
//! It ends with the process, however that ends.
//!
//! It uses nothing of dombot, so that it cannot share dombot's mistakes.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::servers;

/// Where a process finds the cluster of another one, which is its parent.
const GIVEN: &str = "DOMBOT_TEST_CLUSTER";

/// A database of its own, empty. It goes with the cluster.
#[derive(Debug)]
pub struct Database {
    name: String,
    cluster: &'static Cluster,
}

#[derive(Debug)]
struct Cluster {
    /// Of the socket.
    dir: PathBuf,
    /// Ends it when its standard input closes, which the end of this process does.
    _keeper: Option<Child>,
}

impl Database {
    /// `None`, said aloud and counted, where PostgreSQL is not installed.
    pub fn new() -> Option<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let cluster = cluster()?;
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("t{}_{number}", std::process::id());
        psql(&cluster.dir, "postgres", &format!("CREATE DATABASE {name}"));
        Some(Self { name, cluster })
    }

    /// A copy of it as it is; nobody may be connected.
    #[must_use]
    pub fn copy(&self) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("{}_{}", self.name, NUMBER.fetch_add(1, Ordering::Relaxed));
        let make = format!("CREATE DATABASE {name} TEMPLATE {}", self.name);
        psql(&self.cluster.dir, "postgres", &make);
        Self { name, cluster: self.cluster }
    }

    /// `postgres://...`, with a password that the server does not ask for.
    pub fn url(&self) -> String {
        let dir = self.cluster.dir.display().to_string().replace('/', "%2F");
        format!("postgres://postgres:{PASSWORD}@{dir}/{}", self.name)
    }

    /// What `psql` answers: one line a row, columns divided by `|`. Foreign keys and triggers are off.
    pub fn sql(&self, sql: &str) -> String {
        psql(
            &self.cluster.dir,
            &self.name,
            &format!("SET session_replication_role = replica; {sql}"),
        )
    }

    /// Everything in it, as `pg_dump` writes it.
    pub fn dump(&self) -> Vec<u8> {
        let mut command = Command::new("pg_dump");
        command.args(["-U", "postgres", "--inserts", "-h"]).arg(&self.cluster.dir).arg(&self.name);
        let out = command.stdin(Stdio::null()).output().expect("pg_dump runs");
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        out.stdout
    }

    /// From now on the database's time goes so many times as fast: leases of a minute run out in seconds.
    pub fn hurry(&self, times: u32) {
        self.time(&format!("t.now * {times}"));
    }

    /// From now on the database's time is so much later.
    pub fn later(&self, by: Duration) {
        self.time(&format!("t.now + {}", by.as_millis()));
    }

    /// Defines it by the machine's time.
    fn time(&self, expression: &str) {
        self.sql(&format!(
            "CREATE OR REPLACE FUNCTION dombot_now() RETURNS BIGINT LANGUAGE SQL VOLATILE AS $$
             SELECT {expression} FROM (SELECT CAST(floor(EXTRACT(EPOCH FROM clock_timestamp()) * 1000) AS BIGINT)
                                       AS now) t $$"
        ));
    }

    /// The database's time is what stands in this file from now on: unix ms, written by [`crate::clock::FakeClock`].
    pub fn clock_file(&self) -> PathBuf {
        let file = self.cluster.dir.join(format!("{}.clock", self.name));
        self.sql(&format!(
            "CREATE OR REPLACE FUNCTION dombot_now() RETURNS BIGINT LANGUAGE SQL VOLATILE
             AS $$ SELECT CAST(pg_read_file('{}') AS BIGINT) $$",
            file.display()
        ));
        file
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // The cluster may be gone already: then so is the database.
        let drop = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        let _ = run_psql(&self.cluster.dir, "postgres", &drop);
    }
}

/// To look for in what dombot prints and logs.
pub const PASSWORD: &str = "geheim-haslo-7731";

/// Whether this process's talks rest on PostgreSQL: then `DOMBOT_TEST_STORE` is `postgres`.
pub fn wanted() -> bool {
    std::env::var_os("DOMBOT_TEST_STORE").is_some_and(|v| v == "postgres")
}

/// For a child process that shall use this one's cluster: the variables to set.
pub fn share() -> Option<[(&'static str, String); 2]> {
    let dir = cluster()?.dir.display().to_string();
    Some([(GIVEN, dir), ("DOMBOT_TEST_STORE", "postgres".into())])
}

fn cluster() -> Option<&'static Cluster> {
    static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
    let found = CLUSTER.get_or_init(|| match std::env::var_os(GIVEN) {
        Some(dir) => Some(Cluster { dir: dir.into(), _keeper: None }),
        None => bin().map(|bin| start(&bin)),
    });
    if found.is_none() {
        servers::skip("PostgreSQL", "postgresql");
    }
    found.as_ref()
}

/// The newest one that Debian has put here, or the one in the path.
fn bin() -> Option<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|e| e.path().join("bin"))
        .collect();
    found.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    found.sort_by_key(|p| p.parent().and_then(|v| v.file_name()?.to_str()?.parse::<u32>().ok()));
    found
        .into_iter()
        .rev()
        .find(|bin| bin.join("initdb").is_file() && bin.join("postgres").is_file())
}

/// As a user that is not root: PostgreSQL refuses to run as root.
fn as_nobody(program: &Path) -> Command {
    if !rustix::process::geteuid().is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("runuser");
    command.args(["-u", user(), "--"]).arg(program);
    command
}

fn user() -> &'static str {
    if passwd("postgres").is_some() { "postgres" } else { "nobody" }
}

/// Its uid and gid.
fn passwd(name: &str) -> Option<(u32, u32)> {
    let all = fs::read_to_string("/etc/passwd").ok()?;
    let line = all.lines().find(|l| l.starts_with(&format!("{name}:")))?;
    let mut ids = line.split(':').skip(2);
    Some((ids.next()?.parse().ok()?, ids.next()?.parse().ok()?))
}

fn start(bin: &Path) -> Cluster {
    let dir = tempfile::Builder::new().prefix("dombot-pg-").tempdir().expect("a folder").keep();
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o755)).expect("a mode");
    let data = dir.join("data");
    fs::create_dir(&data).expect("a folder");
    if rustix::process::geteuid().is_root() {
        let (uid, gid) = passwd(user()).expect("a user who is not root");
        for path in [&dir, &data] {
            chown(path, Some(uid), Some(gid)).expect("root may do that");
        }
    }
    let init = ["-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C", "--no-sync", "-D"];
    let made = as_nobody(&bin.join("initdb")).args(init).arg(&data).current_dir("/").output();
    let made = made.expect("initdb runs");
    assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
    let keeper = keep(bin, &dir, &data);
    Cluster { dir, _keeper: Some(keeper) }
}

/// A shell between the server and us: it waits for the end of its standard input, then ends the server at once and
/// takes the folder away.
fn keep(bin: &Path, dir: &Path, data: &Path) -> Child {
    let log = fs::File::create(dir.join("log")).expect("a log");
    let settings = [
        "listen_addresses=",
        &format!("unix_socket_directories={}", dir.display()),
        "fsync=off",
        "full_page_writes=off",
        "max_connections=200",
        "shared_buffers=32MB",
        "autovacuum=off",
        "jit=off",
        "max_wal_size=256MB",
    ];
    let mut server = as_nobody(&bin.join("postgres"));
    server.arg("-D").arg(data);
    for setting in settings {
        server.args(["-c", setting]);
    }
    let mut shell = Command::new("sh");
    shell
        .args([
            "-c",
            "\"$@\" </dev/null & while read -r _; do :; done; \
               kill -QUIT \"$(head -n1 \"$0/data/postmaster.pid\")\"; wait; rm -rf \"$0\"",
        ])
        .arg(dir)
        .arg(server.get_program())
        .args(server.get_args())
        .current_dir("/")
        .stdin(Stdio::piped())
        .stderr(log.try_clone().expect("a second handle"))
        .stdout(log);
    // The terminal's Ctrl-C is for the tests; the shell must live to clear up.
    std::os::unix::process::CommandExt::process_group(&mut shell, 0);
    let mut keeper = shell.spawn().expect("a shell");
    if !answers(dir) {
        drop(keeper.stdin.take());
        let _ = keeper.wait();
        panic!("PostgreSQL does not answer");
    }
    keeper
}

fn answers(dir: &Path) -> bool {
    (0..600).any(|_| {
        let answered = run_psql(dir, "postgres", "SELECT 1").status.success();
        if !answered {
            std::thread::sleep(Duration::from_millis(50));
        }
        answered
    })
}

fn psql(dir: &Path, database: &str, sql: &str) -> String {
    let out = run_psql(dir, database, sql);
    assert!(out.status.success(), "{sql}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8_lossy(&out.stdout).trim().to_owned()
}

fn run_psql(dir: &Path, database: &str, sql: &str) -> std::process::Output {
    let mut child = Command::new("psql")
        .args([
            "-X",
            "-q",
            "-A",
            "-t",
            "-v",
            "ON_ERROR_STOP=1",
            "-U",
            "postgres",
            "-d",
            database,
            "-h",
        ])
        .arg(dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("psql runs");
    child.stdin.take().expect("a pipe").write_all(sql.as_bytes()).expect("psql listens");
    child.wait_with_output().expect("psql ends")
}
