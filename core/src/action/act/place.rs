//! Which zone a name belongs to: the longest own zone; among accounts, the one that the delegation names.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Ctx;
use super::reach::{LONG_PATIENCE, PATIENCE, ask, each, patient, problem};
use crate::account::Account;
use crate::domain::{DomainName, RecordName, RecordSet, RecordType, SetKey};
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::phrase;
use crate::phrase::Phrase;
use crate::provider::{DnsHost, ProviderError, ZoneRef};

/// All zones of all accounts, read once for one message.
#[derive(Debug, Default)]
pub(crate) struct Survey {
    pub(crate) zones: Vec<ZoneRef>,
    pub(crate) silent: Vec<(AccountId, ProviderError)>,
}

/// A name inside one zone of one account.
pub(crate) struct Place<'a> {
    pub(crate) account: &'a Account,
    pub(crate) host: &'a dyn DnsHost,
    pub(crate) zone: ZoneRef,
    pub(crate) name: RecordName,
    /// How the zone was chosen, where that was not clear.
    notes: Vec<Phrase>,
}

/// A zone that an earlier plan named, for planning from now.
pub(crate) fn frozen<'a>(ctx: &Ctx<'a>, zone: &ZoneRef) -> Result<Place<'a>> {
    let gone = || phrase!("undo.no_account", zone = zone.name);
    let account = ctx.accounts.get(zone.account).ok_or_else(gone)?;
    let host = account.provider.dns().ok_or_else(gone)?;
    Ok(Place { account, host, zone: zone.clone(), name: RecordName::apex(), notes: Vec::new() })
}

/// The zone that holds `name` of `domain`.
pub(crate) async fn of_name<'a>(
    ctx: &Ctx<'a>,
    domain: &DomainName,
    name: &RecordName,
) -> Result<Place<'a>> {
    of_owner(ctx, &name.absolute(domain), domain).await
}

/// As [`of_name`] for a record set: DS records of a zone stand in the zone above it.
pub(crate) async fn of_set<'a>(
    ctx: &Ctx<'a>,
    domain: &DomainName,
    name: &RecordName,
    rtype: RecordType,
) -> Result<Place<'a>> {
    let owner = name.absolute(domain);
    match owner.split_once('.').map(|(_, above)| DomainName::parse(above)) {
        Some(Ok(above)) if rtype == RecordType::DS => {
            let mut place = of_owner(ctx, above.as_str(), &above).await?;
            place.name = inside(&owner, &place.zone.name)?;
            Ok(place)
        }
        _ => of_owner(ctx, &owner, domain).await,
    }
}

/// The zone that holds the domain's apex.
pub(crate) async fn of_domain<'a>(ctx: &Ctx<'a>, domain: &DomainName) -> Result<Place<'a>> {
    of_owner(ctx, domain.as_str(), domain).await
}

/// As [`of_domain`], at the account of this name where one is said.
pub(crate) async fn of_domain_at<'a>(
    ctx: &Ctx<'a>,
    domain: &DomainName,
    account: Option<&str>,
) -> Result<Place<'a>> {
    let Some(wanted) = account else { return of_domain(ctx, domain).await };
    let survey = survey(ctx).await;
    let found = ctx.accounts.dns_hosts().find(|a| a.name.eq_ignore_ascii_case(wanted));
    let account = found.ok_or_else(|| {
        let hosts: Vec<&str> = ctx.accounts.dns_hosts().map(|a| a.name.as_str()).collect();
        let (wanted, known) = (phrase::foreign(wanted), hosts.join(", "));
        phrase!("zone.no_such_account", account = wanted, accounts = known)
    })?;
    let zone = survey.zones.iter().find(|z| z.account == account.id && z.name == *domain);
    let zone = zone.ok_or_else(|| {
        let zone = phrase::domain_text(domain);
        phrase!("zone.not_at_account", zone = zone, account = account.name)
    })?;
    let host = account.provider.dns().ok_or_else(|| Error::internal("lost DNS host"))?;
    let name = RecordName::apex();
    Ok(Place { account, host, zone: zone.clone(), name, notes: Vec::new() })
}

async fn of_owner<'a>(ctx: &Ctx<'a>, owner: &str, domain: &DomainName) -> Result<Place<'a>> {
    let survey = survey(ctx).await;
    let holder = DomainName::parse(owner.strip_prefix("*.").unwrap_or(owner))
        .map_err(|_| phrase!("dns.bad_name", name = phrase::foreign(owner)))?;
    let own = longest(&survey, &holder);
    let mut notes = silent(ctx, &survey);
    let zone = match own.as_slice() {
        [] => return Err(nowhere(ctx, &survey, domain).into()),
        [one] => one.clone(),
        several => {
            let (zone, note) = delegated(ctx, &survey, several).await?;
            notes.push(note);
            zone
        }
    };
    let account = ctx.accounts.get(zone.account).ok_or_else(|| Error::internal("lost account"))?;
    let host = account.provider.dns().ok_or_else(|| Error::internal("lost DNS host"))?;
    if zone.name.is_reserved() && !account.kind.own_server {
        return Err(phrase!("zone.reserved", zone = zone.name).into());
    }
    let name = inside(owner, &zone.name)?;
    Ok(Place { account, host, zone, name, notes })
}

fn inside(owner: &str, zone: &DomainName) -> Result<RecordName> {
    RecordName::from_absolute(owner, zone)
        .map_err(|_| phrase!("dns.bad_name", name = phrase::foreign(owner)).into())
}

fn longest(survey: &Survey, name: &DomainName) -> Vec<ZoneRef> {
    let holding = || survey.zones.iter().filter(|z| name.is_in(&z.name));
    let length = holding().map(|z| z.name.as_str().len()).max();
    holding().filter(|z| Some(z.name.as_str().len()) == length).cloned().collect()
}

/// Every zone of every account; asked once for a message.
pub(crate) async fn survey(ctx: &Ctx<'_>) -> Arc<Survey> {
    let known = ctx.on_desk().survey.clone();
    if let Some(survey) = known {
        return survey;
    }
    let said = each(ctx.accounts.dns_hosts(), PATIENCE, |a| async move {
        match a.provider.dns() {
            Some(host) => host.zones().await,
            None => Ok(Vec::new()),
        }
    })
    .await;
    let survey = Arc::new(Survey {
        zones: said.heard.into_iter().flat_map(|(_, zones)| zones).collect(),
        silent: said.silent.into_iter().map(|(a, e)| (a.id, e)).collect(),
    });
    ctx.on_desk().survey = Some(survey.clone());
    survey
}

/// The name of an account, for people.
pub(crate) fn account_name(ctx: &Ctx<'_>, id: AccountId) -> String {
    if ctx.locked {
        // Names are in the vault.
        return "?".to_owned();
    }
    ctx.accounts.get(id).map_or_else(|| id.to_string(), |a| a.name.clone())
}

/// A warning for each account that could not be asked for its zones.
pub(crate) fn silent(ctx: &Ctx<'_>, survey: &Survey) -> Vec<Phrase> {
    let warn = |(id, e): &(AccountId, ProviderError)| {
        let account = account_name(ctx, *id);
        phrase!("zone.account_silent", account = account, problem = problem(e).text(ctx.lang))
    };
    survey.silent.iter().map(warn).collect()
}

/// Why no zone was found, as exactly as we know it.
fn nowhere(ctx: &Ctx<'_>, survey: &Survey, domain: &DomainName) -> Phrase {
    let hosts: Vec<&str> = ctx.accounts.dns_hosts().map(|a| a.name.as_str()).collect();
    let shown = phrase::domain_text(domain);
    if hosts.is_empty() {
        phrase!("zone.no_accounts")
    } else if let Some((id, e)) = survey.silent.first() {
        let account = account_name(ctx, *id);
        let problem = problem(e).text(ctx.lang);
        phrase!("zone.cannot_tell", domain = shown, account = account, problem = problem)
    } else if !domain.is_reserved() && !domain.has_known_tld() {
        phrase!("domain.unknown_tld", domain = shown)
    } else {
        phrase!("zone.not_yours", domain = shown, accounts = hosts.join(", "))
    }
}

/// Two accounts hold one zone: the one whose servers the delegation names is the live one.
async fn delegated(ctx: &Ctx<'_>, survey: &Survey, zones: &[ZoneRef]) -> Result<(ZoneRef, Phrase)> {
    let names: Vec<String> = zones.iter().map(|z| account_name(ctx, z.account)).collect();
    let zone = &zones[0].name;
    let ask_which = || {
        let zone = phrase::domain_text(zone);
        Error::User(phrase!("zone.which_account", zone = zone, accounts = names.join(", ")))
    };
    let Some(delegation) = delegation(ctx, survey, zone).await else { return Err(ask_which()) };
    let mut by_server = Vec::new();
    let mut by_apex = Vec::new();
    for candidate in zones {
        let Some(account) = ctx.accounts.get(candidate.account) else { continue };
        if named_servers(account, candidate).await.iter().any(|n| delegation.contains(n)) {
            by_server.push(candidate);
        }
        if apex_servers(account, candidate).await.iter().any(|n| delegation.contains(n)) {
            by_apex.push(candidate);
        }
    }
    let live = match (by_server.as_slice(), by_apex.as_slice()) {
        ([one], _) | ([], [one]) => (*one).clone(),
        _ => return Err(ask_which()),
    };
    let chosen = account_name(ctx, live.account);
    let others: Vec<String> = names.into_iter().filter(|n| *n != chosen).collect();
    let note = phrase!(
        "zone.by_delegation",
        zone = phrase::domain_text(zone),
        account = chosen,
        others = others.join(", ")
    );
    Ok((live, note))
}

/// The servers to which the name is delegated: from its registrar (else what it last said), or for a zone
/// below another own zone from there. `None` = not known.
pub(crate) async fn delegation(
    ctx: &Ctx<'_>,
    survey: &Survey,
    zone: &DomainName,
) -> Option<BTreeSet<DomainName>> {
    if zone.registrable().as_ref() != Some(zone) {
        return delegation_above(ctx, survey, zone).await;
    }
    let name = zone.clone();
    let said = each(ctx.accounts.registrars(), PATIENCE, move |a| {
        let name = name.clone();
        async move {
            match a.provider.registrar() {
                Some(r) => r.domain(&name).await,
                None => Err(ProviderError::Unsupported("no registrar".into())),
            }
        }
    })
    .await;
    let live = said.heard.into_iter().map(|(_, facts)| facts.nameservers);
    let known = ctx.store.facts().await.unwrap_or_default();
    let remembered =
        known.into_iter().filter(|(_, f, _)| f.name == *zone).map(|(_, f, _)| f.nameservers);
    live.chain(remembered).find(|ns| !ns.is_empty()).map(|ns| ns.into_iter().collect())
}

async fn delegation_above(
    ctx: &Ctx<'_>,
    survey: &Survey,
    zone: &DomainName,
) -> Option<BTreeSet<DomainName>> {
    let (_, above) = zone.as_str().split_once('.')?;
    let parent = longest(survey, &DomainName::parse(above).ok()?).into_iter().next()?;
    let account = ctx.accounts.get(parent.account)?;
    let name = zone.relative_to(&parent.name).ok()?;
    let servers = ns_servers(account, &parent, name).await;
    (!servers.is_empty()).then_some(servers)
}

/// Names of the servers that serve the zone, by the owner's settings and the provider.
pub(crate) async fn named_servers(account: &Account, zone: &ZoneRef) -> BTreeSet<DomainName> {
    let said = match account.provider.dns() {
        Some(host) => patient(PATIENCE, host.authorities(zone)).await.unwrap_or_default(),
        None => Vec::new(),
    };
    said.iter()
        .chain(&account.authorities)
        .filter(|a| a.name.parse::<std::net::IpAddr>().is_err())
        .filter_map(|a| a.name.parse().ok())
        .collect()
}

/// As [`named_servers`]; where nobody names them and no other account holds a copy, those of its apex NS set.
pub(crate) async fn serving(
    account: &Account,
    zone: &ZoneRef,
    survey: &Survey,
) -> BTreeSet<DomainName> {
    let named = named_servers(account, zone).await;
    let alone = survey.zones.iter().filter(|z| z.name == zone.name).count() == 1;
    if named.is_empty() && alone { apex_servers(account, zone).await } else { named }
}

async fn apex_servers(account: &Account, zone: &ZoneRef) -> BTreeSet<DomainName> {
    ns_servers(account, zone, RecordName::apex()).await
}

async fn ns_servers(account: &Account, zone: &ZoneRef, name: RecordName) -> BTreeSet<DomainName> {
    let Some(host) = account.provider.dns() else { return BTreeSet::new() };
    let keys = [SetKey { name, rtype: RecordType::NS }];
    let sets = patient(PATIENCE, host.read_sets(zone, &keys)).await.unwrap_or_default();
    sets.iter().flat_map(|s| &s.body.data).filter_map(|d| d.as_str().parse().ok()).collect()
}

impl Place<'_> {
    /// Puts what was said about the choice of the zone into the plan.
    pub(crate) fn note(&self, ctx: &Ctx<'_>) {
        let mut desk = ctx.on_desk();
        self.notes.iter().for_each(|n| desk.warn(n.clone()));
    }

    /// The sets at `name` as the provider has them; read once for a message, then from the desk.
    pub(crate) async fn read_name(
        &self,
        ctx: &Ctx<'_>,
        name: &RecordName,
    ) -> Result<Vec<RecordSet>> {
        if !ctx.on_desk().knows(&self.zone, name) {
            let sets = ask(self.account, PATIENCE, self.host.read_name(&self.zone, name)).await?;
            ctx.on_desk().learn_name(&self.zone, name, sets);
        }
        Ok(ctx.on_desk().before(&self.zone, Some(name)))
    }

    /// All sets as the provider has them; read once for a message.
    pub(crate) async fn read_zone(&self, ctx: &Ctx<'_>) -> Result<Vec<RecordSet>> {
        if !ctx.on_desk().knows_whole(&self.zone) {
            let sets = self.fresh_zone().await?;
            ctx.on_desk().learn_zone(&self.zone, sets);
        }
        Ok(ctx.on_desk().before(&self.zone, None))
    }

    /// All sets, past the desk: for answers.
    pub(crate) async fn fresh_zone(&self) -> Result<Vec<RecordSet>> {
        ask(self.account, LONG_PATIENCE, self.host.read_zone(&self.zone)).await
    }
}
