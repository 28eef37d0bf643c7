//! Sets of cues, as bits.

use super::Cue;

/// A set of cues.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Cues(u128, u128);

impl Cues {
    /// None.
    pub(crate) const NONE: Self = Self(0, 0);

    /// These.
    pub(crate) const fn of(list: &[Cue]) -> Self {
        let mut out = Self::NONE;
        let mut i = 0;
        while i < list.len() {
            let one = Self::bit(list[i]);
            out = Self(out.0 | one.0, out.1 | one.1);
            i += 1;
        }
        out
    }

    const fn bit(cue: Cue) -> Self {
        let at = cue as u32;
        if at < 128 { Self(1 << at, 0) } else { Self(0, 1 << (at - 128)) }
    }

    /// With one more.
    pub(crate) fn put(&mut self, cue: Cue) {
        *self = self.union(Self::bit(cue));
    }

    /// Holds this one.
    pub(crate) fn has(self, cue: Cue) -> bool {
        self.any(Self::bit(cue))
    }

    /// Holds one of these.
    pub(crate) fn any(self, other: Self) -> bool {
        self.0 & other.0 != 0 || self.1 & other.1 != 0
    }

    /// In one or the other.
    #[must_use]
    pub(crate) const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0, self.1 | other.1)
    }

    /// In both.
    #[must_use]
    pub(crate) const fn both(self, other: Self) -> Self {
        Self(self.0 & other.0, self.1 & other.1)
    }

    /// Without these.
    #[must_use]
    pub(crate) const fn minus(self, other: Self) -> Self {
        Self(self.0 & !other.0, self.1 & !other.1)
    }

    /// No cue.
    pub(crate) fn is_empty(self) -> bool {
        self == Self::NONE
    }
}

impl std::fmt::Debug for Cues {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Cues({:b} {:b})", self.1, self.0)
    }
}
