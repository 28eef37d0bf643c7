//! What happened, for the history of a domain, and what a person must still be told.

use jiff::Timestamp;
use serde_json::Value;

use super::audit::{Entry, note};
use super::sql::{self, Tx};
use super::{Store, from_json, id, ms, time, to_json};
use crate::domain::DomainName;
use crate::error::Result;
use crate::ids::{JobId, PersonId, PlanId};
use crate::phrase::Phrase;

/// One line of history. Append-only.
#[derive(Debug, Clone)]
pub struct Event {
    /// ULID.
    pub id: String,
    /// When.
    pub at: Timestamp,
    /// `plan.approved`, `job.done`, ...
    pub kind: String,
    /// Its plan.
    pub plan: Option<PlanId>,
    /// The plan's label.
    pub label: Option<String>,
    /// Its job.
    pub job: Option<JobId>,
    /// Who.
    pub person: Option<PersonId>,
    /// Domain or zone.
    pub domain: Option<DomainName>,
    /// In words.
    pub text: Phrase,
}

/// Something to tell a person.
#[derive(Debug, Clone)]
pub struct Message {
    /// ULID; also the key that keeps a platform from showing it twice.
    pub id: String,
    /// To whom.
    pub person: PersonId,
    /// Where he asked.
    pub conversation: String,
    /// About which plan, if about one.
    pub plan: Option<PlanId>,
    /// What.
    pub text: Phrase,
    /// Since when it waits.
    pub at: Timestamp,
}

/// Appends it to the chain, with what shows it; the last statement of its transaction.
pub(super) async fn insert_event(
    tx: &mut Tx,
    event: &Event,
    place: &str,
    facts: Value,
) -> Result<()> {
    let entry = Entry {
        id: Some(event.id.clone()),
        at: event.at,
        kind: event.kind.clone(),
        plan: event.plan,
        label: event.label.clone(),
        job: event.job,
        person: event.person,
        domain: event.domain.clone(),
        place: (!place.is_empty()).then(|| place.to_owned()),
        text: Some(event.text.clone()),
        facts,
    };
    note(tx, entry).await
}

pub(super) async fn insert_message(tx: &mut Tx, message: &Message) -> Result<()> {
    sql::query(
        "INSERT INTO outbox (id, person, conversation, plan, body, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(&message.id)
    .bind(message.person.to_string())
    .bind(&message.conversation)
    .bind(message.plan.map_or(String::new(), |p| p.to_string()))
    .bind(to_json(&message.text)?)
    .bind(ms(message.at))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

type EventRow = (
    String,
    i64,
    String,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    String,
);

impl Store {
    /// It was noted.
    pub async fn has_event(&self, event: &str) -> Result<bool> {
        let row: Option<(i64,)> = sql::query("SELECT at FROM event WHERE id = $1")
            .bind(event)
            .fetch_optional(&self.read)
            .await?;
        Ok(row.is_some())
    }

    /// Newest events of a domain first, at most `limit`.
    pub async fn events_of(&self, domain: &DomainName, limit: u32) -> Result<Vec<Event>> {
        let rows: Vec<EventRow> = sql::query(
            "SELECT id, at, kind, plan, label, job, person, domain, body FROM event WHERE domain = $1
             AND body <> 'null' ORDER BY id DESC LIMIT $2",
        )
        .bind(domain.as_str())
        .bind(i64::from(limit))
        .fetch_all(&self.read)
        .await?;
        rows.into_iter()
            .map(|r| {
                Ok(Event {
                    id: r.0,
                    at: time(r.1)?,
                    kind: r.2,
                    plan: r.3.as_deref().map(id).transpose()?,
                    label: r.4,
                    job: r.5.as_deref().map(id).transpose()?,
                    person: r.6.as_deref().map(id).transpose()?,
                    domain: r.7.and_then(|d| DomainName::parse(&d).ok()),
                    text: from_json(&r.8)?,
                })
            })
            .collect()
    }

    /// What a person was not told yet, oldest first.
    pub async fn undelivered(&self, person: PersonId) -> Result<Vec<Message>> {
        let rows: Vec<(String, String, String, String, String, i64)> = sql::query(
            "SELECT id, person, conversation, plan, body, created_at FROM outbox
             WHERE person = $1 AND delivered_at IS NULL ORDER BY id",
        )
        .bind(person.to_string())
        .fetch_all(&self.read)
        .await?;
        rows.into_iter()
            .map(|r| {
                Ok(Message {
                    id: r.0,
                    person: id(&r.1)?,
                    conversation: r.2,
                    plan: (!r.3.is_empty()).then(|| id(&r.3)).transpose()?,
                    text: from_json(&r.4)?,
                    at: time(r.5)?,
                })
            })
            .collect()
    }

    /// The person has seen it.
    pub async fn delivered(&self, message: &str, now: Timestamp) -> Result<()> {
        let mut tx = self.begin().await?;
        sql::query("UPDATE outbox SET delivered_at = $2 WHERE id = $1 AND delivered_at IS NULL")
            .bind(message)
            .bind(ms(now))
            .execute(&mut *tx)
            .await?;
        commit!(tx, "outbox.delivered");
        Ok(())
    }
}
