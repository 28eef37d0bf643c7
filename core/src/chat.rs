//! What comes in from a chat and what goes back, for every platform alike.

use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::action::Answer;
use crate::ids::PlanId;
use crate::phrase::Language;
use crate::plan::{Cost, Plan, Tier};

/// Who sent it, by the platform's immutable id; never by a name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Sender {
    /// `terminal`, `telegram`, ...
    pub platform: String,
    /// The platform's numeric id of the user; the terminal's is the host's uid.
    pub id: String,
}

/// One message.
#[derive(Debug, Clone)]
pub struct Incoming {
    /// Who.
    pub sender: Sender,
    /// Where: one dialogue state and one armed plan per person and conversation.
    pub conversation: String,
    /// When it arrived.
    pub at: Timestamp,
    /// What.
    pub body: Body,
}

/// What a message holds.
#[derive(Debug, Clone)]
pub enum Body {
    /// Words. A run of digits that is a live code is taken out before anything is stored or parsed.
    Text(String),
    /// A code typed at the prompt of a plan, without echo.
    Code {
        /// The plan that the prompt named.
        plan: PlanId,
        /// What was typed.
        code: SecretString,
    },
    /// Words about a file that came with them. The file is data, never words.
    File {
        /// What was said with it.
        text: String,
        /// The file's text.
        content: String,
    },
}

/// What kind of answer a reply is; the words of the stable JSON shapes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReplyKind {
    /// Facts.
    Answer,
    /// A plan that waits for a code.
    Plan,
    /// A question back.
    Clarify,
    /// Understood and not done.
    Refuse,
    /// Small talk.
    Chat,
    /// A fault; says what was and was not changed.
    Error,
    /// The vault is locked.
    Locked,
}

/// What goes back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// Which kind.
    pub kind: ReplyKind,
    /// In the person's language, plain text, lines.
    pub text: String,
    /// Facts as data.
    pub data: Option<Answer>,
    /// The plan, when `kind` is [`ReplyKind::Plan`] or it was just approved.
    pub plan: Option<PlanCard>,
    /// Slots that were asked for.
    pub missing: Vec<String>,
    /// Machine word of a refusal or error: `code_wrong`, `plan_expired`, `clock`, ...
    pub code: Option<String>,
    /// In which language the text is.
    pub lang: Language,
}

/// A plan as a chat draws it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlanCard {
    /// The whole plan.
    pub plan: Plan,
    /// 4 characters.
    pub label: String,
    /// Hex SHA-256.
    pub digest: String,
    /// A code typed in this conversation now counts for this plan.
    pub armed: bool,
}

impl PlanCard {
    /// The plan's tier.
    pub fn tier(&self) -> Tier {
        self.plan.tier
    }

    /// The plan's costs.
    pub fn cost(&self) -> &[Cost] {
        &self.plan.cost
    }
}
