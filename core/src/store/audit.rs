//! The audit log: the table `event` as a chain. Each row's hash covers its canonical bytes and the hash before it.
//!
//! A state change writes its row in its own transaction, as the last thing in it: raising the chain's one head row
//! holds that row to the end, so that writers queue up instead of forking the chain, and none waits for another.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::sql::{self, Tx};
use super::{Store, ms, time};
use crate::domain::DomainName;
use crate::error::{Error, Result};
use crate::ids::{JobId, PersonId, PlanId};
use crate::phrase::Phrase;
use crate::plan::{canonical_json, hex};

/// Something that happened, before it has its place in the chain.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its own id; without one it is named after its place.
    pub id: Option<String>,
    /// When.
    pub at: Timestamp,
    /// `plan.made`, `job.intent`, `code.wrong`, ...
    pub kind: String,
    /// Of which plan.
    pub plan: Option<PlanId>,
    /// That plan's label.
    pub label: Option<String>,
    /// Of which job.
    pub job: Option<JobId>,
    /// Who.
    pub person: Option<PersonId>,
    /// Domain or zone.
    pub domain: Option<DomainName>,
    /// The conversation, or `host`.
    pub place: Option<String>,
    /// For the history of its domain; rows without are for the audit only.
    pub text: Option<Phrase>,
    /// Whatever shows it: digest, factor and step, evidence. An object; never a secret, no floats.
    pub facts: Value,
}

impl Entry {
    /// Of this kind, at this time, with nothing else said.
    pub fn new(kind: &str, at: Timestamp) -> Self {
        Self {
            id: None,
            at,
            kind: kind.to_owned(),
            plan: None,
            label: None,
            job: None,
            person: None,
            domain: None,
            place: None,
            text: None,
            facts: json!({}),
        }
    }

    /// Done by a person at the host.
    pub fn at_host(kind: &str, at: Timestamp, person: PersonId, facts: Value) -> Self {
        Self { person: Some(person), place: Some("host".into()), facts, ..Self::new(kind, at) }
    }
}

/// A row of the log as it is exported and hashed: the hash is SHA-256 over its canonical JSON (RFC 8785) without
/// `hash`. `prev` is the hash of the row before it, empty for the first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRow {
    /// Shape of this object: 1.
    pub v: u32,
    /// 1, 2, 3, ... without gaps.
    pub seq: i64,
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// Unique.
    pub id: String,
    /// What happened.
    pub kind: String,
    /// Of which plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    /// The plan's label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Of which job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
    /// Who.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// Domain or zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// Where he spoke.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// As a phrase: key and values.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub text: Value,
    /// What shows it.
    pub facts: Value,
    /// Hash before it.
    pub prev: String,
    /// Its own, hex.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hash: String,
}

impl AuditRow {
    /// The hash that the row must have.
    pub fn computed(&self) -> Result<String> {
        let bare = Self { hash: String::new(), ..self.clone() };
        Ok(hex(&Sha256::digest(canonical_json(&bare)?.as_bytes())))
    }
}

/// Appends to the chain, inside the transaction of what it tells of, as its last statement.
pub(super) async fn note(tx: &mut Tx, entry: Entry) -> Result<()> {
    let (seq, prev): (i64, String) =
        sql::query("UPDATE chain SET seq = seq + 1 WHERE name = 'audit' RETURNING seq, hash")
            .fetch_one(&mut **tx)
            .await?;
    let mut row = AuditRow {
        v: 1,
        seq,
        at: time(ms(entry.at))?.to_string(),
        id: entry.id.unwrap_or_else(|| format!("audit-{seq}")),
        kind: entry.kind,
        plan: entry.plan.map(|p| p.to_string()),
        label: entry.label,
        job: entry.job.map(|j| j.to_string()),
        person: entry.person.map(|p| p.to_string()),
        domain: entry.domain.map(|d| d.to_string()),
        place: entry.place,
        text: serde_json::to_value(entry.text).map_err(Error::internal)?,
        facts: entry.facts,
        prev,
        hash: String::new(),
    };
    row.hash = row.computed()?;
    sql::query(
        "INSERT INTO event (id, at, kind, plan, label, job, person, domain, body, seq, place, facts, prev, hash)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
    )
    .bind(&row.id)
    .bind(ms(entry.at))
    .bind(&row.kind)
    .bind(&row.plan)
    .bind(&row.label)
    .bind(&row.job)
    .bind(&row.person)
    .bind(&row.domain)
    .bind(canonical_json(&row.text)?)
    .bind(seq)
    .bind(&row.place)
    .bind(canonical_json(&row.facts)?)
    .bind(&row.prev)
    .bind(&row.hash)
    .execute(&mut **tx)
    .await?;
    let moved = sql::query("UPDATE chain SET hash = $2 WHERE name = 'audit' AND seq = $1")
        .bind(seq)
        .bind(&row.hash)
        .execute(&mut **tx)
        .await?;
    match moved.rows_affected() {
        1 => Ok(()),
        _ => Err(Error::internal("the audit chain has another head")),
    }
}

type Columns = (
    String,
    i64,
    String,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    String,
    i64,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
);

/// `None` = its JSON is not the text that [`note`] writes.
fn row(c: Columns) -> Option<AuditRow> {
    let canonical = |text: &str| {
        let value: Value = serde_json::from_str(text).ok()?;
        (canonical_json(&value).ok()? == text).then_some(value)
    };
    Some(AuditRow {
        v: 1,
        seq: c.9,
        at: time(c.1).ok()?.to_string(),
        id: c.0,
        kind: c.2,
        plan: c.3,
        label: c.4,
        job: c.5,
        person: c.6,
        domain: c.7,
        place: c.10,
        text: canonical(&c.8)?,
        facts: canonical(&c.11?)?,
        prev: c.12?,
        hash: c.13?,
    })
}

impl Store {
    /// Appends something that changes nothing else in the database.
    pub async fn record(&self, entry: Entry) -> Result<()> {
        let mut tx = self.begin().await?;
        note(&mut tx, entry).await?;
        commit!(tx, "audit.record");
        Ok(())
    }

    /// The next rows after `seq`, at most 500, each with its number; `None` in place of a row that cannot be one
    /// of ours.
    pub async fn audit_rows(&self, after: i64) -> Result<Vec<(i64, Option<AuditRow>)>> {
        let rows: Vec<Columns> = sql::query(
            "SELECT id, at, kind, plan, label, job, person, domain, body, seq, place, facts, prev, hash
             FROM event WHERE seq > $1 ORDER BY seq LIMIT 500",
        )
        .bind(after)
        .fetch_all(&self.read)
        .await?;
        Ok(rows.into_iter().map(|c| (c.9, row(c))).collect())
    }

    /// Where the chain stands: number and hash of its last row, and how many rows are older than the chain.
    pub async fn chain_end(&self) -> Result<(i64, String, i64)> {
        Ok(sql::query("SELECT seq, hash, older FROM chain WHERE name = 'audit'")
            .fetch_one(&self.read)
            .await?)
    }

    /// How many rows stand outside the chain.
    pub async fn unchained(&self) -> Result<i64> {
        let (n,): (i64,) = sql::query("SELECT COUNT(*) FROM event WHERE seq IS NULL")
            .fetch_one(&self.read)
            .await?;
        Ok(n)
    }
}
