//! Automatic renewal at the registrar, on or off.

use super::check;
use super::renew::held;
use crate::action::{Autorenew, Ctx, Draft, Planned};
use crate::error::Result;
use crate::phrase;
use crate::plan::Step;

pub(in crate::action) async fn plan(slots: &Autorenew, ctx: &Ctx<'_>) -> Result<Planned> {
    check::registrable(&slots.domain)?;
    ctx.on_desk().once("domain.autorenew", &slots.domain)?;
    let (account, facts) = held(ctx, &slots.domain).await?;
    let (domain, enabled, before) = (slots.domain.clone(), slots.enabled, facts.auto_renew);
    if before == Some(enabled) {
        let domain = phrase::domain_text(&domain);
        let account = &account.name;
        return Ok(Planned::Said(if enabled {
            phrase!("domain.autorenew_on_already", domain = domain, account = account)
        } else {
            phrase!("domain.autorenew_off_already", domain = domain, account = account)
        }));
    }
    let mut warnings = Vec::new();
    if !enabled && let Some(expires) = super::portfolio::believable(facts.expires) {
        let domain = phrase::domain_text(&domain);
        warnings.push(phrase!("domain.autorenew_off", domain = domain, expires = expires));
    }
    let account = account.id;
    let back = |was| Step::AutoRenew {
        account,
        domain: domain.clone(),
        before: Some(enabled),
        enabled: was,
    };
    Ok(Planned::Steps(Draft {
        undo: before.map(|was| vec![back(was)]),
        steps: vec![Step::AutoRenew { account, domain, before, enabled }],
        warnings,
        ..Draft::default()
    }))
}
