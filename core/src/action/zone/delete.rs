//! A zone goes, with everything in it. The plan keeps what it held.

use crate::action::act::place::{account_name, delegation, of_domain, serving, silent, survey};
use crate::action::act::reach::{LONG_PATIENCE, ask};
use crate::action::{Ctx, Draft, OfDomain, Planned};
use crate::error::{Error, Result};
use crate::phrase;
use crate::phrase::Phrase;
use crate::plan::{Step, Tier};
use crate::provider::ZoneRef;

pub(in crate::action) async fn plan(slots: &OfDomain, ctx: &Ctx<'_>) -> Result<Planned> {
    ctx.on_desk().once("zone.delete", &slots.domain)?;
    let zone = which(slots, ctx).await?;
    ctx.on_desk().doom(&zone);
    let account = ctx.accounts.get(zone.account).ok_or_else(|| Error::internal("lost account"))?;
    let host = account.provider.dns().ok_or_else(|| Error::internal("lost DNS host"))?;
    if !host.limits().manages_zones {
        return Err(phrase!("zone.not_deleted_here", account = account.name).into());
    }
    let mut before = ask(account, LONG_PATIENCE, host.read_zone(&zone)).await?;
    before.retain(|s| !s.key.rtype.is_maintained_by_server());
    before.sort_by(|a, b| a.key.cmp(&b.key));
    let shown = phrase::domain_text(&zone.name);
    let mut warnings =
        vec![phrase!("zone.delete_all", zone = shown, account = account.name, n = before.len())];
    warnings.push(live(ctx, &zone).await);
    warnings.extend(silent(ctx, &*survey(ctx).await));
    Ok(Planned::Steps(Draft {
        steps: vec![Step::ZoneDelete { zone, before }],
        warnings,
        tier: Some(Tier::Dangerous),
        ..Draft::default()
    }))
}

/// The zone of exactly this name; two of them are a question, because deleting the wrong one takes a site
/// and its mail away.
async fn which(slots: &OfDomain, ctx: &Ctx<'_>) -> Result<ZoneRef> {
    let survey = survey(ctx).await;
    let shown = phrase::domain_text(&slots.domain);
    let own: Vec<&ZoneRef> = survey.zones.iter().filter(|z| z.name == slots.domain).collect();
    match own.as_slice() {
        [one] => Ok((*one).clone()),
        [] => {
            let place = of_domain(ctx, &slots.domain).await?;
            let parent = phrase::domain_text(&place.zone.name);
            Err(phrase!("zone.only_part", name = shown, zone = parent).into())
        }
        several => {
            let names: Vec<String> = several.iter().map(|z| account_name(ctx, z.account)).collect();
            Err(phrase!("zone.delete_which", zone = shown, accounts = names.join(", ")).into())
        }
    }
}

/// Does the world ask this zone's servers?
async fn live(ctx: &Ctx<'_>, zone: &ZoneRef) -> Phrase {
    let survey = survey(ctx).await;
    let shown = phrase::domain_text(&zone.name);
    let Some(account) = ctx.accounts.get(zone.account) else {
        return phrase!("zone.delegation_unknown", zone = shown);
    };
    let ours = serving(account, zone, &survey).await;
    match delegation(ctx, &survey, &zone.name).await {
        Some(names) if !ours.is_disjoint(&names) => phrase!("zone.still_live", zone = shown),
        Some(_) if !ours.is_empty() => phrase!("zone.not_live", zone = shown),
        _ => phrase!("zone.delegation_unknown", zone = shown),
    }
}
