//! Answers as data; each has a JSON Schema in the table.

use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::{DomainName, Money, RecordSet};
use crate::ids::{JobId, PlanId};
use crate::provider::{Evidence, ZoneRef};

macro_rules! answers {
    ($($(#[$doc:meta])* $name:ident { $($(#[$fdoc:meta])* $field:ident: $t:ty,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        pub struct $name {
            $($(#[$fdoc])* pub $field: $t,)*
        }
    )*};
}

/// Facts, by the kind of the action that asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", content = "result", rename_all = "snake_case")]
pub enum Answer {
    /// Domains with their dates.
    Domains(Domains),
    /// Can it be registered?
    Checked(Checked),
    /// What happened to a domain.
    History(History),
    /// Zones.
    Zones(Zones),
    /// Records of one zone.
    Records(Records),
    /// Records that hold a value.
    Found(Found),
    /// A zone file.
    Exported(Exported),
    /// Accounts at providers.
    Accounts(Accounts),
    /// Jobs.
    Jobs(Jobs),
    /// Help.
    Help(HelpText),
}

answers! {
    /// Domains with their dates.
    Domains {
        /// By name.
        domains: Vec<DomainRow>,
        /// Accounts that could not be asked, with the reason.
        unreachable: Vec<Unreachable>,
    }
    /// One domain.
    DomainRow {
        /// Which.
        domain: DomainName,
        /// Name of the account.
        account: String,
        /// Registry expiry; absent = unknown.
        #[schemars(with = "Option<String>")]
        expires: Option<Date>,
        /// From today; negative = past.
        days_left: Option<i32>,
        /// Absent = unknown.
        auto_renew: Option<bool>,
        /// When the account said so.
        #[schemars(with = "String")]
        seen_at: Timestamp,
        /// Name of the account that holds the zone and the number of record sets; absent = no zone here.
        zone: Option<ZoneSize>,
    }
    /// How large a zone is.
    ZoneSize {
        /// Name of the account.
        account: String,
        /// Record sets; absent = not counted.
        sets: Option<usize>,
    }
    /// An account that could not be asked.
    Unreachable {
        /// Its name.
        account: String,
        /// Why.
        problem: String,
    }
    /// Can it be registered?
    Checked {
        /// Which.
        domain: DomainName,
        /// Per account that could be asked.
        answers: Vec<CheckRow>,
    }
    /// One registrar's answer.
    CheckRow {
        /// Account's name.
        account: String,
        /// Absent = it could not tell.
        available: Option<bool>,
        /// For the first year.
        price: Option<Money>,
        /// A registry premium name.
        premium: bool,
    }
    /// What happened to a domain.
    History {
        /// Which.
        domain: DomainName,
        /// Newest first.
        events: Vec<EventRow>,
    }
    /// One event.
    EventRow {
        /// When.
        #[schemars(with = "String")]
        at: Timestamp,
        /// `plan.approved`, `job.done`, ...
        kind: String,
        /// The plan's label.
        plan: Option<String>,
        /// In words.
        text: crate::phrase::Phrase,
    }
    /// Zones.
    Zones {
        /// By name.
        zones: Vec<ZoneRow>,
        /// Accounts that could not be asked.
        unreachable: Vec<Unreachable>,
    }
    /// One zone.
    ZoneRow {
        /// Account's name.
        account: String,
        /// Which.
        zone: ZoneRef,
        /// The delegation points to it; absent = not known.
        delegated: Option<bool>,
    }
    /// Records of one zone.
    Records {
        /// Which.
        zone: ZoneRef,
        /// Account's name.
        account: String,
        /// By name and type.
        sets: Vec<RecordSet>,
    }
    /// Records that hold a value.
    Found {
        /// What was looked for.
        value: String,
        /// Where it stands.
        hits: Vec<FoundRow>,
        /// Zones that were looked through.
        zones_read: usize,
        /// Accounts that could not be asked: the answer may be incomplete.
        unreachable: Vec<Unreachable>,
    }
    /// One hit.
    FoundRow {
        /// Zone.
        zone: DomainName,
        /// Account's name.
        account: String,
        /// The set.
        set: RecordSet,
    }
    /// A zone file.
    Exported {
        /// Which.
        zone: DomainName,
        /// RFC 1035 text.
        file: String,
    }
    /// Accounts at providers.
    Accounts {
        /// By name.
        accounts: Vec<AccountRow>,
    }
    /// One account.
    AccountRow {
        /// Its name.
        name: String,
        /// The provider's id.
        provider: String,
        /// The provider's title.
        title: String,
        /// How we know that it works.
        proved: String,
        /// `ok` or what is wrong.
        state: String,
    }
    /// Jobs.
    Jobs {
        /// Newest first.
        jobs: Vec<JobRow>,
        /// Ids of open jobs whose rows something else has spoiled.
        unreadable: Vec<String>,
    }
    /// One job.
    JobRow {
        /// Which.
        id: JobId,
        /// Its plan.
        plan: PlanId,
        /// Its plan's label.
        label: String,
        /// Kind of the step.
        step: String,
        /// Domain or zone.
        domain: Option<DomainName>,
        /// `ready`, `calling`, `needs_human`, ...
        state: String,
        /// In words, when there is something to say.
        note: Option<crate::phrase::Phrase>,
        /// What shows that it happened.
        evidence: Option<Evidence>,
        /// Last change.
        #[schemars(with = "String")]
        at: Timestamp,
    }
    /// Help.
    HelpText {
        /// What dombot understands, by kind.
        topics: Vec<HelpRow>,
    }
    /// One thing to say.
    HelpRow {
        /// Kind.
        kind: String,
        /// A sentence that works.
        example: String,
    }
}
