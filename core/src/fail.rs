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

/// Notes the point in the file `DOMBOT_FAIL_LOG` and aborts at the one that `DOMBOT_FAIL_AT` names: the k-th of all
/// (`17`), or the k-th of its name (`job.claim: after commit#2`), which idle turns of the queue do not shift.
#[cfg(feature = "failpoints")]
pub fn hit(name: &str) {
    use std::collections::BTreeMap;
    use std::io::Write;
    use std::sync::{Mutex, PoisonError};
    static COUNTS: Mutex<BTreeMap<String, u64>> = Mutex::new(BTreeMap::new());
    let mut counts = COUNTS.lock().unwrap_or_else(PoisonError::into_inner);
    let mut count = |of: &str| {
        let n = counts.entry(of.to_owned()).or_default();
        *n += 1;
        *n
    };
    let (all, same) = (count("").to_string(), format!("{name}#{}", count(name)));
    if let Ok(path) = std::env::var("DOMBOT_FAIL_LOG")
        && let Ok(mut file) = std::fs::OpenOptions::new().create(true).append(true).open(path)
    {
        let _ = writeln!(file, "{same}");
    }
    if std::env::var("DOMBOT_FAIL_AT").is_ok_and(|at| at == all || at == same) {
        std::process::abort();
    }
}
