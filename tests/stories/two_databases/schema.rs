//! Migrations side by side make the same tables, and run where something is in them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use dombot_tests::place::Place;
use dombot_tests::postgres::Database;
use tempfile::TempDir;

/// Table, column, type, NOT NULL, place in the primary key.
const COLUMNS: [&str; 2] = [
    "SELECT m.name, p.name, lower(p.type), CASE WHEN p.\"notnull\" = 1 OR p.pk > 0 THEN 1 ELSE 0 END, p.pk
     FROM sqlite_master m, pragma_table_info(m.name) p WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%'",
    "SELECT c.relname, a.attname, format_type(a.atttypid, NULL), CASE WHEN a.attnotnull THEN 1 ELSE 0 END,
     COALESCE(array_position(p.conkey, a.attnum), 0)
     FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     LEFT JOIN pg_constraint p ON p.conrelid = c.oid AND p.contype = 'p'
     WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace",
];

/// Table, name unless a constraint made it, unique, columns, condition of each index but the primary keys'.
const INDEXES: [&str; 2] = [
    "SELECT m.name, CASE l.origin WHEN 'c' THEN l.name ELSE '' END, l.\"unique\",
     (SELECT group_concat(i.name, ' ') FROM (SELECT name FROM pragma_index_info(l.name) ORDER BY seqno) i),
     COALESCE((SELECT replace(substr(x.sql, instr(x.sql, 'WHERE')), char(10), ' ') FROM sqlite_master x
               WHERE x.name = l.name AND l.partial = 1), '')
     FROM sqlite_master m, pragma_index_list(m.name) l WHERE m.type = 'table' AND l.origin <> 'pk'",
    "SELECT t.relname, CASE WHEN k.oid IS NULL THEN c.relname ELSE '' END, CASE WHEN i.indisunique THEN 1 ELSE 0 END,
     (SELECT string_agg(a.attname, ' ' ORDER BY array_position(i.indkey::int2[], a.attnum)) FROM pg_attribute a
      WHERE a.attrelid = t.oid AND a.attnum = ANY (i.indkey)),
     COALESCE('WHERE ' || pg_get_expr(i.indpred, t.oid), '')
     FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
     LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.contype = 'u'
     WHERE t.relnamespace = 'public'::regnamespace AND NOT i.indisprimary",
];

/// Table, column, table that it points to.
const KEYS: [&str; 2] = [
    "SELECT m.name, k.\"from\", k.\"table\" FROM sqlite_master m, pragma_foreign_key_list(m.name) k WHERE m.type = 'table'",
    "SELECT t.relname, a.attname, o.relname FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid
     JOIN pg_class o ON o.oid = k.confrelid JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = ANY (k.conkey)
     WHERE k.contype = 'f' AND t.relnamespace = 'public'::regnamespace",
];

/// A file and a database, both new; `None` where PostgreSQL or `sqlite3` is missing.
fn both() -> Option<(TempDir, [Place; 2])> {
    let dir = tempfile::tempdir().unwrap();
    let file = Place::File(dir.path().join("dombot.db"));
    file.sql("SELECT 1")?;
    Some((dir, [file, Place::Postgres(Database::new()?)]))
}

fn rows(place: &Place, sql: &str) -> BTreeSet<String> {
    place.sql(sql).unwrap().lines().map(plain).collect()
}

/// A condition in the words that both write: `IN ('a')` is `= ANY (ARRAY['a'::text])` to PostgreSQL.
fn plain(line: &str) -> String {
    let Some((before, condition)) = line.split_once("WHERE ") else { return line.to_owned() };
    let words = condition.split(|c: char| !c.is_alphanumeric() && c != '_');
    let filler = ["", "IN", "ANY", "ARRAY", "text", "AND"];
    let kept: BTreeSet<&str> = words.filter(|w| !filler.contains(w)).collect();
    format!("{before}WHERE {kept:?}")
}

#[tokio::test]
async fn both_have_the_same_tables() {
    let Some((_dir, places)) = both() else { return };
    for place in &places {
        place.open(true).await.unwrap().close().await;
    }
    for (what, [sqlite, postgres], least) in
        [("columns", COLUMNS, 90), ("indexes", INDEXES, 8), ("keys", KEYS, 7)]
    {
        let (one, two) = (rows(&places[0], sqlite), rows(&places[1], postgres));
        assert!(one.len() >= least, "{what}: {one:#?}");
        assert_eq!(one, two, "{what}");
    }
    let folder = |name: &str| -> Vec<String> {
        files(&Path::new("../migrations").join(name)).into_iter().map(|f| f.1).collect()
    };
    assert_eq!(folder("sqlite"), folder("postgres"));
    // Texts are ordered by their bytes on both, or ids would come in another order.
    let odd =
        "SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
         WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND a.attnum > 0
         AND a.atttypid = 'text'::regtype AND a.attcollation <> '\"C\"'::regcollation";
    assert_eq!(rows(&places[1], odd), BTreeSet::new(), "without COLLATE \"C\"");
}

/// Path and name, in the order of their numbers.
fn files(folder: &Path) -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut found: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .flatten()
        .map(|e| (e.path(), e.file_name().to_string_lossy().into_owned()))
        .collect();
    found.sort();
    found
}

/// Each migration runs on the filled tables of those before it, and leaves what is in them.
#[tokio::test]
async fn migrations_run_on_filled_tables() {
    let numbers = files(Path::new("../migrations/sqlite")).len();
    for applied in 1..=numbers {
        let Some((_dir, places)) = both() else { return };
        for (place, folder) in places.iter().zip(["sqlite", "postgres"]) {
            place.sql("CREATE TABLE migration (version BIGINT PRIMARY KEY)").unwrap();
            for (path, name) in files(&Path::new("../migrations").join(folder)).iter().take(applied)
            {
                let number = &name[..4];
                let filled = format!("data/migrations/{number}.sql");
                let filled = Path::new(env!("CARGO_MANIFEST_DIR")).join(filled);
                place.sql(&fs::read_to_string(path).unwrap()).unwrap();
                place.sql(&fs::read_to_string(filled).unwrap_or_default()).unwrap();
                place.sql(&format!("INSERT INTO migration (version) VALUES ({number})")).unwrap();
            }
            let tables: BTreeSet<String> = match place {
                Place::File(_) => {
                    rows(place, "SELECT name FROM sqlite_master WHERE type = 'table'")
                }
                Place::Postgres(_) => {
                    rows(place, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
                }
            };
            let count =
                |table: &String| place.sql(&format!("SELECT COUNT(*) FROM {table}")).unwrap();
            let before: Vec<String> = tables.iter().map(count).collect();
            for (table, count) in tables.iter().zip(&before) {
                assert_ne!(count, "0", "tests/data/migrations puts nothing into {table}");
            }
            let store = place.open(false).await.unwrap();
            assert_eq!(store.persons().await.unwrap().len(), 2);
            assert!(store.next_due().await.unwrap().is_some());
            store.close().await;
            for (table, before) in tables.iter().zip(&before).filter(|(t, _)| *t != "migration") {
                assert_eq!(&count(table), before, "{folder}: {table} after {applied} migrations");
            }
        }
    }
}
