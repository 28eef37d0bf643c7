//! Migrations: the same numbers for SQLite and PostgreSQL.

use super::OpenError;
use super::open::open_error;
use super::sql::{self, Conn, Pool, Tx};

/// Number, for SQLite, for PostgreSQL.
macro_rules! migrations {
    ($($number:literal $name:literal),* $(,)?) => {
        &[$((
            $number,
            include_str!(concat!("../../../migrations/sqlite/", $name)),
            include_str!(concat!("../../../migrations/postgres/", $name)),
        )),*]
    };
}

const MIGRATIONS: &[(i64, &str, &str)] = migrations![
    1 "0001_init.sql",
    2 "0002_sealed_and_delivered.sql",
    3 "0003_audit.sql",
    4 "0004_keep.sql",
    6 "0006_zone_watch.sql",
    10 "0010_lease.sql",
];

/// Newest migration here.
pub(super) fn known() -> i64 {
    MIGRATIONS.last().map_or(0, |m| m.0)
}

/// Brings the schema up to date; refuses a database of a newer program, and an empty one unless it is `new`.
pub(super) async fn migrate(pool: &Pool, new: bool) -> Result<(), OpenError> {
    let known = known();
    let mut tx = pool.begin().await.map_err(open_error)?;
    tx.script("CREATE TABLE IF NOT EXISTS migration (version BIGINT PRIMARY KEY)")
        .await
        .map_err(open_error)?;
    let found: Vec<(i64,)> = sql::query("SELECT version FROM migration ORDER BY version")
        .fetch_all(&mut *tx)
        .await
        .map_err(open_error)?;
    let newest = found.last().map_or(0, |v| v.0);
    if newest > known {
        return Err(OpenError::Newer { found: newest, known });
    }
    if newest == 0 && !new {
        return Err(OpenError::Damaged("there is nothing in it".into()));
    }
    let missing = MIGRATIONS.iter().filter(|m| !found.contains(&(m.0,)));
    for (version, sqlite, postgres) in missing {
        let text = if matches!(*tx, Conn::Sqlite(_)) { *sqlite } else { *postgres };
        tx.script(text).await?;
        sql::query("INSERT INTO migration (version) VALUES ($1)")
            .bind(version)
            .execute(&mut *tx)
            .await?;
    }
    commit(tx).await
}

async fn commit(tx: Tx) -> Result<(), OpenError> {
    crate::fail_point!("schema: before commit");
    tx.commit().await.map_err(open_error)?;
    crate::fail_point!("schema: after commit");
    Ok(())
}
