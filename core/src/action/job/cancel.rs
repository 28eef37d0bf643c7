//! Takes steps back that have not begun. Needs no code: it only makes fewer things happen.

use super::{Named, named};
use crate::action::{Ctx, JobRef, Planned};
use crate::clock::new_ulid;
use crate::error::Result;
use crate::phrase;
use crate::store::{Event, PlanState};

pub(in crate::action) async fn plan(slots: &JobRef, ctx: &Ctx<'_>) -> Result<Planned> {
    let (plan, job, label) = match named(ctx, &slots.job_id).await? {
        Named::Plan(plan) if plan.state == PlanState::Open => {
            ctx.store.drop_plan(plan.id, ctx.now()).await?;
            return Ok(Planned::Said(phrase!("plan.dropped", label = plan.label)));
        }
        Named::Plan(plan) => (plan.id, None, plan.label),
        Named::One(job) => {
            let label = ctx.store.plan(job.plan).await?.map(|p| p.label).unwrap_or_default();
            (job.plan, Some(job.id), label)
        }
    };
    let event = Event {
        id: new_ulid(ctx.clock, ctx.chance).to_string(),
        at: ctx.now(),
        kind: "job.cancelled".into(),
        plan: Some(plan),
        label: Some(label.clone()),
        job,
        person: Some(ctx.person.id),
        domain: None,
        text: phrase!("event.cancelled", label = label),
    };
    Ok(Planned::Said(match ctx.store.cancel_jobs(plan, job, &event).await? {
        0 => phrase!("jobs.not_cancellable", label = label),
        n => phrase!("jobs.cancelled", n = n, label = label),
    }))
}
