//! A record set gets one value more.

use super::value;
use crate::action::act::{Edit, place};
use crate::action::{Ctx, DnsAdd, Planned};
use crate::domain::{RecordType, SetKey};
use crate::error::Result;
use crate::phrase;

pub(in crate::action) async fn plan(slots: &DnsAdd, ctx: &Ctx<'_>) -> Result<Planned> {
    if slots.rtype == RecordType::SOA {
        return Err(phrase!("dns.soa_refused").into());
    }
    let place = place::of_set(ctx, &slots.domain, &slots.name, slots.rtype).await?;
    let zone = &place.zone.name;
    let data = value::with_priority(slots.rtype, &slots.value, slots.priority, zone)?;
    place.read_name(ctx, &place.name).await?;
    let key = SetKey { name: place.name.clone(), rtype: slots.rtype };
    ctx.on_desk().edit(&place.zone, &key, Edit::Add(data, slots.ttl))?;
    place.note(ctx);
    Ok(Planned::OnDesk)
}
