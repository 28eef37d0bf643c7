//! A whole dombot in one process: real engine, store, parser, provider clients and DNS verification, against
//! the sandbox operator over real HTTP and DNS on loopback. Only time and chance are the test's.
//!
//! What happened is asked of the operator ([`Talk::ledger`]) and of its name server ([`Talk::zone`]), never of
//! dombot itself.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use dombot_core::account::{Account, Accounts, Person};
use dombot_core::action::Role;
use dombot_core::approval::{SealKey, totp};
use dombot_core::chat::{Body, Incoming, PlanCard, Reply, ReplyKind, Sender};
use dombot_core::clock::Clock;
use dombot_core::engine::{Engine, Parts, Progress, Unlocked};
use dombot_core::ids::{AccountId, FactorId, PersonId, PlanId};
use dombot_core::job::Turn;
use dombot_core::phrase::Language;
use dombot_core::plan::Tier;
use dombot_core::provider::Settings;
use dombot_core::store::{Factor, NewLife, Reborn, Store};
use dombot_intents::Offline;
use dombot_providers::dns::Servers;
use dombot_providers::sandbox::world::{self, Effect, Labels, Rule, Running, Type, World};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use tempfile::TempDir;

use crate::clock::{Dice, FakeClock};
use crate::place::Place;
use crate::servers;

/// Where a person talks unless a test says otherwise.
pub const HERE: &str = "terminal";

const STEP: Duration = Duration::from_secs(30);

/// What a person says: one text, or the same in Polish and in English.
pub trait Words {
    /// In that language.
    fn words(&self, lang: Language) -> &str;
}

impl Words for &str {
    fn words(&self, _: Language) -> &str {
        self
    }
}

impl Words for &String {
    fn words(&self, _: Language) -> &str {
        self
    }
}

impl Words for [&str; 2] {
    fn words(&self, lang: Language) -> &str {
        self[usize::from(lang == Language::En)]
    }
}

/// A dombot, its person with an authenticator, and the world around them.
pub struct Talk {
    /// The junction.
    pub engine: Engine,
    /// The operator.
    pub world: World,
    /// Everybody's time.
    pub clock: Arc<FakeClock>,
    /// Who speaks.
    pub person: Person,
    /// The language of this talk.
    pub lang: Language,
    factor: FactorId,
    secret: SecretString,
    accounts: Accounts,
    labels: Mutex<Vec<String>>,
    dice: Arc<Dice>,
    running: Running,
    place: Place,
    dir: TempDir,
}

impl Talk {
    /// In Polish.
    pub async fn pl() -> Self {
        Self::new(Language::Pl, Role::Owner).await
    }

    /// In English.
    pub async fn en() -> Self {
        Self::new(Language::En, Role::Owner).await
    }

    /// Both, one after the other.
    pub async fn both() -> [Self; 2] {
        [Self::pl().await, Self::en().await]
    }

    /// On Monday 2026-11-23, 10:00 in Warsaw; the demo world, three accounts, an enrolled authenticator.
    pub async fn new(lang: Language, role: Role) -> Self {
        let now: Timestamp = "2026-11-23T09:00:00Z".parse().expect("a time");
        let clock = Arc::new(FakeClock::at(now));
        let dice = Arc::new(Dice::new(1));
        let dir = tempfile::Builder::new().prefix("dombot-talk-").tempdir().expect("a folder");
        let place = Place::new(dir.path());
        let store = place.open(true).await.expect("a database");
        if let Place::Postgres(database) = &place {
            clock.shown_in(database.clock_file());
        }
        let (world, running, accounts) = sandbox(&clock, &dice).await;
        let secret = totp::new_secret(&*dice);
        let person = Person {
            id: PersonId::new(&*clock, &*dice),
            name: "Jan".into(),
            role,
            lang,
            tz: "Europe/Warsaw".into(),
            frozen_at: None,
        };
        let seal = SealKey::new([7; 32]);
        store.add_person(&person, &sender(), (&seal, now)).await.expect("a person");
        let factor = FactorId::new(&*clock, &*dice);
        let row = Factor { id: factor, person: person.id, last_step: 0, hold_until: None };
        store.add_factor(&row, (&seal, now)).await.expect("a factor");
        let engine = engine(store, &clock, &dice);
        let talk = Self {
            engine,
            world,
            clock,
            person,
            lang,
            factor,
            secret,
            accounts,
            labels: Mutex::default(),
            dice,
            running,
            place,
            dir,
        };
        talk.unlock();
        talk
    }

    /// Opens the vault.
    pub fn unlock(&self) {
        self.engine.unlock(Unlocked {
            accounts: self.accounts.clone(),
            seal: Some(SealKey::new([7; 32])),
            totp: [(self.factor, self.secret.clone())].into(),
            delay: 0,
        });
    }

    /// The process ends and starts again on the same file, with a locked vault.
    pub async fn restart_locked(&mut self) {
        self.engine.store().close().await;
        let store = self.place.open(false).await.expect("the database");
        self.engine = engine(store, &self.clock, &self.dice);
        self.engine.store().release_leases().await.expect("no other process");
    }

    /// A copy of the database as it is now, as a backup holds it.
    pub async fn copy(&self, name: &str) -> PathBuf {
        let copy = self.dir.path().join(name);
        self.engine.store().copy_to(&copy).await.expect("a copy");
        copy
    }

    /// The machine is lost; such a copy is put back, and a new life begins in it. The operator and the person's
    /// phone know nothing of that.
    pub async fn restored(&mut self, copy: &Path) -> Reborn {
        self.engine.store().close().await;
        let file = self.dir.path().join("dombot.db");
        std::fs::copy(copy, &file).expect("a file");
        self.place = Place::File(file);
        let store = self.place.open(false).await.expect("the database");
        let life = NewLife { at: self.clock.now(), host: sender(), backup: serde_json::json!({}) };
        let reborn = store.reincarnate(&life).await.expect("a new life");
        self.engine = engine(store, &self.clock, &self.dice);
        self.unlock();
        reborn
    }

    /// The person says something.
    pub async fn say(&self, words: impl Words) -> Reply {
        self.say_in(HERE, words).await
    }

    /// The person says something in another conversation.
    pub async fn say_in(&self, conversation: &str, words: impl Words) -> Reply {
        let text = words.words(self.lang).to_owned();
        self.send(conversation, Body::Text(text)).await
    }

    /// The person says something about a file.
    pub async fn attach(&self, words: impl Words, content: &str) -> Reply {
        let text = words.words(self.lang).to_owned();
        self.send(HERE, Body::File { text, content: content.to_owned() }).await
    }

    async fn send(&self, conversation: &str, body: Body) -> Reply {
        let message = Incoming {
            sender: sender(),
            conversation: conversation.to_owned(),
            at: self.clock.now(),
            body,
        };
        let reply = self.engine.handle(&message).await;
        assert_eq!(reply.lang, self.lang, "an answer in another language: {}", reply.text);
        self.seen(&reply).await;
        reply
    }

    /// The person sees a reply: a plan's card is delivered, and its label is noted for [`Talk::plain`].
    pub async fn seen(&self, reply: &Reply) {
        let Some(card) = &reply.plan else { return };
        self.engine.delivered(card.plan.id).await.expect("the database");
        let mut labels = self.labels.lock().unwrap_or_else(PoisonError::into_inner);
        if !labels.contains(&card.label) {
            labels.push(card.label.clone());
        }
    }

    /// What the authenticator shows now; nothing is typed.
    pub fn shown(&self) -> String {
        self.shown_at(0)
    }

    /// What it showed or will show so many steps of 30 s away.
    pub fn shown_at(&self, steps: i64) -> String {
        let second = u64::try_from(self.clock.now().as_second() + steps * 30).expect("after 1970");
        let secret = totp_rs::Secret::try_from_base32(self.secret.expose_secret()).expect("base32");
        let totp = totp_rs::Builder::new().with_secret(secret).build().expect("a generator");
        totp.generate(second).to_string()
    }

    /// The person types the code of now, a dangerous plan's label before it; then the next code is waited for.
    pub async fn code(&self) -> Reply {
        self.code_in(HERE).await
    }

    /// The same in another conversation.
    pub async fn code_in(&self, conversation: &str) -> Reply {
        let now = self.clock.now();
        let armed = self.engine.store().armed(self.person.id, conversation, now).await;
        let armed = armed
            .expect("the database")
            .filter(|stored| stored.plan().expect("a readable plan").tier == Tier::Dangerous);
        let label = armed.map_or_else(String::new, |stored| stored.label + " ");
        let reply = self.say_in(conversation, &(label + &self.shown())).await;
        self.clock.advance(STEP);
        reply
    }

    /// A plan's prompt takes the code of now, as the terminal does it.
    pub async fn code_for(&self, plan: PlanId) -> Reply {
        let code = SecretString::from(self.shown());
        let reply = self.send(HERE, Body::Code { plan, code }).await;
        self.clock.advance(STEP);
        reply
    }

    /// Says it and expects a plan that waits for a code here.
    pub async fn plan(&self, words: impl Words) -> PlanCard {
        let reply = self.say(words).await;
        assert_eq!(reply.kind, ReplyKind::Plan, "{}", reply.text);
        let card = reply.plan.expect("a card");
        assert!(card.armed, "{}", reply.text);
        card
    }

    /// Says it, types the code, has it done; answers the plan and what it came to.
    pub async fn get(&self, words: impl Words) -> (PlanCard, Progress) {
        let card = self.plan(words).await;
        let reply = self.code().await;
        assert_eq!(reply.kind, ReplyKind::Answer, "{}", reply.text);
        self.work().await;
        let progress = self.progress(card.plan.id).await;
        (card, progress)
    }

    /// Has the queue worked until nothing more happens by itself, with time going by for what waits.
    pub async fn work(&self) {
        for _ in 0..3000 {
            if self.engine.work_once().await.expect("the queue works") == Turn::Worked {
                continue;
            }
            let Some(due) = self.engine.store().next_due().await.expect("the database") else {
                return;
            };
            let wait = due.duration_since(self.clock.now());
            if self.engine.unlocked().is_none() || !self.engine.time_is_right().await.expect("db") {
                return;
            }
            self.clock
                .advance(Duration::try_from(wait).unwrap_or_default().max(Duration::from_secs(1)));
        }
        panic!("the queue does not come to rest");
    }

    /// Where a plan stands.
    pub async fn progress(&self, plan: PlanId) -> Progress {
        self.engine.progress(plan).await.expect("the database").expect("the plan")
    }

    /// What the person is told unasked.
    pub async fn news(&self) -> String {
        let (news, messages) = self.engine.news(&self.person).await.expect("the database");
        self.engine.shown(&messages).await.expect("the database");
        news.into_iter().map(|r| r.text).collect::<Vec<_>>().join("\n")
    }

    /// The operator's own books: what customers did, without what the operator did himself.
    pub fn ledger(&self) -> Vec<Effect> {
        self.world.ledger().into_iter().filter(|e| !e.kind.starts_with("admin_")).collect()
    }

    /// Effects of one kind on one domain, out of those books.
    pub fn effects(&self, kind: &str, domain: &str) -> Vec<Effect> {
        self.ledger().into_iter().filter(|e| e.kind == kind && e.domain == domain).collect()
    }

    /// What the authoritative server answers, as `TTL DATA` lines by `dig`; where that is not installed, what
    /// the operator's books hold.
    pub async fn zone(&self, name: &str, rtype: &str) -> Vec<String> {
        let (addr, n, t) = (self.running.dns_addr, name.to_owned(), rtype.to_owned());
        let asked = tokio::task::spawn_blocking(move || servers::dig(addr, &n, &t)).await;
        asked.expect("dig ends").unwrap_or_else(|| self.booked(name, rtype))
    }

    fn booked(&self, name: &str, rtype: &str) -> Vec<String> {
        let owner = Labels::parse(name).expect("a name");
        let rtype: Type = serde_json::from_value(serde_json::json!(rtype)).expect("a type");
        let look = |state: &mut world::State, _| {
            let set = state.zones.values().find_map(|z| z.get(&owner, rtype).cloned());
            set.map(|s| s.data.iter().map(|d| format!("{} {d}", s.ttl)).collect::<Vec<_>>())
        };
        let mut lines = self.world.edit(look).expect("memory").unwrap_or_default();
        lines.sort();
        lines
    }

    /// Somebody else changes a set at the DNS host; no values = it goes.
    pub fn meanwhile(&self, name: &str, rtype: &str, ttl: u32, data: &[&str]) {
        let owner = Labels::parse(name).expect("a name");
        let rtype: Type = serde_json::from_value(serde_json::json!(rtype)).expect("a type");
        let data: Vec<String> = data.iter().map(|d| (*d).to_owned()).collect();
        let set = (!data.is_empty()).then_some(world::Set { ttl, data });
        let put = |state: &mut world::State, _| {
            let inside = |z: &&mut world::Zone| {
                let apex = z.name.to_string();
                name == apex || name.ends_with(&format!(".{apex}"))
            };
            state.zones.values_mut().find(inside).expect("a zone").put(&owner, rtype, set);
        };
        self.world.edit(put).expect("memory");
    }

    /// Orders a fault of the operator.
    pub fn fault(&self, rule: Rule) {
        self.world.fault(rule).expect("memory");
    }

    /// Everything that rests on the disk: database, WAL and whatever else is in the home.
    pub fn disk(&self) -> Vec<u8> {
        let mut all = self.place.elsewhere();
        for entry in std::fs::read_dir(self.dir.path()).expect("the home").flatten() {
            all.extend(std::fs::read(entry.path()).unwrap_or_default());
        }
        all
    }

    /// Somebody writes into the database behind dombot's back, see [`Place::sql`].
    pub fn sql(&self, sql: &str) -> Option<String> {
        self.place.sql(sql)
    }

    /// The authenticator's secret, to look for it where it must not be.
    pub fn secret(&self) -> &str {
        self.secret.expose_secret()
    }

    /// Tokens of the accounts, likewise.
    pub fn tokens(&self) -> Vec<String> {
        let t = self.world.tokens();
        vec![t.a, t.b, t.dns]
    }

    /// The text without what differs from run to run or with every change of a plan's shape: ports, and
    /// labels, which become `#001`, `#002` in the order of their plans.
    pub fn plain(&self, text: &str) -> String {
        let labels = self.labels.lock().unwrap_or_else(PoisonError::into_inner);
        let named = labels.iter().enumerate().fold(text.to_owned(), |text, (n, label)| {
            text.replace(label.as_str(), &format!("#{:03}", n + 1))
        });
        named
            .replace(&self.running.dns_addr.port().to_string(), "PORT")
            .replace(&self.running.http_addr.port().to_string(), "PORT")
    }
}

fn engine(store: Store, clock: &Arc<FakeClock>, dice: &Arc<Dice>) -> Engine {
    Engine::new(Parts {
        store,
        parser: Box::new(Offline),
        clock: Arc::<FakeClock>::clone(clock),
        chance: Arc::<Dice>::clone(dice),
        verify: Arc::new(Servers),
    })
}

fn sender() -> Sender {
    Sender { platform: "terminal".into(), id: "1000".into() }
}

async fn sandbox(clock: &Arc<FakeClock>, dice: &Arc<Dice>) -> (World, Running, Accounts) {
    let world = World::demo(Arc::<FakeClock>::clone(clock));
    let any = "127.0.0.1:0".parse().expect("an address");
    let running = world::serve(world.clone(), any, any).await.expect("loopback");
    let tokens = world.tokens();
    let open = |name: &str, kind: &str, settings: &[(&str, String)]| {
        let kind = dombot_providers::ALL.iter().find(|k| k.id == kind).expect("a kind");
        let id = AccountId::new(&**clock, &**dice);
        let fields = settings.iter().map(|(k, v)| ((*k).to_owned(), SecretString::from(v.clone())));
        let provider = (kind.open)(id, &Settings(fields.collect())).expect("settings");
        Account { id, name: name.into(), kind, provider, authorities: Vec::new() }
    };
    let registrar = |name: &str, face: &str, token: &str, repeat: &str| {
        let settings =
            [("url", running.url(face)), ("token", token.into()), ("repeat", repeat.into())];
        open(name, "sandbox", &settings)
    };
    let dns = [
        ("url", running.url("dns")),
        ("token", tokens.dns.clone()),
        ("dns", running.dns_addr.to_string()),
    ];
    let accounts = Accounts(vec![
        registrar("sandbox", "a", &tokens.a, "keyed"),
        registrar("sandbox-b", "b", &tokens.b, "read_back_only"),
        open("sandbox-dns", "sandbox-dns", &dns),
    ]);
    (world, running, accounts)
}
