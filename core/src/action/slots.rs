//! The slots of the actions. Values that were not said are absent: the planner fills defaults.

use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::{DomainName, RecordName, RecordType, Ttl, Years};
use crate::plan::Verdict;

/// What can be frozen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum FreezeScope {
    /// Everything.
    All,
    /// A person.
    Person,
    /// An account.
    Account,
    /// A domain with everything below it.
    Domain,
}

macro_rules! slots {
    ($($(#[$doc:meta])* $name:ident { $($(#[$fdoc:meta])* $field:ident: $t:ty,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($(#[$fdoc])* pub $field: $t,)*
        }
    )*};
}

/// What a zone file means for the zone. SOA and apex NS follow the file where it has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FileMode {
    /// The zone becomes like the file; sets of types that nobody here knows stay.
    Exact,
    /// As `exact`, and those go too.
    ExactAll,
    /// Nothing is deleted that is not in the file.
    NoPurge,
    /// Only sets that do not exist are made.
    CreateOnly,
}

slots! {
    /// No slots.
    Nothing {}
    /// One domain.
    OfDomain {
        /// Registrable name.
        domain: DomainName,
    }
    /// Renew a domain.
    Renew {
        /// Registrable name.
        domain: DomainName,
        /// Absent = 1.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        years: Option<Years>,
    }
    /// Switch automatic renewal.
    Autorenew {
        /// Registrable name.
        domain: DomainName,
        /// On or off.
        enabled: bool,
    }
    /// Show records.
    DnsList {
        /// Registrable name.
        domain: DomainName,
        /// Owner; absent = all.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<RecordName>,
        /// Type; absent = all.
        #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
        rtype: Option<RecordType>,
    }
    /// Which records hold this value?
    DnsFind {
        /// An address or a host name.
        value: String,
    }
    /// Write a zone file.
    DnsExport {
        /// Registrable name.
        domain: DomainName,
        /// Only `zone` so far.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        format: Option<String>,
    }
    /// Make a zone like the attached zone file.
    DnsImport {
        /// Registrable name.
        domain: DomainName,
        /// Name of the attachment.
        attachment: String,
        /// Absent = a file that may come from another host: SOA and foreign apex NS of the file are left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mode: Option<FileMode>,
        /// Present records that stay: `NAME [TYPES [TARGET]]` with wildcards.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        ignore: Vec<String>,
        /// A pattern may fit records of the file too.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        ignore_overlap: bool,
        /// Account's name, where several hold the zone.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        account: Option<String>,
    }
    /// Make one record set hold exactly this value, or change its TTL.
    DnsSet {
        /// Registrable name.
        domain: DomainName,
        /// Owner.
        name: RecordName,
        /// Type.
        #[serde(rename = "type")]
        rtype: RecordType,
        /// As in a zone file; TXT without quotes. Absent = keep the values, change the TTL.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        value: Option<String>,
        /// Seconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ttl: Option<Ttl>,
    }
    /// Add one value to a record set.
    DnsAdd {
        /// Registrable name.
        domain: DomainName,
        /// Owner.
        name: RecordName,
        /// Type.
        #[serde(rename = "type")]
        rtype: RecordType,
        /// As in a zone file; of MX and SRV without the priority when `priority` holds it.
        value: String,
        /// Of MX and SRV.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        priority: Option<u16>,
        /// Seconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ttl: Option<Ttl>,
    }
    /// Delete a value, a record set, all sets of a name, or (scope "all") every set but SOA and apex NS.
    DnsDelete {
        /// Registrable name.
        domain: DomainName,
        /// Owner.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<RecordName>,
        /// Type.
        #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
        rtype: Option<RecordType>,
        /// One value.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        value: Option<String>,
        /// `all`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        scope: Option<String>,
    }
    /// Make a zone as it was at a time.
    DnsRestore {
        /// Apex.
        domain: DomainName,
        /// What dombot changed after this is taken back.
        #[schemars(with = "String")]
        at: Timestamp,
    }
    /// Make a zone.
    ZoneCreate {
        /// Apex.
        domain: DomainName,
        /// Account's name or provider's id; absent = the only one that can.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        provider: Option<String>,
    }
    /// What expires?
    Expiring {
        /// First day.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(with = "Option<String>")]
        from: Option<Date>,
        /// Last day.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(with = "Option<String>")]
        to: Option<Date>,
        /// From today.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        within_days: Option<u32>,
    }
    /// Show jobs.
    JobList {
        /// `open`, `done`, `failed`, `needs_human`, ...; absent = those that are not final.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        state: Option<String>,
    }
    /// One job or all of a plan.
    JobRef {
        /// A job's id (or its last characters), or a plan's label.
        job_id: String,
    }
    /// A person's word on an unknown outcome.
    Settle {
        /// A job's id or its last characters.
        job_id: String,
        /// What happened.
        verdict: Verdict,
    }
    /// Take a plan back.
    UndoTarget {
        /// A plan's label or `last`.
        target: String,
    }
    /// Freeze at once.
    Freeze {
        /// What.
        scope: FreezeScope,
        /// Of the person, the account or the domain.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// How far back what was approved is listed; absent = 30.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        days: Option<u32>,
    }
    /// Help.
    HelpTopic {
        /// A kind or an area; absent = everything.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        topic: Option<String>,
    }
}
