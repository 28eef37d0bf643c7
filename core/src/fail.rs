//! Points at which the crash suite's own build (feature `failpoints`) ends the process. In every other build there
//! are none.

/// Marks a moment at which a crash must do no harm: before and after each commit and each provider byte.
#[macro_export]
macro_rules! fail_point {
    ($name:expr) => {{
        #[cfg(feature = "failpoints")]
        $crate::fail::hit($name);
    }};
}

/// Counts the point; with `DOMBOT_FAIL_AT=k` the k-th aborts, with `DOMBOT_FAIL_LOG=file` each is noted.
#[cfg(feature = "failpoints")]
pub fn hit(name: &str) {
    use std::io::Write;
    use std::sync::atomic::{AtomicU64, Ordering};
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let n = COUNT.fetch_add(1, Ordering::SeqCst) + 1;
    if let Ok(path) = std::env::var("DOMBOT_FAIL_LOG")
        && let Ok(mut file) = std::fs::OpenOptions::new().create(true).append(true).open(path)
    {
        let _ = writeln!(file, "{n} {name}");
    }
    if std::env::var("DOMBOT_FAIL_AT").ok().and_then(|k| k.parse().ok()) == Some(n) {
        std::process::abort();
    }
}
