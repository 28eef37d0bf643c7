//! What will change, exactly. A plan is plain data: it can be shown, signed, stored and run tomorrow.

mod diff;
mod digest;
mod look;
#[cfg(test)]
mod tests;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use diff::{SetChange, apply, diff, same};
pub(crate) use digest::hex;
pub use digest::{Digest, canonical_json};
pub use look::{Share, problems, tier, warnings};

use crate::action::Action;
use crate::domain::{DomainName, Money, RecordSet};
use crate::ids::{AccountId, PersonId, PlanId};
use crate::phrase::Phrase;
use crate::provider::{RenewOrder, ZoneRef};

/// How much a mistake would cost; a plan has the highest tier of its steps.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(into = "u8", try_from = "u8")]
pub enum Tier {
    /// Reads only; no code.
    Read,
    /// Can be undone.
    Reversible,
    /// Spends money.
    Money,
    /// Can take a domain, its mail or its site away.
    Dangerous,
}

impl From<Tier> for u8 {
    fn from(t: Tier) -> Self {
        t as u8
    }
}

impl TryFrom<u8> for Tier {
    type Error = String;
    fn try_from(n: u8) -> Result<Self, String> {
        [Self::Read, Self::Reversible, Self::Money, Self::Dangerous]
            .get(usize::from(n))
            .copied()
            .ok_or_else(|| format!("no tier {n}"))
    }
}

/// One provider call, with everything that it sends and everything that it relies on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Step {
    /// Changes record sets of one zone. Preconditions: each `before`.
    DnsChange {
        /// Where.
        zone: ZoneRef,
        /// What.
        changes: Vec<SetChange>,
    },
    /// Makes an empty zone. Precondition: the account has none of that name.
    ZoneCreate {
        /// Which login.
        account: AccountId,
        /// Apex.
        name: DomainName,
    },
    /// Deletes a zone. Precondition: it holds exactly `before`.
    ZoneDelete {
        /// Which.
        zone: ZoneRef,
        /// Everything in it, for the record and for an undo by hand.
        before: Vec<RecordSet>,
    },
    /// Renews a domain. Preconditions: the expiry and the price.
    Renew {
        /// Which login.
        account: AccountId,
        /// Domain, years, both expiries, price cap.
        #[schemars(with = "serde_json::Value")]
        order: RenewOrder,
        /// The job of the same order that came before, and certainly or perhaps was paid: the person saw that on
        /// the card. Rule 11.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        again: Option<crate::ids::JobId>,
    },
    /// Switches automatic renewal. Precondition: it is the other way now.
    AutoRenew {
        /// Which login.
        account: AccountId,
        /// Which.
        domain: DomainName,
        /// How it is now.
        before: Option<bool>,
        /// How it will be.
        enabled: bool,
    },
    /// A person's word on a job whose outcome nobody else can tell. No provider is called.
    Settle {
        /// Which job.
        job: crate::ids::JobId,
        /// What the person says.
        verdict: Verdict,
    },
}

/// A person's word on an unknown outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It happened: the job is done.
    Happened,
    /// It did not: the job is failed, and a new plan may try again.
    DidNot,
    /// Nothing more is to be done about it.
    Leave,
}

impl Step {
    /// Login at which it is carried out; none for a person's word.
    pub fn account(&self) -> Option<AccountId> {
        match self {
            Self::DnsChange { zone, .. } | Self::ZoneDelete { zone, .. } => Some(zone.account),
            Self::ZoneCreate { account, .. }
            | Self::Renew { account, .. }
            | Self::AutoRenew { account, .. } => Some(*account),
            Self::Settle { .. } => None,
        }
    }

    /// The domain or zone that it concerns.
    pub fn domain(&self) -> Option<&DomainName> {
        match self {
            Self::DnsChange { zone, .. } | Self::ZoneDelete { zone, .. } => Some(&zone.name),
            Self::ZoneCreate { name, .. } => Some(name),
            Self::Renew { order, .. } => Some(&order.domain),
            Self::AutoRenew { domain, .. } => Some(domain),
            Self::Settle { .. } => None,
        }
    }

    /// The word in tables, JSON and the audit trail.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::DnsChange { .. } => "dns_change",
            Self::ZoneCreate { .. } => "zone_create",
            Self::ZoneDelete { .. } => "zone_delete",
            Self::Renew { .. } => "renew",
            Self::AutoRenew { .. } => "auto_renew",
            Self::Settle { .. } => "settle",
        }
    }

    /// What may be ordered only once: verb, domain and the expiry that the order starts from; a second time only
    /// by a plan that names the job before it. Rule 11.
    pub fn once(&self) -> Option<String> {
        match self {
            Self::Renew { order, again, .. } => {
                let first = format!("renew|{}|{}", order.domain, order.expected_expiry);
                Some(again.map_or(first.clone(), |job| format!("{first}|after {job}")))
            }
            _ => None,
        }
    }

    /// It spends money: at most one such job per domain is active.
    pub fn is_money(&self) -> bool {
        matches!(self, Self::Renew { .. })
    }
}

/// Whether and how the plan can be taken back; computed when the plan is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Undo {
    /// These steps lead back, as far as nothing else changes in between.
    Steps(Vec<Step>),
    /// It can't be taken back.
    Impossible,
}

/// What a plan costs, per account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cost {
    /// Which login pays.
    pub account: AccountId,
    /// Total.
    pub price: Money,
    /// Balance when the plan was made, where the provider says.
    pub balance: Option<Money>,
    /// The provider itself refuses a higher price.
    pub enforced: bool,
}

/// What will change. Every field counts in the digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Plan {
    /// Shape of this structure.
    pub v: u32,
    /// Which.
    pub id: PlanId,
    /// 128 bits of chance, hex: nobody can make a second plan with this digest.
    pub nonce: String,
    /// Who asked.
    pub person: PersonId,
    /// Where he asked: only this conversation can arm it.
    pub conversation: String,
    /// What was asked, for planning anew.
    #[schemars(with = "serde_json::Value")]
    pub actions: Vec<Action>,
    /// What will be done, in order.
    pub steps: Vec<Step>,
    /// Highest of the steps'.
    pub tier: Tier,
    /// Price and balance.
    pub cost: Vec<Cost>,
    /// What the person should look at twice.
    pub warnings: Vec<Phrase>,
    /// How it could be taken back.
    pub undo: Undo,
    /// The plan that this one takes back or repeats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<PlanId>,
    /// When it was made.
    #[schemars(with = "String")]
    pub created_at: Timestamp,
    /// A code after this is refused.
    #[schemars(with = "String")]
    pub expires_at: Timestamp,
    /// Steps not begun by then need a new code.
    #[schemars(with = "String")]
    pub start_by: Timestamp,
    /// No step begins before that: the person named a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub not_before: Option<Timestamp>,
    /// No step begins until so many seconds after the code, in which the person can still stop it.
    #[serde(default)]
    pub delay: u32,
}

impl Plan {
    /// When its first step may begin, if it was approved then.
    pub fn begins(&self, approved: Timestamp) -> Timestamp {
        let delayed = approved + SignedDuration::from_secs(self.delay.into());
        self.not_before.map_or(delayed, |at| at.max(delayed))
    }
}

/// A date of expiry that moves with a renewal, kept here because registries clip at 29 February.
pub fn add_years(date: Date, years: i8) -> Option<Date> {
    use jiff::ToSpan;
    date.checked_add(i64::from(years).years()).ok()
}
