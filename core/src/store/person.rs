//! Persons, their identities and factors, and the guard against guessing.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::approve::{Enqueued, take_step};
use super::audit::{Entry, note};
use super::{Store, from_json, id, ms, sql, time, to_json};
use crate::account::Person;
use crate::action::Role;
use crate::approval::{self, SealKey, Way};
use crate::chat::Sender;
use crate::error::Result;
use crate::ids::{FactorId, PersonId};

/// One authenticator. Its secret is in the vault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Factor {
    /// Which.
    pub id: FactorId,
    /// Whose.
    pub person: PersonId,
    /// Newest step that was used; a code of it or an earlier one is a replay.
    pub last_step: i64,
    /// Tiers 2 and 3 wait until then (a factor enrolled with a recovery code).
    pub hold_until: Option<Timestamp>,
}

/// Wrong codes of one scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guard {
    /// Wrong codes in the present hour.
    pub wrong: i64,
    /// No code is looked at until then.
    pub locked_until: Timestamp,
}

type PersonRow = (String, String, String, String, String, Option<i64>);

fn person(row: PersonRow) -> Result<Person> {
    Ok(Person {
        id: id(&row.0)?,
        name: row.1,
        role: from_json(&row.2)?,
        lang: from_json(&row.3)?,
        tz: row.4,
        frozen_at: row.5.map(time).transpose()?,
    })
}

fn by(person: PersonId, kind: &str, at: Timestamp, facts: Value) -> Entry {
    Entry { person: Some(person), facts, ..Entry::new(kind, at) }
}

impl Store {
    /// Adds a person with one identity.
    pub async fn add_person(
        &self,
        person: &Person,
        sender: &Sender,
        (key, now): (&SealKey, Timestamp),
    ) -> Result<()> {
        let mut tx = self.begin().await?;
        sql::query(
            "INSERT INTO person (id, name, role, lang, tz, created_at, seal) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
            .bind(person.id.to_string())
            .bind(&person.name)
            .bind(to_json(&person.role)?)
            .bind(to_json(&person.lang)?)
            .bind(&person.tz)
            .bind(ms(now))
            .bind(key.of_person(person.id, person.role))
            .execute(&mut *tx)
            .await?;
        sql::query("INSERT INTO identity (platform, external_id, person, created_at) VALUES ($1, $2, $3, $4)")
            .bind(&sender.platform)
            .bind(&sender.id)
            .bind(person.id.to_string())
            .bind(ms(now))
            .execute(&mut *tx)
            .await?;
        let facts = json!({
            "name": person.name, "role": person.role, "platform": sender.platform, "identity": sender.id,
        });
        note(&mut tx, by(person.id, "person.added", now, facts)).await?;
        commit!(tx, "person.add");
        Ok(())
    }

    /// Who speaks; `None` = a stranger.
    pub async fn person_of(&self, sender: &Sender) -> Result<Option<Person>> {
        let row: Option<PersonRow> = sql::query(
            "SELECT p.id, p.name, p.role, p.lang, p.tz, p.frozen_at FROM person p
             JOIN identity i ON i.person = p.id WHERE i.platform = $1 AND i.external_id = $2",
        )
        .bind(&sender.platform)
        .bind(&sender.id)
        .fetch_optional(&self.read)
        .await?;
        row.map(person).transpose()
    }

    /// One person.
    pub async fn person(&self, which: PersonId) -> Result<Option<Person>> {
        let row: Option<PersonRow> =
            sql::query("SELECT id, name, role, lang, tz, frozen_at FROM person WHERE id = $1")
                .bind(which.to_string())
                .fetch_optional(&self.read)
                .await?;
        row.map(person).transpose()
    }

    /// All persons, oldest first.
    pub async fn persons(&self) -> Result<Vec<Person>> {
        let rows: Vec<PersonRow> =
            sql::query("SELECT id, name, role, lang, tz, frozen_at FROM person ORDER BY id")
                .fetch_all(&self.read)
                .await?;
        rows.into_iter().map(person).collect()
    }

    /// A person's role, if it is the one that was given here and nothing else wrote it. Rule 9.
    pub async fn sealed_role(&self, which: PersonId, key: &SealKey) -> Result<Option<Role>> {
        let row: Option<(String, String)> =
            sql::query("SELECT role, seal FROM person WHERE id = $1")
                .bind(which.to_string())
                .fetch_optional(&self.read)
                .await?;
        let Some((role, seal)) = row else { return Ok(None) };
        let role = from_json(&role)?;
        Ok(approval::same(&key.of_person(which, role), &seal).then_some(role))
    }

    /// Changes language and time zone.
    pub async fn set_language(
        &self,
        which: PersonId,
        lang: crate::phrase::Language,
        tz: &str,
        now: Timestamp,
    ) -> Result<()> {
        let mut tx = self.begin().await?;
        sql::query("UPDATE person SET lang = $2, tz = $3 WHERE id = $1")
            .bind(which.to_string())
            .bind(to_json(&lang)?)
            .bind(tz)
            .execute(&mut *tx)
            .await?;
        let facts = json!({"language": lang, "tz": tz});
        note(&mut tx, by(which, "person.set", now, facts)).await?;
        commit!(tx, "person.set");
        Ok(())
    }

    /// A new authenticator; the person's earlier ones are revoked. `first_step` was used to enrol it.
    pub async fn add_factor(
        &self,
        factor: &Factor,
        (key, now): (&SealKey, Timestamp),
    ) -> Result<()> {
        let mut tx = self.begin().await?;
        sql::query("UPDATE factor SET revoked_at = $2 WHERE person = $1 AND revoked_at IS NULL")
            .bind(factor.person.to_string())
            .bind(ms(now))
            .execute(&mut *tx)
            .await?;
        sql::query(
            "INSERT INTO factor (id, person, last_step, enrolled_at, hold_until, seal) VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(factor.id.to_string())
        .bind(factor.person.to_string())
        .bind(factor.last_step)
        .bind(ms(now))
        .bind(factor.hold_until.map(ms))
        .bind(key.of_factor(factor))
        .execute(&mut *tx)
        .await?;
        let hold = factor.hold_until.map(|t| t.to_string());
        let facts = json!({"factor": factor.id.to_string(), "hold_until": hold});
        note(&mut tx, by(factor.person, "factor.added", now, facts)).await?;
        commit!(tx, "factor.add");
        Ok(())
    }

    /// The factor's row is as it was enrolled: nothing else took its hold away or gave it to somebody.
    pub async fn factor_sealed(&self, factor: &Factor, key: &SealKey) -> Result<bool> {
        let row: Option<(String,)> = sql::query("SELECT seal FROM factor WHERE id = $1")
            .bind(factor.id.to_string())
            .fetch_optional(&self.read)
            .await?;
        Ok(row.is_some_and(|(seal,)| approval::same(&key.of_factor(factor), &seal)))
    }

    /// The person's authenticator in force.
    pub async fn factor(&self, person: PersonId) -> Result<Option<Factor>> {
        let row: Option<(String, String, i64, Option<i64>)> = sql::query(
            "SELECT id, person, last_step, hold_until FROM factor WHERE person = $1 AND revoked_at IS NULL
             ORDER BY id DESC LIMIT 1",
        )
        .bind(person.to_string())
        .fetch_optional(&self.read)
        .await?;
        row.map(|r| {
            Ok(Factor {
                id: id(&r.0)?,
                person: id(&r.1)?,
                last_step: r.2,
                hold_until: r.3.map(time).transpose()?,
            })
        })
        .transpose()
    }

    /// Takes a step out of use without approving anything: a right code in a wrong place.
    pub async fn burn_step(&self, factor: FactorId, step: i64, now: Timestamp) -> Result<bool> {
        let mut tx = self.begin().await?;
        let done = sql::query("UPDATE factor SET last_step = $2 WHERE id = $1 AND last_step < $2")
            .bind(factor.to_string())
            .bind(step)
            .execute(&mut *tx)
            .await?;
        if done.rows_affected() == 1 {
            let facts = json!({"factor": factor.to_string(), "step": step});
            note(&mut tx, Entry { facts, ..Entry::new("code.burnt", now) }).await?;
        }
        commit!(tx, "factor.burn");
        Ok(done.rows_affected() == 1)
    }

    /// Uses a step up for something that is no plan, which `entry` tells of.
    pub async fn use_step(
        &self,
        way: Way,
        (factor, step): (FactorId, i64),
        entry: Entry,
    ) -> Result<Enqueued> {
        let mut tx = self.begin().await?;
        let refused = take_step(&mut tx, &way.scope(factor), (factor, step), ms(entry.at)).await?;
        if refused.is_none() {
            let code = json!({"code": "totp", "factor": factor.to_string(), "step": step});
            let facts = json!({"what": entry.facts, "proof": code});
            note(&mut tx, Entry { facts, ..entry }).await?;
        }
        commit!(tx, "code.use");
        Ok(refused.unwrap_or(Enqueued::Queued))
    }

    /// Replaces a person's recovery codes by these hashes.
    pub async fn set_recovery_codes(
        &self,
        person: PersonId,
        hashes: &[String],
        now: Timestamp,
    ) -> Result<()> {
        let mut tx = self.begin().await?;
        sql::query("DELETE FROM recovery_code WHERE person = $1")
            .bind(person.to_string())
            .execute(&mut *tx)
            .await?;
        for hash in hashes {
            sql::query("INSERT INTO recovery_code (hash, person, created_at) VALUES ($1, $2, $3)")
                .bind(hash)
                .bind(person.to_string())
                .bind(ms(now))
                .execute(&mut *tx)
                .await?;
        }
        let facts = json!({"codes": hashes.len()});
        note(&mut tx, by(person, "recovery.set", now, facts)).await?;
        commit!(tx, "recovery.set");
        Ok(())
    }

    /// Uses a recovery code up; `false` = no such code, or used before.
    pub async fn use_recovery_code(
        &self,
        person: PersonId,
        hash: &str,
        now: Timestamp,
    ) -> Result<bool> {
        let mut tx = self.begin().await?;
        let done = sql::query("UPDATE recovery_code SET used_at = $3 WHERE person = $1 AND hash = $2 AND used_at IS NULL")
            .bind(person.to_string())
            .bind(hash)
            .bind(ms(now))
            .execute(&mut *tx)
            .await?;
        if done.rows_affected() == 1 {
            let facts = json!({"code": "recovery"});
            note(&mut tx, by(person, "recovery.used", now, facts)).await?;
        }
        commit!(tx, "recovery.use");
        Ok(done.rows_affected() == 1)
    }

    /// The state of a guard.
    pub async fn guard(&self, scope: &str) -> Result<Guard> {
        let row: Option<(i64, i64)> =
            sql::query("SELECT wrong, locked_until FROM guard WHERE scope = $1")
                .bind(scope)
                .fetch_optional(&self.read)
                .await?;
        let (wrong, until) = row.unwrap_or((0, 0));
        Ok(Guard { wrong, locked_until: time(until)? })
    }

    /// Counts a wrong code, committed on its own. Ten in an hour lock for 15 minutes, doubling each time.
    pub async fn count_wrong(&self, scope: &str, now: Timestamp) -> Result<Guard> {
        const HOUR: i64 = 3_600_000;
        const FIRST_LOCK: i64 = 15 * 60_000;
        let at = now;
        let now = ms(now);
        let mut tx = self.begin().await?;
        let row: Option<(i64, i64, i64, i64)> = sql::query(
            "SELECT wrong, window_start, locked_until, locks FROM guard WHERE scope = $1",
        )
        .bind(scope)
        .fetch_optional(&mut *tx)
        .await?;
        let (mut wrong, mut start, mut until, mut locks) = row.unwrap_or((0, now, 0, 0));
        if now - start > HOUR {
            (wrong, start) = (0, now);
        }
        // A day without a lock and the doubling starts anew.
        if until != 0 && now - until > 24 * HOUR {
            locks = 0;
        }
        wrong += 1;
        if wrong >= 10 {
            until = now + (FIRST_LOCK << locks.min(10));
            (wrong, start, locks) = (0, now, locks + 1);
        }
        sql::query(
            "INSERT INTO guard (scope, wrong, window_start, locked_until, locks) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (scope) DO UPDATE SET wrong = excluded.wrong, window_start = excluded.window_start,
             locked_until = excluded.locked_until, locks = excluded.locks",
        )
        .bind(scope)
        .bind(wrong)
        .bind(start)
        .bind(until)
        .bind(locks)
        .execute(&mut *tx)
        .await?;
        let facts = json!({"scope": scope, "wrong": wrong, "locked_until": until});
        note(&mut tx, Entry { facts, ..Entry::new("code.counted", at) }).await?;
        commit!(tx, "guard.wrong");
        Ok(Guard { wrong, locked_until: time(until)? })
    }
}
