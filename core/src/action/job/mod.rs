//! Jobs: look, cancel, settle.

pub(super) mod cancel;
pub(super) mod list;
pub(super) mod settle;
pub(super) mod status;

use crate::action::{Ctx, JobRow, Jobs};
use crate::error::Result;
use crate::job::Job;
use crate::phrase;
use crate::store::{JobFilter, StoredPlan};

/// What a person named: one job, or all of a plan.
pub(super) enum Named {
    One(Box<Job>),
    Plan(StoredPlan),
}

/// By a job's id or its end, or a plan's label.
pub(super) async fn named(ctx: &Ctx<'_>, text: &str) -> Result<Named> {
    if text.len() == 4
        && let Some(plan) = ctx.store.plans_labelled(ctx.person.id, text).await?.into_iter().next()
    {
        return Ok(Named::Plan(plan));
    }
    let filter = match text.parse() {
        Ok(id) => JobFilter::Id(id),
        Err(_) => JobFilter::Ending(text.to_owned()),
    };
    let mut jobs = if text.len() >= 4 { ctx.store.jobs(&filter).await? } else { Vec::new() };
    match jobs.len() {
        0 => Err(phrase!("jobs.unknown", job = phrase::foreign(text)).into()),
        1 => Ok(Named::One(Box::new(jobs.remove(0)))),
        _ => Err(phrase!("jobs.ambiguous", job = phrase::foreign(text)).into()),
    }
}

pub(super) async fn rows(ctx: &Ctx<'_>, jobs: Vec<Job>) -> Result<Jobs> {
    let mut rows = Vec::new();
    for job in jobs {
        let label = ctx.store.plan(job.plan).await?.map(|p| p.label).unwrap_or_default();
        rows.push(JobRow {
            id: job.id,
            plan: job.plan,
            label,
            step: job.step.kind().to_owned(),
            domain: job.step.domain().cloned(),
            state: job.state.word().to_owned(),
            note: job.note,
            evidence: job.evidence,
            at: job.updated_at,
        });
    }
    Ok(Jobs { jobs: rows, unreadable: Vec::new() })
}
