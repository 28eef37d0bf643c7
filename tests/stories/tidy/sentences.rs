//! Every phrase has its sentence in every language, with the same holes, and no sentence is left over.

use std::collections::{BTreeMap, BTreeSet};

use dombot_core::action::SPECS;
use dombot_core::phrase::{Language, words};

use super::{everything, none, root, rust};

/// Keys that are put together at run time, and the file that does it.
const AT_RUN_TIME: &[(&str, &str)] = &[
    ("help.example.", "core/src/action/help.rs"),
    ("card.step_", "core/src/phrase/card/answer.rs"),
    ("card.state_", "core/src/phrase/card/answer.rs"),
];

/// One `phrase!(...)` in the source: where, its key, the names of its values.
struct Said {
    path: String,
    key: String,
    values: BTreeSet<String>,
}

/// All that the program can say, without its tests.
fn said() -> Vec<Said> {
    let call = ["phrase", "!("].concat();
    let mut found = Vec::new();
    for file in rust().into_iter().filter(|f| !f.is_test()) {
        let code: Vec<&str> =
            file.shipped().lines().filter(|l| !l.trim_start().starts_with("//")).collect();
        let code = code.join("\n");
        for (at, _) in code.match_indices(&call) {
            let arguments = arguments(&code[at + call.len()..]);
            let Some(key) = arguments.first().and_then(|a| a.trim().strip_prefix('"')) else {
                continue;
            };
            let values = arguments[1..]
                .iter()
                .filter_map(|a| Some(a.split_once('=')?.0.trim().to_owned()))
                .collect();
            let key = key.trim_end_matches('"').to_owned();
            found.push(Said { path: file.path.clone(), key, values });
        }
    }
    assert!(found.len() > 200, "the source says something");
    found
}

/// What stands between the parentheses, cut at the commas that belong to no inner pair.
fn arguments(rest: &str) -> Vec<String> {
    let (mut depth, mut text, mut escaped) = (0, false, false);
    let mut parts = vec![String::new()];
    for c in rest.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if text => escaped = true,
            '"' => text = !text,
            _ if text => {}
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' if depth > 0 => depth -= 1,
            ')' => return parts,
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        parts.last_mut().expect("there is one").push(c);
    }
    parts
}

/// The values that a sentence asks for; an error where a hole stands in a hole.
fn holes(sentence: &str) -> Result<BTreeSet<String>, String> {
    let mut found = BTreeSet::new();
    let mut rest = sentence;
    while let Some(start) = rest.find('{') {
        let end = rest[start..].find('}').ok_or("a hole is not closed")? + start;
        let hole = &rest[start + 1..end];
        if hole.contains('{') {
            return Err(format!("a hole in a hole: {hole}"));
        }
        let name = hole.split(':').next().unwrap_or_default();
        if name.is_empty() || name.contains(|c: char| !c.is_ascii_lowercase() && c != '_') {
            return Err(format!("{hole} is not a value"));
        }
        found.insert(name.to_owned());
        rest = &rest[end + 1..];
    }
    if rest.contains('}') { Err("a hole is not opened".into()) } else { Ok(found) }
}

#[test]
fn every_phrase_has_a_sentence_in_every_language() {
    let mut wrong = Vec::new();
    for said in said() {
        for lang in Language::ALL {
            let (key, lang_id) = (&said.key, lang.id());
            match words(*lang).get(key).map(|sentence| holes(sentence)) {
                None => wrong.push(format!("{}: {key} has no sentence in {lang_id}", said.path)),
                Some(Err(why)) => wrong.push(format!("{lang_id} {key}: {why}")),
                Some(Ok(holes)) => wrong.extend(
                    holes
                        .difference(&said.values)
                        .map(|h| format!("{}: {key} ({lang_id}) wants {{{h}}}", said.path)),
                ),
            }
        }
    }
    none("phrases that cannot be said", &wrong);
}

#[test]
fn the_languages_say_the_same_things() {
    let mut wrong = Vec::new();
    for lang in Language::ALL {
        for (key, sentence) in words(*lang) {
            let mine = holes(sentence);
            for other in Language::ALL {
                match words(*other).get(key).map(|s| holes(s)) {
                    None => wrong.push(format!("{key} is in {} only", lang.id())),
                    Some(theirs) if theirs != mine => wrong.push(format!(
                        "{key}: {} {mine:?}, {} {theirs:?}",
                        lang.id(),
                        other.id()
                    )),
                    Some(Err(why)) => wrong.push(format!("{key}: {why}")),
                    Some(Ok(_)) => {}
                }
            }
        }
    }
    none("languages that differ", &wrong);
}

#[test]
fn no_sentence_is_left_over() {
    let sources: Vec<_> = rust().into_iter().filter(|f| !f.is_test()).collect();
    for (prefix, path) in AT_RUN_TIME {
        let builder = sources.iter().find(|f| f.path == *path).expect("the file is there");
        let area = prefix.split_inclusive('.').next().unwrap_or_default();
        assert!(builder.text.contains(&format!("\"{area}")), "{path} does not build {prefix}");
    }
    let literal: BTreeMap<&str, String> =
        sources.iter().map(|f| (f.path.as_str(), f.shipped().to_owned())).collect();
    let unused = |key: &&String| {
        let quoted = format!("\"{key}\"");
        !AT_RUN_TIME.iter().any(|(prefix, _)| key.starts_with(prefix))
            && !literal.values().any(|text| text.contains(&quoted))
    };
    let wrong: Vec<String> = words(Language::En).keys().filter(unused).cloned().collect();
    none("sentences that nobody says", &wrong);
}

#[test]
fn every_action_has_an_example_in_every_language() {
    let mut wrong = Vec::new();
    for lang in Language::ALL {
        let examples: BTreeSet<String> = words(*lang)
            .keys()
            .filter_map(|k| k.strip_prefix("help.example."))
            .map(ToOwned::to_owned)
            .collect();
        let actions: BTreeSet<String> = SPECS.iter().map(|s| s.kind.replace('.', "_")).collect();
        wrong.extend(
            examples.symmetric_difference(&actions).map(|k| format!("{k} ({})", lang.id())),
        );
    }
    none("actions without an example, examples without an action", &wrong);
}

#[test]
fn every_language_has_its_folder() {
    let listed: BTreeSet<String> = Language::ALL.iter().map(|l| l.id().to_owned()).collect();
    let folders: BTreeSet<String> = std::fs::read_dir(root().join("prompts"))
        .unwrap()
        .flatten()
        .filter(|e| e.path().is_dir())
        .map(|e| e.file_name().to_string_lossy().into_owned())
        // The model's prompt, one for all languages.
        .filter(|name| name != "intent")
        .collect();
    assert_eq!(folders, listed, "prompts/ and core/src/phrase/words.rs");
    let names = |lang: &str| -> BTreeSet<String> {
        let prefix = format!("prompts/{lang}/");
        everything().iter().filter_map(|f| f.path.strip_prefix(&prefix).map(String::from)).collect()
    };
    for lang in &listed {
        assert_eq!(names(lang), names("en"), "files of {lang}");
    }
}
