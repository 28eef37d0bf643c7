//! Real name servers for tests: PowerDNS, BIND and Knot in temporary folders on free loopback ports, and
//! `dig` as an independent judge. They end with the value that holds them.
//!
//! It uses nothing of dombot, so that it cannot share dombot's mistakes.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Name of the TSIG key that every server knows (hmac-sha256).
pub const KEY_NAME: &str = "dombot-key";
/// Its secret in base64; for tests only.
pub const KEY_SECRET: &str = "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0MTI=";
/// Another secret of the same length, which no server knows.
pub const WRONG_SECRET: &str = "d3JvbmcxMndyb25nMTJ3cm9uZzEyd3JvbmcxMndyb24=";
/// Key of PowerDNS's HTTP API.
pub const API_KEY: &str = "test-key";

static SKIPPED: AtomicUsize = AtomicUsize::new(0);

/// A running server. Its zones take signed updates and signed transfers, and nothing unsigned.
#[derive(Debug)]
pub struct Server {
    /// `pdns`, `bind` or `knot`.
    pub software: &'static str,
    /// Where it answers DNS over UDP and TCP.
    pub addr: SocketAddr,
    /// Base address of the HTTP API (`http://127.0.0.1:1234`); PowerDNS only.
    pub api: Option<String>,
    child: Child,
    command: Vec<OsString>,
    zones: Vec<String>,
    dir: TempDir,
}

/// A zone to start with: its name without the final dot, and zone-file lines that follow a SOA and the name
/// servers `ns1.example.net.` and `ns2.example.net.`; names in them are relative to the zone.
pub type Zone<'a> = (&'a str, &'a str);

impl Server {
    /// PowerDNS with SQLite, its API and TSIG. `None`, said aloud, where it is not installed.
    pub fn pdns(zones: &[Zone<'_>]) -> Option<Self> {
        let server = program("pdns_server", "pdns-server pdns-backend-sqlite3")?;
        let tool = program("pdnsutil", "pdns-server")?;
        program("sqlite3", "sqlite3")?;
        Some(start("pdns", zones, |dir, port, api| {
            prepare_pdns(dir, port, api, zones, &tool);
            let mut command = Command::new(&server);
            command.arg(format!("--config-dir={}", dir.display()));
            command.args(["--daemon=no", "--guardian=no"]);
            command
        }))
    }

    /// BIND. `None`, said aloud, where it is not installed.
    pub fn bind(zones: &[Zone<'_>]) -> Option<Self> {
        let server = program("named", "bind9")?;
        Some(start("bind", zones, |dir, port, _| {
            prepare_bind(dir, port, zones);
            let mut command = Command::new(&server);
            command.args(["-f", "-c"]).arg(dir.join("named.conf"));
            command
        }))
    }

    /// Knot DNS. `None`, said aloud, where it is not installed.
    pub fn knot(zones: &[Zone<'_>]) -> Option<Self> {
        let server = program("knotd", "knot")?;
        Some(start("knot", zones, |dir, port, _| {
            prepare_knot(dir, port, zones);
            let mut command = Command::new(&server);
            command.arg("-c").arg(dir.join("knot.conf"));
            command
        }))
    }

    /// All three, as far as they are installed.
    pub fn all(zones: &[Zone<'_>]) -> Vec<Self> {
        [Self::pdns(zones), Self::bind(zones), Self::knot(zones)].into_iter().flatten().collect()
    }

    /// Its folder: configuration, database, log.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// What it logged so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.dir.path().join("log")).unwrap_or_default()
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends it now, as a crash would.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Starts it again after [`Server::kill`], on its old port and with what it had stored; `env` goes to the
    /// process.
    pub fn start_again(&mut self, env: &[(&str, &str)]) {
        let log = File::options().append(true).open(self.dir.path().join("log")).expect("its log");
        self.kill();
        self.child = Command::new(&self.command[0])
            .args(&self.command[1..])
            .envs(env.iter().copied())
            .stdin(Stdio::null())
            .stderr(log.try_clone().expect("a second handle"))
            .stdout(log)
            .spawn()
            .expect("the server starts again");
        let zones: Vec<Zone<'_>> = self.zones.iter().map(|z| (z.as_str(), "")).collect();
        let (addr, api) = (self.addr, self.api.clone());
        assert!(ready(&mut self.child, (addr, api.as_deref()), &zones), "{}", self.log());
    }

    /// Holds the process still, as a machine that hangs: connections open, nothing answers.
    pub fn hang(&self) {
        signal("-STOP", self.pid());
    }

    /// Lets it go on.
    pub fn go_on(&self) {
        signal("-CONT", self.pid());
    }
}

fn signal(which: &str, pid: u32) {
    run(Command::new("kill").args([which, &pid.to_string()]));
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Says aloud that a part of the tests cannot run, and counts it.
pub fn skip(what: &str, packages: &str) {
    let count = SKIPPED.fetch_add(1, Ordering::Relaxed) + 1;
    // Not `eprintln!`: the test harness swallows what a passing test prints, and tests/run counts these lines.
    let _ = writeln!(
        std::io::stderr(),
        "SKIPPED: {what} is not installed (apt-get install {packages}); {count} skipped in this run"
    );
}

/// How often [`skip`] was called in this process.
pub fn skipped() -> usize {
    SKIPPED.load(Ordering::Relaxed)
}

/// What `dig` sees of one set at a server: lines `TTL DATA`, sorted. `None` where no dig is installed.
pub fn dig(addr: SocketAddr, name: &str, rtype: &str) -> Option<Vec<String>> {
    let lines = run_dig(addr, &[name, rtype, "+norecurse"])?;
    let mut seen: Vec<String> = lines
        .iter()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter(|f| {
            f.len() > 4
                && f[0].trim_end_matches('.').eq_ignore_ascii_case(name.trim_end_matches('.'))
        })
        .filter(|f| f[3].eq_ignore_ascii_case(rtype))
        .map(|f| format!("{} {}", f[1], f[4..].join(" ")))
        .collect();
    seen.sort();
    Some(seen)
}

/// The records of a signed transfer by `dig`, with both SOA lines. `None` where no dig is installed.
pub fn dig_axfr(addr: SocketAddr, zone: &str) -> Option<Vec<String>> {
    let key = format!("hmac-sha256:{KEY_NAME}:{KEY_SECRET}");
    run_dig(addr, &[zone, "AXFR", "+tcp", "-y", &key])
}

/// As [`dig_axfr`], once the SOA, with all data as RFC 3597 has it.
pub fn dig_axfr_wire(addr: SocketAddr, zone: &str) -> Option<Vec<String>> {
    let key = format!("hmac-sha256:{KEY_NAME}:{KEY_SECRET}");
    let form = ["+onesoa", "+unknownformat", "+nosplit"];
    run_dig(addr, &[&[zone, "AXFR", "+tcp", "-y", &key], &form[..]].concat())
}

/// Does by `nsupdate`, signed, what another admin would: lines like `update add www.firma.pl. 60 A 192.0.2.1`.
/// It must succeed.
pub fn nsupdate(addr: SocketAddr, zone: &str, lines: &[&str]) {
    let program = program("nsupdate", "bind9-dnsutils").expect("nsupdate stands where dig stands");
    let script = format!(
        "server {} {}\nkey hmac-sha256:{KEY_NAME} {KEY_SECRET}\nzone {zone}\n{}\nsend\n",
        addr.ip(),
        addr.port(),
        lines.join("\n")
    );
    let file = tempfile::NamedTempFile::new().expect("a file");
    fs::write(file.path(), script).expect("a script");
    run(Command::new(program).arg("-v").arg(file.path()));
}

fn run_dig(addr: SocketAddr, args: &[&str]) -> Option<Vec<String>> {
    let program = program("dig", "bind9-dnsutils")?;
    let output = Command::new(program)
        .arg(format!("@{}", addr.ip()))
        .args(["-p", &addr.port().to_string()])
        .args(args)
        .args(["+noall", "+answer", "+time=5", "+tries=2"])
        .output()
        .expect("dig runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Some(
        text.lines()
            .filter(|line| !line.starts_with(';') && line.split_whitespace().nth(3).is_some())
            .map(str::to_owned)
            .collect(),
    )
}

fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin", "/usr/local/sbin", "/sbin"].map(PathBuf::from))
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

fn program(name: &str, packages: &str) -> Option<PathBuf> {
    let found = find(name);
    if found.is_none() {
        skip(name, packages);
    }
    found
}

/// A port may be taken between choosing and using it: then another try.
fn start(
    software: &'static str,
    zones: &[Zone<'_>],
    command: impl Fn(&Path, u16, u16) -> Command,
) -> Server {
    let mut log = String::new();
    for _ in 0..5 {
        let dir = tempfile::Builder::new().prefix("dombot-").tempdir().expect("a folder");
        let (port, api_port) = (free_port(), free_port());
        let out = File::create(dir.path().join("log")).expect("a log file");
        let mut program = command(dir.path(), port, api_port);
        let again = std::iter::once(program.get_program()).chain(program.get_args());
        let again = again.map(ToOwned::to_owned).collect();
        let mut child = program
            .stdin(Stdio::null())
            .stderr(out.try_clone().expect("a second handle"))
            .stdout(out)
            .spawn()
            .expect("the server starts");
        let api = (software == "pdns").then(|| format!("http://127.0.0.1:{api_port}"));
        let addr = (Ipv4Addr::LOCALHOST, port).into();
        let up = ready(&mut child, (addr, api.as_deref()), zones);
        let names = zones.iter().map(|(zone, _)| (*zone).to_owned()).collect();
        let server = Server { software, addr, api, child, command: again, zones: names, dir };
        if up {
            return server;
        }
        log = server.log();
    }
    panic!("{software} does not start: {log}");
}

fn free_port() -> u16 {
    loop {
        let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = tcp.local_addr().expect("a bound socket").port();
        if UdpSocket::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}

/// It serves every zone's SOA (and its API takes connections) within 20 s.
fn ready(child: &mut Child, doors: (SocketAddr, Option<&str>), zones: &[Zone<'_>]) -> bool {
    let until = Instant::now() + Duration::from_secs(20);
    let (addr, api) = doors;
    let api: Option<SocketAddr> = api.and_then(|url| url.strip_prefix("http://")?.parse().ok());
    while Instant::now() < until {
        if child.try_wait().is_ok_and(|status| status.is_some()) {
            return false;
        }
        let answers = zones.iter().all(|(zone, _)| serves_soa(addr, zone));
        let open = api.is_none_or(|addr| std::net::TcpStream::connect(addr).is_ok());
        let up = !zones.is_empty() || std::net::TcpStream::connect(addr).is_ok();
        if answers && open && up {
            return true;
        }
        std::thread::sleep(Duration::from_millis(30));
    }
    false
}

fn serves_soa(addr: SocketAddr, zone: &str) -> bool {
    let mut query = vec![0x12, 0x34, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in zone.split('.') {
        query.push(u8::try_from(label.len()).expect("a short label"));
        query.extend(label.as_bytes());
    }
    query.extend([0, 0, 6, 0, 1]);
    let Ok(socket) = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)) else { return false };
    let _ = socket.set_read_timeout(Some(Duration::from_millis(200)));
    let mut answer = [0; 512];
    // NOERROR and one answer.
    socket.send_to(&query, addr).is_ok()
        && socket.recv(&mut answer).is_ok_and(|length| length > 12)
        && answer[..2] == [0x12, 0x34]
        && answer[3].trailing_zeros() >= 4
        && answer[7] == 1
}

fn write(file: &Path, text: &str) {
    fs::write(file, text).expect("a file in the test's folder");
}

fn zone_text(zone: &str, lines: &str) -> String {
    format!(
        "$ORIGIN {zone}.\n$TTL 3600\n\
         @ IN SOA ns1.example.net. hostmaster.example.net. 1 3600 600 604800 3600\n\
         @ IN NS ns1.example.net.\n@ IN NS ns2.example.net.\n{lines}\n"
    )
}

fn prepare_pdns(dir: &Path, port: u16, api: u16, zones: &[Zone<'_>], tool: &Path) {
    let folder = dir.display();
    write(
        &dir.join("pdns.conf"),
        &format!(
            "launch=gsqlite3\ngsqlite3-database={folder}/pdns.db\ngsqlite3-pragma-synchronous=0\n\
             local-address=127.0.0.1\nlocal-port={port}\nsetuid=\nsetgid=\n\
             api=yes\napi-key={API_KEY}\nwebserver=yes\nwebserver-address=127.0.0.1\n\
             webserver-port={api}\nwebserver-allow-from=127.0.0.0/8\nwebserver-loglevel=none\n\
             socket-dir={folder}\nloglevel=4\ndnsupdate=yes\nallow-dnsupdate-from=127.0.0.0/8\n\
             allow-axfr-ips=\nreceiver-threads=1\ndistributor-threads=1\n\
             default-soa-content=ns1.example.net hostmaster.@ 0 10800 3600 604800 3600\n\
             zone-cache-refresh-interval=0\nsecurity-poll-suffix=\n"
        ),
    );
    let schema = [
        "/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql",
        "/usr/share/doc/pdns-backend-sqlite3/schema.sqlite3.sql",
    ];
    let schema = schema.iter().find(|f| Path::new(f).is_file()).expect("PowerDNS's schema");
    run(Command::new("sqlite3").arg(dir.join("pdns.db")).arg(format!(".read {schema}")));
    let pdnsutil = |args: &[&str]| {
        run(Command::new(tool).arg(format!("--config-dir={folder}")).args(args));
    };
    pdnsutil(&["import-tsig-key", KEY_NAME, "hmac-sha256", KEY_SECRET]);
    for (zone, lines) in zones {
        let file = dir.join(format!("{zone}.zone"));
        write(&file, &zone_text(zone, lines));
        pdnsutil(&["load-zone", zone, &file.display().to_string()]);
        pdnsutil(&["set-meta", zone, "TSIG-ALLOW-DNSUPDATE", KEY_NAME]);
        pdnsutil(&["set-meta", zone, "TSIG-ALLOW-AXFR", KEY_NAME]);
        pdnsutil(&["set-meta", zone, "SOA-EDIT-DNSUPDATE", "INCREASE"]);
    }
}

fn prepare_bind(dir: &Path, port: u16, zones: &[Zone<'_>]) {
    let folder = dir.display();
    let mut conf = format!(
        "key \"{KEY_NAME}\" {{ algorithm hmac-sha256; secret \"{KEY_SECRET}\"; }};\n\
         options {{ directory \"{folder}\"; listen-on port {port} {{ 127.0.0.1; }}; \
         listen-on-v6 {{ none; }}; recursion no; dnssec-validation no; \
         pid-file \"{folder}/named.pid\"; session-keyfile \"{folder}/session.key\"; \
         allow-query {{ 127.0.0.1; }}; }};\ncontrols {{ }};\n\
         logging {{ channel f {{ file \"{folder}/log\"; severity warning; }}; \
         category default {{ f; }}; }};\n"
    );
    for (zone, lines) in zones {
        write(&dir.join(format!("{zone}.db")), &zone_text(zone, lines));
        let _ = writeln!(
            conf,
            "zone \"{zone}\" {{ type primary; file \"{folder}/{zone}.db\"; \
             update-policy {{ grant {KEY_NAME} zonesub ANY; }}; \
             allow-transfer {{ key {KEY_NAME}; }}; notify no; }};"
        );
    }
    write(&dir.join("named.conf"), &conf);
}

fn prepare_knot(dir: &Path, port: u16, zones: &[Zone<'_>]) {
    let folder = dir.display();
    for sub in ["run", "db", "zones"] {
        fs::create_dir(dir.join(sub)).expect("a folder in the test's folder");
    }
    let mut conf = format!(
        "server:\n    rundir: \"{folder}/run\"\n    listen: 127.0.0.1@{port}\n    udp-workers: 1\n    \
         tcp-workers: 1\n    background-workers: 1\nlog:\n  - target: stderr\n    any: warning\n\
         database:\n    storage: \"{folder}/db\"\n\
         key:\n  - id: {KEY_NAME}\n    algorithm: hmac-sha256\n    secret: {KEY_SECRET}\n\
         acl:\n  - id: dombot\n    key: {KEY_NAME}\n    action: [transfer, update]\n\
         template:\n  - id: default\n    storage: \"{folder}/zones\"\n    file: \"%s.zone\"\n    \
         journal-content: changes\nzone:\n"
    );
    for (zone, lines) in zones {
        write(&dir.join("zones").join(format!("{zone}.zone")), &zone_text(zone, lines));
        let _ = writeln!(conf, "  - domain: {zone}\n    acl: dombot");
    }
    write(&dir.join("knot.conf"), &conf);
}

fn run(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output().expect("the program runs");
    assert!(
        output.status.success(),
        "{command:?}: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
