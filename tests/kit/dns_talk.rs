//! A whole dombot in this process that talks with one person about one name server: real store, real parser,
//! real provider opened from its settings, real codes; only the clock is the story's.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use dombot_core::account::{Account, Accounts, Person};
use dombot_core::action::{Action, Role};
use dombot_core::approval::{SealKey, Way};
use dombot_core::chat::{Body, Incoming, PlanCard, Reply, ReplyKind, Sender};
use dombot_core::clock::{Chance, Clock, SystemChance};
use dombot_core::engine::{Engine, Here, Parts, Progress, Unlocked};
use dombot_core::ids::{AccountId, FactorId, PersonId};
use dombot_core::job::Turn;
use dombot_core::phrase::Language;
use dombot_core::plan::Tier;
use dombot_core::provider::Settings;
use dombot_core::store::{Factor, PlanState, Store};
use dombot_providers::dns::Servers;
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use tempfile::TempDir;
use totp_rs::{Builder, Secret, Totp};

use crate::servers::{API_KEY, KEY_NAME, KEY_SECRET, Server};

const CONVERSATION: &str = "terminal";

/// Moves only when the story says so; wall and monotonic time together.
#[derive(Debug)]
pub struct StoryClock {
    millis: AtomicI64,
    start: Timestamp,
}

impl StoryClock {
    fn new() -> Self {
        let start = "2026-11-23T09:00:00Z".parse().expect("a time");
        Self { millis: AtomicI64::new(0), start }
    }

    fn pass(&self, time: Duration) {
        self.millis.fetch_add(i64::try_from(time.as_millis()).expect("a time"), Ordering::Relaxed);
    }

    fn passed(&self) -> i64 {
        self.millis.load(Ordering::Relaxed)
    }
}

impl Clock for StoryClock {
    fn now(&self) -> Timestamp {
        self.start + SignedDuration::from_millis(self.passed())
    }

    fn monotonic(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.passed()).unwrap_or(0))
    }
}

/// How to reach a name server.
#[derive(Debug, Clone)]
pub struct Door {
    /// Kind of provider.
    pub kind: &'static str,
    /// Its settings.
    pub fields: BTreeMap<&'static str, String>,
}

impl Door {
    /// Dynamic update of these zones.
    pub fn update(server: SocketAddr, zones: &[&str]) -> Self {
        let fields = [
            ("server", server.to_string()),
            ("zones", zones.join(" ")),
            ("key_name", KEY_NAME.to_owned()),
            ("secret", KEY_SECRET.to_owned()),
        ];
        Self { kind: "rfc2136", fields: fields.into() }
    }

    /// PowerDNS's API; `None` where the server has none.
    pub fn api(server: &Server) -> Option<Self> {
        let fields = [
            ("url", server.api.clone()?),
            ("api_key", API_KEY.to_owned()),
            ("authorities", server.addr.to_string()),
        ];
        Some(Self { kind: "powerdns", fields: fields.into() })
    }

    /// With this address in front of the server; authoritative answers still come straight from it.
    #[must_use]
    pub fn through(&self, wire: SocketAddr, server: &Server) -> Self {
        if self.kind == "powerdns" {
            return self.clone().with("url", &format!("http://{wire}"));
        }
        let door = self.clone().with("server", &wire.to_string());
        door.with("authorities", &server.addr.to_string())
    }

    /// Where it leads.
    pub fn face(&self, server: &Server) -> SocketAddr {
        let url = server.api.as_deref().filter(|_| self.kind == "powerdns");
        let host = url.and_then(|url| url.strip_prefix("http://"));
        host.map_or(server.addr, |host| host.parse().expect("an address"))
    }

    /// With one more or another setting.
    #[must_use]
    pub fn with(mut self, field: &'static str, value: &str) -> Self {
        self.fields.insert(field, value.to_owned());
        self
    }
}

/// One conversation.
pub struct Talk {
    /// The dombot.
    pub engine: Engine,
    /// Who talks to it.
    pub person: Person,
    clock: Arc<StoryClock>,
    totp: Totp,
    secret: SecretString,
    factor: FactorId,
    account: AccountId,
    _home: TempDir,
}

impl Talk {
    /// A dombot with one account, and an owner with an authenticator.
    pub async fn new(door: &Door, lang: Language) -> Self {
        let home = tempfile::Builder::new().prefix("dombot-").tempdir().expect("a folder");
        let clock = Arc::new(StoryClock::new());
        let store = Store::open(&home.path().join("dombot.db"), true).await.expect("a database");
        let (now, chance) = (clock.now(), SystemChance);
        let person = Person {
            id: PersonId::new(&*clock, &chance),
            name: "jan".into(),
            role: Role::Owner,
            lang,
            tz: "Europe/Warsaw".into(),
            frozen_at: None,
        };
        let seal = SealKey::new([7; 32]);
        store.add_person(&person, &sender(), (&seal, now)).await.expect("a person");
        let mut bytes = vec![0; 20];
        chance.fill(&mut bytes);
        let secret = Secret::from(bytes);
        let text = SecretString::from(secret.to_base32());
        let totp = Builder::new().with_secret(secret).build().expect("an authenticator");
        let factor = FactorId::new(&*clock, &chance);
        let row = Factor { id: factor, person: person.id, last_step: 0, hold_until: None };
        store.add_factor(&row, (&seal, now)).await.expect("a factor");
        let account = AccountId::new(&*clock, &chance);
        let engine = Engine::new(Parts {
            store,
            parser: Box::new(dombot_intents::Offline),
            clock: clock.clone(),
            chance: Arc::new(SystemChance),
            verify: Arc::new(Servers),
        });
        let talk = Self { engine, person, clock, totp, secret: text, factor, account, _home: home };
        talk.connect(door);
        talk
    }

    /// Opens the account anew, by another door.
    pub fn connect(&self, door: &Door) {
        let kind = dombot_providers::ALL.iter().find(|k| k.id == door.kind).expect("a known kind");
        let fields = door.fields.iter();
        let fields = fields.map(|(k, v)| ((*k).to_owned(), SecretString::from(v.as_str())));
        let provider = (kind.open)(self.account, &Settings(fields.collect())).expect("it opens");
        let name = "dom".to_owned();
        let account = Account { id: self.account, name, kind, provider, authorities: Vec::new() };
        self.engine.unlock(Unlocked {
            accounts: Accounts(vec![account]),
            seal: Some(SealKey::new([7; 32])),
            totp: [(self.factor, self.secret.clone())].into(),
            delay: 0,
        });
    }

    /// Says something.
    pub async fn say(&self, text: &str) -> Reply {
        self.tell(Body::Text(text.into())).await
    }

    /// Says something about a file.
    pub async fn send(&self, text: &str, file: &str) -> Reply {
        self.tell(Body::File { text: text.into(), content: file.into() }).await
    }

    /// Gives an action, as a command does, with the text of a file where it has one. Its plan is armed.
    pub async fn act(&self, action: Action, file: Option<&str>) -> Reply {
        let here =
            Here { person: &self.person, conversation: CONVERSATION, arms: true, way: Way::Host };
        let reply = self.engine.act(here, action, file.map(str::to_owned).as_ref()).await;
        self.sees(&reply).await;
        reply
    }

    async fn tell(&self, body: Body) -> Reply {
        let (sender, at) = (sender(), self.clock.now());
        let conversation = CONVERSATION.to_owned();
        let reply = self.engine.handle(&Incoming { sender, conversation, at, body }).await;
        self.sees(&reply).await;
        reply
    }

    /// The person has a reply before his eyes.
    pub async fn sees(&self, reply: &Reply) {
        if let Some(card) = &reply.plan {
            self.engine.delivered(card.plan.id).await.expect("the database");
        }
    }

    /// The code that the authenticator shows.
    pub fn code(&self) -> SecretString {
        let now = u64::try_from(self.clock.now().as_second()).expect("a time after 1970");
        SecretString::from(self.totp.generate(now).to_string())
    }

    /// Types the code at the plan's prompt and watches until nothing more happens by itself.
    pub async fn approve(&self, card: &PlanCard) -> Progress {
        // Every step of the authenticator counts once.
        self.clock.pass(Duration::from_secs(30));
        let reply = self.tell(Body::Code { plan: card.plan.id, code: self.code() }).await;
        assert_eq!(reply.kind, ReplyKind::Answer, "{}", reply.text);
        self.watch(card, Duration::from_mins(10)).await
    }

    /// Types the code and lets the queue take one turn.
    pub async fn approve_once(&self, card: &PlanCard) -> Progress {
        self.clock.pass(Duration::from_secs(30));
        let reply = self.tell(Body::Code { plan: card.plan.id, code: self.code() }).await;
        assert_eq!(reply.kind, ReplyKind::Answer, "{}", reply.text);
        self.engine.work_once().await.expect("the queue works");
        self.progress(card).await
    }

    /// Works the queue until the plan is over, asks a person, or this much of the story's time has passed.
    pub async fn watch(&self, card: &PlanCard, longest: Duration) -> Progress {
        let until = self.clock.now() + SignedDuration::try_from(longest).expect("a time");
        loop {
            let turn = self.engine.work_once().await.expect("the queue works");
            let progress = self.progress(card).await;
            if progress.is_over() || progress.needs_human() || self.clock.now() > until {
                return progress;
            }
            if turn == Turn::Idle {
                self.clock.pass(Duration::from_secs(1));
            }
        }
    }

    /// How the plan stands.
    pub async fn progress(&self, card: &PlanCard) -> Progress {
        self.engine.progress(card.plan.id).await.expect("a database").expect("the plan")
    }

    /// Says something that must become a plan.
    pub async fn plan(&self, text: &str) -> PlanCard {
        planned(text, self.say(text).await)
    }

    /// Says something, approves the plan, and it must be done and read back; the plan's label.
    pub async fn does(&self, text: &str) -> String {
        let card = self.plan(text).await;
        self.finishes(&card).await;
        card.label
    }

    /// Says something about a file; as [`Talk::does`].
    pub async fn does_with(&self, text: &str, file: &str) -> PlanCard {
        let card = planned(text, self.send(text, file).await);
        self.finishes(&card).await;
        card
    }

    /// Approves, and it must be done, read back, and agreed to by every authoritative server.
    pub async fn finishes(&self, card: &PlanCard) -> Progress {
        let progress = self.approve(card).await;
        let said = progress.text(self.person.lang);
        assert_eq!(progress.state, PlanState::Completed, "{said}");
        for step in &progress.steps {
            let evidence = step.evidence.as_ref().expect("evidence");
            assert!(evidence.read_back, "{evidence:?}");
            assert!(!evidence.authorities.is_empty(), "somebody was asked: {evidence:?}");
            assert!(evidence.authorities.iter().all(|a| a.agrees), "{evidence:?}");
        }
        progress
    }
}

/// The plan of a reply that must hold one.
#[track_caller]
pub fn planned(text: &str, reply: Reply) -> PlanCard {
    assert_eq!(reply.kind, ReplyKind::Plan, "{text} -> {:?} {}", reply.kind, reply.text);
    let card = reply.plan.expect("a plan's card");
    assert!(card.armed && card.tier() > Tier::Read, "{}", reply.text);
    card
}

fn sender() -> Sender {
    Sender { platform: "terminal".into(), id: "1000".into() }
}
