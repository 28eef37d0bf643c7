//! Everything that the sandbox knows, as it stands in its file.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::faults::Rule;
use super::ops::Op;
use super::rdata::{Labels, Type, to_wire};

/// The whole world. Money is in minor units (grosz).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Shape of the file.
    pub version: u32,
    /// For effects, orders, zones and rules.
    pub next_id: u64,
    /// Added to the real time.
    pub offset_secs: i64,
    /// One for each face.
    pub tokens: Tokens,
    /// The registrar that recognises keys and checks the expected expiry.
    pub a: Registrar,
    /// The registrar that only writes keys down.
    pub b: Registrar,
    /// The DNS host's zones by identifier.
    pub zones: BTreeMap<String, Zone>,
    /// Every effect, in order. Only ever grows.
    pub ledger: Vec<Effect>,
    /// Faults that are still to come.
    pub rules: Vec<Rule>,
    /// Accepted calls that take effect later.
    pub late: Vec<Late>,
    /// Old pictures that some faces still show.
    pub stale: Vec<Stale>,
}

/// Bearer tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    /// Registrar a.
    pub a: String,
    /// Registrar b.
    pub b: String,
    /// DNS host.
    pub dns: String,
    /// Admin face.
    pub admin: String,
}

/// Who is asked: the first part of every path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Who {
    /// Registrar a.
    A,
    /// Registrar b.
    B,
    /// The DNS host.
    Dns,
}

/// A company that registers domains.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Registrar {
    /// Of balance and prices.
    pub currency: String,
    /// What the customer has.
    pub balance: i64,
    /// For one year, by top level.
    pub prices: BTreeMap<String, i64>,
    /// The customer's domains.
    pub domains: BTreeMap<String, Domain>,
    /// What was paid.
    pub orders: Vec<Order>,
}

/// A registered domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Domain {
    /// Last day.
    pub expires: Date,
    /// Renews by itself (the sandbox never does; it only keeps the switch).
    pub auto_renew: bool,
    /// Transfer lock.
    pub locked: bool,
    /// Delegation.
    pub nameservers: Vec<String>,
    /// EPP statuses.
    pub statuses: Vec<String>,
}

/// One paid order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// Number.
    pub id: String,
    /// When it was carried out.
    pub at: Timestamp,
    /// The customer's key, if any.
    pub key: Option<String>,
    /// The request's body, to tell a repetition from a key used for something else.
    pub request: Value,
    /// Which domain.
    pub domain: String,
    /// What was taken.
    pub charged: i64,
    /// Last day afterwards.
    pub expires: Date,
    /// Balance afterwards.
    pub balance: i64,
}

/// One zone.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Zone {
    /// Apex, without the final dot.
    pub name: Labels,
    /// By absolute owner name, then type.
    pub sets: BTreeMap<Labels, BTreeMap<Type, Set>>,
}

/// TTL and values, in text as they came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Set {
    /// Seconds.
    pub ttl: u32,
    /// Presentation form, absolute names.
    pub data: Vec<String>,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    /// Grows by at least one.
    pub id: u64,
    /// By the virtual clock.
    pub at: Timestamp,
    /// `a`, `b`, `dns`.
    pub account: Who,
    /// `renew`, `auto_renew`, `dns_change`, `zone_create`, `zone_delete`; by the operator himself with
    /// `admin_` before it.
    pub kind: String,
    /// Domain or zone.
    pub domain: String,
    /// The customer's key.
    pub key: Option<String>,
    /// What was charged; 0 where nothing costs.
    pub amount: i64,
    /// What it was.
    pub before: Value,
    /// What it is.
    pub after: Value,
}

/// A call that takes effect at a later time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Late {
    /// By the virtual clock.
    pub due: Timestamp,
    /// At whom.
    pub who: Who,
    /// What.
    pub op: Op,
}

/// An old picture shown until a time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stale {
    /// By the virtual clock.
    pub until: Timestamp,
    /// Where.
    pub view: View,
    /// What is shown there.
    pub picture: Picture,
}

/// Which face shows an old picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum View {
    /// All that the HTTP face of the account reads.
    Http,
    /// Domains only: orders and balance are fresh.
    Domains,
    /// The authoritative DNS server.
    Authority,
}

/// Old contents.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Picture {
    /// Registrar a.
    A(Registrar),
    /// Registrar b.
    B(Registrar),
    /// The DNS host.
    Zones(BTreeMap<String, Zone>),
}

impl Who {
    /// `a`, `b`, `dns`.
    pub fn id(self) -> &'static str {
        match self {
            Self::A => "a",
            Self::B => "b",
            Self::Dns => "dns",
        }
    }
}

impl Set {
    /// Wire forms, sorted, without doubles: what makes two sets the same.
    pub fn wires(&self, rtype: Type) -> Result<Vec<Vec<u8>>, String> {
        let mut out: Vec<_> =
            self.data.iter().map(|d| to_wire(rtype, d)).collect::<Result<_, _>>()?;
        out.sort();
        out.dedup();
        Ok(out)
    }
}

impl Zone {
    /// One set.
    pub fn get(&self, name: &Labels, rtype: Type) -> Option<&Set> {
        self.sets.get(name)?.get(&rtype)
    }

    /// Puts or removes one set, without any check.
    pub fn put(&mut self, name: &Labels, rtype: Type, set: Option<Set>) {
        let at = self.sets.entry(name.clone()).or_default();
        match set {
            Some(set) => drop(at.insert(rtype, set)),
            None => drop(at.remove(&rtype)),
        }
        if at.is_empty() {
            self.sets.remove(name);
        }
    }
}

impl State {
    /// A number that was never used.
    pub fn new_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    /// The virtual time at a real time.
    pub fn virtual_time(&self, real: Timestamp) -> Timestamp {
        real.saturating_add(SignedDuration::from_secs(self.offset_secs)).unwrap_or(real)
    }

    /// The registrar; `None` for the DNS host.
    pub fn registrar(&self, who: Who) -> Option<&Registrar> {
        match who {
            Who::A => Some(&self.a),
            Who::B => Some(&self.b),
            Who::Dns => None,
        }
    }

    /// The registrar, to change it.
    pub fn registrar_mut(&mut self, who: Who) -> Option<&mut Registrar> {
        match who {
            Who::A => Some(&mut self.a),
            Who::B => Some(&mut self.b),
            Who::Dns => None,
        }
    }

    /// What the account holds now.
    pub fn picture(&self, who: Who) -> Picture {
        match who {
            Who::A => Picture::A(self.a.clone()),
            Who::B => Picture::B(self.b.clone()),
            Who::Dns => Picture::Zones(self.zones.clone()),
        }
    }

    /// The world as one face sees it at `now`: with old pictures where they are still shown.
    pub fn as_seen(&self, faces: &[View], now: Timestamp) -> std::borrow::Cow<'_, Self> {
        let mut seen = std::borrow::Cow::Borrowed(self);
        let shown = |s: &&Stale| s.until > now && faces.contains(&s.view);
        // The oldest picture that is still shown wins, so it is laid on last.
        for stale in self.stale.iter().rev().filter(shown) {
            seen.to_mut().show(stale);
        }
        seen
    }

    fn show(&mut self, stale: &Stale) {
        let only_domains = stale.view == View::Domains;
        let lay = |real: &mut Registrar, old: &Registrar| {
            if only_domains {
                real.domains.clone_from(&old.domains);
            } else {
                real.clone_from(old);
            }
        };
        match &stale.picture {
            Picture::A(old) => lay(&mut self.a, old),
            Picture::B(old) => lay(&mut self.b, old),
            Picture::Zones(old) => self.zones.clone_from(old),
        }
    }

    /// Writes an effect into the ledger.
    pub fn book(&mut self, effect: NewEffect<'_>) -> u64 {
        let id = self.new_id();
        self.ledger.push(Effect {
            id,
            at: effect.at,
            account: effect.who,
            kind: effect.kind.to_owned(),
            domain: effect.domain.to_owned(),
            key: effect.key.map(str::to_owned),
            amount: effect.amount,
            before: effect.before,
            after: effect.after,
        });
        id
    }
}

/// An effect before it has a number.
#[derive(Debug)]
pub struct NewEffect<'a> {
    /// When.
    pub at: Timestamp,
    /// Where.
    pub who: Who,
    /// What.
    pub kind: &'a str,
    /// On which.
    pub domain: &'a str,
    /// Under which key.
    pub key: Option<&'a str>,
    /// For how much.
    pub amount: i64,
    /// What it was.
    pub before: Value,
    /// What it is.
    pub after: Value,
}

/// "98.00".
pub(super) fn amount(minor: i64) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", minor.unsigned_abs() / 100, minor.unsigned_abs() % 100)
}

/// Minor units of "98.00".
pub(super) fn minor(text: &str) -> Option<i64> {
    let (whole, part) = text.split_once('.')?;
    let digits = part.len() == 2 && whole.bytes().chain(part.bytes()).all(|b| b.is_ascii_digit());
    if digits { format!("{whole}{part}").parse().ok() } else { None }
}
