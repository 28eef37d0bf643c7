//! Where a talk's database rests: in a SQLite file, or in PostgreSQL where `DOMBOT_TEST_STORE` says so.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use dombot_core::store::{OpenError, Store};

use crate::postgres::{self, Database};
use crate::servers;

/// One database.
#[derive(Debug)]
pub enum Place {
    /// A file.
    File(PathBuf),
    /// In this process's cluster.
    Postgres(Database),
}

impl Place {
    /// A new one; a file is named `dombot.db` in this folder.
    pub fn new(folder: &Path) -> Self {
        if postgres::wanted() {
            return Self::Postgres(Database::new().expect("PostgreSQL was asked for"));
        }
        Self::File(folder.join("dombot.db"))
    }

    /// Opens it, or makes its tables.
    pub async fn open(&self, create: bool) -> Result<Store, OpenError> {
        match self {
            Self::File(file) => Store::open(file, create).await,
            Self::Postgres(database) => Store::connect(&database.url().into(), create).await,
        }
    }

    /// Somebody writes into it behind dombot's back, or looks at what dombot never shows: one line a row, columns
    /// divided by `|`. Foreign keys are not looked at. `None`, said aloud, where there is no `sqlite3` program.
    pub fn sql(&self, sql: &str) -> Option<String> {
        match self {
            Self::File(file) => sqlite3(file, sql),
            Self::Postgres(database) => Some(database.sql(sql)),
        }
    }

    /// What is stored outside the folder.
    pub fn elsewhere(&self) -> Vec<u8> {
        match self {
            Self::File(_) => Vec::new(),
            Self::Postgres(database) => database.dump(),
        }
    }
}

fn sqlite3(database: &Path, sql: &str) -> Option<String> {
    let mut command = Command::new("sqlite3");
    command.args(["-batch", "-bail", "-cmd", ".timeout 5000"]).arg(database);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let Ok(mut child) = command.spawn() else {
        servers::skip("sqlite3", "sqlite3");
        return None;
    };
    child.stdin.take().expect("a pipe").write_all(sql.as_bytes()).expect("sqlite3 listens");
    let out = child.wait_with_output().expect("sqlite3 ends");
    assert!(out.status.success(), "{sql}: {}", String::from_utf8_lossy(&out.stderr));
    Some(String::from_utf8_lossy(&out.stdout).trim().to_owned())
}
