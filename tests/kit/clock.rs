//! Time and chance that a test sets.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use dombot_core::clock::{Chance, Clock};
use jiff::{SignedDuration, Timestamp};

/// A clock that stands still until a test moves it.
#[derive(Debug)]
pub struct FakeClock(Mutex<(Timestamp, Duration)>);

impl FakeClock {
    /// Stands at `now`.
    pub fn at(now: Timestamp) -> Self {
        Self(Mutex::new((now, Duration::from_secs(1000))))
    }

    /// Time goes by: wall and monotonic clock move together.
    pub fn advance(&self, by: Duration) {
        let mut at = self.lock();
        at.0 += by;
        at.1 += by;
    }

    /// Somebody sets the wall clock; the monotonic one does not notice.
    pub fn set_wall(&self, by: SignedDuration) {
        let mut at = self.lock();
        at.0 += by;
    }

    fn lock(&self) -> MutexGuard<'_, (Timestamp, Duration)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        self.lock().0
    }

    fn monotonic(&self) -> Duration {
        self.lock().1
    }
}

/// Always the same numbers in the same order (splitmix64), so that labels can stand in a snapshot.
#[derive(Debug)]
pub struct Dice(Mutex<u64>);

impl Dice {
    /// One row of numbers for each seed.
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(seed))
    }
}

impl Chance for Dice {
    fn fill(&self, out: &mut [u8]) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for byte in out {
            *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = *state;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            *byte = (z ^ (z >> 31)).to_le_bytes()[3];
        }
    }
}
