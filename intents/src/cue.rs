//! What a word can tell about the wish behind it, in no language.

use serde::Deserialize;

macro_rules! cues {
    ($($(#[$doc:meta])* $name:ident)*) => {
        /// One sign of what is wanted. The words that carry it stand in `prompts/<lang>/cues.toml`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub(crate) enum Cue { $($(#[$doc])* $name,)* }

        /// Every cue, in the order of declaration.
        #[cfg(test)]
        pub(crate) const ALL: &[Cue] = &[$(Cue::$name,)*];
    };
}

cues! {
    // Wishes that change something.
    /// "set", "change".
    Set
    /// "point".
    Point
    /// "add".
    Add
    /// "delete".
    Delete
    /// "renew".
    Renew
    /// "create".
    Create
    /// "import".
    Import
    /// "turn on".
    On
    /// "turn off".
    Off
    /// "cancel".
    Cancel
    /// "undo".
    Undo
    /// "mark as".
    Settle
    /// "freeze".
    Freeze
    /// Something that dombot does not do (yet): register, transfer, sell, lock.
    Other
    // Wishes that look.
    /// "show", "list".
    Show
    /// "find".
    Find
    /// "check".
    Check
    /// "export".
    Export
    /// "help".
    Help
    /// "what points to".
    FindWhat
    /// "where does it point".
    ListWhat
    // Things.
    /// A domain.
    Domain
    /// A zone.
    Zone
    /// A record.
    Record
    /// "DNS".
    Dns
    /// A job.
    Job
    /// A plan.
    Plan
    /// An account at a provider.
    Account
    /// "automatic".
    Auto
    /// "expire".
    Expiry
    /// "history".
    History
    /// "available".
    Free
    /// "TTL".
    Ttl
    /// A file.
    File
    /// "status".
    Status
    /// "all".
    All
    /// "last".
    Last
    /// "my".
    My
    /// "priority".
    Priority
    /// "named", "subdomain": a relative owner name follows.
    Named
    /// "apex".
    Apex
    /// "alias".
    Alias
    /// "waiting".
    Open
    /// "failed".
    Failed
    /// "finished".
    Finished
    /// "it happened".
    Happened
    /// "it did not happen".
    DidNot
    /// "leave it".
    Leave
    // Questions.
    /// "what".
    What
    /// "when".
    When
    /// "how".
    How
    /// "whether".
    Whether
    /// "where".
    Where
    /// "why", "may I", "should I".
    Asks
    // What turns a wish around.
    /// "not".
    Not
    /// "if".
    If
    /// "what if".
    Suppose
    /// "only", "except".
    Limit
    /// "or".
    Or
    /// A form that tells what is or was, not what is wanted.
    Said
    /// "I", "we", "who": before a verb it tells, not asks.
    Subject
    /// A form that asks only at the head of a clause.
    Head
    /// "make", "let": a verb may follow the thing.
    Causes
    /// "because".
    Because
    // Small words that matter.
    /// "and", "then".
    And
    /// "it", "that domain".
    It
    /// Before the value: "na", "->".
    Onto
    /// Before the owner or the value: "to".
    To
    /// Before the owner: "dla", "in", "do".
    Of
    /// Before a first day: "od", "from", "between".
    From
    /// Before a last day: "until", "by".
    Until
    /// "within", "next": before a number of days.
    Within
    /// "can you", "would you": a wish in the form of a question.
    Polite
    /// "please", "hi": says nothing about the wish.
    Fill
    // Small talk.
    /// "hello".
    Hello
    /// "thanks".
    Thanks
    /// "goodbye".
    Bye
    /// "yes".
    Yes
    /// "no".
    No
    /// "who are you".
    Identity
    /// "what can you do".
    Abilities
    /// A password, key, seed.
    Secret
    // What the spans add.
    /// A domain or host.
    Host
    /// An address.
    Ip
    /// A record type.
    Type
    /// A TXT value.
    Text
    /// Years, days, minutes.
    Period
    /// A date or month.
    Date
    /// A plan's label or a job's id.
    Id
    /// A relative owner name.
    Name
    /// A provider or an account by name.
    Provider
}

/// A set of cues.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Cues(u128);

impl Cues {
    /// None.
    pub(crate) const NONE: Self = Self(0);

    /// These.
    pub(crate) const fn of(list: &[Cue]) -> Self {
        let mut bits = 0;
        let mut i = 0;
        while i < list.len() {
            bits |= 1 << list[i] as u128;
            i += 1;
        }
        Self(bits)
    }

    /// With one more.
    pub(crate) fn put(&mut self, cue: Cue) {
        self.0 |= 1 << cue as u128;
    }

    /// Holds this one.
    pub(crate) fn has(self, cue: Cue) -> bool {
        self.0 & (1 << cue as u128) != 0
    }

    /// Holds one of these.
    pub(crate) fn any(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// In one or the other.
    #[must_use]
    pub(crate) fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// [`Cues::union`] for constants.
    #[must_use]
    pub(crate) const fn union_const(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Without these.
    #[must_use]
    pub(crate) fn minus(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// No cue.
    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl std::fmt::Debug for Cues {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Cues({:b})", self.0)
    }
}

/// Verbs that change something.
pub(crate) const CHANGES: Cues = Cues::of(&[
    Cue::Set,
    Cue::Point,
    Cue::Add,
    Cue::Delete,
    Cue::Renew,
    Cue::Create,
    Cue::Import,
    Cue::On,
    Cue::Off,
    Cue::Cancel,
    Cue::Undo,
    Cue::Settle,
    Cue::Freeze,
    Cue::Other,
]);

/// Verbs that look.
pub(crate) const LOOKS: Cues =
    Cues::of(&[Cue::Show, Cue::Find, Cue::Check, Cue::Export, Cue::Help]);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cue_has_a_bit_of_its_own() {
        assert!(ALL.len() <= 128);
        for cue in ALL {
            let only = Cues::of(&[*cue]);
            assert!(only.has(*cue));
            assert_eq!(ALL.iter().filter(|c| only.has(**c)).count(), 1);
        }
    }
}
