//! The audit log's proof: heads sealed with a key of the vault, and the search for whatever does not fit.
//!
//! The chain alone shows edits by somebody who does not compute hashes; a sealed head also shows those of somebody
//! who does, as long as he has not the vault; a head that was sent out shows them whoever did it. What came after
//! the last head and was cut off again leaves no trace.

#[cfg(test)]
mod tests;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use crate::action::Role;
use crate::approval::SealKey;
use crate::clock::{Chance, Clock, new_ulid};
use crate::error::Result;
use crate::phrase;
use crate::phrase::Phrase;
use crate::store::{Message, Store};

/// Where the chain stood at a time. One JSON line in the file of heads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Shape of this object: 1.
    pub v: u32,
    /// Number of its last row.
    pub seq: i64,
    /// That row's hash, hex.
    pub hash: String,
    /// Rows of a database from before the chain.
    pub older: i64,
    /// When it was sealed.
    pub at: Timestamp,
    /// HMAC with a key of the vault, hex.
    pub seal: String,
}

impl Head {
    fn sealed(key: &SealKey, (seq, hash, older): (i64, String, i64), at: Timestamp) -> Self {
        let mut head = Self { v: 1, seq, hash, older, at, seal: String::new() };
        head.seal = head.seal_of(key);
        head
    }

    fn seal_of(&self, key: &SealKey) -> String {
        let at = self.at.as_millisecond();
        key.hash("audit head", &format!("{}|{}|{}|{at}", self.seq, self.hash, self.older))
    }

    /// It was sealed by a dombot that holds this vault; constant time.
    pub fn fits(&self, key: &SealKey) -> bool {
        self.seal_of(key).as_bytes().ct_eq(self.seal.as_bytes()).into()
    }
}

/// What does not fit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "flaw", rename_all = "snake_case")]
pub enum Flaw {
    /// These rows are gone.
    Missing {
        /// The first.
        from: i64,
        /// The last.
        to: i64,
    },
    /// A row does not have the hash that it carries: it was edited.
    Edited {
        /// Which.
        seq: i64,
    },
    /// A row's hash covers another row before it than the one that is there: that one was exchanged, inserted or
    /// edited by somebody who computed its hash anew.
    Unlinked {
        /// The row whose link is broken.
        seq: i64,
    },
    /// The row is not the one that was sealed.
    NotSealed {
        /// Which.
        seq: i64,
        /// When that head was sealed.
        at: Timestamp,
    },
    /// A head was not sealed with this vault's key.
    Seal {
        /// Its number.
        seq: i64,
    },
    /// The database says that the chain ends elsewhere.
    End {
        /// Last row.
        found: i64,
        /// What the chain's head says.
        said: i64,
    },
    /// Rows stand outside the chain.
    Outside {
        /// As many as there are.
        found: i64,
        /// As there were when the chain began.
        said: i64,
    },
}

impl Flaw {
    /// In words.
    pub fn phrase(&self) -> Phrase {
        match self {
            Self::Missing { from, to } => phrase!("audit.missing", from = from, to = to),
            Self::Edited { seq } => phrase!("audit.edited", seq = seq),
            Self::Unlinked { seq } => phrase!("audit.unlinked", seq = seq, before = seq - 1),
            Self::NotSealed { seq, at } => phrase!("audit.not_sealed", seq = seq, at = at),
            Self::Seal { seq } => phrase!("audit.bad_seal", seq = seq),
            Self::End { found, said } => phrase!("audit.end", found = found, said = said),
            Self::Outside { found, said } => phrase!("audit.outside", found = found, said = said),
        }
    }
}

/// What a check came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Rows looked at.
    pub rows: i64,
    /// The highest row that a good head covers; 0 = none.
    pub sealed: i64,
    /// Everything that does not fit, at most 100 of them.
    pub flaws: Vec<Flaw>,
}

/// Looks at every row. `kept` are heads from outside the database: the home's file, a message, a note on paper;
/// one without a seal counts as sealed. Without a key no seal is checked.
pub async fn verify(store: &Store, key: Option<&SealKey>, kept: &[Head]) -> Result<Report> {
    let (end, end_hash, older) = store.chain_end().await?;
    let mut heads: Vec<(Head, bool)> =
        store.heads().await?.into_iter().map(|h| (h, false)).collect();
    heads.extend(kept.iter().map(|h| (h.clone(), h.seal.is_empty())));
    let mut report = Report { rows: 0, sealed: 0, flaws: Vec::new() };
    heads.retain(|(head, trusted)| {
        let good = *trusted || key.is_none_or(|key| head.fits(key));
        if !good {
            report.flaws.push(Flaw::Seal { seq: head.seq });
        }
        good
    });
    let said = heads.iter().filter(|(h, t)| !t || h.older > 0).map(|(h, _)| h.older).min();
    let (found, said) = (store.unchained().await?, said.unwrap_or(older));
    if found != said {
        report.flaws.push(Flaw::Outside { found, said });
    }
    heads.sort_by_key(|(h, _)| h.seq);
    let last = walk(store, &heads, &mut report).await?;
    if last.0 != end || (last.1 != end_hash && last.0 != 0) {
        report.flaws.push(Flaw::End { found: last.0, said: end });
    }
    let beyond = heads.iter().rev().map(|(h, _)| h.seq).find(|seq| *seq > last.0);
    report.flaws.extend(beyond.map(|to| Flaw::Missing { from: last.0 + 1, to }));
    report.flaws.truncate(100);
    if !report.flaws.is_empty() {
        // A head covers what is before it only where all of that fits.
        report.sealed = 0;
    }
    Ok(report)
}

/// All rows in their order; answers number and hash of the last.
async fn walk(store: &Store, heads: &[(Head, bool)], report: &mut Report) -> Result<(i64, String)> {
    let (mut last, mut hash) = (0, String::new());
    loop {
        let rows = store.audit_rows(last).await?;
        if rows.is_empty() {
            return Ok((last, hash));
        }
        for (seq, row) in rows {
            if seq != last + 1 {
                report.flaws.push(Flaw::Missing { from: last + 1, to: seq - 1 });
            }
            let own = row.as_ref().map(|r| r.hash.clone()).unwrap_or_default();
            match &row {
                Some(row) if row.computed()? == row.hash => {
                    if seq == last + 1 && row.prev != hash {
                        report.flaws.push(Flaw::Unlinked { seq });
                    }
                }
                _ => report.flaws.push(Flaw::Edited { seq }),
            }
            for (head, _) in heads.iter().filter(|(h, _)| h.seq == seq) {
                if head.hash == own {
                    report.sealed = seq;
                } else {
                    report.flaws.push(Flaw::NotSealed { seq, at: head.at });
                }
            }
            report.rows += 1;
            (last, hash) = (seq, own);
        }
    }
}

/// A head is sealed this often by itself.
const EVERY: SignedDuration = SignedDuration::from_hours(24);

/// A day has gone by since the last head, or since the first row.
pub async fn is_due(store: &Store, now: Timestamp) -> Result<bool> {
    let since = match store.heads().await?.pop() {
        Some(head) => Some(head.at),
        None => store.audit_rows(0).await?.into_iter().find_map(|(_, r)| r?.at.parse().ok()),
    };
    Ok(since.is_some_and(|at| now.duration_since(at) >= EVERY))
}

/// Seals the chain as it stands now, where anything was appended since the last head, and tells whoever may change
/// the rules. `None` = there was nothing new, or the chain has a flaw: then nothing is sealed.
pub async fn seal(
    store: &Store,
    key: &SealKey,
    clock: &dyn Clock,
    chance: &dyn Chance,
) -> Result<Option<Head>> {
    let end = store.chain_end().await?;
    if store.heads().await?.last().is_some_and(|h| h.seq >= end.0) || end.0 == 0 {
        return Ok(None);
    }
    let report = verify(store, Some(key), &[]).await?;
    if !report.flaws.is_empty() {
        tracing::error!(flaws = ?report.flaws, "the audit log does not fit; no head is sealed");
        return Ok(None);
    }
    let head = Head::sealed(key, end, clock.now());
    let mut messages = Vec::new();
    for person in store.persons().await?.into_iter().filter(|p| p.role >= Role::Admin) {
        messages.push(Message {
            id: new_ulid(clock, chance).to_string(),
            person: person.id,
            conversation: "audit".to_owned(),
            plan: None,
            text: telling(&head),
            at: head.at,
        });
    }
    // Somebody appended meanwhile: the next look seals it.
    Ok(store.put_head(&head, &messages).await?.then_some(head))
}

/// A head as a person keeps it: what a chat sends out, and what `audit verify --head` takes.
pub fn telling(head: &Head) -> Phrase {
    phrase!("audit.head", head = format!("{}:{}", head.seq, head.hash), at = head.at)
}

/// A head as it was told: `SEQ:HASH`.
pub fn told(text: &str) -> Option<Head> {
    let (seq, hash) = text.trim().split_once(':')?;
    let hash = hash.to_ascii_lowercase();
    let hex = hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit());
    let seq = seq.parse().ok().filter(|n| *n > 0 && hex)?;
    let at = Timestamp::UNIX_EPOCH;
    Some(Head { v: 1, seq, hash, older: 0, at, seal: String::new() })
}
