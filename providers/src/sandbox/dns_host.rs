//! The client of the DNS host.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use dombot_core::domain::{DomainName, RecordName, RecordSet, RecordType, SetKey};
use dombot_core::ids::AccountId;
use dombot_core::job::Claimed;
use dombot_core::phrase;
use dombot_core::phrase::Phrase;
use dombot_core::plan::SetChange;
use dombot_core::provider::{
    Around, Authority, Books, DnsHost, DnsLimits, Evidence, Field, Kind, OpenError, Outcome,
    Proved, Provider, ProviderError, Repeat, Settings, ZoneRef,
};
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;

use super::account::{DEADLINE, Face, SETTLE, TOKEN, URL};
use super::convert::{WireSet, answered, owner, to_set, to_wire_change, type_name, wire};
use crate::http::send_once;

/// As the sandbox documents them.
const MAX_CHANGES: usize = 100;
const MAX_RDATA: usize = 4096;
const MAX_SET: usize = 32 * 1024;

const DNS: Field = Field {
    name: "dns",
    hint: "its authoritative server, 127.0.0.1:5300; asked from the sandbox when left out",
    secret: false,
    optional: true,
};

/// The sandbox's DNS host.
pub(crate) const KIND: Kind = Kind {
    id: "sandbox-dns",
    title: "Sandbox DNS",
    fields: &[URL, TOKEN, DNS],
    proved: Proved::Sandbox,
    own_server: true,
    open,
};

fn open(account: AccountId, settings: &Settings) -> Result<Arc<dyn Provider>, OpenError> {
    let parse = |text: &str| {
        let problem = "not an address with a port like 127.0.0.1:5300".into();
        text.parse().map_err(|_| OpenError { field: DNS.name, problem })
    };
    let dns = settings.text(DNS.name).map(parse).transpose()?;
    Ok(Arc::new(SandboxDns { account, face: Face::open(settings)?, dns }))
}

pub(super) struct SandboxDns {
    pub(super) account: AccountId,
    pub(super) face: Face,
    pub(super) dns: Option<SocketAddr>,
}

#[derive(Deserialize)]
struct ZoneName {
    id: String,
    name: String,
}

#[derive(Deserialize)]
struct Zones {
    zones: Vec<ZoneName>,
}

#[derive(Deserialize)]
struct WholeZone {
    name: String,
    count: usize,
    sets: Vec<WireSet>,
}

#[derive(Deserialize)]
struct SomeSets {
    sets: Vec<WireSet>,
}

#[derive(Deserialize)]
struct Servers {
    servers: Vec<Authority>,
}

#[derive(Deserialize)]
struct Changed {
    change: String,
}

#[derive(Deserialize)]
struct ZoneDone {
    id: String,
}

impl Provider for SandboxDns {
    fn dns(&self) -> Option<&dyn DnsHost> {
        Some(self)
    }
    fn books(&self) -> Option<&dyn Books> {
        Some(&self.face)
    }
}

#[async_trait]
impl DnsHost for SandboxDns {
    fn limits(&self) -> DnsLimits {
        DnsLimits {
            repeat: Repeat::CompareAndSet,
            settle: SETTLE,
            sets_per_call: MAX_CHANGES,
            atomic: true,
            manages_zones: true,
            deadline: DEADLINE,
            fresh: true,
        }
    }

    fn refusals(&self, zone: &ZoneRef, change: &SetChange, _: &dyn Around) -> Vec<Phrase> {
        let Some(after) = &change.after else { return removal(zone, change) };
        let (name, rtype) = (owner(&change.key.name, &zone.name), change.key.rtype);
        let sizes: Vec<usize> = after.data.iter().map(|d| wire(&change.key, d).len()).collect();
        let mut out = Vec::new();
        if rtype.is_maintained_by_server() {
            out.push(phrase!("sandbox.type", name = name, rtype = rtype));
        }
        if rtype == RecordType::SOA && !change.key.name.is_apex() {
            out.push(phrase!("sandbox.soa_below", name = name));
        }
        let single = [RecordType::CNAME, RecordType::SOA, RecordType::DNAME].contains(&rtype);
        if single && after.data.len() > 1 {
            out.push(phrase!("sandbox.single", name = name, rtype = rtype));
        }
        if rtype == RecordType::CNAME && change.key.name.is_apex() {
            out.push(phrase!("sandbox.cname_apex", zone = zone.name));
        }
        if let Some(long) = sizes.iter().find(|s| **s > MAX_RDATA) {
            out.push(phrase!(
                "sandbox.long",
                name = name,
                rtype = rtype,
                n = long,
                max = MAX_RDATA
            ));
        }
        if sizes.iter().map(|s| s + 12).sum::<usize>() > MAX_SET {
            out.push(phrase!("sandbox.set_size", name = name, rtype = rtype, max = MAX_SET));
        }
        out
    }

    async fn zones(&self) -> Result<Vec<ZoneRef>, ProviderError> {
        let all: Zones = self.face.get(&["zones"], &[]).await?;
        let zone = |z: ZoneName| {
            let name = DomainName::parse(&z.name);
            let name = name.map_err(|e| ProviderError::Unexpected(e.to_string()))?;
            Ok(ZoneRef { account: self.account, id: z.id, name })
        };
        all.zones.into_iter().map(zone).collect()
    }

    async fn read_zone(&self, zone: &ZoneRef) -> Result<Vec<RecordSet>, ProviderError> {
        let whole: WholeZone = self.face.get(&["zones", &zone.id], &[]).await?;
        if whole.name != zone.name.as_str() {
            return Err(ProviderError::Unexpected(format!("the zone is {}", whole.name)));
        }
        if whole.count != whole.sets.len() {
            let said = format!("{} of {} record sets", whole.sets.len(), whole.count);
            return Err(ProviderError::Incomplete(said));
        }
        whole.sets.iter().map(|s| to_set(&zone.name, s)).collect()
    }

    async fn read_sets(
        &self,
        zone: &ZoneRef,
        keys: &[SetKey],
    ) -> Result<Vec<RecordSet>, ProviderError> {
        let mut out = Vec::new();
        for key in keys {
            let rtype = type_name(key.rtype);
            let name = owner(&key.name, &zone.name);
            out.extend(self.some(zone, &[("name", &name), ("type", &rtype)]).await?);
        }
        Ok(out)
    }

    async fn read_name(
        &self,
        zone: &ZoneRef,
        name: &RecordName,
    ) -> Result<Vec<RecordSet>, ProviderError> {
        self.some(zone, &[("name", &owner(name, &zone.name))]).await
    }

    async fn authorities(&self, _: &ZoneRef) -> Result<Vec<Authority>, ProviderError> {
        if let Some(addr) = self.dns {
            return Ok(vec![Authority { name: addr.to_string(), addr }]);
        }
        Ok(self.face.get::<Servers>(&["servers"], &[]).await?.servers)
    }

    async fn change(&self, claim: &Claimed<'_>, zone: &ZoneRef, changes: &[SetChange]) -> Outcome {
        self.send_change(&claim.key(), claim.deadline(), zone, changes).await
    }

    async fn create_zone(&self, claim: &Claimed<'_>, name: &DomainName) -> Outcome {
        self.send_create(&claim.key(), claim.deadline(), name).await
    }

    async fn delete_zone(&self, claim: &Claimed<'_>, zone: &ZoneRef) -> Outcome {
        self.send_delete(&claim.key(), claim.deadline(), zone).await
    }
}

fn removal(zone: &ZoneRef, change: &SetChange) -> Vec<Phrase> {
    let needed = [RecordType::SOA, RecordType::NS].contains(&change.key.rtype);
    if needed && change.key.name.is_apex() {
        return vec![phrase!("sandbox.needed", zone = zone.name, rtype = change.key.rtype)];
    }
    Vec::new()
}

impl SandboxDns {
    async fn some(
        &self,
        zone: &ZoneRef,
        query: &[(&str, &str)],
    ) -> Result<Vec<RecordSet>, ProviderError> {
        let found: SomeSets = self.face.get(&["zones", &zone.id, "sets"], query).await?;
        found.sets.iter().map(|s| to_set(&zone.name, s)).collect()
    }

    pub(super) async fn send_change(
        &self,
        key: &str,
        deadline: Duration,
        zone: &ZoneRef,
        changes: &[SetChange],
    ) -> Outcome {
        let changes: Vec<_> = changes.iter().map(|c| to_wire_change(&zone.name, c)).collect();
        let request = self.face.write(Method::PATCH, &["zones", &zone.id, "sets"], key);
        let request = request.json(&json!({"changes": changes}));
        finished(answered::<Changed>(send_once(request, deadline).await).map(|c| c.change))
    }

    pub(super) async fn send_create(
        &self,
        key: &str,
        deadline: Duration,
        name: &DomainName,
    ) -> Outcome {
        let request = self.face.write(Method::POST, &["zones"], key).json(&json!({"name": name}));
        finished(answered::<ZoneDone>(send_once(request, deadline).await).map(|z| z.id))
    }

    pub(super) async fn send_delete(
        &self,
        key: &str,
        deadline: Duration,
        zone: &ZoneRef,
    ) -> Outcome {
        let request = self.face.write(Method::DELETE, &["zones", &zone.id], key);
        finished(answered::<ZoneDone>(send_once(request, deadline).await).map(|z| z.id))
    }
}

fn finished(answer: Result<String, Outcome>) -> Outcome {
    match answer {
        Ok(id) => Outcome::Done(Evidence { reference: Some(id), ..Evidence::default() }),
        Err(outcome) => outcome,
    }
}
