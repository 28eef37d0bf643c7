//! Every text that a person reads: a key and values here, the words in `prompts/<lang>/replies.toml`.

mod card;
mod words;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(crate) use card::short_id;
pub use card::{answer, card, domain_text, evidence, foreign, name_text};
pub use words::{Language, words};

/// One sentence for a person, in no language yet.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Phrase {
    key: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    args: BTreeMap<String, String>,
}

impl Phrase {
    /// Prefer the macro [`crate::phrase!`]: a test checks its keys against every language.
    pub fn new(key: &str, args: &[(&str, &dyn std::fmt::Display)]) -> Self {
        Self {
            key: key.to_owned(),
            args: args.iter().map(|(k, v)| ((*k).to_owned(), v.to_string())).collect(),
        }
    }

    /// Its key in `replies.toml`.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// A value, by name.
    pub fn arg(&self, name: &str) -> Option<&str> {
        self.args.get(name).map(String::as_str)
    }

    /// The sentence in a language.
    pub fn text(&self, lang: Language) -> String {
        words::render(lang, &self.key, &self.args)
    }
}

/// `phrase!("dns.cname_beside", name = x)`: a [`Phrase`] whose key must stand in every `replies.toml`.
#[macro_export]
macro_rules! phrase {
    ($key:literal $(, $name:ident = $value:expr)* $(,)?) => {
        $crate::phrase::Phrase::new($key, &[$((stringify!($name), &$value as &dyn std::fmt::Display)),*])
    };
}
