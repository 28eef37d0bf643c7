//! The words of all languages. Both lexicons always count: people mix languages.

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

use serde::Deserialize;
use strsim::osa_distance;

use crate::cue::{CHANGES, Cue, Cues, LOOKS};
use crate::fold::fold;
use crate::span::{DateWord, Unit};

/// One line a language: its folder under `prompts/`.
pub(crate) const FOLDERS: &[Folder] = &[
    Folder {
        id: "en",
        cues: include_str!("../../prompts/en/cues.toml"),
        sentences: include_str!("../../prompts/en/sentences.toml"),
    },
    Folder {
        id: "pl",
        cues: include_str!("../../prompts/pl/cues.toml"),
        sentences: include_str!("../../prompts/pl/sentences.toml"),
    },
];

/// What the parser reads of a language.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Folder {
    /// `pl`.
    pub(crate) id: &'static str,
    /// Words and what they tell.
    pub(crate) cues: &'static str,
    /// Example sentences by kind.
    pub(crate) sentences: &'static str,
}

/// `cues.toml`. Values are words split by spaces; `domen*` is a stem; phrases are one a line.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// Forms that ask for it.
    wish: BTreeMap<Cue, String>,
    /// Stems whose other forms tell what is or was.
    said: String,
    /// Wish forms that are also told of others: they ask only at the head of a clause.
    head: String,
    /// Other words and stems.
    word: BTreeMap<Cue, String>,
    /// Several words together.
    phrase: BTreeMap<Cue, String>,
    /// Numbers in words.
    number: BTreeMap<String, String>,
    /// Units of time.
    unit: BTreeMap<Unit, String>,
    /// January is 1.
    month: BTreeMap<String, String>,
    /// "today", "this month"; one phrase a line.
    date: BTreeMap<DateWord, String>,
}

/// All words.
pub(crate) struct Lexicon {
    exact: HashMap<String, Cues>,
    stems: BTreeMap<String, Cues>,
    said: Vec<String>,
    phrases: HashMap<String, Vec<(Vec<String>, Cue)>>,
    dates: HashMap<String, Vec<(Vec<String>, DateWord)>>,
    numbers: HashMap<String, u64>,
    units: HashMap<String, Unit>,
    months: HashMap<String, i8>,
    by_letter: HashMap<u8, Vec<Entry>>,
}

/// A word against which a misspelt one is held.
struct Entry {
    form: String,
    is_stem: bool,
    cues: Cues,
}

/// The lexicon of all languages.
pub(crate) fn lexicon() -> &'static Lexicon {
    static ONE: OnceLock<Lexicon> = OnceLock::new();
    ONE.get_or_init(|| Lexicon::read(FOLDERS))
}

impl Lexicon {
    /// Panics when a file is not valid: a test reads them.
    pub(crate) fn read(folders: &[Folder]) -> Self {
        let mut out = Self {
            exact: HashMap::new(),
            stems: BTreeMap::new(),
            said: Vec::new(),
            phrases: HashMap::new(),
            dates: HashMap::new(),
            numbers: HashMap::new(),
            units: HashMap::new(),
            months: HashMap::new(),
            by_letter: HashMap::new(),
        };
        for folder in folders {
            match toml::from_str::<File>(folder.cues) {
                Ok(file) => out.take(&file),
                Err(e) => panic!("prompts/{}/cues.toml: {e}", folder.id),
            }
        }
        out.index();
        out
    }

    fn take(&mut self, file: &File) {
        for (cue, words) in file.wish.iter().chain(&file.word) {
            for word in words.split_whitespace() {
                let word = fold(word);
                match word.strip_suffix('*') {
                    Some(stem) => self.stems.entry(stem.to_owned()).or_default().put(*cue),
                    None => self.exact.entry(word).or_default().put(*cue),
                }
            }
        }
        for word in file.head.split_whitespace() {
            self.exact.entry(fold(word)).or_default().put(Cue::Head);
        }
        self.said.extend(file.said.split_whitespace().map(|w| fold(w.trim_end_matches('*'))));
        keep_phrases(&mut self.phrases, &file.phrase);
        keep_phrases(&mut self.dates, &file.date);
        let numbers = file.number.iter().filter_map(|(n, w)| Some((n.parse().ok()?, w)));
        each_word(numbers, &mut self.numbers);
        each_word(file.unit.iter().map(|(u, w)| (*u, w)), &mut self.units);
        let months = file.month.iter().filter_map(|(n, w)| Some((n.parse().ok()?, w)));
        each_word(months, &mut self.months);
    }

    fn index(&mut self) {
        let whole = self.exact.iter().map(|(form, cues)| (form, *cues, false));
        let stems = self.stems.iter().map(|(form, cues)| (form, *cues, true));
        for (form, cues, is_stem) in whole.chain(stems) {
            if let (Some(first), 5..) = (form.bytes().next(), form.len()) {
                let entry = Entry { form: form.clone(), is_stem, cues };
                self.by_letter.entry(first).or_default().push(entry);
            }
        }
    }

    /// What a folded word tells, without correcting it.
    pub(crate) fn cues(&self, word: &str) -> Cues {
        if let Some(cues) = self.exact.get(word) {
            return *cues;
        }
        if self.said.iter().any(|stem| word.starts_with(stem.as_str())) {
            return Cues::of(&[Cue::Said]);
        }
        let mut ends: Vec<usize> = word.char_indices().map(|(i, _)| i).skip(2).collect();
        ends.push(word.len());
        let longest = ends.iter().rev().find_map(|end| self.stems.get(&word[..*end]));
        longest.copied().unwrap_or_default()
    }

    /// What a misspelt command word was meant to be: 1 slip in 5-7 letters, 2 in 8 and more, one clear winner.
    /// The last two letters of a verb must be right: in Polish they tell a wish from a report.
    pub(crate) fn corrected(&self, word: &str) -> Cues {
        let budget = match word.len() {
            5..=7 => 1,
            8..=20 => 2,
            _ => return Cues::NONE,
        };
        let letters = word.is_ascii() && word.bytes().all(|b| b.is_ascii_alphabetic());
        let Some(entries) = letters.then(|| self.by_letter.get(&word.as_bytes()[0])).flatten()
        else {
            return Cues::NONE;
        };
        let mut best = (budget + 1, Cues::NONE);
        let mut tie = false;
        for entry in entries {
            let distance = entry.distance(word, best.0);
            if distance < best.0 {
                best = (distance, entry.cues);
                tie = false;
            } else if distance == best.0 && distance <= budget && entry.cues != best.1 {
                tie = true;
            }
        }
        if tie || best.0 > budget { Cues::NONE } else { best.1 }
    }

    /// The longest phrase that begins here: how many words it takes.
    pub(crate) fn phrase(&self, words: &[&str]) -> Option<(usize, Cue)> {
        longest(&self.phrases, words)
    }

    /// The longest word of time that begins here.
    pub(crate) fn date(&self, words: &[&str]) -> Option<(usize, DateWord)> {
        longest(&self.dates, words)
    }

    /// "dwa" -> 2.
    pub(crate) fn number(&self, word: &str) -> Option<u64> {
        self.numbers.get(word).copied()
    }

    /// "lata" -> years.
    pub(crate) fn unit(&self, word: &str) -> Option<Unit> {
        self.units.get(word).copied()
    }

    /// "grudniu" -> 12.
    pub(crate) fn month(&self, word: &str) -> Option<i8> {
        self.months.get(word).copied()
    }
}

impl Entry {
    fn distance(&self, word: &str, limit: usize) -> usize {
        let far = usize::MAX;
        let verb = self.cues.any(CHANGES.union(LOOKS));
        if !self.is_stem {
            let same_end = word[word.len() - 2..] == self.form[self.form.len() - 2..];
            let near = word.len().abs_diff(self.form.len()) <= limit;
            return if near && (same_end || !verb) { osa_distance(word, &self.form) } else { far };
        }
        let from = self.form.len().saturating_sub(1).min(word.len());
        let to = (self.form.len() + 1).min(word.len());
        (from..=to).map(|n| osa_distance(&word[..n], &self.form)).min().unwrap_or(far)
    }
}

fn each_word<'a, T: Copy>(
    rows: impl Iterator<Item = (T, &'a String)>,
    into: &mut HashMap<String, T>,
) {
    for (value, words) in rows {
        into.extend(words.split_whitespace().map(|w| (fold(w), value)));
    }
}

fn keep_phrases<T: Copy>(
    into: &mut HashMap<String, Vec<(Vec<String>, T)>>,
    from: &BTreeMap<T, String>,
) {
    for (value, lines) in from {
        for line in lines.lines().map(str::trim).filter(|l| !l.is_empty()) {
            let words: Vec<String> = line.split_whitespace().map(fold).collect();
            into.entry(words[0].clone()).or_default().push((words, *value));
        }
    }
}

fn longest<T: Copy>(
    phrases: &HashMap<String, Vec<(Vec<String>, T)>>,
    words: &[&str],
) -> Option<(usize, T)> {
    let same = |(a, b): (&String, &&str)| match a.strip_suffix('*') {
        Some(stem) => b.starts_with(stem),
        None => a == b,
    };
    let starts = |p: &[String]| p.len() <= words.len() && p.iter().zip(words).all(same);
    phrases
        .get(*words.first()?)?
        .iter()
        .filter(|(p, _)| starts(p))
        .max_by_key(|(p, _)| p.len())
        .map(|(p, value)| (p.len(), *value))
}
