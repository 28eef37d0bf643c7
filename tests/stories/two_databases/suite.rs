//! Whole parts of the stories once more, in a process whose talks rest on PostgreSQL.

use std::process::Command;

use dombot_tests::postgres;

/// What touches the queue, codes and plans. Two that write hundreds of rows by `psql`, which test no statement of
/// the store, are left to SQLite.
const PARTS: &[&str] =
    &["road::", "codes::", "changed::", "faults::", "tamper::", "totp::", "law::"];

#[test]
fn the_stories_hold_on_postgresql() {
    if postgres::wanted() {
        return;
    }
    let Some(cluster) = postgres::share() else { return };
    let ran = Command::new(std::env::current_exe().unwrap())
        .args(PARTS)
        .args(["--skip", "no_field_of_a_stored_plan", "--skip", "no_field_of_a_step"])
        // They wait for timers more than they work.
        .args(["--test-threads", "6"])
        .envs(cluster)
        .output()
        .unwrap();
    let out = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success(), "{out}\n{}", String::from_utf8_lossy(&ran.stderr));
    let passed = out.lines().find_map(|l| l.strip_prefix("test result: ok. "));
    let passed = passed.and_then(|l| l.split(' ').next()?.parse::<u32>().ok()).unwrap();
    assert!(passed > 30, "{out}");
}
