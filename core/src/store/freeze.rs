//! What is frozen. A frozen person stands in the table of persons, everything else in its own.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::audit::{Entry, note};
use super::sql::{self, Tx};
use super::{Store, from_json, id, ms, time};
use crate::error::Result;
use crate::freeze::Scope;
use crate::ids::PersonId;
use crate::plan::{Plan, Step};

/// What a freeze came to.
#[derive(Debug, Clone, Default)]
pub struct Froze {
    /// It was not frozen before.
    pub anew: bool,
    /// Labels of open plans that are void now.
    pub void: Vec<String>,
    /// What was approved of late, newest first: label, who, when, and the first domain.
    pub approved: Vec<(String, PersonId, Timestamp, String)>,
    /// Jobs that are held until it is thawed.
    pub held: usize,
}

/// What is frozen, since when and by whom.
pub type Frozen = (Scope, Timestamp, Option<PersonId>);

/// The first scope that forbids one of these steps of this person's; read inside the transaction that decides.
pub(super) async fn forbids(
    tx: &mut Tx,
    person: PersonId,
    steps: &[Step],
) -> Result<Option<String>> {
    let frozen: Option<(Option<i64>,)> = sql::query("SELECT frozen_at FROM person WHERE id = $1")
        .bind(person.to_string())
        .fetch_optional(&mut **tx)
        .await?;
    if frozen.is_none_or(|(at,)| at.is_some()) {
        return Ok(Some(Scope::Person(person).to_string()));
    }
    let scopes: Vec<(String,)> =
        sql::query("SELECT scope FROM frozen").fetch_all(&mut **tx).await?;
    // A scope that cannot be read forbids everything.
    let hit = |text: &String| {
        Scope::parse(text).is_none_or(|scope| steps.iter().any(|s| scope.covers(person, s)))
    };
    Ok(scopes.into_iter().map(|(s,)| s).find(hit))
}

impl Store {
    /// Freezes at once: open plans under it are void, held is what was approved and not sent yet. `back` is how far
    /// the list of what was approved reaches.
    pub async fn freeze(
        &self,
        scope: &Scope,
        by: PersonId,
        now: Timestamp,
        back: SignedDuration,
    ) -> Result<Froze> {
        let mut tx = self.begin().await?;
        let mut froze = Froze { anew: put(&mut tx, scope, by, now).await?, ..Froze::default() };
        let open: Vec<(String, String, String)> =
            sql::query("SELECT id, label, body FROM plan WHERE state = 'open' ORDER BY id")
                .fetch_all(&mut *tx)
                .await?;
        for (plan, label, body) in open {
            if !from_json::<Plan>(&body).is_ok_and(|plan| !under(scope, &plan)) {
                sql::query("UPDATE plan SET state = 'dropped', closed_at = $2 WHERE id = $1 AND state = 'open'")
                    .bind(&plan)
                    .bind(ms(now))
                    .execute(&mut *tx)
                    .await?;
                sql::query("DELETE FROM arm WHERE plan = $1").bind(&plan).execute(&mut *tx).await?;
                froze.void.push(label);
            }
        }
        let since = ms(now) - i64::try_from(back.as_millis()).unwrap_or(i64::MAX / 2);
        let approved: Vec<(String, String, i64, String)> = sql::query(
            "SELECT p.label, a.person, a.approved_at, p.body FROM approval a JOIN plan p ON p.id = a.plan
             WHERE a.approved_at >= $1 ORDER BY a.approved_at DESC",
        )
        .bind(since)
        .fetch_all(&mut *tx)
        .await?;
        for (label, person, at, body) in approved {
            let Ok(plan) = from_json::<Plan>(&body) else { continue };
            if under(scope, &plan) {
                let domain = plan.steps.first().and_then(|s| s.domain());
                let domain = domain.map_or_else(String::new, ToString::to_string);
                froze.approved.push((label, id(&person)?, time(at)?, domain));
            }
        }
        let waiting: Vec<(String, String)> = sql::query(
            "SELECT j.step, p.person FROM job j JOIN plan p ON p.id = j.plan
             WHERE j.state IN ('pending', 'ready')",
        )
        .fetch_all(&mut *tx)
        .await?;
        for (step, person) in waiting {
            let step: Step = from_json(&step)?;
            froze.held += usize::from(scope.covers(id(&person)?, &step));
        }
        let facts = json!({"scope": scope.to_string(), "void": froze.void, "held": froze.held});
        let entry = Entry { person: Some(by), facts, ..Entry::new("frozen", now) };
        note(&mut tx, entry).await?;
        commit!(tx, "freeze");
        Ok(froze)
    }

    /// Thaws; `false` = it was not frozen. The caller has checked a code at the host.
    pub async fn thaw(&self, scope: &Scope, by: PersonId, now: Timestamp) -> Result<bool> {
        let mut tx = self.begin().await?;
        let done =
            match scope {
                Scope::Person(person) => sql::query(
                    "UPDATE person SET frozen_at = NULL WHERE id = $1 AND frozen_at IS NOT NULL",
                )
                .bind(person.to_string())
                .execute(&mut *tx)
                .await?,
                _ => {
                    sql::query("DELETE FROM frozen WHERE scope = $1")
                        .bind(scope.to_string())
                        .execute(&mut *tx)
                        .await?
                }
            };
        if done.rows_affected() == 1 {
            let facts = json!({"scope": scope.to_string()});
            note(&mut tx, Entry::at_host("thawed", now, by, facts)).await?;
        }
        commit!(tx, "thaw");
        Ok(done.rows_affected() == 1)
    }

    /// One of these steps of this person's may not be done now.
    pub async fn is_frozen(&self, person: PersonId, steps: &[Step]) -> Result<bool> {
        let mut tx = self.begin().await?;
        Ok(forbids(&mut tx, person, steps).await?.is_some())
    }

    /// Everything that is frozen.
    pub async fn frozen(&self) -> Result<Vec<Frozen>> {
        let rows: Vec<(String, i64, String)> =
            sql::query("SELECT scope, at, person FROM frozen ORDER BY scope")
                .fetch_all(&self.read)
                .await?;
        let mut out = Vec::new();
        for (scope, at, by) in rows {
            out.push((Scope::parse(&scope).unwrap_or(Scope::All), time(at)?, Some(id(&by)?)));
        }
        for person in self.persons().await? {
            out.extend(person.frozen_at.map(|at| (Scope::Person(person.id), at, None)));
        }
        Ok(out)
    }
}

fn under(scope: &Scope, plan: &Plan) -> bool {
    plan.steps.iter().any(|s| scope.covers(plan.person, s))
}

async fn put(tx: &mut Tx, scope: &Scope, by: PersonId, now: Timestamp) -> Result<bool> {
    let done = match scope {
        Scope::Person(person) => {
            sql::query("UPDATE person SET frozen_at = $2 WHERE id = $1 AND frozen_at IS NULL")
                .bind(person.to_string())
                .bind(ms(now))
                .execute(&mut **tx)
                .await?
        }
        _ => {
            sql::query(
                "INSERT INTO frozen (scope, at, person) VALUES ($1, $2, $3) ON CONFLICT (scope) DO NOTHING",
            )
            .bind(scope.to_string())
            .bind(ms(now))
            .bind(by.to_string())
            .execute(&mut **tx)
            .await?
        }
    };
    Ok(done.rows_affected() == 1)
}
