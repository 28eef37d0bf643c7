//! Zones that change behind dombot's back.
//!
//! A zone's baseline is what it held when it was last known to be right. What dombot did itself since then is folded
//! into it when the zone is looked at: the queue's own rows say what that was, so that no crash can lose it. What is
//! left is the drift.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use crate::domain::{RecordSet, RecordType, SetBody, SetKey};
use crate::error::Result;
use crate::plan::{Digest, SetChange, Step, canonical_json, diff, same};
use crate::provider::ZoneRef;
use crate::store::{Store, Watch};

type Sets = BTreeMap<SetKey, SetBody>;

/// A change of ours that ended so shortly ago may not be in what was read.
const FRESH: SignedDuration = SignedDuration::from_secs(60);

/// What a look came to.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// When the zone was last known to be right.
    pub(crate) since: Timestamp,
    /// From what was right to what is.
    pub(crate) changes: Vec<SetChange>,
    /// Names these changes.
    pub(crate) digest: String,
    /// They were told before.
    pub(crate) told: bool,
}

/// What is known of a zone that was looked at before.
pub(crate) async fn known(store: &Store, zone: &ZoneRef) -> Result<Option<Watch>> {
    Ok(store.watch(zone).await?.filter(|watch| watch.baseline.is_some()))
}

/// Compares what was read just now with what is right. A zone without a baseline is right as it is.
pub(crate) async fn look(
    store: &Store,
    (zone, watch): (&ZoneRef, Option<Watch>),
    now: Vec<RecordSet>,
    at: Timestamp,
) -> Result<Seen> {
    let Some(watch) = watch else {
        accept(store, zone, now, at).await?;
        return Ok(Seen { since: at, changes: Vec::new(), digest: String::new(), told: true });
    };
    let serial = serial(&now);
    let now = ours(now);
    let mut baseline = ours(watch.baseline.unwrap_or_default());
    let mut mark = watch.mark;
    let mut ambiguous: BTreeMap<SetKey, Vec<Option<SetBody>>> = BTreeMap::new();
    for (step, done_at) in store.dns_done_since(&zone.name, watch.mark).await? {
        mark = mark.max(done_at);
        for change in changes_at(zone, step) {
            if at.duration_since(done_at) < FRESH {
                let either = ambiguous.entry(change.key.clone()).or_default();
                either.extend([change.before.clone(), change.after.clone()]);
            }
            match change.after {
                Some(body) => drop(baseline.insert(change.key, body)),
                None => drop(baseline.remove(&change.key)),
            }
        }
    }
    let mut busy = BTreeSet::new();
    for step in store.dns_under_way(&zone.name).await? {
        busy.extend(changes_at(zone, step).into_iter().map(|c| c.key));
    }
    let mut changes = diff(&baseline, &now);
    changes.retain(|c| {
        let read = |was: &Option<SetBody>| same(c.key.rtype, was.as_ref(), c.after.as_ref());
        !busy.contains(&c.key) && !ambiguous.get(&c.key).is_some_and(|e| e.iter().any(read))
    });
    let digest = Digest::of_bytes(canonical_json(&changes)?.as_bytes()).to_string();
    let right = changes.is_empty();
    let told = right || watch.told.as_deref() == Some(&digest);
    let next = Watch {
        baseline: Some(sets(baseline)),
        serial: if right && busy.is_empty() { serial } else { None },
        mark,
        right_at: if right { at } else { watch.right_at },
        told: if right { None } else { watch.told },
    };
    let since = next.right_at;
    store.put_watch(zone, &next).await?;
    Ok(Seen { since, changes, digest, told })
}

/// What was read counts as right. Answers how many sets that changes.
pub(crate) async fn accept(
    store: &Store,
    zone: &ZoneRef,
    now: Vec<RecordSet>,
    at: Timestamp,
) -> Result<usize> {
    store.add_watch(zone, at).await?;
    let before = store.watch(zone).await?.and_then(|w| w.baseline);
    let serial = serial(&now);
    let now = ours(now);
    let n = before.map_or(0, |before| diff(&ours(before), &now).len());
    let baseline = Some(sets(now));
    let watch = Watch { baseline, serial, mark: at, right_at: at, told: None };
    store.put_watch(zone, &watch).await?;
    Ok(n)
}

fn changes_at(zone: &ZoneRef, step: Step) -> Vec<SetChange> {
    match step {
        Step::DnsChange { zone: at, changes } if at == *zone => changes,
        _ => Vec::new(),
    }
}

/// The serial of the SOA.
pub(crate) fn serial(sets: &[RecordSet]) -> Option<String> {
    let soa = sets.iter().find(|s| s.key.rtype == RecordType::SOA && s.key.name.is_apex())?;
    soa.body.data.first()?.as_str().split(' ').nth(2).map(str::to_owned)
}

/// Without what the server or its signer makes.
fn ours(sets: Vec<RecordSet>) -> Sets {
    let keep = |s: &RecordSet| !s.key.rtype.is_maintained_by_server();
    sets.into_iter().filter(keep).map(|s| (s.key, s.body)).collect()
}

fn sets(sets: Sets) -> Vec<RecordSet> {
    sets.into_iter().map(|(key, body)| RecordSet { key, body }).collect()
}
