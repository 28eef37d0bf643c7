//! The demo world: the sandbox operator, hosted by whoever owns the home.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::path::Path;
use std::sync::Arc;

use dombot_core::clock::{SystemChance, SystemClock};
use dombot_core::ids::AccountId;
use dombot_core::phrase;
use dombot_core::vault::{self, AccountEntry, Content};
use dombot_providers::sandbox::world::{self, Options, Running};
use secrecy::SecretString;

use crate::home::Trouble;

/// Its folder inside the home.
const FOLDER: &str = "sandbox";

/// A running sandbox. It ends when this is dropped.
pub(crate) struct World {
    running: Running,
}

impl World {
    /// One line for whoever started it.
    pub(crate) fn announcement(&self) -> String {
        format!("sandbox: http {} dns {}", self.running.http_addr, self.running.dns_addr)
    }
}

/// Where the demo world will be, and its tokens.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) http: SocketAddr,
    pub(crate) dns: SocketAddr,
    tokens: world::Tokens,
}

impl Settings {
    /// DNS on port 5300 where it is free, HTTP on any; makes the world's folder.
    pub(crate) fn choose(home: &Path) -> anyhow::Result<Self> {
        let dns = free_dns(5300)
            .or_else(|| free_dns(0))
            .ok_or_else(|| anyhow::anyhow!("no free port on 127.0.0.1"))?;
        let http = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let world = world::World::open(&home.join(FOLDER), Arc::new(SystemClock::default()))?;
        Ok(Self { http, dns, tokens: world.tokens() })
    }

    /// Its accounts and addresses, as the vault keeps them.
    pub(crate) fn write(&self, content: &mut Content) -> Result<(), vault::Error> {
        content.put_config("demo.http", &self.http.to_string())?;
        content.put_config("demo.dns", &self.dns.to_string())?;
        let (clock, chance) = (SystemClock::default(), SystemChance);
        let account = |name: &str, kind: &str, settings: &[(&str, String)]| AccountEntry {
            id: AccountId::new(&clock, &chance),
            name: name.into(),
            kind: kind.into(),
            settings: settings
                .iter()
                .map(|(k, v)| ((*k).to_owned(), SecretString::from(v.clone())))
                .collect::<BTreeMap<_, _>>(),
            authorities: Vec::new(),
        };
        let url = |face: &str| format!("http://{}/{face}", self.http);
        let registrar = |name: &str, face: &str, token: &str, repeat: &str| {
            let settings =
                [("url", url(face)), ("token", token.to_owned()), ("repeat", repeat.to_owned())];
            account(name, "sandbox", &settings)
        };
        content.put_account(&registrar("sandbox", "a", &self.tokens.a, "keyed"))?;
        content.put_account(&registrar("sandbox-b", "b", &self.tokens.b, "read_back_only"))?;
        let dns = [
            ("url", url("dns")),
            ("token", self.tokens.dns.clone()),
            ("dns", self.dns.to_string()),
        ];
        content.put_account(&account("sandbox-dns", "sandbox-dns", &dns))
    }
}

fn free_dns(port: u16) -> Option<SocketAddr> {
    let udp = UdpSocket::bind(("127.0.0.1", port)).ok()?;
    let addr = udp.local_addr().ok()?;
    TcpListener::bind(addr).ok().map(|_| addr)
}

/// Hosts the demo world, if the vault says that there is one. A busy port is a clear error.
pub(crate) async fn serve(home: &Path, content: &Content) -> anyhow::Result<Option<World>> {
    let (Some(http), Some(dns)) = (content.config("demo.http"), content.config("demo.dns")) else {
        return Ok(None);
    };
    let (http, dns): (SocketAddr, SocketAddr) = (http.parse()?, dns.parse()?);
    alone(&home.join(FOLDER), http, dns).await.map(Some)
}

/// The sandbox in a folder of its own.
pub(crate) async fn alone(dir: &Path, http: SocketAddr, dns: SocketAddr) -> anyhow::Result<World> {
    let options = Options { dir: dir.to_owned(), http, dns };
    match world::run(options, Arc::new(SystemClock::default())).await {
        Ok((_, running)) => Ok(World { running }),
        Err(e) => {
            Err(Trouble(phrase!("home.sandbox_failed", http = http, dns = dns, why = e)).into())
        }
    }
}
