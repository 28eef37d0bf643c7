//! Time and chance come in from outside, so that a test can say what they are.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use ulid::Ulid;

/// Where the time comes from.
pub trait Clock: Send + Sync {
    /// Wall clock, UTC.
    fn now(&self) -> Timestamp;
    /// Time since some fixed moment; never goes back, and on Linux counts suspend.
    fn monotonic(&self) -> Duration;
}

/// Where randomness comes from.
pub trait Chance: Send + Sync {
    /// Fills `out` with bytes nobody can guess.
    fn fill(&self, out: &mut [u8]);
}

/// The machine's clock.
#[derive(Debug)]
pub struct SystemClock {
    start: Instant,
}

impl Default for SystemClock {
    fn default() -> Self {
        Self { start: Instant::now() }
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn monotonic(&self) -> Duration {
        boot_time().unwrap_or_else(|| self.start.elapsed())
    }
}

#[cfg(target_os = "linux")]
fn boot_time() -> Option<Duration> {
    let t = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    Some(Duration::new(u64::try_from(t.tv_sec).ok()?, u32::try_from(t.tv_nsec).ok()?))
}

#[cfg(not(target_os = "linux"))]
fn boot_time() -> Option<Duration> {
    None
}

/// The operating system's random numbers.
#[derive(Debug, Default)]
pub struct SystemChance;

impl Chance for SystemChance {
    fn fill(&self, out: &mut [u8]) {
        getrandom::fill(out).expect("the operating system has random numbers");
    }
}

/// A new identifier: 48 bits of time, 80 of chance.
pub fn new_ulid(clock: &dyn Clock, chance: &dyn Chance) -> Ulid {
    let mut random = [0u8; 16];
    chance.fill(&mut random);
    let millis = u64::try_from(clock.now().as_millisecond()).unwrap_or(0);
    Ulid::from_parts(millis, u128::from_be_bytes(random))
}
