//! One record set gets exactly this value, or another TTL.

use super::value;
use crate::action::act::{Edit, place};
use crate::action::{Ctx, DnsSet, Planned};
use crate::domain::{RecordType, SetKey};
use crate::error::Result;
use crate::phrase;

pub(in crate::action) async fn plan(slots: &DnsSet, ctx: &Ctx<'_>) -> Result<Planned> {
    if slots.rtype == RecordType::SOA {
        return Err(phrase!("dns.soa_refused").into());
    }
    let place = place::of_set(ctx, &slots.domain, &slots.name, slots.rtype).await?;
    let edit = match (&slots.value, slots.ttl) {
        (Some(text), ttl) => {
            Edit::Set(vec![value::read(slots.rtype, text, &place.zone.name)?], ttl)
        }
        (None, Some(ttl)) => Edit::Ttl(ttl),
        (None, None) => return Err(phrase!("dns.set_nothing").into()),
    };
    let there = place.read_name(ctx, &place.name).await?;
    if matches!(edit, Edit::Ttl(_)) && !there.iter().any(|s| s.key.rtype == slots.rtype) {
        return Err(super::delete::no_set(&place, &place.name, Some(slots.rtype), &there).into());
    }
    let key = SetKey { name: place.name.clone(), rtype: slots.rtype };
    ctx.on_desk().edit(&place.zone, &key, edit)?;
    place.note(ctx);
    Ok(Planned::OnDesk)
}
