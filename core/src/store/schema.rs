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

/// Every table but `migration`, those that others point to first.
pub(super) fn tables() -> Vec<&'static str> {
    let made = MIGRATIONS.iter().flat_map(|m| m.1.split("\nCREATE TABLE ").skip(1));
    made.filter_map(|rest| rest.split([' ', '(']).next()).collect()
}

/// The migrations that a database has had; makes the list where there is none.
pub(super) async fn versions(tx: &mut Tx) -> Result<Vec<i64>, OpenError> {
    tx.script("CREATE TABLE IF NOT EXISTS migration (version BIGINT PRIMARY KEY)")
        .await
        .map_err(open_error)?;
    let found: Vec<(i64,)> = sql::query("SELECT version FROM migration ORDER BY version")
        .fetch_all(&mut **tx)
        .await
        .map_err(open_error)?;
    Ok(found.into_iter().map(|v| v.0).collect())
}

/// Brings the schema up to date; refuses a database of a newer program, and an empty one unless it is `new`.
pub(super) async fn migrate(pool: &Pool, new: bool) -> Result<(), OpenError> {
    let known = known();
    let mut tx = pool.begin().await.map_err(open_error)?;
    let shared = matches!(*tx, Conn::Postgres(_));
    let found = versions(&mut tx).await?;
    let newest = found.last().copied().unwrap_or(0);
    if newest > known {
        return Err(OpenError::Newer { found: newest, known });
    }
    match (newest, new) {
        // A file is made anew by the caller, who has looked; a database on a server may be somebody's.
        (1.., true) if shared => return Err(OpenError::NotEmpty),
        (0, false) if shared => return Err(OpenError::Missing),
        (0, false) => return Err(OpenError::Damaged("there is nothing in it".into())),
        _ => {}
    }
    for (version, sqlite, postgres) in MIGRATIONS.iter().filter(|m| !found.contains(&m.0)) {
        tx.script(if shared { *postgres } else { *sqlite }).await?;
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
