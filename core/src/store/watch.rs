//! What zones should hold, and when they are looked at again.

use jiff::Timestamp;
use serde_json::json;

use super::event::{insert_event, insert_message};
use super::{Event, Message, Store, from_json, id, ms, sql, time, to_json};
use crate::domain::{DomainName, RecordSet};
use crate::error::{Error, Result};
use crate::plan::Step;
use crate::provider::ZoneRef;

/// What is known of a zone.
#[derive(Debug, Clone)]
pub(crate) struct Watch {
    /// `None` = it was not looked at yet.
    pub(crate) baseline: Option<Vec<RecordSet>>,
    /// Of the SOA when it was last known to be right.
    pub(crate) serial: Option<String>,
    /// What was done until then is in the baseline.
    pub(crate) mark: Timestamp,
    /// When it was last known to be right.
    pub(crate) right_at: Timestamp,
    /// Digest of the drift that was told.
    pub(crate) told: Option<String>,
}

type Row = (Option<String>, Option<String>, i64, i64, Option<String>);

impl Store {
    /// What is known of a zone.
    pub(crate) async fn watch(&self, zone: &ZoneRef) -> Result<Option<Watch>> {
        let row: Option<Row> = sql::query(
            "SELECT baseline, serial, mark, right_at, told FROM zone_watch WHERE account = $1 AND zone = $2",
        )
        .bind(zone.account.to_string())
        .bind(zone.id.clone())
        .fetch_optional(&self.read)
        .await?;
        row.map(|(baseline, serial, mark, right_at, told)| {
            let baseline = baseline.map(|text| from_json(&text)).transpose()?;
            let (mark, right_at) = (time(mark)?, time(right_at)?);
            Ok(Watch { baseline, serial, mark, right_at, told })
        })
        .transpose()
    }

    /// Begins to watch a zone where it is not watched yet.
    pub(crate) async fn add_watch(&self, zone: &ZoneRef, now: Timestamp) -> Result<()> {
        let mut tx = self.begin().await?;
        sql::query(
            "INSERT INTO zone_watch (account, zone, name, mark, right_at, next_at)
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (account, zone) DO NOTHING",
        )
        .bind(zone.account.to_string())
        .bind(zone.id.clone())
        .bind(zone.name.to_string())
        .bind(ms(now))
        .bind(ms(now))
        .bind(ms(now))
        .execute(&mut *tx)
        .await?;
        commit!(tx, "watch.add");
        Ok(())
    }

    /// Writes what is known of a zone that is watched.
    pub(crate) async fn put_watch(&self, zone: &ZoneRef, watch: &Watch) -> Result<()> {
        let mut tx = self.begin().await?;
        sql::query(
            "UPDATE zone_watch SET baseline = $3, serial = $4, mark = $5, right_at = $6, told = $7
             WHERE account = $1 AND zone = $2",
        )
        .bind(zone.account.to_string())
        .bind(zone.id.clone())
        .bind(watch.baseline.as_ref().map(to_json).transpose()?)
        .bind(watch.serial.clone())
        .bind(ms(watch.mark))
        .bind(ms(watch.right_at))
        .bind(watch.told.clone())
        .execute(&mut *tx)
        .await?;
        commit!(tx, "watch.put");
        Ok(())
    }

    /// The zone that is due longest; whoever gets it has it until `next`.
    pub(crate) async fn claim_watch(
        &self,
        now: Timestamp,
        next: Timestamp,
    ) -> Result<Option<ZoneRef>> {
        let due: Option<(String, String, String, i64)> = sql::query(
            "SELECT account, zone, name, next_at FROM zone_watch WHERE next_at <= $1
             ORDER BY next_at, account, zone LIMIT 1",
        )
        .bind(ms(now))
        .fetch_optional(&self.read)
        .await?;
        let Some((account, zone, name, at)) = due else { return Ok(None) };
        let mut tx = self.begin().await?;
        let changed = sql::query(
            "UPDATE zone_watch SET next_at = $4 WHERE account = $1 AND zone = $2 AND next_at = $3",
        )
        .bind(account.clone())
        .bind(zone.clone())
        .bind(at)
        .bind(ms(next))
        .execute(&mut *tx)
        .await?;
        commit!(tx, "watch.claim");
        let name = DomainName::parse(&name).map_err(Error::internal)?;
        Ok((changed.rows_affected() > 0).then_some(ZoneRef {
            account: id(&account)?,
            id: zone,
            name,
        }))
    }

    /// Notes a drift, leaves it to be told to these persons, and remembers that it was.
    pub(crate) async fn tell_drift(
        &self,
        zone: &ZoneRef,
        digest: &str,
        event: &Event,
        messages: &[Message],
    ) -> Result<()> {
        let mut tx = self.begin().await?;
        for message in messages {
            insert_message(&mut tx, message).await?;
        }
        sql::query("UPDATE zone_watch SET told = $3 WHERE account = $1 AND zone = $2")
            .bind(zone.account.to_string())
            .bind(zone.id.clone())
            .bind(digest.to_owned())
            .execute(&mut *tx)
            .await?;
        insert_event(&mut tx, event, "", json!({"drift": digest})).await?;
        commit!(tx, "watch.tell");
        Ok(())
    }

    /// It is watched no more: the account does not hold it.
    pub(crate) async fn drop_watch(&self, zone: &ZoneRef) -> Result<()> {
        let mut tx = self.begin().await?;
        sql::query("DELETE FROM zone_watch WHERE account = $1 AND zone = $2")
            .bind(zone.account.to_string())
            .bind(zone.id.clone())
            .execute(&mut *tx)
            .await?;
        commit!(tx, "watch.drop");
        Ok(())
    }

    /// Record changes in zones of this name that were done since then, oldest first, with the time at which they were.
    pub(crate) async fn dns_done_since(
        &self,
        zone: &DomainName,
        since: Timestamp,
    ) -> Result<Vec<(Step, Timestamp)>> {
        let rows: Vec<(String, i64)> = sql::query(
            "SELECT step, updated_at FROM job WHERE domain = $1 AND kind = 'dns_change' AND state = 'done'
             AND updated_at > $2 ORDER BY updated_at, id",
        )
        .bind(zone.to_string())
        .bind(ms(since))
        .fetch_all(&self.read)
        .await?;
        rows.iter().map(|(step, at)| Ok((from_json(step)?, time(*at)?))).collect()
    }

    /// Record changes that may be happening now.
    pub(crate) async fn dns_under_way(&self, zone: &DomainName) -> Result<Vec<Step>> {
        let rows: Vec<(String,)> = sql::query(
            "SELECT step FROM job WHERE domain = $1 AND kind = 'dns_change' AND intent_at IS NOT NULL
             AND state NOT IN ('done', 'failed', 'cancelled')",
        )
        .bind(zone.to_string())
        .fetch_all(&self.read)
        .await?;
        rows.iter().map(|(step,)| from_json(step)).collect()
    }
}
