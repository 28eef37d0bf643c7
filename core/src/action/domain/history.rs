//! What happened to a domain, newest first.

use crate::action::{Answer, Ctx, EventRow, History, OfDomain, Planned};
use crate::error::Result;

/// Enough for a look; the audit trail holds everything.
const SHOWN: u32 = 50;

pub(in crate::action) async fn plan(slots: &OfDomain, ctx: &Ctx<'_>) -> Result<Planned> {
    let events = ctx.store.events_of(&slots.domain, SHOWN).await?;
    let events = events
        .into_iter()
        .map(|e| EventRow { at: e.at, kind: e.kind, plan: e.label, text: e.text })
        .collect();
    Ok(Planned::Answer(Answer::History(History { domain: slots.domain.clone(), events })))
}
