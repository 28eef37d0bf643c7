//! Records of one zone, all or by name and type.

use crate::action::act::place;
use crate::action::act::reach::{PATIENCE, ask};
use crate::action::{Answer, Ctx, DnsList, Planned, Records};
use crate::domain::SetKey;
use crate::error::Result;

pub(in crate::action) async fn plan(slots: &DnsList, ctx: &Ctx<'_>) -> Result<Planned> {
    let place = match (&slots.name, slots.rtype) {
        (Some(name), Some(rtype)) => place::of_set(ctx, &slots.domain, name, rtype).await?,
        (Some(name), None) => place::of_name(ctx, &slots.domain, name).await?,
        (None, _) => place::of_domain(ctx, &slots.domain).await?,
    };
    let (host, zone) = (place.host, &place.zone);
    let mut sets = match (&slots.name, slots.rtype) {
        (Some(_), Some(rtype)) => {
            let keys = [SetKey { name: place.name.clone(), rtype }];
            ask(place.account, PATIENCE, host.read_sets(zone, &keys)).await?
        }
        (Some(_), None) => ask(place.account, PATIENCE, host.read_name(zone, &place.name)).await?,
        (None, rtype) => {
            let mut sets = place.fresh_zone().await?;
            sets.retain(|s| rtype.is_none_or(|t| t == s.key.rtype));
            sets
        }
    };
    sets.sort_by(|a, b| a.key.cmp(&b.key));
    let account = place.account.name.clone();
    Ok(Planned::Answer(Answer::Records(Records { zone: place.zone.clone(), account, sets })))
}
