//! Drops the plan that waits for a code. Needs none: nothing has happened.

use crate::action::{Ctx, Nothing, Planned};
use crate::error::Result;
use crate::phrase;

pub(in crate::action) async fn plan(_: &Nothing, ctx: &Ctx<'_>) -> Result<Planned> {
    let waiting = ctx.store.armed(ctx.person.id, ctx.conversation, ctx.now()).await?;
    let Some(plan) = waiting else { return Ok(Planned::Said(phrase!("plan.none_waits"))) };
    Ok(Planned::Said(if ctx.store.drop_plan(plan.id, ctx.now()).await? {
        phrase!("plan.dropped", label = plan.label)
    } else {
        phrase!("plan.none_waits")
    }))
}
