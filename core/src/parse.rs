//! The contract with parsers: a person's own words in, actions or a question out.

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::action::Action;
use crate::domain::DomainName;
use crate::phrase::Language;

/// Turns a person's own words into actions. Does not see zones, WHOIS, files, history or codes.
#[async_trait]
pub trait Parser: Send + Sync {
    /// Never fails: what it does not understand is a question.
    async fn parse(&self, text: &str, ctx: &Context) -> Parsed;
}

/// What a parser may know besides the words.
#[derive(Debug, Clone)]
pub struct Context {
    /// For "tomorrow", "in December".
    pub now: Timestamp,
    /// The person's.
    pub tz: TimeZone,
    /// The language in which a question would be put.
    pub lang: Language,
    /// Domains and zones that the person may see. Names in a message are never guessed from it; it only
    /// resolves "it", "that domain" when `last` says which.
    pub portfolio: Vec<DomainName>,
    /// Accounts' names, which count as provider names.
    pub accounts: Vec<String>,
    /// The question that waits for its answer: same person and conversation, 10 minutes.
    pub frame: Option<Frame>,
    /// The domain that the last action of this conversation named.
    pub last: Option<DomainName>,
    /// What the message before this one asked for: "the same for shop.com", "no, 3 years".
    pub before: Vec<Wish>,
    /// Names of the profiles that the person may work for.
    pub profiles: Vec<String>,
    /// A plan of this conversation waits for a code.
    pub pending_plan: bool,
    /// Name of the file that came with the message; never what is in it.
    pub attachment: Option<String>,
}

/// A half-understood wish that waits for the rest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// What is wanted.
    pub kind: String,
    /// Slots that are known, in their normal forms.
    pub known: BTreeMap<String, Value>,
    /// Slots that were asked for.
    pub missing: Vec<String>,
}

/// One thing that is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// What.
    #[serde(flatten)]
    pub action: Action,
    /// When, if not now: RFC 3339 with the person's offset, or a bare date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
}

impl Wish {
    /// Whether it may be kept for the next message: it holds no transfer code.
    pub fn is_open(&self) -> bool {
        !matches!(&self.action, Action::DomainTransferIn(t) if t.auth_code.is_some())
    }
}

/// What the words meant.
#[derive(Debug, Clone, PartialEq)]
pub enum Parsed {
    /// Wishes, in the order in which they were said.
    Actions(Vec<Wish>),
    /// Something is missing or unsure; the engine asks.
    Clarify(Clarify),
    /// Understood, and not done.
    Refuse(Refusal),
    /// Not a wish: a greeting, thanks, a question about dombot.
    Talk(Topic),
}

/// What to ask for.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Clarify {
    /// The kind, where it is clear.
    pub kind: Option<String>,
    /// Slots that are clear, in their normal forms.
    pub known: BTreeMap<String, Value>,
    /// Slots to ask for; empty when the kind itself is unclear.
    pub missing: Vec<String>,
    /// Why it is asked, where a slot's name alone does not tell.
    pub reason: Option<AskReason>,
    /// Best guesses of the kind, best first, at most three.
    pub guesses: Vec<String>,
}

/// Why a question is put.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AskReason {
    /// Not understood.
    Unclear,
    /// Two readings are about as likely.
    Ambiguous,
    /// "Don't", "unless", "if": said what not to do, or on which condition.
    Negated,
    /// "If", "unless", "when it ...": dombot does not promise conditions.
    Condition,
    /// A value is not what it should be: 300.1.2.3 is no address.
    BadValue,
    /// The top-level domain does not exist: a typing error?
    UnknownTld,
    /// More wishes than one message may hold.
    TooMany,
    /// "All that expire in December": they must be named.
    NameThem,
    /// "Yes" approves nothing: the plan that waits wants its code.
    WantsCode,
    /// "No need to confirm", "already approved": no word stands in for a code.
    NoBypass,
    /// A day or hour that could be two, is past, or does not exist.
    BadTime,
}

/// Why a message is not carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// Look-alike letters of several scripts in a name.
    MixedScript,
    /// Characters that cannot be seen or that turn the direction.
    HiddenCharacters,
    /// Longer than 2000 bytes.
    TooLong,
    /// Asks for passwords, keys, seeds or codes.
    Secrets,
    /// Forwarded, quoted or machine text that asks for a change.
    NotYourWords,
    /// A code, and no plan that it could be for.
    NoPlan,
}

/// Small talk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// Hello.
    Greeting,
    /// Thank you.
    Thanks,
    /// Goodbye.
    Bye,
    /// What can you do?
    Help,
    /// Who am I? Who are you?
    Identity,
    /// Anything else that is no wish.
    Other,
}
