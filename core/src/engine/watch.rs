//! Looking at zones in the background: politely, one after the other, and a drift is told once.

use std::sync::PoisonError;

use jiff::{SignedDuration, Timestamp};

use super::Engine;
use crate::account::{Account, Accounts, Person};
use crate::action::Role;
use crate::clock::new_ulid;
use crate::domain::{RecordName, RecordType, SetKey};
use crate::drift::{self, Seen};
use crate::error::Result;
use crate::phrase;
use crate::phrase::domain_text;
use crate::provider::{DnsHost, ProviderError, ZoneRef};
use crate::store::{Event, Message, Watch};

/// Each zone is looked at so often.
const INTERVAL: SignedDuration = SignedDuration::from_mins(15);
/// Accounts are asked for new zones so often.
const SURVEY: SignedDuration = SignedDuration::from_hours(1);
/// Changes that a message names.
const NAMED: usize = 5;

impl Engine {
    /// One look at the zone that is due longest, if any; now and then the accounts are asked for their zones. True when
    /// there was something to look at. Reads only, whatever it finds.
    pub async fn look_around(&self) -> Result<bool> {
        let Some(unlocked) = self.unlocked() else { return Ok(false) };
        if !self.time_is_right().await? {
            return Ok(false);
        }
        let now = self.clock().now();
        if self.survey_is_due(now) {
            self.survey(&unlocked.accounts).await?;
        }
        let Some(zone) = self.parts.store.claim_watch(now, now + INTERVAL).await? else {
            return Ok(false);
        };
        let Some(account) = unlocked.accounts.get(zone.account) else { return Ok(true) };
        let Some(host) = account.provider.dns() else { return Ok(true) };
        match self.look_at(host, &zone).await {
            Ok(Some(seen)) if !seen.told => self.tell_drift(account, &zone, &seen).await?,
            Ok(_) => {}
            Err(Trouble::Provider(ProviderError::NotFound(_))) => {
                self.parts.store.drop_watch(&zone).await?;
            }
            Err(Trouble::Provider(e)) => {
                tracing::info!(domain.name = %zone.name, error = %e, "a zone could not be looked at");
            }
            Err(Trouble::Own(e)) => return Err(e),
        }
        Ok(true)
    }

    /// Answers yes once in a while.
    fn survey_is_due(&self, now: Timestamp) -> bool {
        let mut last = self.surveyed.lock().unwrap_or_else(PoisonError::into_inner);
        let due = last.is_none_or(|at| now.duration_since(at) >= SURVEY);
        if due {
            *last = Some(now);
        }
        due
    }

    async fn survey(&self, accounts: &Accounts) -> Result<()> {
        for account in accounts.dns_hosts() {
            let Some(host) = account.provider.dns() else { continue };
            let Ok(zones) = host.zones().await else { continue };
            for zone in zones {
                self.parts.store.add_watch(&zone, self.clock().now()).await?;
            }
        }
        Ok(())
    }

    /// `None` = its serial says that nothing has changed.
    async fn look_at(&self, host: &dyn DnsHost, zone: &ZoneRef) -> Result<Option<Seen>, Trouble> {
        let watch = drift::known(&self.parts.store, zone).await?;
        if let Some(Watch { serial: Some(known), .. }) = &watch
            && host.limits().serial_tells
        {
            let soa = SetKey { name: RecordName::apex(), rtype: RecordType::SOA };
            let found = host.read_sets(zone, &[soa]).await.map_err(Trouble::Provider)?;
            if drift::serial(&found).as_ref() == Some(known) {
                return Ok(None);
            }
        }
        let now = host.read_zone(zone).await.map_err(Trouble::Provider)?;
        let at = self.clock().now();
        Ok(Some(drift::look(&self.parts.store, (zone, watch), now, at).await?))
    }

    /// Everybody who may change DNS is told, once.
    async fn tell_drift(&self, account: &Account, zone: &ZoneRef, seen: &Seen) -> Result<()> {
        let named = seen.changes.iter().take(NAMED).map(|c| {
            let sign = match (&c.before, &c.after) {
                (None, _) => '+',
                (_, None) => '-',
                _ => '~',
            };
            format!("{sign} {:?}", c.key)
        });
        let more = if seen.changes.len() > NAMED { ", …" } else { "" };
        let text = phrase!(
            "drift.found",
            zone = domain_text(&zone.name),
            account = account.name,
            n = seen.changes.len(),
            sets = named.collect::<Vec<_>>().join(", ") + more
        );
        let (at, store) = (self.clock().now(), &self.parts.store);
        let new_id = || new_ulid(self.clock(), self.chance()).to_string();
        let event = Event {
            id: new_id(),
            at,
            kind: "dns.drift".into(),
            plan: None,
            label: None,
            job: None,
            person: None,
            domain: Some(zone.name.clone()),
            text: text.clone(),
        };
        let persons = store.persons().await?;
        let told = persons.iter().filter(|p| p.role >= Role::Tech && p.frozen_at.is_none());
        let message = |person: &Person| Message {
            id: new_id(),
            person: person.id,
            conversation: String::new(),
            plan: None,
            text: text.clone(),
            at,
        };
        let messages: Vec<Message> = told.map(message).collect();
        store.tell_drift(zone, &seen.digest, &event, &messages).await
    }
}

enum Trouble {
    Provider(ProviderError),
    Own(crate::error::Error),
}

impl From<crate::error::Error> for Trouble {
    fn from(e: crate::error::Error) -> Self {
        Self::Own(e)
    }
}
