//! All zones of all accounts, and whether the delegation points to them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::action::act::place::{Survey, account_name, serving, survey};
use crate::action::act::reach::{LONG_PATIENCE, each, problem};
use crate::action::domain::portfolio;
use crate::action::{Answer, Ctx, Nothing, Planned, Unreachable, ZoneRow, Zones};
use crate::domain::DomainName;
use crate::error::Result;
use crate::provider::ZoneRef;

pub(in crate::action) async fn plan(_: &Nothing, ctx: &Ctx<'_>) -> Result<Planned> {
    let survey = survey(ctx).await;
    let delegations = delegations(ctx).await?;
    let known = survey.zones.iter().filter(|z| delegations.contains_key(&z.name));
    let served = servers(ctx, &survey, known.cloned().collect()).await;
    let row = |zone: &ZoneRef| ZoneRow {
        account: account_name(ctx, zone.account),
        zone: zone.clone(),
        delegated: served
            .get(zone)
            .filter(|servers| !servers.is_empty())
            .map(|servers| !servers.is_disjoint(&delegations[&zone.name])),
    };
    let mut zones: Vec<ZoneRow> = survey.zones.iter().map(row).collect();
    zones.sort_by(|a, b| (&a.zone.name, &a.account).cmp(&(&b.zone.name, &b.account)));
    let unreachable = survey
        .silent
        .iter()
        .map(|(id, e)| {
            let problem = problem(e).text(ctx.lang);
            Unreachable { account: account_name(ctx, *id), problem }
        })
        .collect();
    Ok(Planned::Answer(Answer::Zones(Zones { zones, unreachable })))
}

async fn delegations(ctx: &Ctx<'_>) -> Result<BTreeMap<DomainName, BTreeSet<DomainName>>> {
    let known = portfolio::of(ctx).await?;
    let facts = known.held.into_iter().map(|held| held.facts);
    Ok(facts
        .filter(|f| !f.nameservers.is_empty())
        .map(|f| (f.name, f.nameservers.into_iter().collect()))
        .collect())
}

/// Names of the servers of each zone, account by account; a slow account's zones stay unknown.
async fn servers(
    ctx: &Ctx<'_>,
    survey: &Arc<Survey>,
    zones: Vec<ZoneRef>,
) -> BTreeMap<ZoneRef, BTreeSet<DomainName>> {
    let said = each(ctx.accounts.dns_hosts(), LONG_PATIENCE, |account| {
        let own: Vec<ZoneRef> = zones.iter().filter(|z| z.account == account.id).cloned().collect();
        let survey = survey.clone();
        async move {
            let mut out = Vec::new();
            for zone in own {
                let servers = serving(&account, &zone, &survey).await;
                out.push((zone, servers));
            }
            Ok(out)
        }
    })
    .await;
    said.heard.into_iter().flat_map(|(_, servers)| servers).collect()
}
