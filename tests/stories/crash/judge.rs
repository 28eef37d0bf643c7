//! What must be true after any crash, once everything has come to rest.

use std::collections::BTreeSet;
use std::future::Future;

use dombot_core::job::{Job, JobState};
use dombot_core::store::JobFilter;

use super::scene::{Deed, Scene};

/// The database and the operator's books at rest.
#[derive(Debug)]
pub(super) struct Rest {
    pub(super) jobs: Vec<Job>,
    pub(super) effects: usize,
    untold: usize,
    approved: bool,
}

/// Reads them; nothing of the scene's dombots may run.
pub(super) fn rest(scene: &Scene, deed: Deed) -> Rest {
    let mut rest = now(async {
        let store = scene.store().await;
        let person = store.persons().await.unwrap().remove(0).id;
        let plan = store.plans_labelled(person, &scene.label).await.unwrap().remove(0);
        let rest = Rest {
            jobs: store.jobs(&JobFilter::Plan(plan.id)).await.unwrap(),
            effects: 0,
            untold: store.undelivered(person).await.unwrap().len(),
            approved: store.approval(plan.id).await.unwrap().is_some(),
        };
        store.close().await;
        rest
    });
    let effects = scene.books.effects();
    let ours = |e: &&dombot_providers::sandbox::world::Effect| {
        e.kind == deed.kind && e.domain == deed.domain
    };
    rest.effects = effects.iter().filter(ours).count();
    assert_eq!(rest.effects, effects.len(), "effects that nobody approved: {effects:?}");
    let keys: BTreeSet<_> = effects.iter().map(|e| &e.key).collect();
    assert_eq!(keys.len(), effects.len(), "one key took effect twice: {effects:?}");
    rest
}

impl Rest {
    /// The laws: approved work is not lost, comes to an end or to a person, takes effect at most once, and is told.
    pub(super) fn judge(&self, deed: Deed, told: bool, case: &str) {
        let state = self.jobs.first().map(|j| j.state);
        assert!(self.approved, "{case}: the approval was lost: {self:?}");
        assert_eq!(self.jobs.len(), 1, "{case}: an approved step was lost: {self:?}");
        assert!(self.effects <= 1, "{case}: done twice: {self:?}");
        match state {
            Some(JobState::Done) => assert_eq!(self.effects, 1, "{case}: called done: {self:?}"),
            Some(JobState::Failed | JobState::Cancelled) => {
                assert_eq!(self.effects, 0, "{case}: called not done: {self:?}");
            }
            Some(JobState::NeedsHuman) => {
                assert!(deed.blind, "{case}: the provider makes it safe to repeat: {self:?}");
            }
            _ => panic!("{case}: neither an end nor a person: {self:?}"),
        }
        assert!(told && self.untold == 0, "{case}: the person was not told: {self:?}");
    }

    pub(super) fn state(&self) -> JobState {
        self.jobs[0].state
    }
}

/// Runs a future here.
pub(super) fn now<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}
