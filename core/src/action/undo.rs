//! Takes a plan back: a new plan, computed from now, with a code of its own. Rule 18.

use crate::action::act::{Edit, FEW, place};
use crate::action::{Ctx, Draft, OfDomain, Planned, UndoTarget, zone};
use crate::domain::SetBody;
use crate::error::Result;
use crate::job::JobState;
use crate::phrase;
use crate::plan::{SetChange, Step, Undo, same};
use crate::provider::ZoneRef;
use crate::store::{JobFilter, PlanState, StoredPlan};

pub(in crate::action) async fn plan(slots: &UndoTarget, ctx: &Ctx<'_>) -> Result<Planned> {
    let stored = target(slots, ctx).await?;
    let jobs = ctx.store.jobs(&JobFilter::Plan(stored.id)).await?;
    let unknown = jobs.iter().any(|j| !j.state.is_final());
    let some_done = jobs.iter().any(|j| j.state == JobState::Done);
    if unknown || !(matches!(stored.state, PlanState::Completed | PlanState::Halted) || some_done) {
        return Err(
            phrase!("undo.not_done", label = stored.label, state = stored.state.word()).into()
        );
    }
    let Undo::Steps(steps) = stored.plan()?.undo else {
        return Err(phrase!("undo.impossible", label = stored.label).into());
    };
    let mut draft = Draft { undo: Some(Vec::new()), ..Draft::default() };
    for step in steps {
        match step {
            Step::DnsChange { zone, changes } => back(ctx, &stored.label, &zone, changes).await?,
            Step::AutoRenew { domain, enabled, .. } => {
                let slots = crate::action::Autorenew { domain, enabled };
                if let Planned::Steps(part) =
                    crate::action::domain::autorenew::plan(&slots, ctx).await?
                {
                    add(&mut draft, part);
                }
            }
            Step::ZoneDelete { zone: created, .. } => {
                let slots = OfDomain { domain: created.name };
                if let Planned::Steps(part) = zone::delete::plan(&slots, ctx).await? {
                    add(&mut draft, part);
                }
            }
            _ => return Err(phrase!("undo.impossible", label = stored.label).into()),
        }
    }
    Ok(if draft.steps.is_empty() { Planned::OnDesk } else { Planned::Steps(draft) })
}

fn add(draft: &mut Draft, part: Draft) {
    draft.steps.extend(part.steps);
    draft.warnings.extend(part.warnings);
    draft.tier = draft.tier.max(part.tier);
    draft.undo = match (draft.undo.take(), part.undo) {
        (Some(mut all), Some(more)) => {
            all.splice(0..0, more);
            Some(all)
        }
        _ => None,
    };
}

async fn target(slots: &UndoTarget, ctx: &Ctx<'_>) -> Result<StoredPlan> {
    if slots.target.eq_ignore_ascii_case("last") {
        let last = ctx.store.last_approved(ctx.person.id, ctx.conversation).await?;
        return last.ok_or_else(|| phrase!("plan.unknown_label", label = "last").into());
    }
    let mut plans = ctx.store.plans_labelled(ctx.person.id, &slots.target).await?;
    plans.retain(|p| {
        matches!(
            p.state,
            PlanState::Running | PlanState::Completed | PlanState::Halted | PlanState::Cancelled
        )
    });
    match plans.len() {
        0 => Err(phrase!("plan.unknown_label", label = phrase::foreign(&slots.target)).into()),
        1 => Ok(plans.remove(0)),
        _ => {
            let ids: Vec<String> = plans.iter().map(|p| p.id.to_string()).collect();
            Err(phrase!("plan.ambiguous_label", label = slots.target, dates = ids.join(", "))
                .into())
        }
    }
}

/// Puts sets back. Where somebody changed one since, the plan says what it would overwrite.
async fn back(ctx: &Ctx<'_>, label: &str, zone: &ZoneRef, changes: Vec<SetChange>) -> Result<()> {
    let place = place::frozen(ctx, zone)?;
    if changes.len() > FEW {
        place.read_zone(ctx).await?;
    }
    for change in changes {
        let there = place.read_name(ctx, &change.key.name).await?;
        let now = there.iter().find(|s| s.key == change.key).map(|s| &s.body);
        let is = |wanted: &Option<SetBody>| same(change.key.rtype, now, wanted.as_ref());
        if !is(&change.before) && !is(&change.after) {
            let shown = now.map_or_else(
                || "-".to_owned(),
                |b| phrase::foreign(&format!("{} {:?}", b.ttl, b.data)),
            );
            let name = change.key.name.absolute(&zone.name);
            let rtype = change.key.rtype;
            ctx.on_desk().warn(phrase!(
                "undo.moved",
                name = name,
                rtype = rtype,
                label = label,
                now = shown
            ));
        }
        let edit = match change.after {
            Some(body) => Edit::Set(body.data, Some(body.ttl)),
            None if now.is_none() => continue,
            None => Edit::Delete,
        };
        ctx.on_desk().edit(zone, &change.key, edit)?;
    }
    Ok(())
}
