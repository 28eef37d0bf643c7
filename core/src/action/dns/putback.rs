//! The zone becomes again what it was before somebody changed it behind dombot's back.

use crate::action::act::{Edit, place};
use crate::action::{Ctx, OfZone, Planned};
use crate::drift;
use crate::error::Result;
use crate::phrase;

pub(in crate::action) async fn plan(slots: &OfZone, ctx: &Ctx<'_>) -> Result<Planned> {
    let place = place::of_domain_at(ctx, &slots.domain, slots.account.as_deref()).await?;
    let zone = phrase::domain_text(&place.zone.name);
    let Some(watch) = drift::known(ctx.store, &place.zone).await? else {
        return Err(phrase!("drift.not_known", zone = zone).into());
    };
    let now = place.read_zone(ctx).await?;
    let seen = drift::look(ctx.store, (&place.zone, Some(watch)), now, ctx.now()).await?;
    if seen.changes.is_empty() {
        return Ok(Planned::Said(phrase!("drift.none", zone = zone)));
    }
    for change in seen.changes {
        let edit = match change.before {
            Some(body) => Edit::Set(body.data, Some(body.ttl)),
            None => Edit::Delete,
        };
        ctx.on_desk().edit(&place.zone, &change.key, edit)?;
    }
    place.note(ctx);
    Ok(Planned::OnDesk)
}
