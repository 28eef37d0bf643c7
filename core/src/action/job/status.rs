//! One job, or all of a plan.

use super::{Named, named};
use crate::action::{Answer, Ctx, JobRef, Planned};
use crate::error::Result;
use crate::store::JobFilter;

pub(in crate::action) async fn plan(slots: &JobRef, ctx: &Ctx<'_>) -> Result<Planned> {
    let jobs = match named(ctx, &slots.job_id).await? {
        Named::One(job) => vec![*job],
        Named::Plan(plan) => ctx.store.jobs(&JobFilter::Plan(plan.id)).await?,
    };
    Ok(Planned::Answer(Answer::Jobs(super::rows(ctx, jobs).await?)))
}
