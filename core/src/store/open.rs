//! Opening: a SQLite file, or a PostgreSQL database by its URL, which holds a password and is never shown.

use std::path::Path;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use sqlx::ConnectOptions;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgSslMode};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use super::sql::Pool;
use super::{Store, schema};

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
    /// A new one was to be made, and something is in it.
    #[error("the database is not empty")]
    NotEmpty,
    /// Not a URL of a PostgreSQL database that we take; says which part, never the password.
    #[error("the database's URL: {0}")]
    Url(String),
    /// Anything else.
    #[error(transparent)]
    Other(#[from] sqlx::Error),
}

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
        let write = Pool::Sqlite(write);
        schema::migrate(&write, create).await?;
        let read = Pool::Sqlite(pool(2).connect_with(options).await?);
        Ok(Self { write, read })
    }

    /// Opens a PostgreSQL database, whose tables are made where `create` is set, and brings its schema up to date.
    pub async fn connect(url: &SecretString, create: bool) -> Result<Self, OpenError> {
        let options = postgres(url.expose_secret())?;
        let pool = |n: u32| {
            PgPoolOptions::new()
                .max_connections(n)
                .min_connections(0)
                .acquire_timeout(Duration::from_secs(15))
        };
        let write = pool(4).connect_with(options.clone()).await.map_err(open_error)?;
        let write = Pool::Postgres(write);
        schema::migrate(&write, create).await?;
        let read = Pool::Postgres(pool(3).connect_lazy_with(options));
        Ok(Self { write, read })
    }
}

/// What may stand behind the question mark. Others are refused: the driver would log them with their values.
const PARAMETERS: &[&str] =
    &["sslmode", "sslrootcert", "sslcert", "sslkey", "host", "port", "dbname", "user"];

/// An encrypted connection to a checked server, unless the URL says otherwise or the server is on this machine.
pub(super) fn postgres(url: &str) -> Result<PgConnectOptions, OpenError> {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let keys =
        || query.split('&').filter_map(|pair| pair.split('=').next()).filter(|k| !k.is_empty());
    if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
        return Err(OpenError::Url("it does not begin with postgres://".into()));
    }
    if let Some(n) = keys().position(|k| !PARAMETERS.contains(&k)) {
        return Err(OpenError::Url(format!("parameter {} is none of {PARAMETERS:?}", n + 1)));
    }
    let mut options: PgConnectOptions =
        url.parse().map_err(|_| OpenError::Url("it cannot be read".into()))?;
    if !keys().any(|k| k == "sslmode") && !is_local(&options) {
        options = options.ssl_mode(PgSslMode::VerifyFull);
    }
    Ok(options.application_name("dombot").disable_statement_logging().options([
        // A commit that the server may forget is none.
        ("synchronous_commit", "on"),
        ("client_min_messages", "warning"),
        ("lock_timeout", "15s"),
        // A node that hangs in the middle of a transaction must not hold up the others.
        ("idle_in_transaction_session_timeout", "10s"),
    ]))
}

fn is_local(options: &PgConnectOptions) -> bool {
    let host = options.get_host();
    options.get_socket().is_some()
        || host.starts_with('/')
        || host == "localhost"
        || host.trim_matches(['[', ']']).parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
}

pub(super) fn open_error(e: sqlx::Error) -> OpenError {
    let text = e.to_string();
    match e.as_database_error().and_then(sqlx::error::DatabaseError::code).as_deref() {
        // 25006: a standby or a read-only session of PostgreSQL.
        Some("8" | "14" | "1032" | "1544" | "776" | "25006") => OpenError::ReadOnly,
        Some("26" | "11") => OpenError::Damaged(text),
        _ => OpenError::Other(e),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown_and_never_travels_in_clear() {
        for bad in [
            "postgres://jan:hunter2@db.example/dombot?passwort=hunter2",
            "postgres://jan:hunter2@db.example/dombot?password=hunter2",
            "postgres://jan:hunter2@db.example:99999/dombot",
            "postgres://jan:hunter2@db.example/dombot?sslmode=hunter2",
            "mysql://jan:hunter2@db.example/dombot",
        ] {
            let refused = postgres(bad).unwrap_err();
            assert!(!format!("{refused} {refused:?}").contains("hunter2"), "{refused:?}");
        }
        let mode = |url: &str| postgres(url).unwrap().get_ssl_mode();
        assert!(matches!(mode("postgres://jan:pw@db.example/dombot"), PgSslMode::VerifyFull));
        assert!(matches!(
            mode("postgres://jan:pw@db.example/d?sslmode=require"),
            PgSslMode::Require
        ));
        for local in ["127.0.0.1", "localhost", "[::1]", "%2Frun%2Fpostgresql"] {
            assert!(matches!(mode(&format!("postgres://jan:pw@{local}/d")), PgSslMode::Prefer));
        }
    }
}
