//! All domains of all accounts.

use super::portfolio;
use crate::action::{Answer, Ctx, Nothing, Planned};
use crate::error::Result;
use crate::phrase;

pub(in crate::action) async fn plan(_: &Nothing, ctx: &Ctx<'_>) -> Result<Planned> {
    if !ctx.locked && ctx.accounts.registrars().next().is_none() {
        return Err(phrase!("domain.no_registrar").into());
    }
    let portfolio = portfolio::of(ctx).await?;
    Ok(Planned::Answer(Answer::Domains(portfolio::rows(ctx, portfolio).await)))
}
