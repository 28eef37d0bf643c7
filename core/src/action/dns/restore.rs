//! A zone as it was at a time: every change of ours since then is taken back in one plan, computed from now. What
//! others changed in sets that dombot never touched is not known and stays.

use std::collections::BTreeMap;

use super::import::is_signers;
use crate::action::act::Edit;
use crate::action::act::place::{self, Place};
use crate::action::{Ctx, DnsRestore, Planned};
use crate::domain::{RecordType, SetBody, SetKey};
use crate::error::Result;
use crate::job::{Job, JobState};
use crate::phrase;
use crate::plan::Step;
use crate::store::JobFilter;

/// How the zone was, as far as it was touched since.
#[derive(Default)]
struct Past {
    /// As it was; `None` = there was no such set.
    was: BTreeMap<SetKey, Option<SetBody>>,
    /// As our last change left it.
    left: BTreeMap<SetKey, Option<SetBody>>,
    /// The whole zone was deleted since: `was` is all that it held.
    whole: bool,
}

pub(in crate::action) async fn plan(slots: &DnsRestore, ctx: &Ctx<'_>) -> Result<Planned> {
    let at = slots.at.to_zoned(ctx.tz.clone()).strftime("%Y-%m-%d %H:%M").to_string();
    if slots.at >= ctx.now() {
        return Err(phrase!("restore.future", at = at).into());
    }
    let zone = phrase::domain_text(&slots.domain);
    let place = place::of_domain(ctx, &slots.domain).await?;
    if place.zone.name != slots.domain {
        let holder = phrase::domain_text(&place.zone.name);
        return Err(phrase!("dns.import_not_apex", zone = holder, domain = zone).into());
    }
    let jobs = ctx.store.jobs(&JobFilter::Zone(slots.domain.clone())).await?;
    let mut here: Vec<Job> = jobs
        .into_iter()
        .filter(|j| j.step.account() == Some(place.zone.account) && when(j) > slots.at)
        .collect();
    if here.iter().any(|j| !j.state.is_final()) {
        return Err(phrase!("restore.unfinished", zone = zone).into());
    }
    here.retain(|j| j.state == JobState::Done);
    let life = |j: &&Job| matches!(j.step, Step::ZoneCreate { .. } | Step::ZoneDelete { .. });
    if here.iter().rev().find(life).is_some_and(|j| matches!(j.step, Step::ZoneCreate { .. })) {
        return Err(phrase!("restore.not_yet_there", zone = zone, at = at).into());
    }
    if here.is_empty() {
        return Ok(Planned::Said(phrase!("restore.nothing", zone = zone, at = at)));
    }
    put(ctx, &place, past(&here)).await?;
    ctx.on_desk().warn(phrase!("restore.to", zone = zone, at = at, n = here.len()));
    place.note(ctx);
    Ok(Planned::OnDesk)
}

/// When it may have taken effect.
fn when(job: &Job) -> jiff::Timestamp {
    job.called_at.unwrap_or(job.updated_at)
}

/// From the newest change back to the oldest.
fn past(newest_first: &[Job]) -> Past {
    let mut past = Past::default();
    for job in newest_first {
        match &job.step {
            Step::DnsChange { changes, .. } => {
                for change in changes {
                    past.left.entry(change.key.clone()).or_insert_with(|| change.after.clone());
                    past.was.insert(change.key.clone(), change.before.clone());
                }
            }
            Step::ZoneDelete { before, .. } => {
                past.whole = true;
                past.was = before.iter().map(|s| (s.key.clone(), Some(s.body.clone()))).collect();
            }
            _ => {}
        }
    }
    past
}

async fn put(ctx: &Ctx<'_>, place: &Place<'_>, mut past: Past) -> Result<()> {
    let ours = |key: &SetKey| key.rtype != RecordType::SOA && !is_signers(key);
    past.was.retain(|key, _| ours(key));
    let mut present: BTreeMap<SetKey, SetBody> = BTreeMap::new();
    if past.whole {
        present.extend(place.read_zone(ctx).await?.into_iter().map(|s| (s.key, s.body)));
        let apex_ns = |key: &SetKey| key.rtype == RecordType::NS && key.name.is_apex();
        let more = present.keys().filter(|k| ours(k) && !apex_ns(k) && !past.was.contains_key(k));
        let more: Vec<SetKey> = more.cloned().collect();
        past.was.extend(more.into_iter().map(|key| (key, None)));
    } else {
        for key in past.was.keys() {
            let there = place.read_name(ctx, &key.name).await?;
            present.extend(there.into_iter().map(|s| (s.key, s.body)));
        }
    }
    for (key, was) in &past.was {
        let now = present.get(key);
        if now == was.as_ref() {
            continue;
        }
        if past.left.get(key).is_some_and(|left| left.as_ref() != now) {
            let (name, rtype) = (key.name.absolute(&place.zone.name), key.rtype);
            ctx.on_desk().warn(phrase!("restore.moved", name = name, rtype = rtype));
        }
        let edit = match was {
            Some(body) => Edit::Set(body.data.clone(), Some(body.ttl)),
            None => Edit::Delete,
        };
        ctx.on_desk().edit(&place.zone, key, edit)?;
    }
    Ok(())
}
