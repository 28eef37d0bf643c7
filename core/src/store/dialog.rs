//! What a conversation is in the middle of.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Store, ms, sql, time, to_json};
use crate::domain::DomainName;
use crate::error::Result;
use crate::ids::PersonId;
use crate::parse::{Frame, Wish};

/// One person in one conversation.
#[derive(Debug, Clone, Default)]
pub struct Dialog {
    /// The question that waits for its answer, and since when.
    pub frame: Option<Frame>,
    /// What the last message asked for.
    pub before: Vec<Wish>,
    /// The domain that was named last.
    pub last: Option<DomainName>,
    /// When this was written.
    pub at: Option<Timestamp>,
}

/// As it is stored: no transfer codes.
#[derive(Default, Serialize, Deserialize)]
struct Kept {
    #[serde(default)]
    frame: Option<Frame>,
    #[serde(default)]
    before: Vec<Wish>,
}

impl Kept {
    fn of(dialog: &Dialog) -> Self {
        let mut frame = dialog.frame.clone();
        if let Some(frame) = &mut frame {
            frame.known.remove("auth_code");
        }
        Self { frame, before: dialog.before.iter().filter(|w| w.is_open()).cloned().collect() }
    }
}

impl Store {
    /// The dialogue's state; empty for a new one.
    pub async fn dialog(&self, person: PersonId, conversation: &str) -> Result<Dialog> {
        let row: Option<(Option<String>, Option<String>, i64)> = sql::query(
            "SELECT frame, last_domain, updated_at FROM dialog WHERE person = $1 AND conversation = $2",
        )
        .bind(person.to_string())
        .bind(conversation)
        .fetch_optional(&self.read)
        .await?;
        let Some((kept, last, at)) = row else { return Ok(Dialog::default()) };
        // A state that an older dombot kept is no reason to fail: the person says it again.
        let kept: Kept = kept.and_then(|k| serde_json::from_str(&k).ok()).unwrap_or_default();
        Ok(Dialog {
            frame: kept.frame,
            before: kept.before,
            last: last.and_then(|d| DomainName::parse(&d).ok()),
            at: Some(time(at)?),
        })
    }

    /// Replaces the dialogue's state.
    pub async fn put_dialog(
        &self,
        person: PersonId,
        conversation: &str,
        dialog: &Dialog,
        now: Timestamp,
    ) -> Result<()> {
        let mut tx = self.begin().await?;
        let kept = Kept::of(dialog);
        sql::query(
            "INSERT INTO dialog (person, conversation, frame, last_domain, updated_at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (person, conversation) DO UPDATE SET frame = excluded.frame,
             last_domain = excluded.last_domain, updated_at = excluded.updated_at",
        )
        .bind(person.to_string())
        .bind(conversation)
        .bind(to_json(&kept)?)
        .bind(dialog.last.as_ref().map(ToString::to_string))
        .bind(ms(now))
        .execute(&mut *tx)
        .await?;
        commit!(tx, "dialog.put");
        Ok(())
    }

    /// Keeps a request that came while the vault was locked.
    pub async fn keep(
        &self,
        key: &str,
        person: PersonId,
        conversation: &str,
        text: &str,
        now: Timestamp,
    ) -> Result<()> {
        let mut tx = self.begin().await?;
        sql::query("INSERT INTO kept (id, person, conversation, body, created_at) VALUES ($1, $2, $3, $4, $5)")
            .bind(key)
            .bind(person.to_string())
            .bind(conversation)
            .bind(text)
            .bind(ms(now))
            .execute(&mut *tx)
            .await?;
        commit!(tx, "kept.put");
        Ok(())
    }

    /// What a person asked for while the vault was locked, oldest first: keys and texts, from wherever.
    pub async fn kept(&self, person: PersonId) -> Result<Vec<(String, String)>> {
        Ok(sql::query("SELECT id, body FROM kept WHERE person = $1 ORDER BY id")
            .bind(person.to_string())
            .fetch_all(&self.read)
            .await?)
    }

    /// It was planned and answered.
    pub async fn unkeep(&self, key: &str) -> Result<()> {
        let mut tx = self.begin().await?;
        sql::query("DELETE FROM kept WHERE id = $1").bind(key).execute(&mut *tx).await?;
        commit!(tx, "kept.take");
        Ok(())
    }
}
