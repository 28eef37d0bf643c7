//! Whose database this is: it belongs to one vault, from its first use on.

use secrecy::{ExposeSecret, SecretString};

use super::open::{open_error, postgres};
use super::sql::{Conn, Pool};
use super::{OpenError, Store, schema, sql};
use crate::approval::SealKey;
use crate::error::Result;

/// Whether a vault and a database are of one home.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Belongs {
    /// They are.
    Together,
    /// Nobody has used the database yet.
    Unused,
    /// The database is of another vault, whose jobs would all look forged here.
    Apart,
}

impl Store {
    /// Compares the database's mark with this vault's key; a database without one takes it where `first` is set.
    pub async fn belongs_to(&self, key: &SealKey, first: bool) -> Result<Belongs> {
        let mark = key.hash("store", "vault");
        let mut tx = self.begin().await?;
        if first {
            sql::query(
                "INSERT INTO meta (key, value) VALUES ('vault', $1) ON CONFLICT (key) DO NOTHING",
            )
            .bind(&mark)
            .execute(&mut *tx)
            .await?;
        }
        let row: Option<(String,)> = sql::query("SELECT value FROM meta WHERE key = 'vault'")
            .fetch_optional(&mut *tx)
            .await?;
        commit!(tx, "store.belongs");
        Ok(match row {
            Some((found,)) if found == mark => Belongs::Together,
            Some(_) => Belongs::Apart,
            None => Belongs::Unused,
        })
    }

    /// Takes away the tables that an interrupted `init` made in a PostgreSQL database. One that was ever used stays.
    pub async fn clear_unused(url: &SecretString) -> std::result::Result<(), OpenError> {
        let options = postgres(url.expose_secret())?;
        let pool = sqlx::postgres::PgPoolOptions::new().max_connections(1);
        let pool = Pool::Postgres(pool.connect_with(options).await.map_err(open_error)?);
        let mut tx = pool.begin().await?;
        if schema::versions(&mut tx).await?.is_empty() {
            return Ok(());
        }
        let used: Vec<(String,)> =
            sql::query("SELECT key FROM meta WHERE key = 'vault'").fetch_all(&mut *tx).await?;
        if !used.is_empty() {
            return Err(OpenError::NotEmpty);
        }
        drop_tables(&mut tx).await?;
        tx.commit().await?;
        pool.close().await;
        Ok(())
    }
}

async fn drop_tables(conn: &mut Conn) -> std::result::Result<(), sqlx::Error> {
    let tables = schema::tables().join(", ");
    let all = format!("DROP TABLE migration, {tables}; DROP FUNCTION dombot_now()");
    conn.script(sqlx::AssertSqlSafe(all)).await.map(drop)
}
