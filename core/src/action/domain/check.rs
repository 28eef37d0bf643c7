//! Can a domain be registered, and for how much? Every registrar is asked.

use super::portfolio;
use crate::account::Account;
use crate::action::act::reach::{PATIENCE, each};
use crate::action::{Answer, CheckRow, Checked, Ctx, OfDomain, Planned};
use crate::domain::DomainName;
use crate::error::Result;
use crate::phrase;
use crate::provider::{Availability, ProviderError};

pub(in crate::action) async fn plan(slots: &OfDomain, ctx: &Ctx<'_>) -> Result<Planned> {
    let name = &slots.domain;
    registrable(name)?;
    if ctx.accounts.registrars().next().is_none() {
        return Err(phrase!("domain.no_registrar").into());
    }
    let fit: Vec<&Account> =
        ctx.accounts.registrars().filter(|a| a.kind.own_server || !name.is_reserved()).collect();
    if fit.is_empty() {
        return Err(phrase!("domain.reserved", domain = phrase::domain_text(name)).into());
    }
    if !name.is_reserved() && !name.has_known_tld() {
        return Err(phrase!("domain.unknown_tld", domain = phrase::domain_text(name)).into());
    }
    let asked = name.clone();
    let said = each(fit.into_iter(), PATIENCE, move |a| {
        let name = asked.clone();
        async move {
            match a.provider.registrar() {
                Some(registrar) => registrar.check(&name).await,
                None => Err(ProviderError::Unsupported("no registrar".into())),
            }
        }
    })
    .await;
    if said.heard.is_empty() {
        let silent = portfolio::unreachable(ctx, said.silent);
        let list: Vec<String> =
            silent.iter().map(|u| format!("{}: {}", u.account, u.problem)).collect();
        let domain = phrase::domain_text(name);
        return Err(
            phrase!("domain.check_failed", domain = domain, problems = list.join("; ")).into()
        );
    }
    let unknown = |account: &Account| CheckRow {
        account: account.name.clone(),
        available: None,
        price: None,
        premium: false,
    };
    let mut answers: Vec<CheckRow> = said.heard.iter().map(|(a, said)| row(a, said)).collect();
    answers.extend(said.silent.iter().map(|(a, _)| unknown(a)));
    Ok(Planned::Answer(Answer::Checked(Checked { domain: name.clone(), answers })))
}

/// A name directly under a public suffix.
pub(super) fn registrable(name: &DomainName) -> Result<()> {
    match name.registrable() {
        Some(r) if r == *name => Ok(()),
        Some(r) => {
            let (domain, part) = (phrase::domain_text(&r), phrase::domain_text(name));
            Err(phrase!("domain.is_part", name = part, domain = domain).into())
        }
        None => Err(phrase!("domain.is_suffix", name = phrase::domain_text(name)).into()),
    }
}

fn row(account: &Account, said: &Availability) -> CheckRow {
    CheckRow {
        account: account.name.clone(),
        available: said.available,
        price: said.price,
        premium: said.premium,
    }
}
