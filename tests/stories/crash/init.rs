//! `init` that is cut off anywhere: the next one makes a whole home, or finds one whose secrets were shown.

use std::fs;

use super::points::thorough;
use super::scene::{Scene, run};

const INIT: [&str; 5] = ["init", "--unattended", "--json", "--lang", "pl"];

#[test]
fn an_interrupted_init_can_be_done_again() {
    let first = Scene::nowhere();
    let log = first.dir.path().join("points");
    let mut command = first.command(&INIT);
    command.env("DOMBOT_FAIL_LOG", &log);
    assert_eq!(run(command, "").code(), Some(0));
    let text = fs::read_to_string(log).unwrap();
    let points: Vec<&str> = text.lines().collect();
    assert!(points.contains(&"init: marked#1") && points.contains(&"factor.add: after commit#1"));

    let mut crashes = 0;
    let mut kept = 0;
    for (n, name) in points.iter().enumerate() {
        // Each takes seconds: saving the vault derives its key twice.
        if !thorough() && !name.starts_with("init: ") && n % 8 != 0 {
            continue;
        }
        let scene = Scene::nowhere();
        let mut command = scene.command(&INIT);
        command.env("DOMBOT_FAIL_AT", name);
        let ran = run(command, "");
        crashes += usize::from(ran.crashed());
        let shown = ran.out.contains("otpauth://");
        let again = scene.dombot(&INIT);
        if again.code() == Some(0) {
            assert!(again.out.contains("otpauth://"), "{name}: {again:?}");
        } else {
            // Only where the person has seen the secrets may the first one stand.
            assert!(shown && again.err.contains("Nothing was changed"), "{name}: {again:?}");
            kept += 1;
        }
        let healthy = scene.dombot(&["doctor"]);
        assert_eq!(healthy.code(), Some(0), "{name}: {healthy:?}");
    }
    eprintln!("crash: init: {crashes} of {} points, {kept} kept their first home", points.len());
    assert!(crashes >= 7 && kept == 1, "{crashes} {kept}");
}
