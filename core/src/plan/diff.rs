//! One diff for all providers: by record set.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::{RecordType, SetBody, SetKey};

/// What happens to one record set. `before` and `after` differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SetChange {
    /// Which set.
    #[serde(flatten)]
    pub key: SetKey,
    /// As it must be right before the change; `None` = the set does not exist.
    pub before: Option<SetBody>,
    /// As it will be; `None` = deleted.
    pub after: Option<SetBody>,
}

impl SetChange {
    /// The change that leads back.
    #[must_use]
    pub fn inverse(&self) -> Self {
        Self { key: self.key.clone(), before: self.after.clone(), after: self.before.clone() }
    }
}

/// Whether a set is the same for a plan: the serial of a SOA is the server's own and counts for nothing.
pub fn same(rtype: RecordType, a: Option<&SetBody>, b: Option<&SetBody>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) if rtype == RecordType::SOA => {
            let timeless = |body: &SetBody| -> Vec<Vec<String>> {
                let words = body.data.iter().map(|d| d.as_str().split(' ').enumerate());
                words
                    .map(|w| w.filter(|(i, _)| *i != 2).map(|(_, w)| w.to_owned()).collect())
                    .collect()
            };
            a.ttl == b.ttl && timeless(a) == timeless(b)
        }
        _ => a == b,
    }
}

/// Changes that lead from `a` to `b`, in the order of the keys.
pub fn diff(a: &BTreeMap<SetKey, SetBody>, b: &BTreeMap<SetKey, SetBody>) -> Vec<SetChange> {
    let mut keys: Vec<&SetKey> = a.keys().chain(b.keys()).collect();
    keys.sort();
    keys.dedup();
    keys.into_iter()
        .filter(|key| !same(key.rtype, a.get(key), b.get(key)))
        .map(|key| SetChange {
            key: key.clone(),
            before: a.get(key).cloned(),
            after: b.get(key).cloned(),
        })
        .collect()
}

/// `sets` with the changes carried out, whatever it held before.
pub fn apply(sets: &BTreeMap<SetKey, SetBody>, changes: &[SetChange]) -> BTreeMap<SetKey, SetBody> {
    let mut out = sets.clone();
    for change in changes {
        match &change.after {
            Some(body) => out.insert(change.key.clone(), body.clone()),
            None => out.remove(&change.key),
        };
    }
    out
}
