//! How an approved plan is getting on.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::{Asked, Engine, Here, zone_of};
use crate::account::Person;
use crate::approval::Way;
use crate::chat::{Body, Reply, ReplyKind};
use crate::domain::DomainName;
use crate::error::Result;
use crate::ids::{JobId, PlanId};
use crate::job::{Job, JobState};
use crate::phrase;
use crate::phrase::{Language, Phrase, evidence};
use crate::plan::{Step, Undo};
use crate::provider::Evidence;
use crate::store::{JobFilter, PlanState, StoredPlan};

/// A plan's jobs as they stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The plan's label.
    pub label: String,
    /// Where the plan stands.
    pub state: PlanState,
    /// Its steps, in order.
    pub steps: Vec<StepProgress>,
    /// It can be taken back.
    pub undoable: bool,
    /// Nothing has begun, and nothing does before that: date and time where the person lives.
    pub begins: Option<String>,
}

/// One job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepProgress {
    /// Its job.
    pub job: JobId,
    /// Kind of the step.
    pub kind: String,
    /// The step itself.
    pub step: Step,
    /// Domain or zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<DomainName>,
    /// Name of the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Where it stands.
    pub state: JobState,
    /// What shows that it happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
    /// What there is to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Phrase>,
}

/// Notes after which planning the same wishes anew makes sense.
const REPLAN: &[&str] = &[
    "job.set_changed",
    "job.zone_changed",
    "job.expiry_moved",
    "job.price_moved",
    "job.rejected_changed",
    "job.rejected_price",
    "job.too_late",
];

impl Progress {
    /// Nothing more happens by itself.
    pub fn is_over(&self) -> bool {
        !matches!(self.state, PlanState::Running | PlanState::Open)
    }

    /// A person must say what happened.
    pub fn needs_human(&self) -> bool {
        self.steps.iter().any(|s| s.state == JobState::NeedsHuman)
    }

    /// The word of the stable JSON shape.
    pub fn word(&self) -> &'static str {
        match self.state {
            _ if self.needs_human() => "needs_human",
            PlanState::Running if self.begins.is_some() => "scheduled",
            state => state.word(),
        }
    }

    /// It was not begun because the world had changed; a new plan from now may be wanted.
    pub fn wants_new_plan(&self) -> bool {
        self.state == PlanState::Halted
            && self.steps.iter().all(|s| matches!(s.state, JobState::Failed | JobState::Cancelled))
            && self.steps.iter().any(|s| s.note.as_ref().is_some_and(|n| REPLAN.contains(&n.key())))
    }

    /// Lines for a person: what was done with its evidence, what was not, and how to take it back.
    pub fn text(&self, lang: Language) -> String {
        let mut lines = Vec::new();
        for step in &self.steps {
            let domain = step.domain.as_ref().map(ToString::to_string).unwrap_or_default();
            let said = match step.state {
                JobState::Done => {
                    let proof = step
                        .evidence
                        .as_ref()
                        .map(|e| evidence(lang, step.account.as_deref(), Some(&step.step), e));
                    let proof = proof.unwrap_or_default();
                    format!("{} {proof}", phrase!("progress.done", domain = domain).text(lang))
                }
                JobState::Failed => phrase!("progress.failed", domain = domain).text(lang),
                JobState::Cancelled => phrase!("progress.cancelled", domain = domain).text(lang),
                JobState::NeedsHuman => {
                    phrase!("progress.needs_human", domain = domain, job = short(step.job))
                        .text(lang)
                }
                _ if self.begins.is_some() => continue,
                _ => phrase!("progress.running", domain = domain).text(lang),
            };
            lines.push(said.trim_end().to_owned());
            lines.extend(step.note.as_ref().map(|n| n.text(lang)));
        }
        if let Some(at) = &self.begins {
            lines.push(phrase!("progress.begins", at = at, label = self.label).text(lang));
        }
        if self.state == PlanState::Completed {
            lines.push(if self.undoable {
                phrase!("progress.undo", label = self.label).text(lang)
            } else {
                phrase!("progress.no_undo").text(lang)
            });
        }
        lines.join("\n")
    }
}

/// The last six characters of a job's id: enough for a person to name it.
pub fn short(job: JobId) -> String {
    job.to_string()[20..].to_owned()
}

impl Engine {
    /// Where a plan stands now; `None` = no such plan.
    pub async fn progress(&self, plan: PlanId) -> Result<Option<Progress>> {
        let Some(stored) = self.parts.store.plan(plan).await? else { return Ok(None) };
        let unlocked = self.unlocked();
        let name = |id| unlocked.as_ref().and_then(|u| u.accounts.get(id).map(|a| a.name.clone()));
        let jobs = self.parts.store.jobs(&JobFilter::Plan(plan)).await?;
        let begins = self.begins(&stored, &jobs).await?;
        let steps = jobs
            .into_iter()
            .map(|j| StepProgress {
                job: j.id,
                kind: j.step.kind().to_owned(),
                step: j.step.clone(),
                domain: j.step.domain().cloned(),
                account: j.step.account().and_then(name),
                state: j.state,
                evidence: j.evidence,
                note: j.note,
            })
            .collect();
        let undoable = matches!(stored.plan()?.undo, Undo::Steps(_));
        Ok(Some(Progress { label: stored.label, state: stored.state, steps, undoable, begins }))
    }

    /// When an approved plan begins of which nothing has begun, if that is not right now.
    async fn begins(&self, stored: &StoredPlan, jobs: &[Job]) -> Result<Option<String>> {
        /// What is about to begin is under way for people.
        const SOON: SignedDuration = SignedDuration::from_secs(5);
        let fresh = |j: &Job| matches!(j.state, JobState::Ready | JobState::Pending);
        let untouched = jobs.iter().all(|j| fresh(j) && j.intent_at.is_none());
        let Some(first) = jobs.first().filter(|_| untouched) else { return Ok(None) };
        let plan = stored.plan()?;
        let waits = plan.delay > 0 || plan.not_before.is_some();
        if !waits || first.run_at <= self.clock().now() + SOON {
            return Ok(None);
        }
        let person = self.parts.store.person(stored.person).await?;
        let tz = person.as_ref().map_or(jiff::tz::TimeZone::UTC, zone_of);
        Ok(Some(first.run_at.to_zoned(tz).strftime("%Y-%m-%d %H:%M").to_string()))
    }

    /// Plans the wishes of a plan anew, from now: a new plan that needs a new code. Nothing is inherited.
    pub async fn replan(&self, person: &Person, plan: PlanId, arms: bool) -> Result<Option<Reply>> {
        let Some(stored) = self.parts.store.plan(plan).await? else { return Ok(None) };
        if stored.person != person.id {
            return Ok(None);
        }
        let old = stored.plan()?;
        let way = Way::Host;
        let here = Here { person, conversation: &stored.conversation, arms, way };
        let at = old.not_before.filter(|at| *at > self.clock().now());
        let asked = Asked { follows: Some(plan), at, ..Asked::of(old.actions) };
        let reply = self.perform(here, asked).await?;
        let said = phrase!("plan.anew", label = stored.label).text(person.lang);
        Ok(Some(Reply { text: format!("{said}\n{}", reply.text), ..reply }))
    }

    /// What the person was not told yet: results of plans that ended while nobody was looking, and the ids of the
    /// messages that say so. They count as delivered once [`Engine::shown`] says that he has seen them.
    pub async fn news(&self, person: &Person) -> Result<(Vec<Reply>, Vec<String>)> {
        let mut told = std::collections::BTreeSet::new();
        let (mut out, mut messages) = (Vec::new(), Vec::new());
        for message in self.parts.store.undelivered(person.id).await? {
            let Some(plan) = message.plan else {
                let text = message.text.text(person.lang);
                out.push(Reply::text(ReplyKind::Answer, person.lang, text));
                messages.push(message.id);
                continue;
            };
            if told.insert(plan)
                && let Some(progress) = self.progress(plan).await?
            {
                let at =
                    message.at.to_zoned(zone_of(person)).strftime("%Y-%m-%d %H:%M").to_string();
                let head =
                    phrase!("progress.news", label = progress.label, at = at).text(person.lang);
                out.push(Reply::text(
                    ReplyKind::Answer,
                    person.lang,
                    format!("{head}\n{}", progress.text(person.lang)),
                ));
            }
            messages.push(message.id);
        }
        Ok((out, messages))
    }

    /// The person has the whole card of this plan before his eyes; before that no code counts for it. Rule 8.
    pub async fn delivered(&self, plan: PlanId) -> Result<()> {
        self.parts.store.deliver(plan, self.clock().now()).await
    }

    /// The person has these messages before his eyes.
    pub async fn shown(&self, messages: &[String]) -> Result<()> {
        for message in messages {
            self.parts.store.delivered(message, self.clock().now()).await?;
        }
        Ok(())
    }

    /// Requests that were kept while the vault was locked, wherever they were said, planned from now. Each is kept
    /// until it is answered.
    pub async fn kept(&self, person: &Person, conversation: &str) -> Result<Vec<Reply>> {
        let mut out = Vec::new();
        if self.unlocked().is_none() {
            return Ok(out);
        }
        for (key, text) in self.parts.store.kept(person.id).await? {
            let head = phrase!("locked.after", text = text).text(person.lang);
            let here = Here { person, conversation, arms: true, way: Way::Host };
            let reply = self.handle_for(here, Body::Text(text)).await;
            self.parts.store.unkeep(&key).await?;
            out.push(Reply { text: format!("{head}\n{}", reply.text), ..reply });
        }
        Ok(out)
    }

    /// The person's plan with this label or id; a label that fits several open plans asks.
    pub async fn find_plan(&self, person: &Person, text: &str) -> Result<StoredPlan> {
        if let Ok(id) = text.parse::<PlanId>() {
            let plan = self.parts.store.plan(id).await?.filter(|p| p.person == person.id);
            return plan.ok_or_else(|| phrase!("plan.unknown_label", label = text).into());
        }
        let mut plans = self.parts.store.plans_labelled(person.id, text).await?;
        if plans.iter().any(|p| p.state == PlanState::Open) {
            plans.retain(|p| p.state == PlanState::Open);
        }
        match plans.len() {
            0 => Err(phrase!("plan.unknown_label", label = text).into()),
            1 => Ok(plans.remove(0)),
            _ => {
                let ids: Vec<String> = plans.iter().map(|p| p.id.to_string()).collect();
                Err(phrase!("plan.ambiguous_label", label = text, dates = ids.join(", ")).into())
            }
        }
    }

    /// The person saw how this plan ended; it need not be told again.
    pub async fn told(&self, person: &Person, plan: PlanId) -> Result<()> {
        for message in self.parts.store.undelivered(person.id).await? {
            if message.plan == Some(plan) {
                self.parts.store.delivered(&message.id, self.clock().now()).await?;
            }
        }
        Ok(())
    }
}
