//! When does one domain expire?

use super::portfolio;
use crate::action::{Answer, Ctx, OfDomain, Planned};
use crate::error::Result;

pub(in crate::action) async fn plan(slots: &OfDomain, ctx: &Ctx<'_>) -> Result<Planned> {
    let found = portfolio::find(ctx, &slots.domain).await?;
    if found.held.is_empty() {
        return Err(portfolio::not_yours(ctx, &slots.domain, &found).into());
    }
    Ok(Planned::Answer(Answer::Domains(portfolio::rows(ctx, found).await)))
}
