//! Every statement of the store is prepared on both databases. They are found in the source: nobody keeps a list.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use dombot_tests::place::Place;
use dombot_tests::postgres::Database;

/// One statement: where it stands, and its text for SQLite and for PostgreSQL.
#[derive(Debug)]
struct Statement {
    at: String,
    sqlite: String,
    postgres: String,
}

/// Text-making macros of a file: their parameter, if any, and what they stand for.
type Macros = BTreeMap<String, (Option<String>, String)>;

/// What is between a `(` and its `)`, and what comes after; strings are stepped over.
fn parenthesis(text: &str) -> (&str, &str) {
    let (mut depth, mut chars) = (0u32, text.char_indices());
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => {
                while let Some((_, c)) = chars.next() {
                    match c {
                        '\\' => drop(chars.next()),
                        '"' => break,
                        _ => {}
                    }
                }
            }
            '(' | '{' => depth += 1,
            ')' | '}' => {
                depth -= 1;
                if depth == 0 {
                    return (&text[1..at], &text[at + 1..]);
                }
            }
            _ => {}
        }
    }
    panic!("it does not end: {text:.60}");
}

fn macros(source: &str) -> Macros {
    let mut found = Macros::new();
    for part in source.split("macro_rules! ").skip(1) {
        let (name, rest) = part.split_once(' ').unwrap();
        let (body, _) = parenthesis(rest);
        let (pattern, rest) = parenthesis(&body[body.find('(').unwrap()..]);
        let (text, _) = parenthesis(&rest[rest.find('{').unwrap()..]);
        let parameter = pattern.split_once(':').map(|(p, _)| p.trim().to_owned());
        found.insert(name.to_owned(), (parameter, text.trim().to_owned()));
    }
    found
}

/// The text that an expression of string literals, `concat!` and the file's own macros makes; `None` for any other.
fn text(expression: &str, macros: &Macros) -> Option<String> {
    let expression = expression.trim();
    if expression.is_empty() {
        return Some(String::new());
    }
    if let Some(rest) = expression.strip_prefix('"') {
        let mut out = String::new();
        let mut chars = rest.chars();
        loop {
            match chars.next()? {
                '"' => break,
                '\\' => match chars.next()? {
                    '\n' => {
                        let rest = chars.as_str().trim_start();
                        chars = rest.chars();
                    }
                    c => out.push(c),
                },
                c => out.push(c),
            }
        }
        let rest = chars.as_str().trim_start().trim_start_matches(',');
        return Some(out + &text(rest, macros)?);
    }
    let (name, rest) = expression.split_once('!')?;
    let (inside, rest) = parenthesis(rest);
    let own = if name == "concat" {
        text(inside, macros)?
    } else {
        let (parameter, body) = macros.get(name)?;
        let body = parameter.as_ref().map_or(body.clone(), |p| body.replace(p, inside));
        text(&body, macros)?
    };
    Some(own + &text(rest.trim_start().trim_start_matches(','), macros)?)
}

fn statements() -> Vec<Statement> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/src/store");
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().is_dir() || name == "sql.rs" {
            continue;
        }
        let source = fs::read_to_string(entry.path()).unwrap();
        let macros = macros(&source);
        for (at, call) in source.match_indices("sql::query(") {
            let line = source[..at].lines().count();
            let (argument, rest) = parenthesis(&source[at + call.len() - 1..]);
            let sqlite = text(argument, &macros)
                .unwrap_or_else(|| panic!("{name}:{line}: a text of literals, please: {argument}"));
            let postgres = match rest.trim_start().strip_prefix(".on_postgres") {
                Some(other) => text(parenthesis(other).0, &macros).expect("a text of literals"),
                None => sqlite.clone(),
            };
            found.push(Statement { at: format!("{name}:{line}"), sqlite, postgres });
        }
    }
    found
}

#[tokio::test]
async fn every_statement_is_prepared_on_both() {
    let all = statements();
    assert!(all.len() > 60, "{} statements found", all.len());
    let source = |name: &str| all.iter().filter(|s| s.at.starts_with(name)).count();
    assert!(source("job.rs") > 10 && source("plan.rs") > 10, "macros are read");
    let dir = tempfile::tempdir().unwrap();
    let file = Place::File(dir.path().join("dombot.db"));
    file.open(true).await.unwrap().close().await;
    let line = |(n, s): (usize, &Statement)| format!("EXPLAIN {} /* {n} {} */;", s.sqlite, s.at);
    let script: Vec<String> = all.iter().enumerate().map(line).collect();
    let Some(_) = file.sql(&script.join("\n")) else { return };
    let Some(database) = Database::new().map(Place::Postgres) else { return };
    database.open(true).await.unwrap().close().await;
    let line =
        |(n, s): (usize, &Statement)| format!("PREPARE s{n} AS {} /* {} */;", s.postgres, s.at);
    let script: Vec<String> = all.iter().enumerate().map(line).collect();
    database.sql(&script.join("\n")).unwrap();
}

#[test]
fn texts_are_read_as_the_compiler_reads_them() {
    let source = "macro_rules! columns {\n    () => {\n        \"id, \\\n         n\"\n    };\n}\n\
                  macro_rules! select {\n    ($rest:literal) => {\n        concat!(\"SELECT \", columns!(), $rest)\n    };\n}\n";
    let made = text("select!(\" FROM job WHERE x = '\\\"'\")", &macros(source));
    assert_eq!(made.as_deref(), Some("SELECT id, n FROM job WHERE x = '\"'"));
    assert_eq!(text("sql", &macros(source)), None);
}
