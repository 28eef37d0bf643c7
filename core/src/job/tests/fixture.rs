//! A registrar that loses answers, a clock in our hand, and a person with an authenticator.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;

use crate::account::{Account, Accounts, Person};
use crate::action::{Action, Renew, Role};
use crate::approval::{self, Desk, Refused, SealKey, Way, totp};
use crate::chat::Sender;
use crate::clock::{Clock, SystemChance};
use crate::domain::{DomainName, Money, Years};
use crate::ids::{AccountId, FactorId, JobId, PersonId, PlanId};
use crate::job::{Claimed, Job, JobState, Turn, Worker};
use crate::phrase::Language;
use crate::plan::{Plan, Step, Tier, Undo, Verdict};
use crate::provider::{
    Authority, AuthorityAnswer, Availability, DomainFacts, Evidence, Kind, OpenError, OrderRecord,
    Outcome, Proved, Provider, ProviderError, Quote, Reason, Registrar, Rejection, RenewOrder,
    Repeat, Tax, Verb, Verify,
};
use crate::store::{Event, Factor, JobFilter, PlanState, Store, StoredPlan};

static KIND: Kind = Kind {
    id: "shop",
    title: "Shop",
    fields: &[],
    proved: Proved::Sandbox,
    own_server: true,
    open: |_, _| Err(OpenError { field: "x", problem: "not opened in tests".into() }),
};

pub(crate) fn days(n: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * n)
}

/// Wall clock, monotonic clock, and the look at it before which the machine sleeps.
type Moment = (Timestamp, Duration, Option<(u32, SignedDuration)>);

/// Wall and monotonic time, moved by hand.
pub(crate) struct Hand {
    state: Mutex<Moment>,
}

impl Hand {
    fn new() -> Self {
        let start = "2026-11-23T09:00:00Z".parse().unwrap();
        Self { state: Mutex::new((start, Duration::from_secs(1000), None)) }
    }

    pub(crate) fn forward(&self, by: SignedDuration) {
        let mut s = self.state.lock().unwrap();
        s.0 += by;
        s.1 += Duration::try_from(by).unwrap();
    }

    /// Only the wall clock moves: somebody set it.
    pub(crate) fn set_off(&self, by: SignedDuration) {
        self.state.lock().unwrap().0 += by;
    }

    /// The machine is suspended right before the n-th look at the monotonic clock from now.
    pub(crate) fn sleeps_at_monotonic(&self, n: u32, sleep: SignedDuration) {
        self.state.lock().unwrap().2 = Some((n, sleep));
    }
}

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        self.state.lock().unwrap().0
    }
    fn monotonic(&self) -> Duration {
        let mut s = self.state.lock().unwrap();
        match s.2 {
            Some((1, sleep)) => {
                s.0 += sleep;
                s.1 += Duration::try_from(sleep).unwrap();
                s.2 = None;
            }
            Some((n, sleep)) => s.2 = Some((n - 1, sleep)),
            None => {}
        }
        s.1
    }
}

/// What becomes of a call.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Call {
    Good,
    /// It never arrived, and nobody told us.
    LostBefore,
    /// It arrived; its answer was lost.
    LostAfter,
    /// It is on its way until [`Shop::arrives`].
    Late,
    Refused(Reason),
    /// The registrar works on it until [`Shop::arrives`].
    Pending,
    /// No answer ever comes; the call sits in a socket.
    Stuck,
}

pub(crate) struct Shop {
    repeat: Repeat,
    fresh: bool,
    books: Mutex<Books>,
}

struct Books {
    expires: Date,
    orders: Vec<(String, OrderRecord)>,
    script: VecDeque<Call>,
    on_its_way: Vec<(String, RenewOrder)>,
    calls: u32,
    premium: bool,
    tax: Tax,
}

impl Books {
    fn charge(&mut self, key: &str, order: &RenewOrder) -> Evidence {
        self.expires = order.new_expiry;
        let record = OrderRecord {
            reference: format!("order-{}", self.orders.len() + 1),
            charged: Some(order.price_cap),
            expires: Some(self.expires),
        };
        self.orders.push((key.to_owned(), record.clone()));
        Evidence {
            reference: Some(record.reference),
            charged: record.charged,
            expires: record.expires,
            ..Evidence::default()
        }
    }
}

impl Shop {
    pub(crate) fn next(&self, call: Call) {
        self.books.lock().unwrap().script.push_back(call);
    }
    pub(crate) fn charges(&self) -> usize {
        self.books.lock().unwrap().orders.len()
    }
    pub(crate) fn calls(&self) -> u32 {
        self.books.lock().unwrap().calls
    }
    pub(crate) fn set_premium(&self) {
        self.books.lock().unwrap().premium = true;
    }
    /// Its books keep the order, its register shows the old date still.
    pub(crate) fn forgets_the_date(&self) {
        self.books.lock().unwrap().expires = date(2026, 12, 5);
    }
    pub(crate) fn set_net(&self) {
        self.books.lock().unwrap().tax = Tax::Excluded;
    }
    /// What was on its way arrives now.
    pub(crate) fn arrives(&self) {
        let mut books = self.books.lock().unwrap();
        for (key, order) in std::mem::take(&mut books.on_its_way) {
            books.charge(&key, &order);
        }
    }
}

impl Provider for Shop {
    fn registrar(&self) -> Option<&dyn Registrar> {
        Some(self)
    }
}

#[async_trait]
impl Registrar for Shop {
    fn repeat(&self, _: Verb) -> Repeat {
        self.repeat
    }
    fn settle(&self) -> Duration {
        Duration::from_secs(5)
    }
    fn deadline(&self) -> Duration {
        Duration::from_secs(10)
    }
    fn fresh(&self) -> bool {
        self.fresh
    }
    async fn domains(&self) -> Result<Vec<DomainFacts>, ProviderError> {
        Ok(vec![self.domain(&domain()).await?])
    }
    async fn domain(&self, name: &DomainName) -> Result<DomainFacts, ProviderError> {
        Ok(DomainFacts {
            name: name.clone(),
            expires: Some(self.books.lock().unwrap().expires),
            auto_renew: Some(false),
            locked: Some(true),
            nameservers: Vec::new(),
            statuses: Vec::new(),
        })
    }
    async fn check(&self, name: &DomainName) -> Result<Availability, ProviderError> {
        Err(ProviderError::NotFound(name.to_string()))
    }
    async fn quote_renew(&self, _: &DomainName, _: Years) -> Result<Quote, ProviderError> {
        let books = self.books.lock().unwrap();
        let (premium, tax) = (books.premium, books.tax);
        let balance = Some(pln("500.00"));
        Ok(Quote { price: pln("49.00"), balance, enforced: true, premium, tax })
    }
    async fn order(&self, key: &str, _: &DomainName) -> Result<Option<OrderRecord>, ProviderError> {
        let books = self.books.lock().unwrap();
        Ok(books.orders.iter().find(|(k, _)| k == key).map(|(_, o)| o.clone()))
    }
    async fn renew(&self, claim: &Claimed<'_>, order: &RenewOrder) -> Outcome {
        let call = {
            let mut books = self.books.lock().unwrap();
            books.calls += 1;
            books.script.pop_front().unwrap_or(Call::Good)
        };
        if matches!(call, Call::Stuck) {
            return std::future::pending().await;
        }
        let mut books = self.books.lock().unwrap();
        match call {
            Call::Good => Outcome::Done(books.charge(&claim.key(), order)),
            Call::LostBefore => Outcome::Unknown("time-out".into()),
            Call::LostAfter => {
                books.charge(&claim.key(), order);
                Outcome::Unknown("reset".into())
            }
            Call::Late => {
                books.on_its_way.push((claim.key(), order.clone()));
                Outcome::Unknown("time-out".into())
            }
            Call::Refused(reason) => {
                Outcome::Rejected(Rejection { reason, detail: "refused".into() })
            }
            Call::Pending => {
                books.on_its_way.push((claim.key(), order.clone()));
                let poll_after = Duration::from_mins(10);
                Outcome::Pending { reference: "op-1".into(), poll_after }
            }
            Call::Stuck => unreachable!("waits above"),
        }
    }
    async fn set_auto_renew(&self, _: &Claimed<'_>, _: &DomainName, _: bool) -> Outcome {
        self.books.lock().unwrap().calls += 1;
        Outcome::Rejected(Rejection { reason: Reason::Invalid, detail: "never".into() })
    }
}

struct Nobody;

#[async_trait]
impl Verify for Nobody {
    async fn ask(
        &self,
        server: &Authority,
        _: &DomainName,
        _: &[crate::plan::SetChange],
    ) -> AuthorityAnswer {
        AuthorityAnswer { server: server.clone(), agrees: false, problem: None }
    }
}

pub(crate) fn pln(amount: &str) -> Money {
    Money::parse(amount, "PLN").unwrap()
}

pub(crate) fn domain() -> DomainName {
    named("firma.test")
}

pub(crate) fn named(text: &str) -> DomainName {
    DomainName::parse(text).unwrap()
}

/// Everything around one registrar and one person.
pub(crate) struct Bench {
    pub(crate) store: Store,
    pub(crate) clock: Arc<Hand>,
    pub(crate) accounts: Accounts,
    pub(crate) shop: Arc<Shop>,
    pub(crate) person: Person,
    pub(crate) seal: SealKey,
    pub(crate) secret: SecretString,
    pub(crate) factor: FactorId,
    pub(crate) verify: Arc<dyn Verify>,
    /// From where codes are typed.
    pub(crate) way: Way,
    dir: tempfile::TempDir,
}

impl Bench {
    pub(crate) async fn new(repeat: Repeat) -> Self {
        Self::at(repeat, true).await
    }

    /// A registrar whose reads may be old.
    pub(crate) async fn stale(repeat: Repeat) -> Self {
        Self::at(repeat, false).await
    }

    async fn at(repeat: Repeat, fresh: bool) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("test.db"), true).await.unwrap();
        let clock = Arc::new(Hand::new());
        let books = Books {
            expires: date(2026, 12, 5),
            orders: Vec::new(),
            script: VecDeque::new(),
            on_its_way: Vec::new(),
            calls: 0,
            premium: false,
            tax: Tax::Included,
        };
        let shop = Arc::new(Shop { repeat, fresh, books: Mutex::new(books) });
        let id = AccountId::new(&*clock, &SystemChance);
        let account = Account {
            id,
            name: "shop".into(),
            kind: &KIND,
            provider: shop.clone(),
            authorities: Vec::new(),
        };
        let person = Person {
            id: PersonId::new(&*clock, &SystemChance),
            name: "Ola".into(),
            role: Role::Owner,
            lang: Language::En,
            tz: "Europe/Warsaw".into(),
            frozen_at: None,
        };
        let sender = Sender { platform: "terminal".into(), id: "0".into() };
        let seal = SealKey::new([7; 32]);
        store.add_person(&person, &sender, (&seal, clock.now())).await.unwrap();
        let factor = FactorId::new(&*clock, &SystemChance);
        let row = Factor { id: factor, person: person.id, last_step: 0, hold_until: None };
        store.add_factor(&row, (&seal, clock.now())).await.unwrap();
        Self {
            store,
            accounts: Accounts(vec![account]),
            shop,
            person,
            seal,
            secret: totp::new_secret(&SystemChance),
            factor,
            verify: Arc::new(Nobody),
            way: Way::Host,
            clock,
            dir,
        }
    }

    /// The same database, as another process has it.
    pub(crate) async fn another_store(&self) -> Store {
        Store::open(&self.dir.path().join("test.db"), false).await.unwrap()
    }

    pub(crate) fn desk(&self) -> Desk<'_> {
        let (clock, chance) = (&*self.clock, &SystemChance);
        Desk { store: &self.store, clock, chance, seal: &self.seal, way: self.way }
    }

    /// The code of the next step, so that each one is fresh.
    pub(crate) fn code(&self) -> SecretString {
        self.clock.forward(SignedDuration::from_secs(30));
        totp::code_at(&self.secret, self.clock.now())
    }

    pub(crate) fn plan_of(&self, steps: Vec<Step>) -> Plan {
        let now = self.clock.now();
        Plan {
            v: 1,
            id: PlanId::new(&*self.clock, &SystemChance),
            nonce: PlanId::new(&*self.clock, &SystemChance).to_string(),
            person: self.person.id,
            conversation: "terminal".into(),
            actions: vec![Action::DomainRenew(Renew { domain: domain(), years: None })],
            steps,
            tier: Tier::Money,
            cost: Vec::new(),
            warnings: Vec::new(),
            undo: Undo::Impossible,
            follows: None,
            created_at: now,
            expires_at: now + approval::VALID_FOR,
            start_by: now + days(1),
            not_before: None,
            delay: 0,
        }
    }

    pub(crate) async fn put(&self, steps: Vec<Step>) -> StoredPlan {
        self.put_plan(&self.plan_of(steps)).await
    }

    pub(crate) fn event(&self, kind: &str) -> Event {
        Event {
            id: JobId::new(&*self.clock, &SystemChance).to_string(),
            at: self.clock.now(),
            kind: kind.into(),
            plan: None,
            label: None,
            job: None,
            person: None,
            domain: None,
            text: crate::phrase!("job.done"),
        }
    }

    pub(crate) async fn put_plan(&self, plan: &Plan) -> StoredPlan {
        let (stored, armed) =
            self.store.put_plan(plan, &self.seal, self.clock.now(), true).await.unwrap();
        assert!(armed);
        self.store.deliver(stored.id, self.clock.now()).await.unwrap();
        stored
    }

    /// In place of an open plan.
    pub(crate) async fn put_over(&self, steps: Vec<Step>, old: &StoredPlan) -> StoredPlan {
        self.store.drop_plan(old.id, self.clock.now()).await.unwrap();
        self.put(steps).await
    }

    pub(crate) fn renew_step(&self, domain: &DomainName) -> Step {
        let order = RenewOrder {
            domain: domain.clone(),
            years: Years::ONE,
            expected_expiry: date(2026, 12, 5),
            new_expiry: date(2027, 12, 5),
            price_cap: pln("49.00"),
            premium: false,
            tax: Tax::Included,
        };
        Step::Renew { account: self.account(), order, again: None }
    }

    pub(crate) fn account(&self) -> AccountId {
        self.accounts.0[0].id
    }

    pub(crate) async fn renewal(&self) -> StoredPlan {
        self.put(vec![self.renew_step(&domain())]).await
    }

    /// A person's word on a job, as an approved plan.
    pub(crate) async fn settle(&self, job: JobId, verdict: Verdict) -> StoredPlan {
        let plan = self.put(vec![Step::Settle { job, verdict }]).await;
        self.approve(&plan).await;
        plan
    }

    pub(crate) async fn approve(&self, plan: &StoredPlan) -> Vec<JobId> {
        self.try_approve(plan).await.unwrap()
    }

    pub(crate) async fn try_approve(&self, plan: &StoredPlan) -> Result<Vec<JobId>, Refused> {
        let code = self.code();
        self.try_code(plan, &code).await
    }

    pub(crate) async fn try_code(
        &self,
        plan: &StoredPlan,
        code: &SecretString,
    ) -> Result<Vec<JobId>, Refused> {
        let stored = self.store.plan(plan.id).await.unwrap().unwrap();
        let approved =
            approval::approve(&self.desk(), &self.person, stored, Some(&self.secret), code)
                .await
                .unwrap()?;
        approval::enqueue(&self.desk(), approved).await.unwrap()
    }

    /// What trying the code failed with, which nobody should be able to bring about.
    pub(crate) async fn fault(&self, plan: &StoredPlan, code: &SecretString) -> String {
        let stored = self.store.plan(plan.id).await.unwrap().unwrap();
        let tried =
            approval::approve(&self.desk(), &self.person, stored, Some(&self.secret), code).await;
        format!("{:?}", tried.unwrap_err())
    }

    pub(crate) async fn turn(&self) -> Turn {
        self.worker().run_one().await.unwrap()
    }

    pub(crate) async fn claim(&self) -> Job {
        let lease = Duration::from_mins(1);
        self.store.claim("worker", self.clock.now(), lease).await.unwrap().unwrap()
    }

    pub(crate) fn worker(&self) -> Worker<'_> {
        Worker {
            store: &self.store,
            accounts: &self.accounts,
            clock: &*self.clock,
            chance: &SystemChance,
            seal: &self.seal,
            verify: &self.verify,
            name: "worker",
        }
    }

    pub(crate) async fn newest(&self, order: &str) -> JobId {
        self.store.jobs(&JobFilter::Order(order.to_owned())).await.unwrap().remove(0).id
    }

    pub(crate) async fn state(&self, plan: &StoredPlan) -> PlanState {
        self.store.plan(plan.id).await.unwrap().unwrap().state
    }

    pub(crate) async fn jobs(&self, plan: &StoredPlan) -> Vec<Job> {
        self.store.jobs(&JobFilter::Plan(plan.id)).await.unwrap()
    }

    pub(crate) async fn states(&self, plan: &StoredPlan) -> Vec<JobState> {
        self.jobs(plan).await.into_iter().map(|j| j.state).collect()
    }
}
