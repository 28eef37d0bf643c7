//! What the registrars say of their domains now, and what they last said where they are silent.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::{Date, date};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use crate::account::Account;
use crate::action::act::place::{Survey, account_name, survey};
use crate::action::act::reach::{PATIENCE, each, problem};
use crate::action::{Ctx, DomainRow, Domains, Unreachable, ZoneSize};
use crate::domain::DomainName;
use crate::error::Result;
use crate::ids::AccountId;
use crate::phrase;
use crate::phrase::Phrase;
use crate::provider::{DomainFacts, ProviderError, ZoneRef};

/// More zones than this are not counted for a list.
const COUNTED: usize = 40;

/// Domains of all accounts.
pub(crate) struct Portfolio {
    pub(crate) held: Vec<Held>,
    pub(crate) unreachable: Vec<Unreachable>,
}

/// One domain at one account.
pub(crate) struct Held {
    pub(crate) account: AccountId,
    pub(crate) facts: DomainFacts,
    pub(crate) seen_at: Timestamp,
    /// Said now, not remembered.
    pub(crate) fresh: bool,
}

/// Asks every registrar and remembers what it says.
pub(crate) async fn of(ctx: &Ctx<'_>) -> Result<Portfolio> {
    let said = each(ctx.accounts.registrars(), PATIENCE, |a| async move {
        match a.provider.registrar() {
            Some(registrar) => registrar.domains().await,
            None => Ok(Vec::new()),
        }
    })
    .await;
    let now = ctx.now();
    let mut held = Vec::new();
    for (account, facts) in said.heard {
        ctx.store.put_facts(account.id, &facts, now).await?;
        let fresh = |facts| Held { account: account.id, facts, seen_at: now, fresh: true };
        held.extend(facts.into_iter().map(fresh));
    }
    let silent: BTreeSet<AccountId> = said.silent.iter().map(|(a, _)| a.id).collect();
    for (account, facts, seen_at) in ctx.store.facts().await? {
        if ctx.locked || silent.contains(&account) {
            held.push(Held { account, facts, seen_at, fresh: false });
        }
    }
    held.sort_by(|a, b| (&a.facts.name, a.account).cmp(&(&b.facts.name, b.account)));
    Ok(Portfolio { held, unreachable: unreachable(ctx, said.silent) })
}

/// Why the domain is at none of the accounts, as exactly as we know it.
pub(crate) fn not_yours(ctx: &Ctx<'_>, domain: &DomainName, asked: &Portfolio) -> Phrase {
    let accounts: Vec<&str> = ctx.accounts.registrars().map(|a| a.name.as_str()).collect();
    let shown = phrase::domain_text(domain);
    if accounts.is_empty() {
        phrase!("domain.no_registrar")
    } else if let Some(silent) = asked.unreachable.first() {
        let (account, problem) = (&silent.account, &silent.problem);
        phrase!("domain.cannot_tell", domain = shown, account = account, problem = problem)
    } else if !domain.is_reserved() && !domain.has_known_tld() {
        phrase!("domain.unknown_tld", domain = shown)
    } else {
        phrase!("domain.not_yours", domain = shown, accounts = accounts.join(", "))
    }
}

/// The domain at the accounts that hold it; where an account is silent, what it last said.
pub(crate) async fn find(ctx: &Ctx<'_>, domain: &DomainName) -> Result<Portfolio> {
    let name = domain.clone();
    let mut said = each(ctx.accounts.registrars(), PATIENCE, move |a| {
        let name = name.clone();
        async move {
            match a.provider.registrar() {
                Some(registrar) => registrar.domain(&name).await,
                None => Err(ProviderError::NotFound(name.to_string())),
            }
        }
    })
    .await;
    said.silent.retain(|(_, e)| !matches!(e, ProviderError::NotFound(_)));
    let now = ctx.now();
    let fresh = |(account, facts): (&Account, _)| Held {
        account: account.id,
        facts,
        seen_at: now,
        fresh: true,
    };
    let mut held: Vec<Held> = said.heard.into_iter().map(fresh).collect();
    if ctx.locked || !said.silent.is_empty() {
        for (account, facts, seen_at) in ctx.store.facts().await? {
            let silent = || said.silent.iter().any(|(a, _)| a.id == account);
            if facts.name == *domain && (ctx.locked || silent()) {
                held.push(Held { account, facts, seen_at, fresh: false });
            }
        }
    }
    Ok(Portfolio { held, unreachable: unreachable(ctx, said.silent) })
}

/// Who could not be asked, in words.
pub(crate) fn unreachable(
    ctx: &Ctx<'_>,
    silent: Vec<(&Account, ProviderError)>,
) -> Vec<Unreachable> {
    let say = |(a, e): (&Account, ProviderError)| Unreachable {
        account: a.name.clone(),
        problem: problem(&e).text(ctx.lang),
    };
    silent.into_iter().map(say).collect()
}

/// A registry date before the first domains or far in the future is a gap in somebody's records.
pub(crate) fn believable(expires: Option<Date>) -> Option<Date> {
    expires.filter(|d| (date(1990, 1, 1)..date(2150, 1, 1)).contains(d))
}

/// Days from today; negative = past.
pub(crate) fn days_left(ctx: &Ctx<'_>, expires: Date) -> Option<i32> {
    ctx.today().until(expires).ok().map(|span| span.get_days())
}

/// Rows for people, with the zone beside each domain.
pub(crate) async fn rows(ctx: &Ctx<'_>, portfolio: Portfolio) -> Domains {
    let survey = survey(ctx).await;
    let sizes = sizes(ctx, &survey, &portfolio.held).await;
    let row = |held: Held| {
        let expires = believable(held.facts.expires);
        DomainRow {
            account: account_name(ctx, held.account),
            expires,
            days_left: expires.and_then(|d| days_left(ctx, d)),
            auto_renew: held.facts.auto_renew,
            seen_at: held.seen_at,
            zone: zone_of(&survey, &held.facts.name).map(|zone| ZoneSize {
                account: account_name(ctx, zone.account),
                sets: sizes.get(zone).copied(),
            }),
            domain: held.facts.name,
        }
    };
    Domains {
        domains: portfolio.held.into_iter().map(row).collect(),
        unreachable: portfolio.unreachable,
    }
}

fn zone_of<'a>(survey: &'a Survey, domain: &DomainName) -> Option<&'a ZoneRef> {
    survey.zones.iter().find(|z| z.name == *domain)
}

/// Record sets of the domains' zones, as many as can be counted in time.
async fn sizes(ctx: &Ctx<'_>, survey: &Arc<Survey>, held: &[Held]) -> BTreeMap<ZoneRef, usize> {
    let zones: BTreeSet<&ZoneRef> =
        held.iter().filter_map(|h| zone_of(survey, &h.facts.name)).collect();
    let mut counting = JoinSet::new();
    if zones.len() > COUNTED {
        return BTreeMap::new();
    }
    for zone in zones.into_iter().cloned() {
        let Some(provider) = ctx.accounts.get(zone.account).map(|a| a.provider.clone()) else {
            continue;
        };
        counting.spawn(async move {
            let sets = provider.dns()?.read_zone(&zone).await.ok()?;
            let ours = sets.iter().filter(|s| !s.key.rtype.is_maintained_by_server()).count();
            Some((zone, ours))
        });
    }
    let deadline = Instant::now() + PATIENCE;
    let mut sizes = BTreeMap::new();
    while let Ok(Some(counted)) = timeout_at(deadline, counting.join_next()).await {
        sizes.extend(counted.ok().flatten());
    }
    sizes
}
