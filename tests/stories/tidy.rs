//! The house is tidy: who may use whom, where each library lives, how long a file may be, and that nobody is
//! left without a sentence. It reads the source and knows nothing of what the code does.

mod house;
mod licences;
mod runbooks;
mod sentences;

use std::fs;
use std::path::{Path, PathBuf};

/// The folder of the workspace.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace's folder").to_owned()
}

/// A file, by its path below the workspace.
struct Text {
    path: String,
    text: String,
}

impl Text {
    /// What ships: the lines before the first inline test module. A declared one (`mod tests;`) is a line.
    fn shipped(&self) -> &str {
        let test = ["#[cfg(", "test)]"].concat();
        let inline = |at: &usize| {
            let next = self.text[*at..].lines().nth(1).unwrap_or_default().trim();
            next.starts_with("mod ") && next.ends_with('{')
        };
        let end = self.text.match_indices(&test).map(|(at, _)| at).find(inline);
        &self.text[..end.unwrap_or(self.text.len())]
    }

    fn is_test(&self) -> bool {
        self.path.starts_with("tests/")
            || self.path.split('/').any(|p| p == "tests" || p == "tests.rs" || p == "fakes")
            || self.path.ends_with("/fakes.rs")
    }
}

/// Every text of the workspace, without what is built or fetched.
fn everything() -> Vec<Text> {
    let mut found = Vec::new();
    collect(&root(), &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(found.len() > 100, "the walk finds the house");
    found
}

/// The Rust source of all crates.
fn rust() -> Vec<Text> {
    everything()
        .into_iter()
        .filter(|f| Path::new(&f.path).extension().is_some_and(|e| e == "rs"))
        .collect()
}

fn collect(folder: &Path, found: &mut Vec<Text>) {
    for entry in fs::read_dir(folder).expect("a readable folder").flatten() {
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        let hidden = name.starts_with('.') && name != ".ci" && name != ".gitignore";
        // A build folder says so itself, whatever its name.
        if hidden || name == "target" || path.join("CACHEDIR.TAG").exists() {
            continue;
        }
        if path.is_dir() {
            collect(&path, found);
        } else if let Ok(text) = fs::read_to_string(&path) {
            let below = path.strip_prefix(root()).expect("a path below the workspace");
            found.push(Text { path: below.to_string_lossy().into_owned(), text });
        }
    }
}

/// Complains once, with everything that is wrong.
fn none(what: &str, wrong: &[String]) {
    assert!(wrong.is_empty(), "{what}:\n  {}", wrong.join("\n  "));
}
