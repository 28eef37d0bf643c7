//! Renewal: the plan freezes the expiry that was read, the one that will be, and the highest price.

use super::{check, portfolio};
use crate::account::Account;
use crate::action::act::place::account_name;
use crate::action::act::reach::{PATIENCE, ask};
use crate::action::total;
use crate::action::{Ctx, Draft, Planned, Renew};
use crate::domain::{DomainName, Years};
use crate::error::{Error, Result};
use crate::job::{Job, JobState};
use crate::phrase;
use crate::phrase::Phrase;
use crate::plan::{Cost, Step, add_years};
use crate::provider::{DomainFacts, Quote, Registrar, RenewOrder};
use crate::store::JobFilter;

/// Registries keep no registration longer than this from today.
const LONGEST: i8 = 10;

pub(in crate::action) async fn plan(slots: &Renew, ctx: &Ctx<'_>) -> Result<Planned> {
    check::registrable(&slots.domain)?;
    ctx.on_desk().once("domain.renew", &slots.domain)?;
    let years = slots.years.unwrap_or(Years::ONE);
    let (account, facts) = held(ctx, &slots.domain).await?;
    let registrar = registrar(account)?;
    let shown = phrase::domain_text(&slots.domain);
    let Some(expires) = portfolio::believable(facts.expires) else {
        return Err(phrase!("domain.expiry_unknown", domain = shown, account = account.name).into());
    };
    let new_expiry = i8::try_from(years.get())
        .ok()
        .and_then(|n| add_years(expires, n))
        .ok_or_else(|| Error::internal("a date beyond the calendar"))?;
    let quote = ask(account, PATIENCE, registrar.quote_renew(&slots.domain, years)).await?;
    let mut warnings = warnings(ctx, &facts, &quote);
    if add_years(ctx.today(), LONGEST).is_some_and(|longest| new_expiry > longest) {
        warnings.push(phrase!("domain.too_long", domain = shown, until = new_expiry));
    }
    let order = RenewOrder {
        domain: slots.domain.clone(),
        years,
        expected_expiry: expires,
        new_expiry,
        price_cap: quote.price,
        premium: quote.premium,
        tax: quote.tax,
    };
    let (price, balance, enforced) = (quote.price, quote.balance, quote.enforced);
    let cost = vec![Cost { account: account.id, price, balance, enforced }];
    let mut step = Step::Renew { account: account.id, order, again: None };
    if let Some(before) = earlier(ctx, &step).await? {
        let day = before.updated_at.to_zoned(ctx.tz.clone()).date();
        let id = before.id.to_string();
        let job = phrase::short_id(&id);
        warnings.push(phrase!("domain.already_paid", domain = shown, day = day, job = job));
        if let Step::Renew { again, .. } = &mut step {
            *again = Some(before.id);
        }
    }
    Ok(Planned::Steps(Draft {
        steps: vec![step],
        cost: total(ctx.accounts, cost)?,
        warnings,
        ..Draft::default()
    }))
}

/// The same order as given before, if it is not certain that nothing came of it. While it is under way there is no
/// second one. Rule 11.
async fn earlier(ctx: &Ctx<'_>, step: &Step) -> Result<Option<Job>> {
    let Some(once) = step.once() else { return Ok(None) };
    match ctx.store.jobs(&JobFilter::Order(once)).await?.pop() {
        None => Ok(None),
        Some(job) if job.state == JobState::Done => Ok(Some(job)),
        Some(job) => {
            let id = job.id.to_string();
            let short = phrase::short_id(&id);
            Err(match job.state {
                JobState::Cancelled => phrase!("domain.order_left", job = short),
                _ => phrase!("domain.order_under_way", job = short),
            }
            .into())
        }
    }
}

/// The one account that holds the domain, with what it says of it right now.
pub(super) async fn held<'a>(
    ctx: &Ctx<'a>,
    domain: &DomainName,
) -> Result<(&'a Account, DomainFacts)> {
    let mut found = portfolio::find(ctx, domain).await?;
    let shown = phrase::domain_text(domain);
    found.held.sort_by_key(|h| !h.fresh);
    match found.held.as_slice() {
        [] => Err(portfolio::not_yours(ctx, domain, &found).into()),
        [one] if one.fresh => {
            let account = ctx.accounts.get(one.account);
            let account = account.ok_or_else(|| Error::internal("lost account"))?;
            Ok((account, one.facts.clone()))
        }
        [old] => {
            let silent = found.unreachable.iter().map(|u| u.problem.as_str()).next();
            let account = account_name(ctx, old.account);
            let problem = silent.unwrap_or_default();
            Err(phrase!("domain.cannot_tell", domain = shown, account = account, problem = problem)
                .into())
        }
        several => {
            let names: Vec<String> = several.iter().map(|h| account_name(ctx, h.account)).collect();
            Err(phrase!("domain.two_accounts", domain = shown, accounts = names.join(", ")).into())
        }
    }
}

pub(super) fn registrar(account: &Account) -> Result<&dyn Registrar> {
    account.provider.registrar().ok_or_else(|| Error::internal("lost registrar"))
}

fn warnings(ctx: &Ctx<'_>, facts: &DomainFacts, quote: &Quote) -> Vec<Phrase> {
    let domain = phrase::domain_text(&facts.name);
    let mut out = Vec::new();
    if !quote.enforced {
        out.push(phrase!("domain.price_not_enforced", price = quote.price));
    }
    if quote.premium {
        out.push(phrase!("domain.premium", domain = domain));
    }
    if facts.expires.is_some_and(|d| d < ctx.today()) {
        out.push(phrase!("domain.expired", domain = domain));
    }
    for status in &facts.statuses {
        out.extend(status_warning(status, &domain));
    }
    out
}

/// Statuses in which a renewal does something else than one expects (RFC 5731, RFC 3915; any spelling).
fn status_warning(status: &str, domain: &str) -> Option<Phrase> {
    let plain: String =
        status.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let shown = phrase::foreign(status);
    if plain.contains("autorenewperiod") {
        Some(phrase!("domain.in_auto_renew", domain = domain, status = shown))
    } else if ["redemption", "pendingdelete", "pendingrestore"].iter().any(|s| plain.contains(s)) {
        Some(phrase!("domain.being_deleted", domain = domain, status = shown))
    } else if plain.contains("renewprohibited") {
        Some(phrase!("domain.renew_prohibited", domain = domain, status = shown))
    } else if plain.contains("hold") || plain.contains("expired") {
        Some(phrase!("domain.on_hold", domain = domain, status = shown))
    } else {
        None
    }
}
