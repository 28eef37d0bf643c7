//! Every runbook is rehearsed by a story that exists.

use super::{none, root, rust};

#[test]
fn every_runbook_is_rehearsed() {
    let page = std::fs::read_to_string(root().join("docs/runbooks.md")).unwrap();
    let sources: Vec<_> =
        rust().into_iter().filter(|f| f.path.starts_with("tests/stories/")).collect();
    let exists = |name: &str| {
        let (path, test) = name.rsplit_once("::").unwrap_or_default();
        let file = format!("tests/stories/{}.rs", path.replace("::", "/"));
        let stated = format!("fn {test}(");
        sources.iter().any(|f| f.path == file && f.text.contains(&stated))
    };
    let mut wrong = Vec::new();
    let runbooks: Vec<&str> = page.split("\n## ").skip(1).collect();
    assert!(runbooks.len() >= 9, "there are runbooks");
    for runbook in runbooks {
        let title = runbook.lines().next().unwrap_or_default();
        let Some((_, named)) = runbook.split_once("\nRehearsed: ") else {
            wrong.push(format!("{title}: not rehearsed"));
            continue;
        };
        let stories = named.split('`').skip(1).step_by(2);
        wrong.extend(stories.filter(|n| !exists(n)).map(|n| format!("{title}: no story {n}")));
    }
    none("runbooks that nobody has tried", &wrong);
}
