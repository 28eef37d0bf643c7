//! The junction: one message in, one reply out. Never fails; a fault is a reply.

mod approve;
mod progress;
mod question;
mod reply;
mod schedule;
mod talk;
#[cfg(test)]
mod tests;
mod watch;
mod well;
mod work;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use secrecy::SecretString;
use tokio::sync::Notify;

pub use progress::{Progress, StepProgress, short};
use schedule::Asked;
pub use talk::Here;

use crate::account::{Accounts, Person};
use crate::action::{Action, fault};
use crate::approval::{SealKey, Way};
use crate::chat::{Body, Incoming, Reply, ReplyKind};
use crate::clock::{Chance, Clock, new_ulid};
use crate::error::{Error, Result};
use crate::ids::FactorId;
use crate::parse::Parser;
use crate::phrase;
use crate::phrase::Language;
use crate::provider::Verify;
use crate::store::Store;

/// What the vault gives when it is open.
#[derive(Debug, Default)]
pub struct Unlocked {
    /// Opened accounts.
    pub accounts: Accounts,
    /// Seals approvals.
    pub seal: Option<SealKey>,
    /// Authenticators' secrets, base32.
    pub totp: BTreeMap<FactorId, SecretString>,
    /// Dangerous plans begin so many seconds after their code.
    pub delay: u32,
}

/// What an engine is made of.
pub struct Parts {
    /// The database.
    pub store: Store,
    /// Words to actions.
    pub parser: Box<dyn Parser>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub chance: Arc<dyn Chance>,
    /// Asks authoritative servers.
    pub verify: Arc<dyn Verify>,
}

/// One dombot.
pub struct Engine {
    parts: Parts,
    unlocked: RwLock<Option<Arc<Unlocked>>>,
    wake: Notify,
    /// Nothing is approved, begun or sent by this process.
    holds: bool,
    /// Wall and monotonic clock at the start: they must not drift apart.
    start: Mutex<(Timestamp, Duration)>,
    /// Why the last turn of the queue failed as a whole.
    stalled: Mutex<Option<String>>,
    name: String,
    /// When accounts were last asked for their zones.
    surveyed: Mutex<Option<Timestamp>>,
}

impl Engine {
    /// Locked at first, see [`Engine::unlock`].
    pub fn new(parts: Parts) -> Self {
        let start = Mutex::new((parts.clock.now(), parts.clock.monotonic()));
        let name = new_ulid(&*parts.clock, &*parts.chance).to_string();
        let (unlocked, stalled) = (RwLock::new(None), Mutex::default());
        let surveyed = Mutex::default();
        Self { parts, unlocked, wake: Notify::new(), holds: false, start, stalled, name, surveyed }
    }

    /// An engine that looks only: no code approves anything, and the queue stands still.
    #[must_use]
    pub fn without_changes(self) -> Self {
        Self { holds: true, ..self }
    }

    /// It looks only.
    pub fn holds(&self) -> bool {
        self.holds
    }

    /// Gives it what the vault holds; called again after every change of the vault.
    pub fn unlock(&self, unlocked: Unlocked) {
        *self.unlocked.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(unlocked));
        self.wake.notify_one();
    }

    /// What the vault holds, unless it is locked.
    pub fn unlocked(&self) -> Option<Arc<Unlocked>> {
        self.unlocked.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The database.
    pub fn store(&self) -> &Store {
        &self.parts.store
    }

    /// Who this process is to the queue; new at every start.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The time.
    pub fn clock(&self) -> &dyn Clock {
        &*self.parts.clock
    }

    /// Randomness.
    pub fn chance(&self) -> &dyn Chance {
        &*self.parts.chance
    }

    /// Answers one message.
    pub async fn handle(&self, message: &Incoming) -> Reply {
        let person = match self.parts.store.person_of(&message.sender).await {
            Ok(Some(person)) => person,
            Ok(None) => {
                return Reply::said(ReplyKind::Refuse, Language::En, &phrase!("access.stranger"));
            }
            Err(e) => return self.fault(Language::En, &e),
        };
        let way = if message.sender.platform == "terminal" { Way::Host } else { Way::Chat };
        let here = Here { person: &person, conversation: &message.conversation, arms: true, way };
        self.handle_for(here, message.body.clone()).await
    }

    /// Answers a person whom the caller has identified: the host's own terminal.
    pub async fn handle_for(&self, here: Here<'_>, body: Body) -> Reply {
        match self.route(here, &body).await {
            Ok(reply) => reply,
            Err(e) => self.fault(here.person.lang, &e),
        }
    }

    /// Answers an action that came without words.
    pub async fn act(&self, here: Here<'_>, action: Action, file: Option<&String>) -> Reply {
        let person = here.person;
        let done = async {
            if person.frozen_at.is_some() {
                return Ok(Reply::said(ReplyKind::Refuse, person.lang, &phrase!("access.frozen")));
            }
            if self.unlocked().is_none() && action.spec().mutates() && !action.is_emergency() {
                return Ok(Reply::said(
                    ReplyKind::Locked,
                    person.lang,
                    &phrase!("locked.no_approval"),
                ));
            }
            self.perform(here, Asked { file, ..Asked::of(vec![action]) }).await
        };
        done.await.unwrap_or_else(|e| self.fault(person.lang, &e))
    }

    async fn route(&self, here: Here<'_>, body: &Body) -> Result<Reply> {
        let person = here.person;
        if person.frozen_at.is_some() {
            return Ok(Reply::said(ReplyKind::Refuse, person.lang, &phrase!("access.frozen")));
        }
        match body {
            Body::Code { plan, code } => self.approve(here, *plan, code).await,
            Body::Text(text) => match self.code_in(here, text).await? {
                Some(reply) => Ok(reply),
                None => self.talk(here, text, None).await,
            },
            Body::File { text, content } => match self.code_in(here, text).await? {
                Some(reply) => Ok(reply),
                None => self.talk(here, text, Some(content)).await,
            },
        }
    }

    fn fault(&self, lang: Language, error: &Error) -> Reply {
        match error {
            Error::User(phrase) => Reply {
                code: Some(phrase.key().to_owned()),
                ..Reply::said(ReplyKind::Error, lang, phrase)
            },
            Error::Provider { account, source } => {
                let name = self
                    .unlocked()
                    .and_then(|u| u.accounts.get(*account).map(|a| a.name.clone()))
                    .unwrap_or_else(|| account.to_string());
                let phrase = fault(lang, &name, source);
                Reply {
                    code: Some("provider".into()),
                    ..Reply::said(ReplyKind::Error, lang, &phrase)
                }
            }
            Error::Internal(e) => {
                let id = new_ulid(&*self.parts.clock, &*self.parts.chance).to_string();
                tracing::error!(number = %id, error = %e, "internal fault");
                let phrase = phrase!("error.internal", id = id);
                Reply {
                    code: Some("internal".into()),
                    ..Reply::said(ReplyKind::Error, lang, &phrase)
                }
            }
        }
    }

    /// A person at the host says that the clock is right, although it went back or jumped: go on from now. Locks
    /// and used codes that a wrong clock put into the future shut nobody out.
    pub async fn trust_clock(&self) -> Result<()> {
        let now = self.parts.clock.now();
        self.parts.store.restart_time(now).await?;
        *self.start.lock().unwrap_or_else(PoisonError::into_inner) =
            (now, self.parts.clock.monotonic());
        Ok(())
    }

    /// Notes the time and says whether it can be trusted: not below the highest ever seen, and the wall clock
    /// has not moved against the monotonic one by more than two minutes. Rule 23.
    pub async fn time_is_right(&self) -> Result<bool> {
        const TOLERANCE: i64 = 120;
        /// Noting every second would wear a memory card out.
        const NOTED_EVERY: i64 = 60;
        let now = self.parts.clock.now();
        let highest = self.parts.store.highest_time().await?;
        let ahead = highest.map(|highest| now.duration_since(highest).as_secs());
        if ahead.is_some_and(|secs| secs < -TOLERANCE) {
            return Ok(false);
        }
        let start = *self.start.lock().unwrap_or_else(PoisonError::into_inner);
        let wall = now.duration_since(start.0);
        let steady = self.parts.clock.monotonic().saturating_sub(start.1);
        let apart = wall.as_secs() - i64::try_from(steady.as_secs()).unwrap_or(i64::MAX);
        if apart.abs() > TOLERANCE {
            return Ok(false);
        }
        if ahead.is_none_or(|secs| secs >= NOTED_EVERY) {
            self.parts.store.note_time(now).await?;
        }
        Ok(true)
    }
}

/// The person's time zone; UTC where its name is unknown.
pub(crate) fn zone_of(person: &Person) -> TimeZone {
    TimeZone::get(&person.tz).unwrap_or(TimeZone::UTC)
}
