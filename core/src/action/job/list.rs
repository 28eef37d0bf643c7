//! Jobs that are not final, or all of one state.

use crate::action::{Answer, Ctx, JobList, Jobs, Planned};
use crate::error::Result;
use crate::job::JobState;
use crate::phrase;
use crate::store::JobFilter;

pub(in crate::action) async fn plan(slots: &JobList, ctx: &Ctx<'_>) -> Result<Planned> {
    let filter = match slots.state.as_deref() {
        // What people call running or waiting is spread over several states: all that is not final.
        None | Some("open" | "running" | "pending") => JobFilter::Open,
        Some(word) => {
            let state: JobState = serde_json::from_value(word.into())
                .map_err(|_| phrase!("jobs.unknown_state", state = phrase::foreign(word)))?;
            JobFilter::State(state)
        }
    };
    let jobs = ctx.store.jobs(&filter).await?;
    let unreadable = ctx.store.unreadable_jobs().await?;
    Ok(Planned::Answer(Answer::Jobs(Jobs { unreadable, ..super::rows(ctx, jobs).await? })))
}
