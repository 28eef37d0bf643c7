//! The languages, and the little template language of `replies.toml`: `{name}` is a value,
//! `{n:dzień|dni|dni}` (pl: one, few, many) or `{n:day|days}` (en) chooses by the number in `n`.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! languages {
    ($($variant:ident $id:literal),* $(,)?) => {
        /// A language that dombot speaks: a folder under `prompts/`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "lowercase")]
        pub enum Language {
            $(#[doc = $id] $variant),*
        }

        impl Language {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// `pl`, `en`.
            pub fn id(self) -> &'static str {
                match self { $(Self::$variant => $id),* }
            }

            fn source(self) -> &'static str {
                match self { $(Self::$variant => include_str!(concat!("../../../prompts/", $id, "/replies.toml"))),* }
            }
        }
    };
}

languages! { En "en", Pl "pl" }

impl std::str::FromStr for Language {
    type Err = String;
    fn from_str(s: &str) -> Result<Self, String> {
        Self::ALL.iter().copied().find(|l| l.id() == s).ok_or_else(|| format!("no language {s}"))
    }
}

type Words = BTreeMap<String, String>;

/// Every key and its sentence; sections of the file are joined with a dot.
pub fn words(lang: Language) -> &'static Words {
    static ALL: OnceLock<BTreeMap<Language, Words>> = OnceLock::new();
    &ALL.get_or_init(|| Language::ALL.iter().map(|l| (*l, load(l.source()))).collect())[&lang]
}

fn load(source: &str) -> Words {
    let table: toml::Table =
        toml::from_str(source).expect("replies.toml is valid: a test reads it");
    let mut out = Words::new();
    flatten("", &table, &mut out);
    out
}

fn flatten(prefix: &str, table: &toml::Table, out: &mut Words) {
    for (key, value) in table {
        let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        match value {
            toml::Value::Table(inner) => flatten(&path, inner, out),
            toml::Value::String(text) => {
                out.insert(path, text.clone());
            }
            _ => {}
        }
    }
}

/// The sentence; an unknown key shows itself, so that nothing is silent.
pub(super) fn render(lang: Language, key: &str, args: &BTreeMap<String, String>) -> String {
    let Some(template) = words(lang).get(key) else {
        let values: Vec<String> = args.iter().map(|(k, v)| format!("{k}={v}")).collect();
        return format!("[{key} {}]", values.join(" "));
    };
    let mut out = String::new();
    let mut rest = template.as_str();
    while let Some(start) = rest.find('{') {
        out.push_str(&rest[..start]);
        let Some(end) = rest[start..].find('}') else { break };
        out.push_str(&value(lang, &rest[start + 1..start + end], args));
        rest = &rest[start + end + 1..];
    }
    out.push_str(rest);
    out
}

fn value(lang: Language, hole: &str, args: &BTreeMap<String, String>) -> String {
    let Some((name, forms)) = hole.split_once(':') else {
        return args.get(hole).cloned().unwrap_or_else(|| format!("{{{hole}}}"));
    };
    let n: i64 = args.get(name).and_then(|v| v.parse().ok()).unwrap_or(0);
    let forms: Vec<&str> = forms.split('|').collect();
    forms.get(plural(lang, n)).or(forms.last()).map_or(String::new(), |f| (*f).to_owned())
}

/// CLDR plural rules: Polish one/few/many, English one/other.
fn plural(lang: Language, n: i64) -> usize {
    let n = n.unsigned_abs();
    match lang {
        Language::En => usize::from(n != 1),
        Language::Pl if n == 1 => 0,
        Language::Pl if (2..=4).contains(&(n % 10)) && !(12..=14).contains(&(n % 100)) => 1,
        Language::Pl => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polish_counts() {
        let forms: Vec<usize> =
            [1, 2, 4, 5, 11, 12, 14, 22, 25, 0].map(|n| plural(Language::Pl, n)).into();
        assert_eq!(forms, [0, 1, 1, 2, 2, 2, 2, 1, 2, 2]);
    }

    #[test]
    fn every_language_has_every_key_with_the_same_values() {
        let holes = |t: &str| {
            let mut names: Vec<String> = t
                .split('{')
                .skip(1)
                .map(|p| p.split(['}', ':']).next().unwrap().to_owned())
                .collect();
            names.sort();
            names.dedup();
            names
        };
        for lang in Language::ALL {
            for (key, text) in words(*lang) {
                let nested = text.split('{').skip(1).any(|part| !part.contains('}'));
                assert!(!nested, "{} {key}: a hole inside a hole", lang.id());
            }
            for (key, text) in words(Language::En) {
                let other =
                    words(*lang).get(key).unwrap_or_else(|| panic!("{} lacks {key}", lang.id()));
                assert_eq!(holes(other), holes(text), "{} {key}", lang.id());
            }
            assert_eq!(
                words(*lang).len(),
                words(Language::En).len(),
                "{} has keys that en lacks",
                lang.id()
            );
        }
    }

    #[test]
    fn no_hole_stands_inside_another() {
        for lang in Language::ALL {
            for (key, text) in words(*lang) {
                let nested = text.split('{').skip(1).any(|part| !part.contains('}'));
                assert!(!nested, "{} {key}: {text}", lang.id());
            }
        }
    }

    #[test]
    fn every_phrase_of_this_crate_has_words() {
        fn sources(dir: &std::path::Path, out: &mut Vec<String>) {
            for entry in std::fs::read_dir(dir).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    sources(&path, out);
                } else if path.extension().is_some_and(|e| e == "rs") {
                    out.push(std::fs::read_to_string(path).unwrap());
                }
            }
        }
        let mut files = Vec::new();
        sources(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
        let call = format!("{}!(", "phrase");
        let mut seen = 0;
        for text in files.iter().flat_map(|f| {
            f.lines()
                .filter(|l| !l.trim().starts_with("//"))
                .collect::<Vec<_>>()
                .join("\n")
                .split(&call)
                .skip(1)
                .map(str::to_owned)
                .collect::<Vec<_>>()
        }) {
            let Some(key) = text.trim_start().strip_prefix('"').and_then(|t| t.split('"').next())
            else {
                continue;
            };
            assert!(words(Language::En).contains_key(key), "no words for {key}");
            seen += 1;
        }
        assert!(seen > 100, "{seen}");
    }
}
