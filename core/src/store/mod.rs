//! The database: everything that changes often. One SQL text for SQLite and PostgreSQL.
//!
//! SQLite runs in WAL mode with synchronous=FULL: a lost intent would be a double charge. Every writing
//! transaction begins IMMEDIATE, and there is one writer.

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
mod look;
mod person;
mod plan;
mod schema;

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Sqlite, SqlitePool, Transaction};

pub use approve::{Enqueued, NewApproval};
pub use audit::{AuditRow, Entry};
pub use breaker::{Broken, FAILURES};
pub use dialog::Dialog;
pub use event::{Event, Message};
pub use freeze::{Froze, Frozen};
pub use incarnation::{NewLife, Reborn, TABLES};
pub use job::{JobFilter, Settlement, Start};
pub use person::{Factor, Guard};
pub use plan::{PlanState, StoredPlan};

use crate::error::{Error, Result};

/// Why the database could not be opened. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// No file, and the caller did not ask to make one.
    #[error("there is no database")]
    Missing,
    /// Its schema is newer than this program.
    #[error("the database is of a newer version ({found}, this program knows {known})")]
    Newer {
        /// Migration in the file.
        found: i64,
        /// Newest migration here.
        known: i64,
    },
    /// The file or its folder cannot be written.
    #[error("the database cannot be written")]
    ReadOnly,
    /// Not a database, or damaged.
    #[error("the database is damaged: {0}")]
    Damaged(String),
    /// Anything else.
    #[error(transparent)]
    Other(#[from] sqlx::Error),
}

/// The database. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    write: SqlitePool,
    read: SqlitePool,
}

type Tx = Transaction<'static, Sqlite>;

impl Store {
    /// Opens the file, or makes it where `create` is set, and brings its schema up to date.
    pub async fn open(path: &Path, create: bool) -> Result<Self, OpenError> {
        if !create {
            // SQLite would make a new database out of an empty file, and approved work would be forgotten.
            match path.metadata() {
                Ok(file) if file.len() == 0 => return Err(OpenError::Damaged("empty file".into())),
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                    return Err(OpenError::Missing);
                }
                _ => {}
            }
        }
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(create)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(5));
        let pool = |n: u32| {
            SqlitePoolOptions::new().max_connections(n).min_connections(0).idle_timeout(None)
        };
        let write = pool(1).connect_with(options.clone()).await.map_err(open_error)?;
        schema::migrate(&write, create).await?;
        let read = pool(2).connect_with(options).await?;
        Ok(Self { write, read })
    }

    /// Waits for running statements and closes the file.
    pub async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }

    /// What somebody does who has the database in his hands; how many rows it changed.
    #[cfg(test)]
    pub(crate) async fn tamper(&self, sql: &str) -> u64 {
        let mut tx = self.begin().await.unwrap();
        sqlx::query("PRAGMA defer_foreign_keys = ON").execute(&mut *tx).await.unwrap();
        let sql = sqlx::AssertSqlSafe(sql.to_owned());
        let done = sqlx::query(sql).execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
        done.rows_affected()
    }

    async fn begin(&self) -> Result<Tx> {
        Ok(self.write.begin_with("BEGIN IMMEDIATE").await?)
    }

    /// The highest wall-clock time ever seen, for noticing a clock that went back.
    pub async fn highest_time(&self) -> Result<Option<Timestamp>> {
        let row: Option<(String,)> =
            sqlx::query_as("SELECT value FROM meta WHERE key = 'highest_time'")
                .fetch_optional(&self.read)
                .await?;
        Ok(row.and_then(|(v,)| v.parse().ok()).and_then(|ms| Timestamp::from_millisecond(ms).ok()))
    }

    /// Notes the time; a lower one than before is not written.
    pub async fn note_time(&self, now: Timestamp) -> Result<()> {
        let mut tx = self.begin().await?;
        sqlx::query(
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
        sqlx::query(
            "INSERT INTO meta (key, value) VALUES ('highest_time', $1)
             ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        )
        .bind(ms(now).to_string())
        .execute(&mut *tx)
        .await?;
        sqlx::query("UPDATE guard SET wrong = 0, window_start = $1, locked_until = 0 WHERE window_start > $1")
            .bind(ms(now))
            .execute(&mut *tx)
            .await?;
        sqlx::query("UPDATE factor SET last_step = $1 WHERE last_step > $1")
            .bind(step + 1)
            .execute(&mut *tx)
            .await?;
        audit::note(&mut tx, Entry::new("clock.trusted", now)).await?;
        commit!(tx, "time.restart");
        Ok(())
    }
}

fn open_error(e: sqlx::Error) -> OpenError {
    let text = e.to_string();
    match e.as_database_error().and_then(sqlx::error::DatabaseError::code).as_deref() {
        Some("8" | "14" | "1032" | "1544" | "776") => OpenError::ReadOnly,
        Some("26" | "11") => OpenError::Damaged(text),
        _ => OpenError::Other(e),
    }
}

impl From<sqlx::Error> for Error {
    fn from(e: sqlx::Error) -> Self {
        Self::internal(e)
    }
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
