//! One SQL text for two databases. A statement is a text with owned values; a handle sends it to SQLite or to
//! PostgreSQL. Where they need different texts, both stand side by side: `sql::query(A).on_postgres(B)`.
//!
//! A port from sqlx is mechanical: `sqlx::query(..)` and `sqlx::query_as(..)` become `sql::query(..)`; the rest of
//! the line stays. Integers in results are BIGINT (`i64`), texts TEXT. After a violated constraint PostgreSQL
//! takes nothing more in that transaction: only roll back.

use std::ops::{Deref, DerefMut};

use sqlx::postgres::{PgArguments, PgListener, PgRow};
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Error, FromRow, PgPool, Postgres, SqlSafeStr, Sqlite, SqlitePool, Transaction};

/// A row as a tuple of `i64`, `String` and their options, from either database.
pub(super) trait Row:
    for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin
{
}

impl<T> Row for T where T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin
{}

/// A value, or NULL of its type.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Text(Option<String>),
    Int(Option<i64>),
}

macro_rules! values {
    ($($type:ty => |$v:ident| $value:expr;)*) => {$(
        impl From<$type> for Value {
            fn from($v: $type) -> Self {
                $value
            }
        }
    )*};
}

values! {
    i64 => |v| Self::Int(Some(v));
    &i64 => |v| Self::Int(Some(*v));
    Option<i64> => |v| Self::Int(v);
    String => |v| Self::Text(Some(v));
    &str => |v| Self::Text(Some(v.to_owned()));
    &String => |v| Self::Text(Some(v.clone()));
    Option<String> => |v| Self::Text(v);
    &Option<String> => |v| Self::Text(v.clone());
    Option<&str> => |v| Self::Text(v.map(ToOwned::to_owned));
}

/// A statement with its values.
#[derive(Debug, Clone)]
pub(super) struct Query {
    sqlite: &'static str,
    postgres: &'static str,
    values: Vec<Value>,
}

/// A statement of one text for both.
pub(super) fn query(text: &'static str) -> Query {
    Query { sqlite: text, postgres: text, values: Vec::new() }
}

/// How a statement ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Done(u64);

impl Done {
    pub(super) fn rows_affected(self) -> u64 {
        self.0
    }
}

/// What runs a reading statement: an open transaction, or a connection of a pool.
pub(super) enum On<'a> {
    Tx(&'a mut Conn),
    Pool(&'a Pool),
}

impl<'a> From<&'a mut Conn> for On<'a> {
    fn from(conn: &'a mut Conn) -> Self {
        Self::Tx(conn)
    }
}

impl<'a> From<&'a Pool> for On<'a> {
    fn from(pool: &'a Pool) -> Self {
        Self::Pool(pool)
    }
}

impl Query {
    /// Another text for PostgreSQL, with the same values.
    pub(super) fn on_postgres(mut self, text: &'static str) -> Self {
        self.postgres = text;
        self
    }

    /// The next value: `$1`, `$2`, ...
    pub(super) fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Runs it; only in a transaction.
    pub(super) async fn execute<'c>(self, on: impl Into<&'c mut Conn>) -> Result<Done, Error> {
        Ok(Done(match on.into() {
            Conn::Sqlite(c) => self.for_sqlite().execute(&mut **c).await?.rows_affected(),
            Conn::Postgres(c) => self.for_postgres().execute(&mut **c).await?.rows_affected(),
        }))
    }

    /// All rows.
    pub(super) async fn fetch_all<R: Row>(self, on: impl Into<On<'_>>) -> Result<Vec<R>, Error> {
        match on.into() {
            On::Tx(Conn::Sqlite(c)) => rows(&self.for_sqlite().fetch_all(&mut **c).await?),
            On::Pool(Pool::Sqlite(p)) => rows(&self.for_sqlite().fetch_all(p).await?),
            On::Tx(Conn::Postgres(c)) => rows(&self.for_postgres().fetch_all(&mut **c).await?),
            On::Pool(Pool::Postgres(p)) => rows(&self.for_postgres().fetch_all(p).await?),
        }
    }

    /// The first row, if there is one. All are read, so that a statement with RETURNING runs to its end.
    pub(super) async fn fetch_optional<R: Row>(
        self,
        on: impl Into<On<'_>>,
    ) -> Result<Option<R>, Error> {
        Ok(self.fetch_all(on).await?.into_iter().next())
    }

    /// The first row.
    pub(super) async fn fetch_one<R: Row>(self, on: impl Into<On<'_>>) -> Result<R, Error> {
        self.fetch_optional(on).await?.ok_or(Error::RowNotFound)
    }

    fn for_sqlite(self) -> sqlx::query::Query<'static, Sqlite, SqliteArguments> {
        self.values.into_iter().fold(sqlx::query(self.sqlite), |q, value| match value {
            Value::Text(v) => q.bind(v),
            Value::Int(v) => q.bind(v),
        })
    }

    fn for_postgres(self) -> sqlx::query::Query<'static, Postgres, PgArguments> {
        self.values.into_iter().fold(sqlx::query(self.postgres), |q, value| match value {
            Value::Text(v) => q.bind(v),
            Value::Int(v) => q.bind(v),
        })
    }
}

fn rows<R, T: for<'r> FromRow<'r, R>>(rows: &[R]) -> Result<Vec<T>, Error>
where
    R: sqlx::Row,
{
    rows.iter().map(T::from_row).collect()
}

/// Connections to one database.
#[derive(Debug, Clone)]
pub(super) enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// A connection with an open transaction.
#[derive(Debug)]
pub(super) enum Conn {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// A writing transaction; dropped without [`Tx::commit`] nothing of it stays.
#[derive(Debug)]
pub(super) struct Tx(Conn);

impl Deref for Tx {
    type Target = Conn;
    fn deref(&self) -> &Conn {
        &self.0
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.0
    }
}

macro_rules! hints {
    () => {
        "dombot_queue"
    };
}

/// Hears that something came into the queue.
#[derive(Debug)]
pub struct Hints {
    pool: Pool,
    listener: Option<PgListener>,
}

impl Hints {
    pub(super) fn new(pool: Pool) -> Self {
        Self { pool, listener: None }
    }

    /// Comes back after a hint; never on SQLite, where one process does all. Where hints cannot be had it waits for
    /// ever, too: the caller polls anyway.
    pub async fn next(&mut self) {
        if let Pool::Postgres(pool) = &self.pool
            && self.listen(&pool.clone()).await.is_ok()
        {
            return;
        }
        std::future::pending::<()>().await;
    }

    async fn listen(&mut self, pool: &PgPool) -> Result<(), Error> {
        if self.listener.is_none() {
            let mut listener = PgListener::connect_with(pool).await?;
            listener.listen(hints!()).await?;
            self.listener = Some(listener);
        }
        match &mut self.listener {
            Some(listener) => listener.recv().await.map(drop),
            None => Ok(()),
        }
    }
}

/// The writers' lock of PostgreSQL, a number of our own. See [`Pool::begin`].
macro_rules! lock {
    ($function:literal) => {
        concat!("BEGIN; SELECT ", $function, "(7236839271)")
    };
}

impl Pool {
    /// A transaction that no other writer runs beside, in this process or another: what it reads stays so until it
    /// commits. SQLite: BEGIN IMMEDIATE. PostgreSQL: READ COMMITTED under an exclusive lock that ends with the
    /// transaction.
    pub(super) async fn begin(&self) -> Result<Tx, Error> {
        self.begin_with(lock!("pg_advisory_xact_lock")).await
    }

    /// As [`Pool::begin`], but on PostgreSQL others of this kind run beside it: only for the queue's statements,
    /// each of which is right by itself: it changes rows under conditions that are looked at again once the row is
    /// its own.
    pub(super) async fn begin_beside(&self) -> Result<Tx, Error> {
        self.begin_with(lock!("pg_advisory_xact_lock_shared")).await
    }

    async fn begin_with(&self, postgres: &'static str) -> Result<Tx, Error> {
        Ok(Tx(match self {
            Self::Sqlite(p) => Conn::Sqlite(p.begin_with("BEGIN IMMEDIATE").await?),
            Self::Postgres(p) => Conn::Postgres(p.begin_with(postgres).await?),
        }))
    }

    pub(super) async fn close(&self) {
        match self {
            Self::Sqlite(p) => p.close().await,
            Self::Postgres(p) => p.close().await,
        }
    }
}

impl Conn {
    /// The time by which leases run, unix ms: the database's on PostgreSQL, where several machines share it; on
    /// SQLite the process's, which is the only one. A time that is already over by the time it is used errs on the
    /// safe side: a lease seems to last longer to others and ends sooner for its holder.
    pub(super) async fn lease_time(&mut self, own: i64) -> Result<i64, Error> {
        match self {
            Self::Sqlite(_) => Ok(own),
            Self::Postgres(_) => {
                let (now,): (i64,) = query("SELECT dombot_now()").fetch_one(self).await?;
                Ok(now)
            }
        }
    }

    /// Wakes idle workers of other processes once this is committed. A hint: nobody relies on it.
    pub(super) async fn hint(&mut self) -> Result<(), Error> {
        if let Self::Postgres(c) = self {
            sqlx::raw_sql(concat!("NOTIFY ", hints!())).execute(&mut **c).await?;
        }
        Ok(())
    }

    /// Runs several statements without values: a migration, or a test's.
    pub(super) async fn script(&mut self, text: impl SqlSafeStr + Send) -> Result<u64, Error> {
        Ok(match self {
            Self::Sqlite(c) => sqlx::raw_sql(text).execute(&mut **c).await?.rows_affected(),
            Self::Postgres(c) => sqlx::raw_sql(text).execute(&mut **c).await?.rows_affected(),
        })
    }
}

impl Tx {
    pub(super) async fn commit(self) -> Result<(), Error> {
        match self.0 {
            Conn::Sqlite(c) => c.commit().await,
            Conn::Postgres(c) => c.commit().await,
        }
    }
}
