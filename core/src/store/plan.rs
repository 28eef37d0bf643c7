//! Plans as they were shown, and which of them a code would approve.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::audit::{Entry, note};
use super::sql::{self, Tx};
use super::{Store, from_json, id, ms, time};
use crate::approval::SealKey;
use crate::error::Result;
use crate::ids::{PersonId, PlanId};
use crate::plan::{Digest, Plan, Step, canonical_json};

/// Where a plan stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanState {
    /// Waits for a code.
    Open,
    /// Dropped by the person, or a new one took its place.
    Dropped,
    /// Five wrong codes.
    Dead,
    /// Approved; its jobs are under way.
    Running,
    /// Every job is done.
    Completed,
    /// A job failed or waits for a person; later steps don't run.
    Halted,
    /// Cancelled by the person after approval.
    Cancelled,
}

impl PlanState {
    /// The word in the database and in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Dropped => "dropped",
            Self::Dead => "dead",
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Halted => "halted",
            Self::Cancelled => "cancelled",
        }
    }
}

/// A plan as stored: the bytes that the digest covers, and what became of it.
#[derive(Debug, Clone)]
pub struct StoredPlan {
    /// Which.
    pub id: PlanId,
    /// 4 characters.
    pub label: String,
    /// As stored; whoever acts on it computes it again from `body`.
    pub digest: Digest,
    /// Canonical JSON.
    pub body: String,
    /// Who asked.
    pub person: PersonId,
    /// Where.
    pub conversation: String,
    /// Where it stands.
    pub state: PlanState,
    /// Wrong codes typed for it.
    pub wrong: i64,
    /// A code after this is refused.
    pub expires_at: Timestamp,
    /// Of the digest, with the vault's key.
    pub seal: String,
    /// Its card was shown to the end. Rule 8.
    pub delivered: bool,
}

impl StoredPlan {
    /// The plan, read from the stored bytes.
    pub fn plan(&self) -> Result<Plan> {
        from_json(&self.body)
    }
}

type Row = (String, String, String, String, String, String, String, i64, i64, String, Option<i64>);

fn stored(row: Row) -> Result<StoredPlan> {
    Ok(StoredPlan {
        id: id(&row.0)?,
        label: row.1,
        digest: row.2.parse()?,
        body: row.3,
        person: id(&row.4)?,
        conversation: row.5,
        state: from_json(&format!("\"{}\"", row.6))?,
        wrong: row.7,
        expires_at: time(row.8)?,
        seal: row.9,
        delivered: row.10.is_some(),
    })
}

macro_rules! select {
    ($rest:literal) => {
        concat!("SELECT id, label, digest, body, person, conversation, state, wrong, expires_at, seal, delivered_at FROM plan ", $rest)
    };
}

impl Store {
    /// Stores a plan and arms it for its person and conversation, unless another open plan is armed there:
    /// a second one is never swapped in. Answers whether it is armed; with `arms` unset it never is.
    pub async fn put_plan(
        &self,
        plan: &Plan,
        key: &SealKey,
        now: Timestamp,
        arms: bool,
    ) -> Result<(StoredPlan, bool)> {
        let body = canonical_json(plan)?;
        let digest = Digest::of_bytes(body.as_bytes());
        let seal = key.of_plan(&digest);
        let mut tx = self.begin().await?;
        sql::query(
            "INSERT INTO plan (id, label, digest, body, person, conversation, state, wrong, created_at, expires_at, seal)
             VALUES ($1, $2, $3, $4, $5, $6, 'open', 0, $7, $8, $9)",
        )
        .bind(plan.id.to_string())
        .bind(digest.label())
        .bind(digest.to_string())
        .bind(&body)
        .bind(plan.person.to_string())
        .bind(&plan.conversation)
        .bind(ms(plan.created_at))
        .bind(ms(plan.expires_at))
        .bind(&seal)
        .execute(&mut *tx)
        .await?;
        let armed = arms && arm(&mut tx, plan.id, plan.person, &plan.conversation, now).await?;
        let facts = json!({
            "digest": digest.to_string(),
            "tier": u8::from(plan.tier),
            "steps": plan.steps.iter().map(Step::kind).collect::<Vec<_>>(),
            "armed": armed,
        });
        let made = Entry {
            label: Some(digest.label()),
            person: Some(plan.person),
            domain: plan.steps.first().and_then(|s| s.domain().cloned()),
            place: Some(plan.conversation.clone()),
            ..of(plan.id, "plan.made", now, facts)
        };
        note(&mut tx, made).await?;
        commit!(tx, "plan.put");
        let stored = StoredPlan {
            id: plan.id,
            label: digest.label(),
            digest,
            body,
            person: plan.person,
            conversation: plan.conversation.clone(),
            state: PlanState::Open,
            wrong: 0,
            expires_at: plan.expires_at,
            seal,
            delivered: false,
        };
        Ok((stored, armed))
    }

    /// Arms a plan, as its person asked; `false` = it is closed or expired, or another one is armed there.
    pub async fn arm(&self, plan: &StoredPlan, now: Timestamp) -> Result<bool> {
        if plan.state != PlanState::Open || plan.expires_at <= now {
            return Ok(false);
        }
        let mut tx = self.begin().await?;
        let armed = arm(&mut tx, plan.id, plan.person, &plan.conversation, now).await?;
        if armed {
            let entry = Entry {
                label: Some(plan.label.clone()),
                person: Some(plan.person),
                place: Some(plan.conversation.clone()),
                ..of(plan.id, "plan.armed", now, json!({"digest": plan.digest.to_string()}))
            };
            note(&mut tx, entry).await?;
        }
        commit!(tx, "plan.arm");
        Ok(armed)
    }

    /// The person has the whole card before his eyes: from now on a code may count for it.
    pub async fn deliver(&self, plan: PlanId, now: Timestamp) -> Result<()> {
        let mut tx = self.begin().await?;
        let done =
            sql::query("UPDATE plan SET delivered_at = $2 WHERE id = $1 AND delivered_at IS NULL")
                .bind(plan.to_string())
                .bind(ms(now))
                .execute(&mut *tx)
                .await?;
        if done.rows_affected() == 1 {
            note(&mut tx, of(plan, "plan.shown", now, json!({}))).await?;
        }
        commit!(tx, "plan.deliver");
        Ok(())
    }

    /// Takes an arm back: the prompt is gone. The plan stays open.
    pub async fn disarm(&self, plan: PlanId, now: Timestamp) -> Result<()> {
        let mut tx = self.begin().await?;
        let done = sql::query("DELETE FROM arm WHERE plan = $1")
            .bind(plan.to_string())
            .execute(&mut *tx)
            .await?;
        if done.rows_affected() > 0 {
            note(&mut tx, of(plan, "plan.disarmed", now, json!({}))).await?;
        }
        commit!(tx, "plan.disarm");
        Ok(())
    }

    /// The plan that a code of this person in this conversation would approve.
    pub async fn armed(
        &self,
        person: PersonId,
        conversation: &str,
        now: Timestamp,
    ) -> Result<Option<StoredPlan>> {
        let row: Option<Row> = sql::query(
            "SELECT p.id, p.label, p.digest, p.body, p.person, p.conversation, p.state, p.wrong, p.expires_at, p.seal,
             p.delivered_at
             FROM plan p JOIN arm a ON a.plan = p.id
             WHERE a.person = $1 AND a.conversation = $2 AND p.state = 'open' AND p.expires_at > $3",
        )
        .bind(person.to_string())
        .bind(conversation)
        .bind(ms(now))
        .fetch_optional(&self.read)
        .await?;
        row.map(stored).transpose()
    }

    /// One plan.
    pub async fn plan(&self, which: PlanId) -> Result<Option<StoredPlan>> {
        let row: Option<Row> = sql::query(select!("WHERE id = $1"))
            .bind(which.to_string())
            .fetch_optional(&self.read)
            .await?;
        row.map(stored).transpose()
    }

    /// A person's plans with this label, newest first: a label is for people and may repeat.
    pub async fn plans_labelled(&self, person: PersonId, label: &str) -> Result<Vec<StoredPlan>> {
        let rows: Vec<Row> = sql::query(select!(
            "WHERE person = $1 AND label = $2 ORDER BY created_at DESC LIMIT 10"
        ))
        .bind(person.to_string())
        .bind(label.to_ascii_uppercase())
        .fetch_all(&self.read)
        .await?;
        rows.into_iter().map(stored).collect()
    }

    /// The newest plan of a person and conversation that was approved.
    pub async fn last_approved(
        &self,
        person: PersonId,
        conversation: &str,
    ) -> Result<Option<StoredPlan>> {
        let row: Option<Row> = sql::query(select!(
            "WHERE person = $1 AND conversation = $2 AND state IN ('running', 'completed', 'halted', 'cancelled')
             ORDER BY created_at DESC LIMIT 1"
        ))
        .bind(person.to_string())
        .bind(conversation)
        .fetch_optional(&self.read)
        .await?;
        row.map(stored).transpose()
    }

    /// Drops an open plan; `false` = it was not open.
    pub async fn drop_plan(&self, which: PlanId, now: Timestamp) -> Result<bool> {
        let mut tx = self.begin().await?;
        let done = sql::query(
            "UPDATE plan SET state = 'dropped', closed_at = $2 WHERE id = $1 AND state = 'open'",
        )
        .bind(which.to_string())
        .bind(ms(now))
        .execute(&mut *tx)
        .await?;
        sql::query("DELETE FROM arm WHERE plan = $1")
            .bind(which.to_string())
            .execute(&mut *tx)
            .await?;
        if done.rows_affected() == 1 {
            note(&mut tx, of(which, "plan.dropped", now, json!({}))).await?;
        }
        commit!(tx, "plan.drop");
        Ok(done.rows_affected() == 1)
    }

    /// Counts a wrong code for a plan, committed on its own; five end it. Answers how many there were.
    pub async fn count_wrong_for_plan(&self, which: PlanId, now: Timestamp) -> Result<i64> {
        let mut tx = self.begin().await?;
        sql::query("UPDATE plan SET wrong = wrong + 1 WHERE id = $1")
            .bind(which.to_string())
            .execute(&mut *tx)
            .await?;
        let dead = sql::query("UPDATE plan SET state = 'dead', closed_at = $2 WHERE id = $1 AND state = 'open' AND wrong >= 5")
            .bind(which.to_string())
            .bind(ms(now))
            .execute(&mut *tx)
            .await?;
        let (wrong,): (i64,) = sql::query("SELECT wrong FROM plan WHERE id = $1")
            .bind(which.to_string())
            .fetch_one(&mut *tx)
            .await?;
        let facts = json!({"wrong": wrong, "dead": dead.rows_affected() == 1});
        note(&mut tx, of(which, "code.wrong", now, facts)).await?;
        commit!(tx, "plan.wrong");
        Ok(wrong)
    }
}

fn of(plan: PlanId, kind: &str, at: Timestamp, facts: Value) -> Entry {
    Entry { plan: Some(plan), facts, ..Entry::new(kind, at) }
}

/// Arms a plan where nothing open is armed; an arm left by a closed or expired plan gives way.
async fn arm(
    tx: &mut Tx,
    plan: PlanId,
    person: PersonId,
    conversation: &str,
    now: Timestamp,
) -> Result<bool> {
    sql::query(
        "DELETE FROM arm WHERE person = $1 AND conversation = $2
         AND plan NOT IN (SELECT id FROM plan WHERE state = 'open' AND expires_at > $3)",
    )
    .bind(person.to_string())
    .bind(conversation)
    .bind(ms(now))
    .execute(&mut **tx)
    .await?;
    let done = sql::query(
        "INSERT INTO arm (person, conversation, plan, armed_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (person, conversation) DO UPDATE SET armed_at = excluded.armed_at WHERE arm.plan = excluded.plan",
    )
    .bind(person.to_string())
    .bind(conversation)
    .bind(plan.to_string())
    .bind(ms(now))
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}
