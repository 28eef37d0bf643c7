//! Sealed heads of the audit chain.

use jiff::Timestamp;

use super::event::insert_message;
use super::{Message, Store, ms, sql, time};
use crate::audit::Head;
use crate::error::Result;

impl Store {
    /// Keeps a sealed head and what is to be told of it. `false` = the chain has moved on since: nothing is written.
    /// Earlier heads that somebody was not told yet are not told any more.
    pub async fn put_head(&self, head: &Head, messages: &[Message]) -> Result<bool> {
        let mut tx = self.begin().await?;
        let kept = sql::query(
            "INSERT INTO audit_head (seq, hash, older, at, seal)
             SELECT seq, hash, older, CAST($4 AS BIGINT), CAST($5 AS TEXT) FROM chain WHERE name = 'audit' AND seq = $1 AND hash = $2 AND older = $3
             ON CONFLICT (seq) DO NOTHING",
        )
        .bind(head.seq)
        .bind(&head.hash)
        .bind(head.older)
        .bind(ms(head.at))
        .bind(&head.seal)
        .execute(&mut *tx)
        .await?;
        if kept.rows_affected() != 1 {
            return Ok(false);
        }
        for message in messages {
            sql::query("DELETE FROM outbox WHERE person = $1 AND conversation = 'audit' AND delivered_at IS NULL")
                .bind(message.person.to_string())
                .execute(&mut *tx)
                .await?;
            insert_message(&mut tx, message).await?;
        }
        commit!(tx, "audit.head");
        Ok(true)
    }

    /// All sealed heads, oldest first; not checked.
    pub async fn heads(&self) -> Result<Vec<Head>> {
        let rows: Vec<(i64, String, i64, i64, String)> =
            sql::query("SELECT seq, hash, older, at, seal FROM audit_head ORDER BY seq")
                .fetch_all(&self.read)
                .await?;
        let head = |(seq, hash, older, at, seal)| {
            let at: Timestamp = time(at)?;
            Ok(Head { v: 1, seq, hash, older, at, seal })
        };
        rows.into_iter().map(head).collect()
    }

    /// Notes the fingerprint of the vault's file; answers whether it is the one noted before, or the first.
    pub async fn vault_seen(&self, print: &str) -> Result<bool> {
        let mut tx = self.begin().await?;
        let before: Option<(String,)> =
            sql::query("SELECT value FROM meta WHERE key = 'vault_seen'")
                .fetch_optional(&mut *tx)
                .await?;
        if before.as_ref().is_some_and(|(b,)| b == print) {
            return Ok(true);
        }
        sql::query(
            "INSERT INTO meta (key, value) VALUES ('vault_seen', $1)
             ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        )
        .bind(print)
        .execute(&mut *tx)
        .await?;
        commit!(tx, "vault.seen");
        Ok(before.is_none())
    }
}
