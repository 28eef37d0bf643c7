//! A whole zone as a map of record sets.

use std::collections::BTreeMap;

use super::{DomainName, RecordSet, SetBody, SetKey};

/// A zone's record sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    /// Apex.
    pub name: DomainName,
    /// Every set.
    pub sets: BTreeMap<SetKey, SetBody>,
}

impl Zone {
    /// From a list; a later set of the same key replaces an earlier one.
    pub fn new(name: DomainName, sets: impl IntoIterator<Item = RecordSet>) -> Self {
        Self { name, sets: sets.into_iter().map(|s| (s.key, s.body)).collect() }
    }

    /// The sets again.
    pub fn into_sets(self) -> Vec<RecordSet> {
        self.sets.into_iter().map(|(key, body)| RecordSet { key, body }).collect()
    }
}
