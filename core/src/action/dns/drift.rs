//! Has anybody changed the zone behind dombot's back? Looks now, whatever was looked at before.

use crate::action::act::place;
use crate::action::{Answer, Ctx, Drifted, OfZone, Planned};
use crate::drift;
use crate::error::Result;

pub(in crate::action) async fn plan(slots: &OfZone, ctx: &Ctx<'_>) -> Result<Planned> {
    let place = place::of_domain_at(ctx, &slots.domain, slots.account.as_deref()).await?;
    let now = place.fresh_zone().await?;
    let watch = drift::known(ctx.store, &place.zone).await?;
    let first = watch.is_none();
    let seen = drift::look(ctx.store, (&place.zone, watch), now, ctx.now()).await?;
    Ok(Planned::Answer(Answer::Drifted(Drifted {
        zone: place.zone.name.clone(),
        account: place.account.name.clone(),
        since: seen.since,
        first,
        changes: seen.changes,
    })))
}
