//! The table of actions. Chat grammar, help, schemas and (later) the HTTP API come from it.

mod act;
mod answer;
mod slots;

use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};

pub use act::{Ctx, Desk, Draft, Planned};
pub use answer::*;
pub use slots::*;

use crate::plan::Tier;

/// What a person must be allowed to do.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Looks.
    Viewer,
    /// Changes DNS.
    Tech,
    /// Spends money.
    Billing,
    /// Changes the rules.
    Admin,
    /// Everything.
    Owner,
}

/// One row of the table of actions.
#[derive(Clone, Copy)]
pub struct Spec {
    /// `dns.set`.
    pub kind: &'static str,
    /// The lowest tier of a plan made from it; [`Tier::Read`] = read-only.
    pub tier: Tier,
    /// Least role.
    pub role: Role,
    /// JSON Schema of its slots.
    pub slots: fn() -> Schema,
    /// JSON Schema of its answer; `None` where it makes a plan.
    pub result: Option<fn() -> Schema>,
}

impl Spec {
    /// It can change something.
    pub fn mutates(&self) -> bool {
        self.tier != Tier::Read
    }
}

impl std::fmt::Debug for Spec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.kind)
    }
}

macro_rules! result_schema {
    (-) => {
        None
    };
    ($t:ty) => {
        Some(|| schemars::schema_for!($t))
    };
}

macro_rules! actions {
    ($($kind:literal $variant:ident($slots:ty) $tier:ident $role:ident $result:tt;)*) => {
        /// What was asked. In JSON: `{"kind": "dns.set", "slots": {...}}`.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(tag = "kind", content = "slots", deny_unknown_fields)]
        pub enum Action {
            $(#[doc = $kind] #[serde(rename = $kind)] $variant($slots),)*
        }

        impl Action {
            /// Its row of the table.
            pub fn spec(&self) -> &'static Spec {
                let kind = match self { $(Self::$variant(_) => $kind),* };
                spec(kind).expect("every variant has a row")
            }
        }

        /// Every action.
        pub const SPECS: &[Spec] = &[
            $(Spec { kind: $kind, tier: Tier::$tier, role: Role::$role,
                slots: || schemars::schema_for!($slots), result: result_schema!($result) },)*
        ];
    };
}

actions! {
    "domain.list"       DomainList(Nothing)         Read       Viewer  (Domains);
    "domain.expiry"     DomainExpiry(OfDomain)      Read       Viewer  (Domains);
    "domain.check"      DomainCheck(OfDomain)       Read       Viewer  (Checked);
    "domain.history"    DomainHistory(OfDomain)     Read       Viewer  (History);
    "domain.renew"      DomainRenew(Renew)          Money      Billing -;
    "domain.autorenew"  DomainAutorenew(Autorenew)  Reversible Billing -;
    "dns.zones"         DnsZones(Nothing)           Read       Viewer  (Zones);
    "dns.list"          DnsList(DnsList)            Read       Viewer  (Records);
    "dns.find"          DnsFind(DnsFind)            Read       Viewer  (Found);
    "dns.export"        DnsExport(DnsExport)        Read       Viewer  (Exported);
    "dns.import"        DnsImport(DnsImport)        Reversible Tech    -;
    "dns.set"           DnsSet(DnsSet)              Reversible Tech    -;
    "dns.add"           DnsAdd(DnsAdd)              Reversible Tech    -;
    "dns.delete"        DnsDelete(DnsDelete)        Reversible Tech    -;
    "zone.create"       ZoneCreate(ZoneCreate)      Dangerous  Tech    -;
    "zone.delete"       ZoneDelete(OfDomain)        Dangerous  Tech    -;
    "provider.list"     ProviderList(Nothing)       Read       Viewer  (Accounts);
    "calendar.expiring" CalendarExpiring(Expiring)  Read       Viewer  (Domains);
    "job.list"          JobList(JobList)            Read       Viewer  (Jobs);
    "job.status"        JobStatus(JobRef)           Read       Viewer  (Jobs);
    "job.cancel"        JobCancel(JobRef)           Reversible Tech    -;
    "job.settle"        JobSettle(Settle)           Reversible Tech    -;
    "undo"              Undo(UndoTarget)            Reversible Tech    -;
    "plan.cancel"       PlanCancel(Nothing)         Reversible Viewer  -;
    "help"              Help(HelpTopic)             Read       Viewer  (HelpText);
}

/// The row of a kind.
pub fn spec(kind: &str) -> Option<&'static Spec> {
    SPECS.iter().find(|s| s.kind == kind)
}
