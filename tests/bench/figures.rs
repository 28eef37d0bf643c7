//! Figures of a whole dombot: `cargo build --release -p dombot && cargo bench -p dombot-tests`.
//!
//! It prints a table; nothing is judged by it. CPU seconds are those of `/proc/PID/stat` (user and system),
//! memory is `VmRSS` and `VmHWM` of `/proc/PID/status`. On a busy machine only these mean something.

#![expect(clippy::print_stdout, reason = "it prints figures")]

mod change;
mod process;

use std::time::{Duration, Instant};

fn main() {
    // `cargo test --all-targets` runs it too, and there are no figures of a debug build.
    if !std::env::args().any(|arg| arg == "--bench") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        println!("| what | figure | how |\n|---|---|---|");
        process::print();
        change::print().await;
    });
}

fn row(what: &str, figure: &str, how: &str) {
    println!("| {what} | {figure} | {how} |");
}

/// Median and 95th percentile, in milliseconds.
fn spread(mut times: Vec<Duration>) -> String {
    times.sort();
    let at = |part: usize| times[(times.len() * part / 100).min(times.len() - 1)];
    let ms = |time: Duration| time.as_secs_f64() * 1000.0;
    format!("p50 {:.2} ms, p95 {:.2} ms (n = {})", ms(at(50)), ms(at(95)), times.len())
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let done = work();
    (done, start.elapsed())
}

/// CPU seconds of a process so far, user and system.
fn cpu(pid: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("a process");
    // After the name in parentheses; utime and stime are the fields 14 and 15.
    let rest = stat.rsplit_once(')').expect("a name").1;
    let ticks: u32 =
        rest.split_whitespace().skip(11).take(2).map(|f| f.parse::<u32>().expect("ticks")).sum();
    f64::from(ticks) / 100.0
}

/// A line of `/proc/PID/status` in MiB.
fn memory(pid: u32, line: &str) -> String {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("a process");
    let found = status.lines().find_map(|l| l.strip_prefix(line)).expect("the line");
    let kib: f64 = found.trim_matches([':', ' ', '\t', 'k', 'B']).parse().expect("KiB");
    format!("{:.1} MiB", kib / 1024.0)
}
