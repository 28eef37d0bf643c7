//! What a client may ask of the process that owns the home, and how it is answered.

use dombot_core::account::Person;
use dombot_core::action::AccountRow;
use dombot_core::approval::Way;
use dombot_core::chat::{Body, Reply, ReplyKind};
use dombot_core::engine::{Here, Progress, StepProgress};
use dombot_core::ids::PlanId;
use dombot_core::phrase;
use dombot_core::phrase::Language;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::account;
use crate::home::Home;
use crate::keep;

/// One request. It travels in memory or over the home's socket, to the same user only.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub(crate) enum Request {
    /// Words, with or without a file.
    Say {
        person: Option<String>,
        conversation: String,
        text: String,
        file: Option<String>,
        arms: bool,
    },
    /// An action without words: what a command says.
    Act {
        person: Option<String>,
        conversation: String,
        action: dombot_core::action::Action,
        /// Text of the file that it is about.
        file: Option<String>,
    },
    /// A code at the prompt of a plan.
    Code { person: Option<String>, plan: PlanId, code: Hidden },
    /// Which plan is it? Brings it up for its code where none other waits.
    Find { person: Option<String>, plan: String },
    /// Which plan would a code approve here?
    Armed { person: Option<String>, conversation: String },
    /// The whole card of this plan was shown.
    Delivered { plan: PlanId },
    /// The prompt is gone; the plan stays open.
    Disarm { plan: PlanId },
    /// How is it getting on?
    Progress { plan: PlanId },
    /// Plan its wishes anew, from now.
    Replan { person: Option<String>, plan: PlanId, arms: bool },
    /// The person saw how it ended.
    Told { person: Option<String>, plan: PlanId },
    /// What ended while nobody was looking; requests kept while the vault was locked.
    News { person: Option<String>, conversation: String },
    /// The person has seen these news.
    Shown { messages: Vec<String> },
    /// Who speaks here?
    Who { person: Option<String> },
    /// All persons.
    Persons,
    /// Language and time zone.
    SetPerson { lang: Option<Language>, tz: Option<String> },
    /// Begin with a new authenticator: proved by a code of the present one or by a recovery code.
    EnrolStart { person: Option<String>, proof: Hidden, recover: bool },
    /// Its first code.
    EnrolFinish { person: Option<String>, code: Hidden },
    /// Connect an account.
    AddAccount { account: account::New, code: Hidden },
    /// Disconnect one.
    RemoveAccount { name: String, code: Hidden },
    /// The accounts; with `check` each is asked.
    Accounts { check: bool },
    /// A configuration value; with a value and a code it is set.
    Config { key: Option<String>, set: Option<(Hidden, Hidden)> },
    /// Problems that can be found without changing anything.
    Doctor { trust_clock: bool },
    /// What keeps the rest: audit, backups, incidents.
    Keep { what: keep::Ask },
}

/// A code or secret on its way: never in a `Debug`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Hidden(pub(crate) String);

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(hidden)")
    }
}

impl Hidden {
    /// As the core takes it.
    pub(crate) fn secret(&self) -> SecretString {
        SecretString::from(self.0.clone())
    }
}

/// The answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub(crate) enum Response {
    /// Of the engine.
    Reply { reply: Box<Reply> },
    /// Several replies.
    Replies {
        replies: Vec<Reply>,
        /// To be named in [`Request::Shown`] once they were seen.
        messages: Vec<String>,
    },
    /// A plan that waits for its code.
    Plan { plan: PlanId, label: String, armed: bool },
    /// How a plan is getting on, in words too.
    Progress {
        label: String,
        state: String,
        over: bool,
        wants_new_plan: bool,
        steps: Vec<StepProgress>,
        text: String,
        /// Why the queue as a whole does not get on now.
        #[serde(default)]
        stalled: Option<String>,
        /// It is approved for later: nobody need wait for it here.
        #[serde(default)]
        scheduled: bool,
    },
    /// A person.
    Who { name: String, lang: Language, role: String, locked: bool },
    /// Persons.
    Persons { names: Vec<(String, String)> },
    /// What an authenticator scans, and recovery codes once it is proved.
    Enrol { url: Hidden, codes: Vec<Hidden> },
    /// Accounts.
    Accounts { accounts: Vec<AccountRow> },
    /// Values.
    Values { values: Vec<(String, String)> },
    /// Of [`Request::Keep`].
    Kept { said: keep::Said },
    /// Done; in words.
    Done { text: String },
    /// Not done; in words.
    Failed { text: String },
}

/// Answers one request. Never fails; a fault is an answer.
pub(crate) async fn answer(home: &Home, request: Request) -> Response {
    let lang = home.speaker(None).await.map_or(Language::En, |p| p.lang);
    match serve(home, request).await {
        Ok(response) => response,
        Err(e) => Response::Failed { text: fault(lang, &e) },
    }
}

/// A fault in a person's words.
pub(crate) fn fault(lang: Language, error: &anyhow::Error) -> String {
    if let Some(dombot_core::error::Error::User(phrase)) = error.downcast_ref() {
        return phrase.text(lang);
    }
    if let Some(e) = error.downcast_ref::<dombot_core::vault::Error>() {
        return e.phrase().text(lang);
    }
    if let Some(crate::home::Trouble(phrase)) = error.downcast_ref() {
        return phrase.text(lang);
    }
    tracing::error!(error = %format!("{error:#}"), "request failed");
    phrase!("home.internal", why = format!("{error:#}")).text(lang)
}

async fn serve(home: &Home, request: Request) -> anyhow::Result<Response> {
    use Request as R;
    match request {
        R::Say { .. } | R::Act { .. } | R::Code { .. } | R::Replan { .. } => {
            speak(home, request).await
        }
        R::Find { .. }
        | R::Armed { .. }
        | R::Delivered { .. }
        | R::Disarm { .. }
        | R::Progress { .. }
        | R::Told { .. } => about_plan(home, request).await,
        R::News { person, conversation } => {
            let person = home.person(person.as_deref()).await?;
            let (mut replies, messages) = home.engine.news(&person).await?;
            replies.extend(home.engine.kept(&person, &conversation).await?);
            Ok(Response::Replies { replies, messages })
        }
        R::Shown { messages } => {
            home.engine.shown(&messages).await?;
            Ok(Response::Done { text: String::new() })
        }
        R::Who { person } => {
            let person = home.person(person.as_deref()).await?;
            let locked = home.engine.unlocked().is_none();
            Ok(Response::Who { role: role(&person), name: person.name, lang: person.lang, locked })
        }
        R::Persons => {
            let persons = home.engine.store().persons().await?;
            let names = persons.into_iter().map(|p| (p.name.clone(), role(&p))).collect();
            Ok(Response::Persons { names })
        }
        R::SetPerson { lang, tz } => set_person(home, lang, tz).await,
        R::Keep { what } => keep::serve(home, what).await,
        other => account::serve(home, other).await,
    }
}

fn role(person: &Person) -> String {
    format!("{:?}", person.role).to_lowercase()
}

/// Whoever comes over the home's socket is the host's user.
fn at_host<'a>(person: &'a Person, conversation: &'a str, arms: bool) -> Here<'a> {
    Here { person, conversation, arms, way: Way::Host }
}

/// What the engine answers with a reply.
async fn speak(home: &Home, request: Request) -> anyhow::Result<Response> {
    let reply = match request {
        Request::Say { person, conversation, text, file, arms } => {
            let person = home.person(person.as_deref()).await?;
            let body = match file {
                Some(content) => Body::File { text, content },
                None => Body::Text(text),
            };
            let here = at_host(&person, &conversation, arms);
            home.engine.handle_for(here, body).await
        }
        Request::Act { person, conversation, action, file } => {
            let person = home.person(person.as_deref()).await?;
            let here = at_host(&person, &conversation, false);
            home.engine.act(here, action, file.as_ref()).await
        }
        Request::Code { person, plan, code } => {
            let person = home.person(person.as_deref()).await?;
            let here = at_host(&person, "", false);
            home.engine.handle_for(here, Body::Code { plan, code: code.secret() }).await
        }
        Request::Replan { person, plan, arms } => {
            let person = home.person(person.as_deref()).await?;
            let unknown = phrase!("plan.unknown_label", label = plan);
            let none = || Reply::said(ReplyKind::Error, person.lang, &unknown);
            home.engine.replan(&person, plan, arms).await?.unwrap_or_else(none)
        }
        _ => anyhow::bail!("not a request for the engine"),
    };
    Ok(Response::Reply { reply: Box::new(reply) })
}

async fn about_plan(home: &Home, request: Request) -> anyhow::Result<Response> {
    let done = || Response::Done { text: String::new() };
    match request {
        Request::Find { person, plan } => find(home, person.as_deref(), &plan).await,
        Request::Armed { person, conversation } => {
            let person = home.person(person.as_deref()).await?;
            let now = home.engine.clock().now();
            let armed = home.engine.store().armed(person.id, &conversation, now).await?;
            Ok(armed.map_or_else(done, |p| Response::Plan {
                plan: p.id,
                label: p.label,
                armed: true,
            }))
        }
        Request::Disarm { plan } => {
            home.engine.store().disarm(plan, home.engine.clock().now()).await?;
            Ok(done())
        }
        Request::Delivered { plan } => {
            home.engine.delivered(plan).await?;
            Ok(done())
        }
        Request::Progress { plan } => progress(home, plan).await,
        Request::Told { person, plan } => {
            let person = home.person(person.as_deref()).await?;
            home.engine.told(&person, plan).await?;
            Ok(done())
        }
        _ => anyhow::bail!("not a request about a plan"),
    }
}

async fn find(home: &Home, person: Option<&str>, plan: &str) -> anyhow::Result<Response> {
    let person = home.person(person).await?;
    let found = home.engine.find_plan(&person, plan).await?;
    let armed = home.engine.store().arm(&found, home.engine.clock().now()).await?;
    Ok(Response::Plan { plan: found.id, label: found.label, armed })
}

async fn progress(home: &Home, plan: PlanId) -> anyhow::Result<Response> {
    let lang = home.speaker(None).await.map_or(Language::En, |p| p.lang);
    let Some(progress) = home.engine.progress(plan).await? else {
        return Ok(Response::Failed {
            text: phrase!("plan.unknown_label", label = plan).text(lang),
        });
    };
    let stalled =
        home.engine.stalled().map(|why| phrase!("progress.stalled", why = why).text(lang));
    Ok(shown(&progress, lang, stalled))
}

fn shown(progress: &Progress, lang: Language, stalled: Option<String>) -> Response {
    Response::Progress {
        label: progress.label.clone(),
        state: progress.word().to_owned(),
        over: progress.is_over(),
        wants_new_plan: progress.wants_new_plan(),
        steps: progress.steps.clone(),
        text: progress.text(lang),
        stalled,
        scheduled: progress.begins.is_some(),
    }
}

async fn set_person(
    home: &Home,
    lang: Option<Language>,
    tz: Option<String>,
) -> anyhow::Result<Response> {
    let person = home.person(None).await?;
    let lang = lang.unwrap_or(person.lang);
    let tz = tz.unwrap_or(person.tz);
    if jiff::tz::TimeZone::get(&tz).is_err() {
        return Ok(Response::Failed { text: phrase!("home.bad_tz", tz = tz).text(lang) });
    }
    let now = home.engine.clock().now();
    home.engine.store().set_language(person.id, lang, &tz, now).await?;
    Ok(Response::Done { text: phrase!("home.person_set", lang = lang.id(), tz = tz).text(lang) })
}
