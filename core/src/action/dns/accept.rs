//! What the zone holds now counts as right. Changes nothing but dombot's own memory.

use crate::action::act::place;
use crate::action::{Ctx, OfZone, Planned};
use crate::drift;
use crate::error::Result;
use crate::phrase;

pub(in crate::action) async fn plan(slots: &OfZone, ctx: &Ctx<'_>) -> Result<Planned> {
    let place = place::of_domain_at(ctx, &slots.domain, slots.account.as_deref()).await?;
    let now = place.fresh_zone().await?;
    let n = drift::accept(ctx.store, &place.zone, now, ctx.now()).await?;
    Ok(Planned::Said(phrase!(
        "drift.accepted",
        zone = phrase::domain_text(&place.zone.name),
        n = n
    )))
}
