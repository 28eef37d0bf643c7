//! Time and chance that a test sets.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use dombot_core::clock::{Chance, Clock};
use jiff::{SignedDuration, Timestamp};

/// A clock that stands still until a test moves it.
#[derive(Debug)]
pub struct FakeClock {
    at: Mutex<(Timestamp, Duration)>,
    /// Where PostgreSQL reads its own time, and that time at the beginning, in ms.
    shown: OnceLock<(PathBuf, i64)>,
}

/// The monotonic clock at the beginning.
const BEGINNING: Duration = Duration::from_secs(1000);

impl FakeClock {
    /// Stands at `now`.
    pub fn at(now: Timestamp) -> Self {
        Self { at: Mutex::new((now, BEGINNING)), shown: OnceLock::new() }
    }

    /// Time goes by: wall and monotonic clock move together.
    pub fn advance(&self, by: Duration) {
        let mut at = self.lock();
        at.0 += by;
        at.1 += by;
        self.show(*at);
    }

    /// A database reads its time in this file, unix ms. Nobody sets that clock: it goes with the monotonic one.
    pub fn shown_in(&self, file: PathBuf) {
        let at = self.lock();
        self.shown.set((file, at.0.as_millisecond())).expect("one database a clock");
        self.show(*at);
    }

    fn show(&self, (_, monotonic): (Timestamp, Duration)) {
        let Some((file, start)) = self.shown.get() else { return };
        let since =
            i64::try_from(monotonic.saturating_sub(BEGINNING).as_millis()).expect("not so long");
        let new = file.with_extension("new");
        std::fs::write(&new, (start + since).to_string()).expect("the cluster's folder");
        std::fs::rename(&new, file).expect("the cluster's folder");
    }

    /// Somebody sets the wall clock; the monotonic one does not notice.
    pub fn set_wall(&self, by: SignedDuration) {
        let mut at = self.lock();
        at.0 += by;
    }

    fn lock(&self) -> MutexGuard<'_, (Timestamp, Duration)> {
        self.at.lock().unwrap_or_else(PoisonError::into_inner)
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
