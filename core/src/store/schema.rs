//! Migrations: the same numbers for SQLite and PostgreSQL.

use sqlx::{Executor, SqlitePool};

use super::OpenError;

const MIGRATIONS: &[(i64, &str)] = &[
    (1, include_str!("../../../migrations/sqlite/0001_init.sql")),
    (3, include_str!("../../../migrations/sqlite/0003_audit.sql")),
    (4, include_str!("../../../migrations/sqlite/0004_keep.sql")),
];

/// Newest migration here.
pub(super) fn known() -> i64 {
    MIGRATIONS.last().map_or(0, |m| m.0)
}

/// Brings the schema up to date; refuses a database of a newer program, and an empty one unless it is `new`.
pub(super) async fn migrate(pool: &SqlitePool, new: bool) -> Result<(), OpenError> {
    let known = known();
    let mut tx = pool.begin_with("BEGIN IMMEDIATE").await.map_err(super::open_error)?;
    tx.execute("CREATE TABLE IF NOT EXISTS migration (version BIGINT PRIMARY KEY)")
        .await
        .map_err(super::open_error)?;
    let (found,): (Option<i64>,) = sqlx::query_as("SELECT MAX(version) FROM migration")
        .fetch_one(&mut *tx)
        .await
        .map_err(super::open_error)?;
    let found = found.unwrap_or(0);
    if found > known {
        return Err(OpenError::Newer { found, known });
    }
    if found == 0 && !new {
        return Err(OpenError::Damaged("there is nothing in it".into()));
    }
    for (version, sql) in MIGRATIONS.iter().filter(|m| m.0 > found) {
        tx.execute(*sql).await?;
        sqlx::query("INSERT INTO migration (version) VALUES ($1)")
            .bind(version)
            .execute(&mut *tx)
            .await?;
    }
    crate::fail_point!("schema: before commit");
    tx.commit().await.map_err(super::open_error)?;
    crate::fail_point!("schema: after commit");
    Ok(())
}
