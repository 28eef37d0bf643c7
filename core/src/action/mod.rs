//! The table of actions. Chat grammar, help, schemas and (later) the HTTP API come from it.

mod act;
mod answer;
mod calendar;
mod dns;
mod domain;
mod freeze;
mod help;
mod job;
mod later;
mod plan_cancel;
mod provider;
mod slots;
mod undo;
mod zone;

use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};

pub use act::{Ctx, Cut, Desk, Draft, Planned, fault, problem, total};
pub use answer::*;
pub use later::*;
pub use provider::list::proved;
pub use slots::*;

use crate::error::Result;
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
    /// Something can come of it; else it is only understood, and said to wait for its area.
    pub connected: bool,
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
    (($t:ty)) => {
        Some(|| schemars::schema_for!($t))
    };
}

/// How an action is planned; what waits for its area is answered alike.
macro_rules! planned {
    ($kind:literal, $slots:ident, $ctx:ident, later) => {{
        let _ = $slots;
        Ok(later::plan($kind))
    }};
    ($kind:literal, $slots:ident, $ctx:ident, $area:ident $(:: $verb:ident)?) => {
        Box::pin($area $(::$verb)?::plan($slots, $ctx)).await
    };
}

macro_rules! connected {
    (later) => {
        false
    };
    ($area:ident $(:: $verb:ident)?) => {
        true
    };
}

macro_rules! actions {
    ($($kind:literal $variant:ident($slots:ty) $tier:ident $role:ident $result:tt $area:ident $(:: $verb:ident)?;)*) => {
        /// What was asked. In JSON: `{"kind": "dns.set", "slots": {...}}`.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(tag = "kind", content = "slots", deny_unknown_fields)]
        pub enum Action {
            $(#[doc = concat!("`", $kind, "`")] #[serde(rename = $kind)] $variant($slots),)*
        }

        impl Action {
            /// Its row of the table.
            pub fn spec(&self) -> &'static Spec {
                let kind = match self { $(Self::$variant(_) => $kind),* };
                spec(kind).expect("every variant has a row")
            }

            /// Works out what it comes to: reads, never changes.
            pub async fn plan(&self, ctx: &Ctx<'_>) -> Result<Planned> {
                match self {
                    $(Self::$variant(slots) => planned!($kind, slots, ctx, $area $(::$verb)?),)*
                }
            }
        }

        /// Every action.
        pub const SPECS: &[Spec] = &[
            $(Spec { kind: $kind, tier: Tier::$tier, role: Role::$role,
                slots: || schemars::schema_for!($slots), result: result_schema!($result),
                connected: connected!($area $(::$verb)?) },)*
        ];
    };
}

actions! {
    "domain.list"       DomainList(Nothing)         Read       Viewer  (Domains) domain::list;
    "domain.expiry"     DomainExpiry(OfDomain)      Read       Viewer  (Domains) domain::expiry;
    "domain.check"      DomainCheck(OfDomain)       Read       Viewer  (Checked) domain::check;
    "domain.history"    DomainHistory(OfDomain)     Read       Viewer  (History) domain::history;
    "domain.renew"      DomainRenew(Renew)          Money      Billing - domain::renew;
    "domain.autorenew"  DomainAutorenew(Autorenew)  Reversible Billing - domain::autorenew;
    "domain.register"   DomainRegister(Register)    Money      Billing - later;
    "domain.transfer"   DomainTransfer(Move)        Dangerous  Billing - later;
    "domain.transfer_in" DomainTransferIn(TransferIn) Money    Billing - later;
    "domain.authcode"   DomainAuthcode(OfDomain)    Dangerous  Billing - later;
    "domain.lock"       DomainLock(Switched)        Dangerous  Tech    - later;
    "domain.dnssec"     DomainDnssec(Switched)      Dangerous  Tech    - later;
    "domain.ns_set"     DomainNsSet(NsSet)          Dangerous  Tech    - later;
    "domain.contact_set" DomainContactSet(ContactSet) Dangerous Billing - later;
    "dns.zones"         DnsZones(Nothing)           Read       Viewer  (Zones) dns::zones;
    "dns.list"          DnsList(DnsList)            Read       Viewer  (Records) dns::list;
    "dns.find"          DnsFind(DnsFind)            Read       Viewer  (Found) dns::find;
    "dns.export"        DnsExport(DnsExport)        Read       Viewer  (Exported) dns::export;
    "dns.import"        DnsImport(DnsImport)        Reversible Tech    - dns::import;
    "dns.set"           DnsSet(DnsSet)              Reversible Tech    - dns::set;
    "dns.add"           DnsAdd(DnsAdd)              Reversible Tech    - dns::add;
    "dns.delete"        DnsDelete(DnsDelete)        Reversible Tech    - dns::delete;
    "dns.move"          DnsMove(Move)               Dangerous  Tech    - later;
    "dns.restore"       DnsRestore(DnsRestore)      Reversible Tech    - dns::restore;
    "zone.create"       ZoneCreate(ZoneCreate)      Dangerous  Tech    - zone::create;
    "zone.delete"       ZoneDelete(OfDomain)        Dangerous  Tech    - zone::delete;
    "cert.list"         CertList(CertList)          Read       Viewer  - later;
    "cert.issue"        CertIssue(CertIssue)        Reversible Tech    - later;
    "cert.renew"        CertRenew(CertRef)          Reversible Tech    - later;
    "cert.revoke"       CertRevoke(CertRevoke)      Dangerous  Tech    - later;
    "site.move"         SiteMove(Move)              Dangerous  Tech    - later;
    "sale.create"       SaleCreate(SaleCreate)      Dangerous  Billing - later;
    "sale.withdraw"     SaleWithdraw(OfDomain)      Reversible Billing - later;
    "watch.add"         WatchAdd(OfDomain)          Reversible Viewer  - later;
    "profile.switch"    ProfileSwitch(ProfileSwitch) Reversible Viewer - later;
    "provider.list"     ProviderList(Nothing)       Read       Viewer  (Accounts) provider::list;
    "calendar.expiring" CalendarExpiring(Expiring)  Read       Viewer  (Domains) calendar::expiring;
    "calendar.events"   CalendarEvents(Days)        Read       Viewer  - later;
    "calendar.export"   CalendarExport(CalendarExport) Read    Viewer  - later;
    "job.list"          JobList(JobList)            Read       Viewer  (Jobs) job::list;
    "job.status"        JobStatus(JobRef)           Read       Viewer  (Jobs) job::status;
    "job.cancel"        JobCancel(JobRef)           Reversible Tech    - job::cancel;
    "job.settle"        JobSettle(Settle)           Reversible Tech    - job::settle;
    "undo"              Undo(UndoTarget)            Reversible Tech    - undo;
    "plan.cancel"       PlanCancel(Nothing)         Reversible Viewer  - plan_cancel;
    "freeze"            Freeze(Freeze)              Reversible Admin   - freeze;
    "help"              Help(HelpTopic)             Read       Viewer  (HelpText) help;
}

impl Action {
    /// It is done at once, though everything else stands still: locked, no code, no plan.
    pub fn is_emergency(&self) -> bool {
        matches!(self, Self::Freeze(_))
    }

    /// The domain that it names.
    pub fn domain(&self) -> Option<&crate::domain::DomainName> {
        match self {
            Self::DomainExpiry(s)
            | Self::DomainCheck(s)
            | Self::DomainHistory(s)
            | Self::DomainAuthcode(s)
            | Self::SaleWithdraw(s)
            | Self::WatchAdd(s)
            | Self::ZoneDelete(s) => Some(&s.domain),
            Self::DomainRegister(s) => Some(&s.domain),
            Self::DomainTransfer(s) | Self::DnsMove(s) | Self::SiteMove(s) => Some(&s.domain),
            Self::DomainTransferIn(s) => Some(&s.domain),
            Self::DomainLock(s) | Self::DomainDnssec(s) => Some(&s.domain),
            Self::DomainNsSet(s) => Some(&s.domain),
            Self::DomainContactSet(s) => Some(&s.domain),
            Self::SaleCreate(s) => Some(&s.domain),
            Self::DomainRenew(s) => Some(&s.domain),
            Self::DomainAutorenew(s) => Some(&s.domain),
            Self::DnsList(s) => Some(&s.domain),
            Self::DnsExport(s) => Some(&s.domain),
            Self::DnsImport(s) => Some(&s.domain),
            Self::DnsSet(s) => Some(&s.domain),
            Self::DnsAdd(s) => Some(&s.domain),
            Self::DnsDelete(s) => Some(&s.domain),
            Self::DnsRestore(s) => Some(&s.domain),
            Self::ZoneCreate(s) => Some(&s.domain),
            _ => None,
        }
    }
}

/// The row of a kind.
pub fn spec(kind: &str) -> Option<&'static Spec> {
    SPECS.iter().find(|s| s.kind == kind)
}
