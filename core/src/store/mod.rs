//! The database: everything that changes often. One SQL text for SQLite and PostgreSQL.
//!
//! SQLite runs in WAL mode with synchronous=FULL: a lost intent would be a double charge. Every writing
//! transaction begins IMMEDIATE, and there is one writer. On PostgreSQL the writers of all processes stand in one
//! line too, but for the queue's own statements, which run side by side (`sql.rs`). Nothing is retried here: what
//! failed in the middle did not happen, and of a commit without an answer only the job protocol knows what to do.

/// Commits with a fail point on either side.
macro_rules! commit {
    ($tx:expr, $name:literal) => {{
        $crate::fail_point!(concat!($name, ": before commit"));
        $tx.commit().await?;
        $crate::fail_point!(concat!($name, ": after commit"));
    }};
}

mod approve;
mod audit;
mod breaker;
mod course;
mod dialog;
mod event;
mod fact;
mod freeze;
mod head;
mod incarnation;
mod job;
mod lease;
mod look;
mod open;
mod owner;
mod person;
mod plan;
mod recent;
mod schema;
mod sql;
mod watch;
mod word;

use std::time::Duration;

use jiff::Timestamp;

pub use approve::{Enqueued, NewApproval};
pub use audit::{AuditRow, Entry};
pub use breaker::{Broken, FAILURES};
pub use dialog::Dialog;
pub use event::{Event, Message};
pub use freeze::{Froze, Frozen};
pub use incarnation::{NewLife, Reborn, TABLES};
pub use job::{JobFilter, Settlement, Start};
pub use open::OpenError;
pub use owner::Belongs;
pub use person::{Factor, Guard};
pub use plan::{PlanState, StoredPlan};
pub use sql::Hints;
pub(crate) use watch::Watch;

use self::sql::{Pool, Tx};
use crate::error::{Error, Result};

/// The database. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    write: Pool,
    read: Pool,
}

impl Store {
    /// Waits for running statements and closes the file.
    pub async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }

    /// What somebody does who has the database in his hands; how many rows it changed.
    #[cfg(test)]
    pub(crate) async fn tamper(&self, sql: &str) -> u64 {
        let mut tx = self.begin().await.unwrap();
        let unchecked = match *tx {
            sql::Conn::Sqlite(_) => "PRAGMA defer_foreign_keys = ON",
            sql::Conn::Postgres(_) => "SET LOCAL session_replication_role = replica",
        };
        tx.script(unchecked).await.unwrap();
        let changed = tx.script(sqlx::AssertSqlSafe(sql.to_owned())).await.unwrap();
        tx.commit().await.unwrap();
        changed
    }

    /// Several processes may work here at the same time.
    pub fn shared(&self) -> bool {
        matches!(self.write, Pool::Postgres(_))
    }

    /// Hints that something came into the queue, from other processes.
    pub fn hints(&self) -> Hints {
        Hints::new(self.read.clone())
    }

    async fn begin(&self) -> Result<Tx> {
        Ok(self.write.begin().await?)
    }

    async fn begin_beside(&self) -> Result<Tx> {
        Ok(self.write.begin_beside().await?)
    }

    /// The highest wall-clock time ever seen, for noticing a clock that went back.
    pub async fn highest_time(&self) -> Result<Option<Timestamp>> {
        let row: Option<(String,)> =
            sql::query("SELECT value FROM meta WHERE key = 'highest_time'")
                .fetch_optional(&self.read)
                .await?;
        Ok(row.and_then(|(v,)| v.parse().ok()).and_then(|ms| Timestamp::from_millisecond(ms).ok()))
    }

    /// Notes the time; a lower one than before is not written.
    pub async fn note_time(&self, now: Timestamp) -> Result<()> {
        let mut tx = self.begin().await?;
        sql::query(
            "INSERT INTO meta (key, value) VALUES ('highest_time', $1)
             ON CONFLICT (key) DO UPDATE SET value = excluded.value
             WHERE CAST(meta.value AS BIGINT) < CAST(excluded.value AS BIGINT)",
        )
        .bind(ms(now).to_string())
        .execute(&mut *tx)
        .await?;
        commit!(tx, "time.note");
        Ok(())
    }

    /// Time goes on from here, though it was later before. What was counted or used up at times that are not yet
    /// is put to now: no lock from the future stays, and no code that was used becomes good again within its time.
    pub async fn restart_time(&self, now: Timestamp) -> Result<()> {
        let step = crate::approval::totp::step_at(now);
        let mut tx = self.begin().await?;
        sql::query(
            "INSERT INTO meta (key, value) VALUES ('highest_time', $1)
             ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        )
        .bind(ms(now).to_string())
        .execute(&mut *tx)
        .await?;
        sql::query("UPDATE guard SET wrong = 0, window_start = $1, locked_until = 0 WHERE window_start > $1")
            .bind(ms(now))
            .execute(&mut *tx)
            .await?;
        sql::query("UPDATE factor SET last_step = $1 WHERE last_step > $1")
            .bind(step + 1)
            .execute(&mut *tx)
            .await?;
        audit::note(&mut tx, Entry::new("clock.trusted", now)).await?;
        commit!(tx, "time.restart");
        Ok(())
    }
}

impl From<sqlx::Error> for Error {
    fn from(e: sqlx::Error) -> Self {
        Self::internal(e)
    }
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX / 2)
}

fn ms(t: Timestamp) -> i64 {
    t.as_millisecond()
}

fn time(ms: i64) -> Result<Timestamp> {
    Timestamp::from_millisecond(ms).map_err(Error::internal)
}

fn from_json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(Error::internal)
}

fn to_json(value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(Error::internal)
}

fn id<T: std::str::FromStr>(text: &str) -> Result<T>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    text.parse().map_err(|e: T::Err| Error::internal(e))
}

/// A violated unique constraint, which some statements expect.
fn is_conflict(e: &sqlx::Error) -> bool {
    e.as_database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation)
}
