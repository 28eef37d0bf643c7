//! How things are now, compared with what a step expects and wants.

use std::collections::BTreeMap;

use crate::account::{Account, Accounts};
use crate::domain::{RecordSet, SetBody, SetKey};
use crate::phrase;
use crate::phrase::Phrase;
use crate::plan::{SetChange, Step, same};
use crate::provider::{DnsHost, Evidence, ProviderError, Registrar, RenewOrder, ZoneRef};

/// How the present compares with a step.
#[derive(Debug)]
pub(super) enum Present {
    /// As the plan expects it before the step.
    Base,
    /// As the step wants it, with proof that suffices for it (rule 13).
    Target(Evidence),
    /// Otherwise; says how.
    Other(Phrase),
}

/// Why the present is not known.
#[derive(Debug)]
pub(super) enum Blind {
    /// The account is gone or cannot do that.
    NoDoor,
    /// Reading failed.
    Read(ProviderError),
}

impl From<ProviderError> for Blind {
    fn from(e: ProviderError) -> Self {
        Self::Read(e)
    }
}

pub(super) fn door<'a>(accounts: &'a Accounts, step: &Step) -> Result<&'a Account, Blind> {
    step.account().and_then(|id| accounts.get(id)).ok_or(Blind::NoDoor)
}

pub(super) fn dns(account: &Account) -> Result<&dyn DnsHost, Blind> {
    account.provider.dns().ok_or(Blind::NoDoor)
}

pub(super) fn registrar(account: &Account) -> Result<&dyn Registrar, Blind> {
    account.provider.registrar().ok_or(Blind::NoDoor)
}

/// Reads the present. `key` is given once an intent of ours exists: then money counts as done only by our
/// own order, never by a moved date.
pub(super) async fn present(
    accounts: &Accounts,
    step: &Step,
    key: Option<&str>,
) -> Result<Present, Blind> {
    let account = door(accounts, step)?;
    match step {
        Step::DnsChange { zone, changes } => sets(dns(account)?, zone, changes).await,
        Step::ZoneCreate { name, .. } => {
            let exists = dns(account)?.zones().await?.iter().any(|z| z.name == *name);
            Ok(if exists { target() } else { Present::Base })
        }
        Step::ZoneDelete { zone, before } => zone_to_delete(dns(account)?, zone, before).await,
        Step::Renew { order, .. } => renewal(registrar(account)?, order, key).await,
        Step::AutoRenew { domain, before, enabled, .. } => {
            let now = registrar(account)?.domain(domain).await?.auto_renew;
            Ok(match now {
                now if now == Some(*enabled) => target(),
                now if now == *before => Present::Base,
                _ => Present::Other(phrase!("job.autorenew_unknown", domain = domain)),
            })
        }
        Step::Settle { .. } => Ok(Present::Base),
    }
}

fn target() -> Present {
    Present::Target(Evidence { read_back: true, ..Evidence::default() })
}

async fn sets(host: &dyn DnsHost, zone: &ZoneRef, changes: &[SetChange]) -> Result<Present, Blind> {
    let keys: Vec<SetKey> = changes.iter().map(|c| c.key.clone()).collect();
    let now = host.read_sets(zone, &keys).await?;
    let now: BTreeMap<&SetKey, &SetBody> = now.iter().map(|s| (&s.key, &s.body)).collect();
    let body = |key: &SetKey| now.get(key).copied();
    let is =
        |c: &SetChange, wanted: &Option<SetBody>| same(c.key.rtype, body(&c.key), wanted.as_ref());
    if changes.iter().all(|c| is(c, &c.after)) {
        return Ok(target());
    }
    if let Some(changed) = changes.iter().find(|c| !is(c, &c.before)) {
        let found = body(&changed.key)
            .map_or_else(|| "-".to_owned(), |b| format!("{} {:?}", b.ttl, b.data));
        let name = changed.key.name.absolute(&zone.name);
        return Ok(Present::Other(phrase!(
            "job.set_changed",
            name = name,
            rtype = changed.key.rtype,
            now = found
        )));
    }
    Ok(Present::Base)
}

async fn zone_to_delete(
    host: &dyn DnsHost,
    zone: &ZoneRef,
    before: &[RecordSet],
) -> Result<Present, Blind> {
    if !host.zones().await?.iter().any(|z| z.id == zone.id && z.name == zone.name) {
        return Ok(target());
    }
    let now = host.read_zone(zone).await?;
    let comparable = |sets: &[RecordSet]| {
        let mut kept: Vec<String> = sets
            .iter()
            .filter(|s| {
                s.key.rtype != crate::domain::RecordType::SOA
                    && !s.key.rtype.is_maintained_by_server()
            })
            .map(|s| format!("{:?} {} {:?}", s.key, s.body.ttl, s.body.data))
            .collect();
        kept.sort();
        kept
    };
    if comparable(&now) == comparable(before) {
        return Ok(Present::Base);
    }
    Ok(Present::Other(phrase!("job.zone_changed", zone = zone.name)))
}

async fn renewal(
    registrar: &dyn Registrar,
    order: &RenewOrder,
    key: Option<&str>,
) -> Result<Present, Blind> {
    if let Some(key) = key
        && let Some(record) = registrar.order(key, &order.domain).await?
    {
        let evidence = Evidence {
            reference: Some(record.reference),
            charged: record.charged,
            expires: record.expires,
            read_back: true,
            ..Evidence::default()
        };
        return Ok(Present::Target(evidence));
    }
    let facts = registrar.domain(&order.domain).await?;
    match facts.expires {
        Some(now) if now == order.expected_expiry => Ok(Present::Base),
        Some(now) => Ok(Present::Other(phrase!(
            "job.expiry_moved",
            domain = order.domain,
            now = now,
            expected = order.expected_expiry
        ))),
        None => Ok(Present::Other(phrase!("job.expiry_unknown", domain = order.domain))),
    }
}
