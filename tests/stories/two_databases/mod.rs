//! The same dombot on SQLite and on PostgreSQL: the same tables, the same statements, the same behaviour.

mod firm;
mod leases;
mod races;
mod schema;
mod statements;
mod suite;
mod workers;
