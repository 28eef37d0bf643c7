//! Reading and changing zones by the API.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use dombot_core::domain::{DomainName, RecordName, RecordSet, RecordType, SetKey};
use dombot_core::job::Claimed;
use dombot_core::phrase;
use dombot_core::phrase::{Language, Phrase};
use dombot_core::plan::{SetChange, same};
use dombot_core::provider::{
    Around, Authority, DnsHost, DnsLimits, Evidence, Outcome, ProviderError, Reason, Rejection,
    Repeat, ZoneRef,
};
use tokio::time::Instant;

use super::PowerDns;
use super::api::{Record, Rrset};
use super::convert::{absolute, from_data, from_set, from_type, to_set};
use crate::dns::{self, pdns, rejected, unread};
use crate::http::{Sent, excerpt, retry_after};

/// More sets than this are read faster with the whole zone.
const FEW: usize = 8;

#[async_trait]
impl DnsHost for PowerDns {
    fn limits(&self) -> DnsLimits {
        DnsLimits {
            repeat: Repeat::ReadBackOnly,
            settle: Duration::from_secs(30),
            sets_per_call: 500,
            atomic: true,
            manages_zones: true,
            deadline: Duration::from_secs(30),
            fresh: true,
        }
    }

    fn refusals(&self, _: &ZoneRef, change: &SetChange, _: &dyn Around) -> Vec<Phrase> {
        let mut out = pdns::refusals(change, pdns::Way::Api);
        out.extend(objections(change));
        out
    }

    async fn zones(&self) -> Result<Vec<ZoneRef>, ProviderError> {
        let zones = self.api.zones().await?;
        Ok(zones
            .into_iter()
            // A name that dombot cannot hold (the root, say) is not a zone that it can serve.
            .filter_map(|z| Some((DomainName::parse(&z.name).ok()?, z.id)))
            .map(|(name, id)| ZoneRef { account: self.account, id, name })
            .collect())
    }

    async fn read_zone(&self, zone: &ZoneRef) -> Result<Vec<RecordSet>, ProviderError> {
        sets(zone, &self.api.zone(&zone.id).await?)
    }

    async fn read_sets(
        &self,
        zone: &ZoneRef,
        keys: &[SetKey],
    ) -> Result<Vec<RecordSet>, ProviderError> {
        let found = self.rrsets(zone, keys).await?;
        sets(zone, &found)
    }

    async fn read_name(
        &self,
        zone: &ZoneRef,
        name: &RecordName,
    ) -> Result<Vec<RecordSet>, ProviderError> {
        let owner = absolute(&zone.name, name);
        let mut found = self.api.sets(&zone.id, &owner, None).await?;
        found.retain(|rrset| rrset.name.eq_ignore_ascii_case(&owner));
        sets(zone, &found)
    }

    async fn authorities(&self, _: &ZoneRef) -> Result<Vec<Authority>, ProviderError> {
        Ok(self.authorities.clone())
    }

    async fn change(&self, claim: &Claimed<'_>, zone: &ZoneRef, changes: &[SetChange]) -> Outcome {
        self.patch(zone, changes, claim.deadline()).await
    }

    async fn create_zone(&self, claim: &Claimed<'_>, name: &DomainName) -> Outcome {
        self.create(name, claim.deadline()).await
    }

    async fn delete_zone(&self, claim: &Claimed<'_>, zone: &ZoneRef) -> Outcome {
        judge(self.api.delete(&zone.id, claim.deadline()).await)
    }
}

impl PowerDns {
    /// Reads the touched sets, refuses when one is not as the plan says, then sends one PATCH.
    pub(super) async fn patch(
        &self,
        zone: &ZoneRef,
        changes: &[SetChange],
        deadline: Duration,
    ) -> Outcome {
        let until = Instant::now() + deadline;
        if let Some(objection) = changes.iter().flat_map(dns::refusals).next() {
            return rejected(Reason::Invalid, objection.text(Language::En));
        }
        let rrsets = match tokio::time::timeout(deadline, self.prepare(zone, changes)).await {
            Ok(Ok(rrsets)) => rrsets,
            Ok(Err(rejection)) => return Outcome::Rejected(rejection),
            Err(_) => {
                return rejected(
                    Reason::Unreachable,
                    "the server did not answer our reading in time",
                );
            }
        };
        let rest = until.saturating_duration_since(Instant::now());
        judge(self.api.patch(&zone.id, &rrsets, rest).await)
    }

    pub(super) async fn create(&self, name: &DomainName, deadline: Duration) -> Outcome {
        let nameservers = self.nameservers.iter().map(|ns| format!("{ns}.")).collect();
        judge(self.api.create(&format!("{name}."), nameservers, deadline).await)
    }

    /// What the PATCH will hold: deletions first, so that a CNAME does not meet what it replaces.
    async fn prepare(
        &self,
        zone: &ZoneRef,
        changes: &[SetChange],
    ) -> Result<Vec<Rrset>, Rejection> {
        let invalid = |detail| Rejection { reason: Reason::Invalid, detail };
        let keys: Vec<SetKey> = changes.iter().map(|c| c.key.clone()).collect();
        let found = self.rrsets(zone, &keys).await.map_err(|e| unread(&e))?;
        let now: BTreeMap<_, _> = sets(zone, &found)
            .map_err(|e| unread(&e))?
            .into_iter()
            .map(|set| (set.key, set.body))
            .collect();
        let stale = |c: &&SetChange| !same(c.key.rtype, now.get(&c.key), c.before.as_ref());
        if let Some(stale) = changes.iter().find(stale) {
            let detail = format!("{:?} is not as it was when the plan was made", stale.key);
            return Err(Rejection { reason: Reason::Changed, detail });
        }
        let mut out = Vec::new();
        for change in changes {
            let disabled =
                self.disabled(zone, &change.key, &found).await.map_err(|e| unread(&e))?;
            let soa = change.after.as_ref().filter(|_| change.key.rtype == RecordType::SOA);
            let next = soa.zip(now.get(&change.key));
            let next = next.and_then(|(after, now)| dns::next_soa(now, after, &zone.name));
            let after = next.as_ref().or(change.after.as_ref());
            out.push(from_set(&zone.name, &change.key, after, disabled).map_err(invalid)?);
        }
        out.sort_by_key(|rrset| rrset.changetype != Some("DELETE"));
        Ok(out)
    }

    /// These sets as the server has them: one by one, or out of the whole zone.
    async fn rrsets(&self, zone: &ZoneRef, keys: &[SetKey]) -> Result<Vec<Rrset>, ProviderError> {
        let wanted: Vec<(String, String)> = keys
            .iter()
            .map(|key| (absolute(&zone.name, &key.name), from_type(key.rtype)))
            .collect();
        let mut found = Vec::new();
        if wanted.len() > FEW {
            found = self.api.zone(&zone.id).await?;
        } else {
            for (name, rtype) in &wanted {
                let some = self.api.sets(&zone.id, name, Some(rtype)).await?;
                found.extend(some.into_iter().filter(|s| is(s, name, rtype)));
            }
        }
        found.retain(|s| wanted.iter().any(|(name, rtype)| is(s, name, rtype)));
        Ok(found)
    }

    /// Records that somebody switched off. Replacing a set would silently delete them.
    async fn disabled(
        &self,
        zone: &ZoneRef,
        key: &SetKey,
        found: &[Rrset],
    ) -> Result<Vec<Record>, ProviderError> {
        let (name, rtype) = (absolute(&zone.name, &key.name), from_type(key.rtype));
        let off = |rrsets: &[Rrset]| -> Vec<Record> {
            let own = rrsets.iter().filter(|s| is(s, &name, &rtype));
            own.flat_map(|s| &s.records).filter(|r| r.disabled).cloned().collect()
        };
        let known = off(found);
        if !known.is_empty() {
            return Ok(known);
        }
        match self.api.disabled(&name, &rtype).await? {
            Some(records) => Ok(records),
            None => Ok(off(&self.api.zone(&zone.id).await?)),
        }
    }
}

fn is(rrset: &Rrset, name: &str, rtype: &str) -> bool {
    rrset.name.eq_ignore_ascii_case(name) && rrset.rtype == rtype
}

fn sets(zone: &ZoneRef, rrsets: &[Rrset]) -> Result<Vec<RecordSet>, ProviderError> {
    let found: Result<Vec<_>, _> = rrsets.iter().map(|s| to_set(&zone.name, s)).collect();
    let mut found: Vec<RecordSet> =
        found.map_err(ProviderError::Unsupported)?.into_iter().flatten().collect();
    found.sort_by(|a, b| a.key.cmp(&b.key));
    Ok(found)
}

/// Every status below 500 that is listed here comes before the server touches its database.
pub(super) fn judge(sent: Sent) -> Outcome {
    let (status, headers, body) = match sent {
        Sent::Answer(status, headers, body) => (status, headers, body),
        Sent::NotSent(detail) => return rejected(Reason::Unreachable, detail),
        Sent::Unknown(detail) => return Outcome::Unknown(detail),
    };
    let detail = format!("HTTP {status}: {}", excerpt(&body));
    match status.as_u16() {
        200 | 201 | 204 => Outcome::Done(Evidence::default()),
        401 | 403 => rejected(Reason::Auth, detail),
        404 => rejected(Reason::NotFound, detail),
        409 => rejected(Reason::Changed, detail),
        400 | 422 => rejected(Reason::Invalid, detail),
        429 => {
            let wait = retry_after(&headers).map_or(0, |d| d.as_secs());
            rejected(Reason::Busy, format!("{detail} (Retry-After: {wait} s)"))
        }
        _ => Outcome::Unknown(detail),
    }
}

/// What the API takes and then holds otherwise, or does not take.
fn objections(change: &SetChange) -> Vec<Phrase> {
    let after = change.after.iter().flat_map(|body| &body.data);
    let written: Result<Vec<String>, String> =
        after.map(|data| from_data(change.key.rtype, data)).collect();
    match written {
        Ok(_) => Vec::new(),
        Err(problem) => {
            let (name, rtype) = (&change.key.name, change.key.rtype);
            vec![phrase!("dnshost.not_here", name = name, rtype = rtype, problem = problem)]
        }
    }
}
