//! A person's word on an outcome that nobody can read. It becomes a plan of its own, with a code.

use super::{Named, named};
use crate::action::{Ctx, Draft, Planned, Settle};
use crate::error::Result;
use crate::job::JobState;
use crate::phrase;
use crate::plan::{Step, Tier, Verdict};

pub(in crate::action) async fn plan(slots: &Settle, ctx: &Ctx<'_>) -> Result<Planned> {
    let Named::One(job) = named(ctx, &slots.job_id).await? else {
        return Err(phrase!("jobs.unknown", job = slots.job_id).into());
    };
    let left = job.state == JobState::Cancelled && job.intent_at.is_some();
    if job.state != JobState::NeedsHuman && !left {
        return Err(
            phrase!("jobs.not_waiting", job = slots.job_id, state = job.state.word()).into()
        );
    }
    let short = crate::engine::short(job.id);
    let warning = match slots.verdict {
        Verdict::Happened => phrase!("jobs.settle_happened", job = short),
        Verdict::DidNot => phrase!("jobs.settle_did_not", job = short),
        Verdict::Leave => phrase!("jobs.settle_leave", job = short),
    };
    let mut warnings = vec![warning];
    warnings.extend(job.note);
    Ok(Planned::Steps(Draft {
        steps: vec![Step::Settle { job: job.id, verdict: slots.verdict }],
        warnings,
        tier: Some(if job.step.is_money() { Tier::Money } else { Tier::Reversible }),
        ..Draft::default()
    }))
}
