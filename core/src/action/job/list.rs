//! Not here yet.

use crate::action::{Ctx, JobList, Planned};
use crate::error::Result;
use crate::phrase;

#[expect(clippy::unused_async, reason = "it will ask the store")]
pub(in crate::action) async fn plan(_: &JobList, _: &Ctx<'_>) -> Result<Planned> {
    Err(phrase!("not_yet").into())
}
