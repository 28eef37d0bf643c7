//! A provider's books beside ours: what was done in an account that dombot did not do, and the other way round.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::ids::{AccountId, JobId};
use crate::job::{Job, JobState};
use crate::provider::BookEntry;
use crate::store::{JobFilter, Store};

/// Two clocks, and an effect that comes a while after its call.
const APART: SignedDuration = SignedDuration::from_mins(10);

/// Whether an entry of the provider's is one of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Whose {
    /// No job of ours is like it.
    NotOurs,
    /// A job of ours did the same at that time; the provider keeps no key that would prove it.
    LikelyOurs,
    /// It carries a job's key or number.
    Ours,
}

/// One entry of the provider's, compared.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Compared {
    /// The entry.
    pub entry: BookEntry,
    /// Whose it is.
    pub whose: Whose,
    /// The job.
    pub job: Option<JobId>,
}

/// One done job of ours that the provider's books do not have.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Unbooked {
    /// Which.
    pub job: JobId,
    /// What.
    pub kind: String,
    /// Domain or zone.
    pub domain: String,
    /// When it was called.
    pub at: Timestamp,
}

/// Both books.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Comparison {
    /// The provider's, "not ours" first, then by time.
    pub entries: Vec<Compared>,
    /// Ours that are not there.
    pub unbooked: Vec<Unbooked>,
}

/// Compares what the provider says of the time since `since` with our jobs at this account.
pub async fn compare(
    store: &Store,
    account: AccountId,
    since: Timestamp,
    entries: Vec<BookEntry>,
) -> Result<Comparison> {
    let from = since.checked_sub(APART).unwrap_or(since);
    let mut ours = store.jobs(&JobFilter::CalledSince(from)).await?;
    ours.retain(|j| j.step.account() == Some(account));
    let mut taken = vec![false; ours.len()];
    let mut entries: Vec<Compared> = entries
        .into_iter()
        .map(|entry| Compared { entry, whose: Whose::NotOurs, job: None })
        .collect();
    for (whose, fits) in
        [(Whose::Ours, proves as fn(&Job, &BookEntry) -> bool), (Whose::LikelyOurs, resembles)]
    {
        for found in entries.iter_mut().filter(|e| e.job.is_none()) {
            let hit = (0..ours.len()).find(|n| !taken[*n] && fits(&ours[*n], &found.entry));
            if let Some(n) = hit {
                taken[n] = true;
                (found.whose, found.job) = (whose, Some(ours[n].id));
            }
        }
    }
    entries.sort_by_key(|e| (e.whose, e.entry.at));
    let unbooked = ours
        .iter()
        .zip(&taken)
        .filter(|(j, taken)| !**taken && j.state == JobState::Done)
        .filter_map(|(j, _)| {
            Some(Unbooked {
                job: j.id,
                kind: j.step.kind().to_owned(),
                domain: j.step.domain().map(ToString::to_string).unwrap_or_default(),
                at: j.called_at.filter(|at| *at >= since)?,
            })
        })
        .collect();
    Ok(Comparison { entries, unbooked })
}

fn proves(job: &Job, entry: &BookEntry) -> bool {
    let reference = job.evidence.as_ref().and_then(|e| e.reference.as_deref());
    entry.key.as_deref() == Some(&job.id.to_string())
        || reference.is_some_and(|r| r == entry.reference) && alike(job, entry)
}

fn alike(job: &Job, entry: &BookEntry) -> bool {
    entry.kind == job.step.kind() && job.step.domain().is_some_and(|d| d.as_str() == entry.domain)
}

/// Same verb, same domain, about the same time; never where the entry carries a key that is not ours.
fn resembles(job: &Job, entry: &BookEntry) -> bool {
    entry.key.is_none()
        && alike(job, entry)
        && job.called_at.is_some_and(|at| entry.at.duration_since(at).abs() <= APART)
}
