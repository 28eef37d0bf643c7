//! Record changes of one message, merged by record set.
//!
//! A set is read once, before the first edit; every edit is checked against the earlier ones, so that two
//! wishes about one set either add up or are refused, never silently overwrite each other.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::Draft;
use super::clash::check;
use super::cut::{back, pieces};
use super::place::Survey;
use super::reach::{LONG_PATIENCE, PATIENCE, ask};
use crate::account::{Account, Accounts};
use crate::domain::{
    DomainName, RecordData, RecordName, RecordSet, RecordType, SetBody, SetKey, Ttl,
};
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::phrase;
use crate::phrase::{Language, Phrase};
use crate::plan::{self, SetChange, Share, Step, same};
use crate::provider::{Around, ZoneRef};
use crate::store::Store;

/// A set that nobody gave a TTL gets this one.
const DEFAULT_TTL: u32 = 300;
/// More changes than this make the share of the zone worth knowing (30 % of at least 10 sets).
pub(crate) const FEW: usize = 3;

/// Record changes of one message, merged by record set.
#[derive(Debug, Default)]
pub struct Desk {
    pub(super) survey: Option<Arc<Survey>>,
    zones: BTreeMap<ZoneRef, Work>,
    warnings: Vec<Phrase>,
    /// Verbs that a message may say once of a domain.
    said: BTreeSet<(&'static str, DomainName)>,
    doomed: BTreeSet<ZoneRef>,
}

/// What a desk came to.
#[derive(Debug, Default)]
pub struct Cut {
    /// Steps, warnings, tier and undo; no steps where there is nothing to do.
    pub draft: Draft,
    /// Wishes that are fulfilled already.
    pub already: Vec<Phrase>,
}

/// One wish about one record set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Edit {
    /// Exactly these values; the TTL stays where it is not said.
    Set(Vec<RecordData>, Option<Ttl>),
    /// Only the TTL.
    Ttl(Ttl),
    /// One value more.
    Add(RecordData, Option<Ttl>),
    /// One value less.
    Remove(RecordData),
    /// No values.
    Delete,
}

#[derive(Debug, Default)]
struct Work {
    sets: BTreeMap<SetKey, Touched>,
    names: BTreeSet<RecordName>,
    whole: bool,
    /// Sets that approved plans changed in the last 24 hours. Rule 19.
    recent: BTreeSet<SetKey>,
}

#[derive(Debug, Default)]
struct Touched {
    before: Option<SetBody>,
    edits: Vec<Edit>,
}

impl Desk {
    /// A name's sets are known; what is not among them does not exist.
    pub(super) fn knows(&self, zone: &ZoneRef, name: &RecordName) -> bool {
        self.zones.get(zone).is_some_and(|w| w.whole || w.names.contains(name))
    }

    pub(super) fn knows_whole(&self, zone: &ZoneRef) -> bool {
        self.zones.get(zone).is_some_and(|w| w.whole)
    }

    pub(super) fn learn_name(&mut self, zone: &ZoneRef, name: &RecordName, sets: Vec<RecordSet>) {
        let work = self.zones.entry(zone.clone()).or_default();
        work.learn(sets);
        work.names.insert(name.clone());
    }

    pub(super) fn learn_zone(&mut self, zone: &ZoneRef, sets: Vec<RecordSet>) {
        let work = self.zones.entry(zone.clone()).or_default();
        work.learn(sets);
        work.whole = true;
    }

    /// What the provider has, at one name or everywhere.
    pub(super) fn before(&self, zone: &ZoneRef, name: Option<&RecordName>) -> Vec<RecordSet> {
        let Some(work) = self.zones.get(zone) else { return Vec::new() };
        let wanted = work.sets.iter().filter(|(key, _)| name.is_none_or(|n| *n == key.name));
        wanted
            .filter_map(|(key, t)| {
                t.before.clone().map(|body| RecordSet { key: key.clone(), body })
            })
            .collect()
    }

    /// What the person should look at twice; said once.
    pub(crate) fn warn(&mut self, warning: Phrase) {
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    /// Refuses a second wish of the kind about the same domain: a slip, or money paid twice.
    pub(crate) fn once(&mut self, kind: &'static str, domain: &DomainName) -> Result<(), Phrase> {
        if self.said.insert((kind, domain.clone())) {
            return Ok(());
        }
        Err(phrase!("domain.twice", domain = phrase::domain_text(domain)))
    }

    /// The zone goes as a whole: no change of its records fits into the same message.
    pub(crate) fn doom(&mut self, zone: &ZoneRef) {
        self.doomed.insert(zone.clone());
    }

    /// Takes a wish about a set at a name that was read before. Refuses what contradicts an earlier wish.
    pub(crate) fn edit(&mut self, zone: &ZoneRef, key: &SetKey, edit: Edit) -> Result<(), Phrase> {
        debug_assert!(self.knows(zone, &key.name), "{key:?} was not read");
        let touched =
            self.zones.entry(zone.clone()).or_default().sets.entry(key.clone()).or_default();
        for earlier in &touched.edits {
            check(zone, key, earlier, &edit)?;
        }
        touched.edits.push(edit);
        if touched.guesses_ttl() {
            self.warn(phrase!("dns.default_ttl", ttl = DEFAULT_TTL));
        }
        Ok(())
    }

    /// Steps cut by what each account takes in one call, in the order of zones and names; within a name
    /// what goes comes before what is new, and a name is not torn apart where it fits into one call.
    pub fn into_steps(self, sets_per_call: &dyn Fn(AccountId) -> usize) -> Vec<Step> {
        let cut = |(zone, work): (ZoneRef, Work)| {
            let most = sets_per_call(zone.account).max(1);
            let pieces = pieces(&work.changes(), most);
            pieces.into_iter().map(move |changes| Step::DnsChange { zone: zone.clone(), changes })
        };
        self.zones.into_iter().flat_map(cut).collect()
    }

    /// Reads the other names that a provider must know of before it can judge a change.
    async fn look_around(&mut self, accounts: &Accounts) -> Result<()> {
        for (zone, work) in self.zones.iter_mut().filter(|(_, work)| !work.whole) {
            let Some(account) = accounts.get(zone.account) else { continue };
            let Some(host) = account.provider.dns() else { continue };
            for name in work.changes().iter().flat_map(|c| host.looks_at(zone, c)) {
                if !work.names.contains(&name) {
                    let sets = ask(account, PATIENCE, host.read_name(zone, &name)).await?;
                    work.learn(sets);
                    work.names.insert(name);
                }
            }
        }
        Ok(())
    }

    /// Learns what approved plans changed since then in the zones at hand: many small plans are one large change.
    pub async fn recall(&mut self, store: &Store, since: Timestamp) -> Result<()> {
        for (zone, work) in &mut self.zones {
            for step in store.dns_steps_since(&zone.name, since).await? {
                if let Step::DnsChange { zone: at, changes } = step
                    && at == *zone
                {
                    work.recent.extend(changes.into_iter().map(|c| c.key));
                }
            }
        }
        Ok(())
    }

    /// Everything about the changes that a plan needs; refuses all that cannot be, at once.
    pub async fn into_cut(mut self, accounts: &Accounts, lang: Language) -> Result<Cut> {
        self.look_around(accounts).await?;
        let mut cut = Cut::default();
        cut.draft.warnings.clone_from(&self.warnings);
        let mut problems = Vec::new();
        for (zone, work) in &self.zones {
            cut.already.extend(work.already(zone));
            let changes = work.changes();
            if changes.is_empty() {
                continue;
            }
            if self.doomed.contains(zone) {
                let zone = phrase::domain_text(&zone.name);
                return Err(phrase!("zone.delete_and_change", zone = zone).into());
            }
            let account = accounts
                .get(zone.account)
                .ok_or_else(|| Error::internal("an account has gone while it was planned for"))?;
            problems.extend(work.problems(account, zone, &changes));
            if problems.is_empty() {
                let size = work.size(account, zone, changes.len() + work.recent.len()).await?;
                let share = Share { zone_sets: size, recent: &work.recent };
                cut.draft.warnings.extend(plan::warnings(zone, &share, &changes));
                cut.draft.tier = cut.draft.tier.max(Some(plan::tier(&share, &changes)));
            }
        }
        if !problems.is_empty() {
            return Err(refused(lang, &problems).into());
        }
        let limit = |id| {
            let host = accounts.get(id).and_then(|a| a.provider.dns());
            host.map_or(1, |h| h.limits().sets_per_call)
        };
        cut.draft.steps = self.into_steps(&limit);
        if cut.draft.steps.is_empty() {
            // No card will show them.
            cut.already.append(&mut cut.draft.warnings);
        }
        cut.draft.undo = Some(back(&cut.draft.steps));
        Ok(cut)
    }
}

impl Work {
    fn learn(&mut self, sets: Vec<RecordSet>) {
        for set in sets {
            let known = self.whole || self.names.contains(&set.key.name);
            if !known {
                self.sets.entry(set.key).or_default().before = Some(set.body);
            }
        }
    }

    fn changes(&self) -> Vec<SetChange> {
        let mut changes: Vec<SetChange> = self
            .sets
            .iter()
            .map(|(key, t)| (key, &t.before, t.after()))
            .filter(|(key, before, after)| !same(key.rtype, before.as_ref(), after.as_ref()))
            .map(|(key, before, after)| SetChange {
                key: key.clone(),
                before: before.clone(),
                after,
            })
            .collect();
        changes.sort_by_key(|c| (c.key.name.clone(), c.after.is_some(), c.key.rtype));
        changes
    }

    fn already(&self, zone: &ZoneRef) -> Vec<Phrase> {
        let is_so = |key: &SetKey, t: &Touched| {
            !t.edits.is_empty() && same(key.rtype, t.before.as_ref(), t.after().as_ref())
        };
        let say = |key: &SetKey| {
            phrase!("dns.already_so", name = owner_text(zone, &key.name), rtype = key.rtype)
        };
        self.sets.iter().filter(|(k, t)| is_so(k, t)).map(|(key, _)| say(key)).collect()
    }

    /// The other sets at the owner as they will be.
    fn beside(&self, key: &SetKey) -> Vec<RecordSet> {
        let first = SetKey { name: key.name.clone(), rtype: RecordType::from_code(0) };
        self.sets
            .range(first..)
            .take_while(|(k, _)| k.name == key.name)
            .filter(|(k, _)| *k != key)
            .filter_map(|(k, t)| t.after().map(|body| RecordSet { key: k.clone(), body }))
            .collect()
    }

    fn problems(&self, account: &Account, zone: &ZoneRef, changes: &[SetChange]) -> Vec<Phrase> {
        let mut out = Vec::new();
        for change in changes {
            let refusals = account.provider.dns().map(|h| h.refusals(zone, change, self));
            let found = plan::problems(&self.beside(&change.key), change);
            for phrase in found.into_iter().chain(refusals.into_iter().flatten()) {
                if !out.contains(&phrase) {
                    out.push(phrase);
                }
            }
        }
        out
    }

    /// Record sets in the zone, where the share that changes may matter.
    async fn size(
        &self,
        account: &Account,
        zone: &ZoneRef,
        changes: usize,
    ) -> Result<Option<usize>> {
        if self.whole {
            return Ok(Some(self.sets.values().filter(|t| t.before.is_some()).count()));
        }
        match account.provider.dns() {
            Some(host) if changes > FEW => {
                Ok(Some(ask(account, LONG_PATIENCE, host.read_zone(zone)).await?.len()))
            }
            _ => Ok(None),
        }
    }
}

impl Around for Work {
    fn types(&self, name: &RecordName) -> Option<Vec<RecordType>> {
        let known = self.whole || self.names.contains(name);
        let first = SetKey { name: name.clone(), rtype: RecordType::from_code(0) };
        let at = self.sets.range(first..).take_while(|(k, _)| k.name == *name);
        known.then(|| at.filter(|(_, t)| t.after().is_some()).map(|(k, _)| k.rtype).collect())
    }

    fn set(&self, key: &SetKey) -> Option<SetBody> {
        self.sets.get(key).and_then(Touched::after)
    }

    fn below(&self, name: &RecordName) -> Option<RecordName> {
        let end = format!(".{name}");
        let is_below = |k: &SetKey| {
            if name.is_apex() { !k.name.is_apex() } else { k.name.as_str().ends_with(&end) }
        };
        let mut found = self.sets.iter().filter(|(k, t)| is_below(k) && t.after().is_some());
        found.next().map(|(k, _)| k.name.clone())
    }
}

impl Touched {
    fn after(&self) -> Option<SetBody> {
        self.edits.iter().fold(self.before.clone(), |body, edit| match edit {
            Edit::Set(data, ttl) => Some(SetBody::new(ttl_of(*ttl, body.as_ref()), data.clone())),
            Edit::Ttl(ttl) => body.map(|b| SetBody { ttl: *ttl, ..b }),
            Edit::Add(value, ttl) => {
                let ttl = ttl_of(*ttl, body.as_ref());
                let mut data = body.map_or_else(Vec::new, |b| b.data);
                data.push(value.clone());
                Some(SetBody::new(ttl, data))
            }
            Edit::Remove(value) => body.and_then(|mut b| {
                b.data.retain(|d| d != value);
                (!b.data.is_empty()).then_some(b)
            }),
            Edit::Delete => None,
        })
    }

    /// The set is new and no wish says its TTL.
    fn guesses_ttl(&self) -> bool {
        let silent = |e: &Edit| matches!(e, Edit::Set(_, None) | Edit::Add(_, None));
        self.before.is_none() && !self.edits.is_empty() && self.edits.iter().all(silent)
    }
}

fn ttl_of(said: Option<Ttl>, body: Option<&SetBody>) -> Ttl {
    let default = || Ttl::try_from(DEFAULT_TTL).expect("300 is a TTL");
    said.or(body.map(|b| b.ttl)).unwrap_or_else(default)
}

/// Absolute owner name with its Unicode form beside it.
pub(crate) fn owner_text(zone: &ZoneRef, name: &RecordName) -> String {
    phrase::name_text(&name.absolute(&zone.name))
}

fn refused(lang: Language, problems: &[Phrase]) -> Phrase {
    let list: Vec<String> = problems.iter().map(|p| format!("- {}", p.text(lang))).collect();
    phrase!("dns.refused", problems = list.join("\n"))
}
