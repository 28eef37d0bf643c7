//! A firm with as many domains as a test wants, half of them where our key is recognised and half where each call
//! charges; its renewals are approved one by one, with codes. The operator lives in the test's own process.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use dombot_core::account::Person;
use dombot_core::action::{Action, Renew, Role};
use dombot_core::approval::{self, Desk, Refused, SealKey, Way, totp};
use dombot_core::chat::Sender;
use dombot_core::clock::{Clock, SystemChance, SystemClock};
use dombot_core::domain::{DomainName, Money, Years};
use dombot_core::ids::{AccountId, FactorId, JobId, PersonId, PlanId};
use dombot_core::phrase::Language;
use dombot_core::plan::{Plan, Step, Tier, Undo};
use dombot_core::provider::{RenewOrder, Tax};
use dombot_core::store::{Factor, Store, StoredPlan};
use dombot_core::vault::{AccountEntry, Profile, Unlock, Vault};
use dombot_providers::sandbox::world::{self, Running, World};
use dombot_tests::binary;
use dombot_tests::clock::FakeClock;
use dombot_tests::place::Place;
use jiff::SignedDuration;
use secrecy::{ExposeSecret, SecretString};
use tempfile::TempDir;

/// The cheapest vault: many processes open it.
const CHEAP: Profile = Profile { memory: 1 << 20, iterations: 1 };

pub(super) struct Firm {
    pub(super) dir: TempDir,
    pub(super) place: Place,
    pub(super) store: Store,
    pub(super) world: World,
    /// Years of approvals lie behind: a code for each, 30 seconds apart.
    clock: FakeClock,
    person: Person,
    secret: SecretString,
    seal: SealKey,
    accounts: [AccountId; 2],
    _running: Running,
}

impl Firm {
    pub(super) async fn with(domains: usize, place: Place) -> Self {
        let dir = super::super::crash::private_dir();
        let now = SystemClock::default().now();
        let codes = i64::try_from(domains).unwrap() * 2 + 100;
        let clock = FakeClock::at(now - SignedDuration::from_secs(30 * codes));
        let store = place.open(true).await.unwrap();
        let (world, running) = operator(domains).await;
        let (vault, accounts) = vault(dir.path(), &world, &running);
        let seal = SealKey::new(*vault.content().seal_key().unwrap());
        let secret = totp::new_secret(&SystemChance);
        let person = Person {
            id: PersonId::new(&clock, &SystemChance),
            name: "Jan".into(),
            role: Role::Owner,
            lang: Language::Pl,
            tz: "Europe/Warsaw".into(),
            frozen_at: None,
        };
        let uid = rustix::process::geteuid().as_raw().to_string();
        let sender = Sender { platform: "terminal".into(), id: uid };
        store.add_person(&person, &sender, (&seal, now)).await.unwrap();
        let id = FactorId::new(&clock, &SystemChance);
        let factor = Factor { id, person: person.id, last_step: 0, hold_until: None };
        store.add_factor(&factor, (&seal, now)).await.unwrap();
        store.belongs_to(&seal, true).await.unwrap();
        Self { dir, place, store, world, clock, person, secret, seal, accounts, _running: running }
    }

    /// The n-th domain and the account that has it: even ones where the key is recognised.
    pub(super) fn domain(n: usize) -> String {
        format!("d{n:05}.test")
    }

    fn plan(&self, n: usize, conversation: &str) -> Plan {
        let domain = DomainName::parse(&Self::domain(n)).unwrap();
        let now = self.clock.now();
        let expires = "2027-01-31".parse().unwrap();
        let order = RenewOrder {
            domain: domain.clone(),
            years: Years::ONE,
            expected_expiry: expires,
            new_expiry: dombot_core::plan::add_years(expires, 1).unwrap(),
            price_cap: Money::parse("1000.00", "PLN").unwrap(),
            premium: false,
            tax: Tax::Included,
        };
        Plan {
            v: 1,
            id: PlanId::new(&self.clock, &SystemChance),
            nonce: PlanId::new(&self.clock, &SystemChance).to_string(),
            person: self.person.id,
            conversation: conversation.into(),
            actions: vec![Action::DomainRenew(Renew { domain, years: None })],
            steps: vec![Step::Renew { account: self.accounts[n % 2], order, again: None }],
            tier: Tier::Money,
            cost: Vec::new(),
            warnings: Vec::new(),
            undo: Undo::Impossible,
            follows: None,
            not_before: None,
            delay: 0,
            created_at: now,
            expires_at: now + approval::VALID_FOR,
            start_by: SystemClock::default().now() + SignedDuration::from_hours(24),
        }
    }

    /// A plan to renew the n-th domain, armed in a conversation.
    pub(super) async fn put(&self, n: usize, conversation: &str) -> StoredPlan {
        let plan = self.plan(n, conversation);
        let (_, armed) =
            self.store.put_plan(&plan, &self.seal, self.clock.now(), true).await.unwrap();
        assert!(armed);
        self.store.deliver(plan.id, self.clock.now()).await.unwrap();
        self.store.plan(plan.id).await.unwrap().unwrap()
    }

    /// What the phone shows; then 30 seconds go by.
    pub(super) fn code(&self) -> (SecretString, FakeClock) {
        let now = self.clock.now();
        let secret = totp_rs::Secret::try_from_base32(self.secret.expose_secret()).unwrap();
        let totp = totp_rs::Builder::new().with_secret(secret).build().unwrap();
        self.clock.advance(Duration::from_secs(30));
        let shown = totp.generate(u64::try_from(now.as_second()).unwrap());
        (SecretString::from(shown.to_string()), FakeClock::at(now))
    }

    /// A code typed for a plan, at the store of some process.
    pub(super) async fn approve(
        &self,
        store: &Store,
        plan: StoredPlan,
        (code, at): &(SecretString, FakeClock),
    ) -> Result<Vec<JobId>, Refused> {
        let desk =
            Desk { store, clock: at, chance: &SystemChance, seal: &self.seal, way: Way::Host };
        let secret = Some(&self.secret);
        let approved = approval::approve(&desk, &self.person, plan, secret, code).await.unwrap()?;
        approval::enqueue(&desk, approved).await.unwrap()
    }

    /// Renewals of the first domains wait in the queue.
    pub(super) async fn order(&self, domains: usize) {
        for n in 0..domains {
            let plan = self.put(n, "terminal").await;
            self.approve(&self.store, plan, &self.code()).await.unwrap();
        }
    }

    /// One more process that only works.
    pub(super) fn worker(&self) -> Worker {
        let mut command = self.command(&["worker"]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Worker(command.spawn().unwrap())
    }

    pub(super) fn command(&self, args: &[&str]) -> Command {
        let Place::Postgres(database) = &self.place else { panic!("workers share PostgreSQL") };
        let mut command = Command::new(binary::with_fail_points());
        command
            .args(args)
            .env_clear()
            .env("HOME", self.dir.path())
            .env("DOMBOT_HOME", self.home())
            .env("DOMBOT_KEY_FILE", self.dir.path().join("the.key"))
            .env("DOMBOT_DATABASE_URL", database.url());
        command
    }

    pub(super) fn home(&self) -> PathBuf {
        self.dir.path().join("home")
    }

    pub(super) fn sql(&self, sql: &str) -> String {
        self.place.sql(sql).unwrap()
    }

    /// Lets the operator answer until it holds; nothing is said about how long that takes.
    pub(super) async fn until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        for _ in 0..6000 {
            if holds(self) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{what}: {}", self.sql("SELECT * FROM job LIMIT 20"));
    }

    /// How many renewals of the n-th domain are in the operator's books.
    pub(super) fn effects(&self, n: usize) -> usize {
        let domain = Self::domain(n);
        self.world.ledger().iter().filter(|e| e.domain == domain && e.kind == "renew").count()
    }
}

async fn operator(domains: usize) -> (World, Running) {
    let world = World::demo(Arc::new(SystemClock::default()));
    let fill = |state: &mut world::State, _| {
        let mut domain = state.a.domains["demo-firma.test"].clone();
        domain.expires = "2027-01-31".parse().unwrap();
        for n in 0..domains {
            let registrar = if n % 2 == 0 { &mut state.a } else { &mut state.b };
            registrar.balance = 1_000_000_000;
            registrar.domains.insert(Firm::domain(n), domain.clone());
        }
    };
    world.edit(fill).unwrap();
    let any = "127.0.0.1:0".parse().unwrap();
    let running = world::serve(world.clone(), any, any).await.unwrap();
    (world, running)
}

fn vault(dir: &Path, world: &World, running: &Running) -> (Vault, [AccountId; 2]) {
    let home = dir.join("home");
    std::fs::create_dir(&home).unwrap();
    std::fs::set_permissions(&home, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    let key = dir.join("the.key");
    dombot_core::vault::Key::generate(&SystemChance).write(&key).unwrap();
    let unlock = Unlock::KeyFile(key);
    let path = home.join("vault.kdbx");
    let mut vault = Vault::create(&path, &unlock, CHEAP, &SystemChance).unwrap();
    let ids = [(); 2].map(|()| AccountId::new(&SystemClock::default(), &SystemChance));
    let tokens = world.tokens();
    let faces = [("a", tokens.a, "keyed"), ("b", tokens.b, "read_back_only")];
    for (id, (face, token, repeat)) in ids.iter().zip(faces) {
        let settings = [("url", running.url(face)), ("token", token), ("repeat", repeat.into())];
        let entry = AccountEntry {
            id: *id,
            name: face.into(),
            kind: "sandbox".into(),
            settings: settings.into_iter().map(|(k, v)| (k.into(), v.into())).collect(),
            authorities: Vec::new(),
        };
        // A process that another test is starting holds a copy of the lock's handle until it has become another program.
        let saved = (0..100).any(|_| {
            let saved = vault.edit(|c| c.put_account(&entry));
            if saved.is_err() {
                std::thread::sleep(Duration::from_millis(20));
            }
            saved.is_ok()
        });
        assert!(saved, "the vault stays locked");
    }
    (vault, ids)
}

/// A worker process; killed when dropped.
pub(super) struct Worker(pub(super) Child);

impl Worker {
    pub(super) fn signal(&self, which: rustix::process::Signal) {
        let pid = i32::try_from(self.0.id()).ok().and_then(rustix::process::Pid::from_raw).unwrap();
        rustix::process::kill_process(pid, which).unwrap();
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
