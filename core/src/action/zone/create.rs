//! A new, empty zone at an account that lets zones be made.

use crate::account::Account;
use crate::action::act::place::{account_name, silent, survey};
use crate::action::{Ctx, Draft, Planned, ZoneCreate};
use crate::domain::DomainName;
use crate::error::{Error, Result};
use crate::phrase;
use crate::phrase::Phrase;
use crate::plan::Step;
use crate::provider::ZoneRef;

pub(in crate::action) async fn plan(slots: &ZoneCreate, ctx: &Ctx<'_>) -> Result<Planned> {
    let name = &slots.domain;
    if name.registrable().is_none() {
        return Err(phrase!("domain.is_suffix", name = phrase::domain_text(name)).into());
    }
    ctx.on_desk().once("zone.create", name)?;
    let account = account(slots, ctx)?;
    if !account.kind.own_server && !name.is_reserved() && !name.has_known_tld() {
        return Err(phrase!("domain.unknown_tld", domain = phrase::domain_text(name)).into());
    }
    let survey = survey(ctx).await;
    if let Some((_, e)) = survey.silent.iter().find(|(id, _)| *id == account.id) {
        return Err(Error::Provider { account: account.id, source: e.clone() });
    }
    let mut warnings: Vec<Phrase> = Vec::new();
    for zone in survey.zones.iter().filter(|z| z.name == *name) {
        let (zone_text, holder) = (phrase::domain_text(name), account_name(ctx, zone.account));
        if zone.account == account.id {
            return Err(phrase!("zone.exists", zone = zone_text, account = holder).into());
        }
        warnings.push(phrase!("zone.exists_elsewhere", zone = zone_text, account = holder));
    }
    for zone in survey.zones.iter().filter(|z| *name != z.name && name.is_in(&z.name)) {
        let parent = phrase::domain_text(&zone.name);
        warnings.push(phrase!("zone.below", zone = phrase::domain_text(name), parent = parent));
    }
    warnings.extend(silent(ctx, &survey));
    warnings.dedup();
    let steps = vec![Step::ZoneCreate { account: account.id, name: name.clone() }];
    // The provider's own id of the zone is known only once it is made: the undo finds it by its name.
    let made = ZoneRef { account: account.id, id: String::new(), name: name.clone() };
    let undo = Some(vec![Step::ZoneDelete { zone: made, before: Vec::new() }]);
    Ok(Planned::Steps(Draft { steps, warnings, undo, ..Draft::default() }))
}

/// The account that was named, or the only one that can.
fn account<'a>(slots: &ZoneCreate, ctx: &Ctx<'a>) -> Result<&'a Account> {
    let zone = phrase::domain_text(&slots.domain);
    if let Some(named) = &slots.provider {
        let account = by_name(ctx, named)?;
        let account_name = &account.name;
        if !makes_zones(account) {
            return Err(phrase!("zone.not_made_here", account = account_name).into());
        }
        if !may_hold(account, &slots.domain) {
            return Err(phrase!("zone.reserved", zone = zone).into());
        }
        return Ok(account);
    }
    let able: Vec<&Account> = ctx.accounts.dns_hosts().filter(|a| makes_zones(a)).collect();
    let fit: Vec<&Account> = able.iter().copied().filter(|a| may_hold(a, &slots.domain)).collect();
    match fit.as_slice() {
        [one] => Ok(one),
        [] if able.is_empty() => Err(phrase!("zone.nobody_makes").into()),
        [] => Err(phrase!("zone.reserved", zone = zone).into()),
        several => {
            let names: Vec<&str> = several.iter().map(|a| a.name.as_str()).collect();
            Err(phrase!("zone.create_where", zone = zone, accounts = names.join(", ")).into())
        }
    }
}

fn by_name<'a>(ctx: &Ctx<'a>, wanted: &str) -> Result<&'a Account> {
    if let Some(account) = ctx.accounts.named(wanted) {
        return Ok(account);
    }
    let of_kind: Vec<&Account> =
        ctx.accounts.dns_hosts().filter(|a| a.kind.id.eq_ignore_ascii_case(wanted)).collect();
    match of_kind.as_slice() {
        [one] => Ok(one),
        [] => {
            let names: Vec<&str> = ctx.accounts.0.iter().map(|a| a.name.as_str()).collect();
            let (account, names) = (phrase::foreign(wanted), names.join(", "));
            Err(phrase!("provider.no_such", account = account, accounts = names).into())
        }
        several => {
            let names: Vec<&str> = several.iter().map(|a| a.name.as_str()).collect();
            let provider = phrase::foreign(wanted);
            Err(phrase!("provider.several", provider = provider, accounts = names.join(", "))
                .into())
        }
    }
}

fn makes_zones(account: &Account) -> bool {
    account.provider.dns().is_some_and(|host| host.limits().manages_zones)
}

fn may_hold(account: &Account, zone: &DomainName) -> bool {
    account.kind.own_server || !zone.is_reserved()
}
