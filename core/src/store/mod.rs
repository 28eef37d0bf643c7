//! The database: everything that changes often. One SQL text for SQLite and PostgreSQL.

/// The database.
#[derive(Debug, Clone)]
pub struct Store {}
