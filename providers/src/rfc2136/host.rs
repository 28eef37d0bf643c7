//! Reading and changing zones at such a server.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use dns_domain::base::iana::Rcode;
use dombot_core::domain::{
    DomainName, RecordData, RecordName, RecordSet, RecordType, SetBody, SetKey,
};
use dombot_core::job::Claimed;
use dombot_core::phrase;
use dombot_core::phrase::{Language, Phrase};
use dombot_core::plan::{SetChange, apply, same};
use dombot_core::provider::{
    Around, Authority, DnsHost, DnsLimits, Evidence, Outcome, ProviderError, Reason, Rejection,
    Repeat, ZoneRef,
};
use tokio::time::Instant;

use super::{Rfc2136, Software, objections};
use crate::dns::{self, Queried, Server, Updated, rejected, unread};

/// For a few questions.
const READ: Duration = Duration::from_secs(10);
/// For a whole zone.
const READ_ZONE: Duration = Duration::from_mins(1);
/// More sets than this are read faster by one transfer.
const FEW: usize = 16;
/// What a signed REFUSED can mean; the second is BIND's `check-integrity`.
const WHY_REFUSED: &str = "the key may not change this name, or the server's own checks object \
    (BIND takes no MX that leads to a name of the zone without an address)";
/// Old and new data of one message may take this much; names, headers and the signature need the rest.
const ROOM: usize = 56 * 1024;

#[async_trait]
impl DnsHost for Rfc2136 {
    fn limits(&self) -> DnsLimits {
        DnsLimits {
            repeat: Repeat::CompareAndSet,
            settle: Duration::from_secs(30),
            // 64 KB for prerequisites and new values: 50 sets of ten host names, or of two DKIM keys.
            sets_per_call: 50,
            atomic: true,
            manages_zones: false,
            deadline: Duration::from_secs(20),
            fresh: true,
        }
    }

    fn refusals(&self, zone: &ZoneRef, change: &SetChange, around: &dyn Around) -> Vec<Phrase> {
        let mut out: Vec<Phrase> = Self::too_big(zone, change).into_iter().collect();
        out.extend(objections::of(self.software(), zone, change, around));
        out
    }

    fn looks_at(&self, zone: &ZoneRef, change: &SetChange) -> Vec<RecordName> {
        objections::hosts(self.software(), zone, change)
    }

    async fn zones(&self) -> Result<Vec<ZoneRef>, ProviderError> {
        let account = self.account;
        let zone =
            |name: &DomainName| ZoneRef { account, id: name.to_string(), name: name.clone() };
        Ok(self.zones.iter().map(zone).collect())
    }

    async fn read_zone(&self, zone: &ZoneRef) -> Result<Vec<RecordSet>, ProviderError> {
        self.known(zone)?;
        self.learn().await;
        dns::axfr(self.asked(), &zone.name, READ_ZONE).await
    }

    async fn read_sets(
        &self,
        zone: &ZoneRef,
        keys: &[SetKey],
    ) -> Result<Vec<RecordSet>, ProviderError> {
        self.known(zone)?;
        let shadowed = keys.iter().any(|key| self.in_subzone(zone, &key.name));
        if keys.len() <= FEW && !shadowed {
            let asked = dns::query_sets(self.asked(), &zone.name, keys, READ).await?;
            if let Queried::Sets(sets) = asked {
                return Ok(sets);
            }
        }
        let mut sets = self.read_zone(zone).await?;
        sets.retain(|set| keys.contains(&set.key));
        Ok(sets)
    }

    async fn read_name(
        &self,
        zone: &ZoneRef,
        name: &RecordName,
    ) -> Result<Vec<RecordSet>, ProviderError> {
        self.known(zone)?;
        self.learn().await;
        if !self.in_subzone(zone, name) {
            // Knot answers ANY with one set only, as RFC 8482 lets it.
            let any = matches!(self.software(), Software::Bind | Software::PowerDns);
            let asked = dns::query_name(self.asked(), &zone.name, name, any, READ).await?;
            if let Queried::Sets(sets) = asked {
                return Ok(sets);
            }
        }
        let mut sets = self.read_zone(zone).await?;
        sets.retain(|set| set.key.name == *name);
        Ok(sets)
    }

    async fn authorities(&self, _: &ZoneRef) -> Result<Vec<Authority>, ProviderError> {
        Ok(self.authorities.clone())
    }

    async fn change(&self, claim: &Claimed<'_>, zone: &ZoneRef, changes: &[SetChange]) -> Outcome {
        self.swap(zone, changes, claim.deadline()).await
    }

    async fn create_zone(&self, _: &Claimed<'_>, _: &DomainName) -> Outcome {
        rejected(Reason::Invalid, "dynamic update cannot make zones")
    }

    async fn delete_zone(&self, _: &Claimed<'_>, _: &ZoneRef) -> Outcome {
        rejected(Reason::Invalid, "dynamic update cannot delete zones")
    }
}

impl Rfc2136 {
    /// Reads the touched sets once more (a prerequisite does not compare TTLs), then sends one UPDATE.
    pub(super) async fn swap(
        &self,
        zone: &ZoneRef,
        changes: &[SetChange],
        deadline: Duration,
    ) -> Outcome {
        let until = Instant::now() + deadline;
        let objections = |c: &SetChange| dns::refusals(c).into_iter().chain(Self::too_big(zone, c));
        if let Some(objection) = changes.iter().flat_map(objections).next() {
            return rejected(Reason::Invalid, objection.text(Language::En));
        }
        let changes = match tokio::time::timeout(deadline, self.check(zone, changes)).await {
            Ok(Ok(changes)) => changes,
            Ok(Err(rejection)) => return Outcome::Rejected(rejection),
            Err(_) => {
                return rejected(
                    Reason::Unreachable,
                    "the server did not answer our reading in time",
                );
            }
        };
        let rest = until.saturating_duration_since(Instant::now());
        judge(dns::update(self.server, &self.signer, &zone.name, &changes, rest).await)
    }

    /// The changes as they are sent: a SOA compares with the present serial and carries the next one.
    async fn check(
        &self,
        zone: &ZoneRef,
        changes: &[SetChange],
    ) -> Result<Vec<SetChange>, Rejection> {
        let now = self.present(zone, changes).await.map_err(|e| unread(&e))?;
        for change in changes {
            if !same(change.key.rtype, now.get(&change.key), change.before.as_ref()) {
                let detail = format!("{:?} is not as it was when the plan was made", change.key);
                return Err(Rejection { reason: Reason::Changed, detail });
            }
        }
        let after = apply(&now, changes);
        for change in changes.iter().filter(|c| c.after.is_some()) {
            self.fits(&change.key.name, &after)?;
        }
        let mut sent = changes.to_vec();
        for change in sent.iter_mut().filter(|c| c.key.rtype == RecordType::SOA) {
            change.before = now.get(&change.key).cloned();
            if let (Some(before), Some(after)) = (&change.before, &change.after) {
                change.after = dns::next_soa(before, after, &zone.name);
            }
        }
        Ok(sent)
    }

    /// The touched sets, and what decides whether a new one can stand at its name.
    async fn present(
        &self,
        zone: &ZoneRef,
        changes: &[SetChange],
    ) -> Result<BTreeMap<SetKey, SetBody>, ProviderError> {
        if changes.len() > FEW {
            return Ok(by_key(self.read_zone(zone).await?));
        }
        let mut keys: Vec<SetKey> = changes.iter().map(|c| c.key.clone()).collect();
        let mut now = BTreeMap::new();
        for key in changes.iter().filter(|c| c.before.is_none()).map(|c| &c.key) {
            if key.rtype == RecordType::CNAME {
                now.extend(by_key(self.read_name(zone, &key.name).await?));
            } else {
                keys.push(SetKey { name: key.name.clone(), rtype: RecordType::CNAME });
            }
        }
        let signers = changes.iter().filter(|c| c.key.rtype == RecordType::DS);
        let delegation = |c: &SetChange| SetKey { name: c.key.name.clone(), rtype: RecordType::NS };
        keys.extend(signers.map(delegation));
        keys.sort();
        keys.dedup();
        now.extend(by_key(self.read_sets(zone, &keys).await?));
        Ok(now)
    }

    /// Servers answer NOERROR and drop what cannot stand at a name (RFC 2136 3.4.2.2; BIND a lone DS).
    fn fits(&self, name: &RecordName, zone: &BTreeMap<SetKey, SetBody>) -> Result<(), Rejection> {
        let types: Vec<RecordType> = zone
            .keys()
            .filter(|key| key.name == *name && !key.rtype.is_maintained_by_server())
            .map(|key| key.rtype)
            .collect();
        let has = |rtype| types.contains(&rtype);
        let detail = if has(RecordType::CNAME) && types.len() > 1 {
            format!("{name}: a CNAME cannot stand beside other data, the server would drop it")
        } else if self.software() == Software::Bind && has(RecordType::DS) && !has(RecordType::NS) {
            format!("{name}: BIND drops a DS where there is no NS")
        } else {
            return Ok(());
        };
        Err(Rejection { reason: Reason::Invalid, detail })
    }

    /// Bytes of a change in a message: each old value as a prerequisite, one deletion, each new value.
    fn weight(zone: &ZoneRef, change: &SetChange) -> usize {
        // Owner (never compressed), type, class, TTL, length.
        let record = change.key.name.as_str().len() + zone.name.as_str().len() + 13;
        let bodies = [&change.before, &change.after];
        let data = bodies.into_iter().flatten().flat_map(|body| &body.data);
        let wire =
            |d: &RecordData| d.to_wire(change.key.rtype).map_or(d.as_str().len(), |w| w.len());
        data.map(|d| record + wire(d)).sum::<usize>() + record
    }

    /// What this protocol cannot carry.
    fn too_big(zone: &ZoneRef, change: &SetChange) -> Option<Phrase> {
        let (name, rtype) = (&change.key.name, change.key.rtype);
        (Self::weight(zone, change) > ROOM)
            .then(|| phrase!("dnshost.too_big", name = name, rtype = rtype))
    }

    /// Asks the server once what it is, where the account's settings do not say.
    async fn learn(&self) {
        if self.software.get().is_none() {
            let said = dns::version(self.server).await.unwrap_or_default();
            // Set meanwhile by another question: the same answer.
            let _ = self.software.set(Software::named(&said));
        }
    }

    fn software(&self) -> Software {
        self.software.get().copied().unwrap_or(Software::Unknown)
    }

    fn asked(&self) -> Server<'_> {
        Server { addr: self.server, signer: Some(&self.signer) }
    }

    fn known(&self, zone: &ZoneRef) -> Result<(), ProviderError> {
        if self.zones.contains(&zone.name) {
            Ok(())
        } else {
            Err(ProviderError::NotFound(format!("{} is not named in this account", zone.name)))
        }
    }

    /// The server would answer from a zone of its own below this one.
    fn in_subzone(&self, zone: &ZoneRef, name: &RecordName) -> bool {
        let owner = name.absolute(&zone.name);
        self.zones.iter().any(|other| {
            *other != zone.name
                && other.is_in(&zone.name)
                && (owner == other.as_str() || owner.ends_with(&format!(".{other}")))
        })
    }
}

/// Only a signed answer proves anything. RFC 2136 2.2 names the codes.
fn judge(updated: Updated) -> Outcome {
    let code = match updated {
        Updated::Answer(code) => code,
        Updated::ClockSkew(detail) => return rejected(Reason::Auth, format!("BADTIME: {detail}")),
        Updated::Unfit(detail) => return rejected(Reason::Invalid, detail),
        Updated::NotSent(detail) => return rejected(Reason::Unreachable, detail),
        Updated::Unknown(detail) => return Outcome::Unknown(detail),
    };
    let detail = format!("the server's signed answer is {code}");
    match code {
        Rcode::NOERROR => Outcome::Done(Evidence::default()),
        Rcode::NXRRSET | Rcode::YXRRSET | Rcode::NXDOMAIN | Rcode::YXDOMAIN => {
            rejected(Reason::Changed, detail)
        }
        // It is signed, so the key is known: it may not do this, or the data did not please the server.
        Rcode::REFUSED => rejected(Reason::Status, format!("{detail}: {WHY_REFUSED}")),
        Rcode::NOTAUTH => rejected(Reason::Auth, detail),
        Rcode::FORMERR | Rcode::NOTIMP | Rcode::NOTZONE => rejected(Reason::Invalid, detail),
        _ => Outcome::Unknown(detail),
    }
}

fn by_key(sets: Vec<RecordSet>) -> BTreeMap<SetKey, SetBody> {
    sets.into_iter().map(|set| (set.key, set.body)).collect()
}
