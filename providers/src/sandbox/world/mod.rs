//! A fake operator that can be trusted as a judge: two registrars and a DNS host with a file, rules and a
//! ledger of their own. It knows nothing of dombot but the clock, and is reached over its faces on loopback:
//! HTTP ([`serve`]) and authoritative DNS over UDP and TCP.
//!
//! An effect is in the ledger and on the disk before anything is answered.
//!
//! # HTTP
//!
//! `Authorization: Bearer TOKEN`, one token each for `/a`, `/b`, `/dns` and `/admin`. Bodies are JSON; amounts
//! are texts like `"98.00"`, dates like `"2026-12-05"`. `Idempotency-Key` is written down with every effect.
//!
//! | Registrars `a` and `b` | |
//! |---|---|
//! | `GET /a/domains` | `{"domains": [{name, expires, auto_renew, locked, nameservers, statuses}]}` |
//! | `GET /a/domains/NAME` | one of them |
//! | `PATCH /a/domains/NAME` | `{auto_renew, expected?}`; answers the domain |
//! | `GET /a/domains/NAME/quote?years=2` | `{price, balance, currency, premium, tax}`, total of all years |
//! | `POST /a/domains/NAME/renew` | `{years, expected_expiry, max_price, currency}`; answers an order |
//! | `GET /a/check?name=NAME` | `{available, price, currency, premium}` |
//! | `GET /a/orders?key=K&domain=NAME` | `{"orders": [{id, at, key, domain, charged, currency, expires, balance}]}` |
//! | `GET /a/ledger?since=TIME` | `{"effects": [{id, at, kind, domain, key, minor, currency}]}`; also at `/dns` |
//!
//! Registrar **a** wants an `Idempotency-Key` for a renewal, answers the first result again for 24 hours
//! (with `"repeated": true`), and refuses another expected expiry than the present one. Registrar **b** only
//! writes the key into the order and charges each time; it does not look at the expected expiry.
//!
//! | DNS host | |
//! |---|---|
//! | `GET /dns/servers` | `{"servers": [{name, addr}]}` |
//! | `GET /dns/zones` | `{"zones": [{id, name}]}` |
//! | `POST /dns/zones` | `{name}`; 201 `{id, name}` |
//! | `GET /dns/zones/ID` | `{id, name, count, sets: [{name, type, ttl, data}]}`, complete |
//! | `DELETE /dns/zones/ID` | everything in it |
//! | `GET /dns/zones/ID/sets?name=N&type=T` | `{sets}` of one owner (absolute), or one of them |
//! | `PATCH /dns/zones/ID/sets` | `{changes: [{name, type, before?, after}]}`, all or none |
//!
//! `before` and `after` are `{ttl, data}` or `null` for "no such set"; a `before` that is not so is refused.
//! Types outside of A, AAAA, CAA, CNAME, DNAME, DS, MX, NS, PTR, SOA, SRV, TXT are written `TYPE52` with
//! data `\# length hex` (RFC 3597).
//!
//! A refusal is `{"error": {code, message}}` and certainly had no effect: 401 `token`, 402 `balance`,
//! 404 `unknown`, 409 `price` `expiry` `changed` `exists` `status`, 422 `invalid` `cname` `key_reused`,
//! 429 `rate` with `Retry-After`. Everything else says nothing about the effect.
//!
//! | Admin | |
//! |---|---|
//! | `GET /admin/ledger?domain=D&kind=K` | `{"effects": [Effect]}` |
//! | `GET /admin/clock`, `POST /admin/clock` | `{now, offset_secs}`; `{offset_secs}` or `{advance_secs}` |
//! | `GET`, `POST`, `DELETE /admin/faults` | rules that are still to come; add a [`Rule`]; drop all |
//! | `POST /admin/domains` | `{registrar, name, expires, auto_renew?, locked?, nameservers?, statuses?}`, added or replaced |
//! | `POST /admin/balance` | `{registrar, balance}` |
//! | `POST /admin/price` | `{registrar, tld, price}` |
//! | `POST /admin/zones` | `{name}` |
//! | `POST /admin/sets` | `{zone, name, type, set}`: somebody else changes a set |

mod admin;
mod call;
mod demo;
mod dns;
mod door;
mod faults;
mod file;
mod http;
mod ops;
mod rdata;
mod registrar;
mod run;
mod state;
mod zones;

#[cfg(test)]
pub(crate) mod tests;

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dombot_core::clock::Clock;
use jiff::Timestamp;

pub use faults::{Fault, Rule};
pub use file::load;
pub use rdata::{Labels, Type};
pub use run::{Options, Running, run, serve};
pub use state::{Domain, Effect, Order, Registrar, Set, State, Tokens, View, Who, Zone};

/// The operator. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct World(Arc<Inner>);

struct Inner {
    clock: Arc<dyn Clock>,
    home: Option<file::Home>,
    state: Mutex<State>,
    dns: Mutex<Option<SocketAddr>>,
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World").finish_non_exhaustive()
    }
}

impl World {
    /// The demo data, in memory only.
    pub fn demo(clock: Arc<dyn Clock>) -> Self {
        let state = demo::state(clock.now());
        Self::with(clock, None, state)
    }

    /// The folder's state, or the demo data in a new folder. Fails when another process has it open.
    pub fn open(dir: &Path, clock: Arc<dyn Clock>) -> io::Result<Self> {
        let home = file::Home::take(dir)?;
        let state = match home.load()? {
            Some(state) => state,
            None => demo::state(clock.now()),
        };
        home.save(&state)?;
        Ok(Self::with(clock, Some(home), state))
    }

    fn with(clock: Arc<dyn Clock>, home: Option<file::Home>, state: State) -> Self {
        Self(Arc::new(Inner { clock, home, state: Mutex::new(state), dns: Mutex::new(None) }))
    }

    /// The bearer tokens of the faces.
    pub fn tokens(&self) -> Tokens {
        self.lock().tokens.clone()
    }

    /// The virtual time.
    pub fn now(&self) -> Timestamp {
        self.lock().virtual_time(self.0.clock.now())
    }

    /// Every effect so far.
    pub fn ledger(&self) -> Vec<Effect> {
        self.lock().ledger.clone()
    }

    /// Orders a fault.
    pub fn fault(&self, rule: Rule) -> io::Result<u64> {
        self.edit(|state, _| {
            let id = state.new_id();
            state.rules.push(Rule { id, ..rule });
            id
        })
    }

    /// Moves the virtual clock on; what becomes due happens.
    pub fn advance(&self, secs: i64) -> io::Result<()> {
        self.edit(|state, _| state.offset_secs += secs)?;
        self.edit(|_, _| ())
    }

    /// Changes anything, as a whole or (on an error of the disk) not at all.
    pub fn edit<T>(&self, f: impl FnOnce(&mut State, Timestamp) -> T) -> io::Result<T> {
        let mut guard = self.lock();
        self.edit_locked(&mut guard, f)
    }

    fn edit_locked<T>(
        &self,
        guard: &mut MutexGuard<'_, State>,
        f: impl FnOnce(&mut State, Timestamp) -> T,
    ) -> io::Result<T> {
        let now = guard.virtual_time(self.0.clock.now());
        let mut next = State::clone(guard);
        call::settle_due(&mut next, now);
        let out = f(&mut next, now);
        if next != **guard {
            if let Some(home) = &self.0.home {
                home.save(&next)?;
            }
            **guard = next;
        }
        Ok(out)
    }

    /// Looks at the world as some faces see it now.
    fn look<T>(&self, faces: &[View], f: impl FnOnce(&State) -> T) -> io::Result<T> {
        let mut guard = self.lock();
        let now = guard.virtual_time(self.0.clock.now());
        if guard.late.iter().any(|l| l.due <= now) {
            self.edit_locked(&mut guard, |_, _| ())?;
        }
        Ok(f(&guard.as_seen(faces, now)))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn dns_addr(&self) -> MutexGuard<'_, Option<SocketAddr>> {
        self.0.dns.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
