//! Breakers of accounts: durable, so that a restart does not begin a storm.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::audit::{Entry, note};
use super::{Store, id, ms, sql, time};
use crate::error::Result;
use crate::ids::AccountId;

/// So many failures in a row open it.
pub const FAILURES: i64 = 5;
const FIRST: SignedDuration = SignedDuration::from_mins(1);
const LONGEST: SignedDuration = SignedDuration::from_mins(30);

/// An account that is left alone for a while.
#[derive(Debug, Clone)]
pub struct Broken {
    /// Which.
    pub account: AccountId,
    /// Until then nothing is tried; then one job tries.
    pub until: Timestamp,
    /// What it said last.
    pub why: String,
    /// Since when it fails.
    pub since: Timestamp,
}

impl Store {
    /// May this account be called now? Where its breaker has been open and its time is over, one caller gets the
    /// probe and the others wait for what comes of it: `Some` = hold until then.
    pub async fn hold(&self, account: AccountId, now: Timestamp) -> Result<Option<Timestamp>> {
        let row: Option<(i64, i64)> =
            sql::query("SELECT failures, open_until FROM breaker WHERE account = $1")
                .bind(account.to_string())
                .fetch_optional(&self.read)
                .await?;
        let Some((_, until)) = row.filter(|(n, _)| *n >= FAILURES) else { return Ok(None) };
        if until > ms(now) {
            return time(until).map(Some);
        }
        let mut tx = self.begin().await?;
        let probe = sql::query(
            "UPDATE breaker SET open_until = $3 WHERE account = $1 AND open_until = $2 AND failures >= $4",
        )
        .bind(account.to_string())
        .bind(until)
        .bind(ms(now + FIRST))
        .bind(FAILURES)
        .execute(&mut *tx)
        .await?;
        commit!(tx, "breaker.probe");
        Ok((probe.rows_affected() != 1).then_some(now + FIRST))
    }

    /// It answered: whatever it said, it is there.
    pub async fn answered(&self, account: AccountId, now: Timestamp) -> Result<()> {
        let row: Option<(i64,)> = sql::query("SELECT failures FROM breaker WHERE account = $1")
            .bind(account.to_string())
            .fetch_optional(&self.read)
            .await?;
        let Some((failures,)) = row else { return Ok(()) };
        let mut tx = self.begin().await?;
        sql::query("DELETE FROM breaker WHERE account = $1")
            .bind(account.to_string())
            .execute(&mut *tx)
            .await?;
        if failures >= FAILURES {
            let facts = json!({"account": account.to_string(), "failures": failures});
            note(&mut tx, Entry { facts, ..Entry::new("breaker.closed", now) }).await?;
        }
        commit!(tx, "breaker.close");
        Ok(())
    }

    /// It failed. Enough of that in a row opens its breaker, for longer each time a probe fails.
    pub async fn failed(&self, account: AccountId, why: &str, now: Timestamp) -> Result<()> {
        let mut tx = self.begin().await?;
        let (failures, opened): (i64, i64) = sql::query(
            "INSERT INTO breaker (account, failures, opened, open_until, why, since) VALUES ($1, 1, 0, 0, $2, $3)
             ON CONFLICT (account) DO UPDATE SET failures = breaker.failures + 1, why = excluded.why
             RETURNING failures, opened",
        )
        .bind(account.to_string())
        .bind(why)
        .bind(ms(now))
        .fetch_one(&mut *tx)
        .await?;
        if failures >= FAILURES {
            let doubled = FIRST * i32::try_from(1i64 << opened.clamp(0, 10)).unwrap_or(1024);
            let until = now + doubled.min(LONGEST);
            sql::query(
                "UPDATE breaker SET opened = opened + 1, open_until = $2 WHERE account = $1",
            )
            .bind(account.to_string())
            .bind(ms(until))
            .execute(&mut *tx)
            .await?;
            let facts = json!({
                "account": account.to_string(), "failures": failures, "until": until.to_string(), "why": why,
            });
            note(&mut tx, Entry { facts, ..Entry::new("breaker.open", now) }).await?;
        }
        commit!(tx, "breaker.count");
        Ok(())
    }

    /// Accounts whose breakers are open.
    pub async fn broken(&self) -> Result<Vec<Broken>> {
        let rows: Vec<(String, i64, String, i64)> = sql::query(
            "SELECT account, open_until, why, since FROM breaker WHERE failures >= $1 ORDER BY account",
        )
        .bind(FAILURES)
        .fetch_all(&self.read)
        .await?;
        rows.into_iter()
            .map(|(account, until, why, since)| {
                Ok(Broken { account: id(&account)?, until: time(until)?, why, since: time(since)? })
            })
            .collect()
    }
}
