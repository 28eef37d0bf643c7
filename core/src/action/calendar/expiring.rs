//! Which domains expire in a span of days? Those past their date and those without a known date are never
//! left out of an open question.

use jiff::ToSpan;
use jiff::civil::Date;

use crate::action::domain::portfolio;
use crate::action::{Answer, Ctx, DomainRow, Expiring, Planned};
use crate::error::Result;
use crate::phrase;

/// How far an open question looks.
const DAYS: u32 = 30;

pub(in crate::action) async fn plan(slots: &Expiring, ctx: &Ctx<'_>) -> Result<Planned> {
    if !ctx.locked && ctx.accounts.registrars().next().is_none() {
        return Err(phrase!("domain.no_registrar").into());
    }
    let (from, to) = span(slots, ctx.today());
    if let (Some(from), Some(to)) = (from, to)
        && from > to
    {
        return Err(phrase!("calendar.backwards", from = from, to = to).into());
    }
    let mut portfolio = portfolio::of(ctx).await?;
    portfolio.held.retain(|h| match portfolio::believable(h.facts.expires) {
        Some(day) => from.is_none_or(|f| f <= day) && to.is_none_or(|t| day <= t),
        None => true,
    });
    let mut answer = portfolio::rows(ctx, portfolio).await;
    let date = |row: &DomainRow| (row.expires.is_none(), row.expires);
    answer.domains.sort_by(|a, b| date(a).cmp(&date(b)).then_with(|| a.domain.cmp(&b.domain)));
    Ok(Planned::Answer(Answer::Domains(answer)))
}

/// First and last day; no first day where none was said, so that the overdue are seen.
fn span(slots: &Expiring, today: Date) -> (Option<Date>, Option<Date>) {
    let within = |days: u32| today.checked_add(i64::from(days).days()).ok();
    let to = match (slots.to, slots.within_days) {
        (Some(to), Some(days)) => Some(within(days).map_or(to, |w| w.min(to))),
        (Some(to), None) => Some(to),
        (None, Some(days)) => within(days),
        (None, None) if slots.from.is_some() => None,
        (None, None) => within(DAYS),
    };
    (slots.from, to)
}
