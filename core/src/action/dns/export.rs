//! A zone as a zone file.

use crate::action::act::place;
use crate::action::{Answer, Ctx, DnsExport, Exported, Planned};
use crate::domain::zone::Zone;
use crate::domain::zonefile;
use crate::error::Result;
use crate::phrase;

pub(in crate::action) async fn plan(slots: &DnsExport, ctx: &Ctx<'_>) -> Result<Planned> {
    if let Some(other) = slots.format.as_deref().filter(|f| *f != "zone") {
        return Err(phrase!("dns.export_format", format = phrase::foreign(other)).into());
    }
    let place = place::of_domain_at(ctx, &slots.domain, slots.account.as_deref()).await?;
    let sets = place.fresh_zone().await?;
    let ours = sets.into_iter().filter(|s| !s.key.rtype.is_maintained_by_server());
    let zone = Zone::new(place.zone.name.clone(), ours);
    let file = zonefile::write(&zone);
    Ok(Planned::Answer(Answer::Exported(Exported { zone: zone.name, file })))
}
