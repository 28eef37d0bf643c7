//! Copies of the database, and the life that begins when one of them is put back. Rule 24.
//!
//! What happened between copy and restore is not known here: a code may have been used, a right taken away, a plan
//! dropped, a call sent. So nothing of before counts any more, and no call of before is ever sent from here.

use std::collections::BTreeSet;
use std::path::Path;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::audit::{Entry, note};
use super::sql::{self, Tx};
use super::{Store, ms, schema, time, to_json};
use crate::chat::Sender;
use crate::error::{Error, Result};
use crate::ids::PersonId;
use crate::phrase;

/// What becomes of each table's rows when a copy is put back. A test wants every table named here.
pub const TABLES: &[(&str, &str)] = &[
    ("meta", "kept; says when this life began"),
    ("migration", "kept"),
    ("person", "kept; frozen, but for the one at the host"),
    ("identity", "kept; the host's user is added where he is nobody"),
    ("factor", "kept; no code of before now works"),
    ("recovery_code", "void; new ones for the person at the host"),
    ("guard", "kept"),
    ("plan", "kept; open ones are dropped"),
    ("arm", "void"),
    ("approval", "kept; nothing is begun or repeated on them"),
    ("job", "kept; what is not final is an unknown outcome"),
    ("event", "kept"),
    ("chain", "kept"),
    ("audit_head", "kept"),
    ("outbox", "kept"),
    ("fact", "kept"),
    ("dialog", "void"),
    ("frozen", "kept"),
    ("breaker", "kept"),
    ("lease", "void"),
    ("zone_watch", "kept; what dombot itself changed since then shows as drift"),
    ("kept", "kept; each becomes a new plan with a new code"),
];

/// A new life.
#[derive(Debug)]
pub struct NewLife {
    /// When it begins.
    pub at: Timestamp,
    /// The user of the machine on which it begins.
    pub host: Sender,
    /// What the audit log keeps of the backup.
    pub backup: Value,
}

/// What it left void.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reborn {
    /// Who is at the host.
    pub person: PersonId,
    /// Open plans that were dropped.
    pub plans: u64,
    /// Steps whose outcome is to be read back.
    pub unknown: u64,
    /// Orders beside another one of their domain: a person settles them.
    pub left: u64,
    /// Persons who are frozen now.
    pub frozen: u64,
}

impl Store {
    /// Writes a consistent copy of the database to `path`, which must not exist, while everything goes on. Only of
    /// a file: a PostgreSQL database has its own tools for that.
    pub async fn copy_to(&self, path: &Path) -> Result<()> {
        if self.shared() {
            return Err(phrase!("backup.postgres").into());
        }
        let path = path.to_str().ok_or_else(|| Error::internal("a path that is no text"))?;
        // PostgreSQL never gets here; every statement has a text for it.
        let _: Vec<(String,)> = sql::query("VACUUM INTO $1")
            .on_postgres("SELECT CAST($1 AS TEXT) WHERE 1 = 0")
            .bind(path)
            .fetch_all(&self.read)
            .await?;
        Ok(())
    }

    /// Everything in the file is whole; else what is not. PostgreSQL looks after that itself.
    pub async fn check(&self) -> Result<Option<String>> {
        if self.shared() {
            return Ok(None);
        }
        let rows: Vec<(String,)> = sql::query("PRAGMA quick_check(5)")
            .on_postgres("SELECT 'ok'")
            .fetch_all(&self.read)
            .await?;
        let bad: Vec<String> = rows.into_iter().map(|r| r.0).filter(|r| r != "ok").collect();
        Ok((!bad.is_empty()).then(|| bad.join("; ")))
    }

    /// Newest migration of the schema.
    pub fn schema(&self) -> i64 {
        schema::known()
    }

    /// When this life began, if it began with a backup: approvals of before begin and repeat nothing.
    pub async fn born(&self) -> Result<Option<Timestamp>> {
        let row: Option<(String,)> = sql::query("SELECT value FROM meta WHERE key = 'incarnation'")
            .fetch_optional(&self.read)
            .await?;
        row.and_then(|(v,)| v.parse().ok()).map(time).transpose()
    }

    /// Begins a new life, all of it in one transaction.
    pub async fn reincarnate(&self, life: &NewLife) -> Result<Reborn> {
        let now = ms(life.at);
        let mut tx = self.begin().await?;
        let person = host_person(&mut tx, life).await?;
        void_codes(&mut tx, life.at).await?;
        let plans =
            sql::query("UPDATE plan SET state = 'dropped', closed_at = $1 WHERE state = 'open'")
                .bind(now)
                .execute(&mut *tx)
                .await?
                .rows_affected();
        for void in [
            sql::query("DELETE FROM arm"),
            sql::query("DELETE FROM dialog"),
            sql::query("DELETE FROM recovery_code"),
            sql::query("DELETE FROM lease"),
        ] {
            void.execute(&mut *tx).await?;
        }
        let frozen =
            sql::query("UPDATE person SET frozen_at = $1 WHERE frozen_at IS NULL AND id <> $2")
                .bind(now)
                .bind(person.to_string())
                .execute(&mut *tx)
                .await?
                .rows_affected();
        let (unknown, left) = unknown_outcomes(&mut tx, now).await?;
        let facts = json!({
            "backup": life.backup, "plans": plans, "unknown": unknown, "left": left, "frozen": frozen,
        });
        note(&mut tx, Entry::at_host("home.restored", life.at, person, facts)).await?;
        commit!(tx, "incarnation");
        Ok(Reborn { person, plans, unknown, left, frozen })
    }
}

/// Whoever holds the vault's key and runs this program is the owner where the machine's user is nobody here.
async fn host_person(tx: &mut Tx, life: &NewLife) -> Result<PersonId> {
    let known: Option<(String,)> =
        sql::query("SELECT person FROM identity WHERE platform = $1 AND external_id = $2")
            .bind(&life.host.platform)
            .bind(&life.host.id)
            .fetch_optional(&mut **tx)
            .await?;
    if let Some((person,)) = known {
        sql::query("UPDATE person SET frozen_at = NULL WHERE id = $1")
            .bind(&person)
            .execute(&mut **tx)
            .await?;
        return super::id(&person);
    }
    let owner: Option<(String,)> =
        sql::query("SELECT id FROM person WHERE role = '\"owner\"' ORDER BY id LIMIT 1")
            .fetch_optional(&mut **tx)
            .await?;
    let (owner,) = owner.ok_or_else(|| Error::internal("the backup knows no owner"))?;
    sql::query(
        "INSERT INTO identity (platform, external_id, person, created_at) VALUES ($1, $2, $3, $4)",
    )
    .bind(&life.host.platform)
    .bind(&life.host.id)
    .bind(&owner)
    .bind(ms(life.at))
    .execute(&mut **tx)
    .await?;
    sql::query("UPDATE person SET frozen_at = NULL WHERE id = $1")
        .bind(&owner)
        .execute(&mut **tx)
        .await?;
    super::id(&owner)
}

/// No code that an authenticator has shown until now, or shows in a step from now, works.
async fn void_codes(tx: &mut Tx, now: Timestamp) -> Result<()> {
    let step = crate::approval::totp::step_at(now) + 1;
    sql::query("UPDATE factor SET last_step = $1 WHERE last_step < $1")
        .bind(step)
        .execute(&mut **tx)
        .await?;
    sql::query(
        "INSERT INTO meta (key, value) VALUES ('incarnation', $1)
         ON CONFLICT (key) DO UPDATE SET value = excluded.value",
    )
    .bind(ms(now).to_string())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Every step that is not final may have been sent after the copy was made: it is `calling`, so that it is read back
/// first. Two money jobs of one domain cannot both be: the second is left for a person. A person's word that was
/// not carried out can be given again.
async fn unknown_outcomes(tx: &mut Tx, now: i64) -> Result<(u64, u64)> {
    sql::query(
        "UPDATE job SET state = 'cancelled', once = NULL, lease_owner = NULL, lease_until = NULL,
         epoch = epoch + 1, updated_at = $1
         WHERE kind = 'settle' AND state NOT IN ('done', 'failed', 'cancelled')",
    )
    .bind(now)
    .execute(&mut **tx)
    .await?;
    let open: Vec<(String, String, i64, Option<String>)> = sql::query(
        "SELECT id, plan, money, domain FROM job WHERE state NOT IN ('done', 'failed', 'cancelled')
         ORDER BY CASE WHEN state IN ('pending', 'ready') THEN 1 ELSE 0 END, id",
    )
    .fetch_all(&mut **tx)
    .await?;
    let (mut unknown, mut left, mut paid) = (0, 0, BTreeSet::new());
    for (job, plan, money, domain) in open {
        let beside = money == 1 && !paid.insert(domain);
        let (state, note) = if beside {
            ("cancelled", phrase!("job.restored_beside"))
        } else {
            ("calling", phrase!("job.restored"))
        };
        sql::query(
            "UPDATE job SET state = $2, run_at = $3, intent_at = COALESCE(intent_at, $3), called_at = $3,
             base_at = NULL, note = $4, lease_owner = NULL, lease_until = NULL, epoch = epoch + 1, updated_at = $3
             WHERE id = $1",
        )
        .bind(&job)
        .bind(state)
        .bind(now)
        .bind(to_json(&note)?)
        .execute(&mut **tx)
        .await?;
        sql::query("UPDATE plan SET state = 'running' WHERE id = $1 AND $2 = 'calling'")
            .bind(&plan)
            .bind(state)
            .execute(&mut **tx)
            .await?;
        if beside { left += 1 } else { unknown += 1 }
    }
    Ok((unknown, left))
}
