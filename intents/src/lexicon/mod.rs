//! The words of all languages. Both lexicons always count: people mix languages.

mod file;
mod slip;

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

use file::File;
use slip::{Entry, letters};

use crate::cue::{Cue, Cues};
use crate::fold::fold;
use crate::span::{DateWord, Half, Unit};

/// One line a language: its folder under `prompts/`.
pub(crate) const FOLDERS: &[Folder] = &[
    Folder {
        id: "en",
        cues: include_str!("../../../prompts/en/cues.toml"),
        sentences: include_str!("../../../prompts/en/sentences.toml"),
    },
    Folder {
        id: "pl",
        cues: include_str!("../../../prompts/pl/cues.toml"),
        sentences: include_str!("../../../prompts/pl/sentences.toml"),
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

/// All words.
pub(crate) struct Lexicon {
    exact: HashMap<String, Cues>,
    stems: BTreeMap<String, Cues>,
    said: Vec<String>,
    phrases: HashMap<String, Vec<(Vec<String>, Cue)>>,
    clocks: HashMap<String, Vec<(Vec<String>, Half)>>,
    weekdays: HashMap<String, i8>,
    ordinals: HashMap<String, i8>,
    quarters: Vec<String>,
    currencies: HashMap<String, String>,
    multipliers: HashMap<String, u64>,
    dates: HashMap<String, Vec<(Vec<String>, DateWord)>>,
    numbers: HashMap<String, u64>,
    units: HashMap<String, Unit>,
    months: HashMap<String, i8>,
    by_letter: HashMap<u8, Vec<Entry>>,
}

/// The lexicon of all languages.
pub(crate) fn lexicon() -> &'static Lexicon {
    static ONE: OnceLock<Lexicon> = OnceLock::new();
    #[cfg(test)]
    if let Some(other) = OTHER.get() {
        return other;
    }
    ONE.get_or_init(|| Lexicon::read(FOLDERS))
}

#[cfg(test)]
thread_local! {
    /// What [`with`] puts in the place of the lexicon.
    static OTHER: std::cell::Cell<Option<&'static Lexicon>> = const { std::cell::Cell::new(None) };
}

/// Runs with another lexicon in this thread.
#[cfg(test)]
pub(crate) fn with<T>(other: Lexicon, run: impl FnOnce() -> T) -> T {
    OTHER.set(Some(Box::leak(Box::new(other))));
    let out = run();
    OTHER.set(None);
    out
}

impl Lexicon {
    /// Panics when a file is not valid: a test reads them.
    pub(crate) fn read(folders: &[Folder]) -> Self {
        let mut out = Self {
            exact: HashMap::new(),
            stems: BTreeMap::new(),
            said: Vec::new(),
            phrases: HashMap::new(),
            clocks: HashMap::new(),
            weekdays: HashMap::new(),
            ordinals: HashMap::new(),
            quarters: Vec::new(),
            currencies: HashMap::new(),
            multipliers: HashMap::new(),
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
        keep_phrases(&mut self.clocks, &file.clock);
        each_word(numbered(&file.number), &mut self.numbers);
        each_word(file.unit.iter().map(|(u, w)| (*u, w)), &mut self.units);
        each_word(numbered(&file.month), &mut self.months);
        each_word(numbered(&file.weekday), &mut self.weekdays);
        each_word(numbered(&file.ordinal), &mut self.ordinals);
        each_word(numbered(&file.multiplier), &mut self.multipliers);
        self.quarters.extend(file.quarter.split_whitespace().map(fold));
        for (code, words) in &file.currency {
            self.currencies.extend(words.split_whitespace().map(|w| (fold(w), code.clone())));
        }
    }

    fn index(&mut self) {
        let whole = self.exact.iter().map(|(form, cues)| (form, *cues, false));
        let stems = self.stems.iter().map(|(form, cues)| (form, *cues, true));
        for (form, cues, is_stem) in whole.chain(stems) {
            if let (Some(first), 4..) = (form.bytes().next(), form.len()) {
                let entry = Entry { form: form.clone(), is_stem, letters: letters(form), cues };
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

    /// What a misspelt command word was meant to be: 1 slip in 4-7 letters, 2 in 8 and more, one clear winner.
    /// The end of a verb must be right (or its last two letters swapped): in Polish it tells a wish from a report.
    pub(crate) fn corrected(&self, word: &str) -> Cues {
        let budget = match word.len() {
            4..=7 => 1,
            8..=20 => 2,
            _ => return Cues::NONE,
        };
        let plain = word.is_ascii() && word.bytes().all(|b| b.is_ascii_alphabetic());
        let Some(entries) = plain.then(|| self.by_letter.get(&word.as_bytes()[0])).flatten() else {
            return Cues::NONE;
        };
        let mut best = (budget + 1, Cues::NONE);
        let mut tie = false;
        let mask = letters(word);
        for entry in entries.iter().filter(|e| e.is_near(mask, budget)) {
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

    /// The longest phrase that begins here: how many words it takes, and all that it tells.
    pub(crate) fn phrase(&self, words: &[&str]) -> Option<(usize, Cues)> {
        let (n, first) = longest(&self.phrases, words)?;
        let same = self.phrases[words[0]].iter().filter(|(p, _)| p.len() == n && starts(p, words));
        Some((n, same.fold(Cues::of(&[first]), |all, (_, cue)| all.union(Cues::of(&[*cue])))))
    }

    /// "in the morning" and how many words it takes.
    pub(crate) fn half(&self, words: &[&str]) -> Option<(usize, Half)> {
        longest(&self.clocks, words)
    }

    /// "piątek" -> 5.
    pub(crate) fn weekday(&self, word: &str) -> Option<i8> {
        self.weekdays.get(word).copied()
    }

    /// "pierwszego" -> 1, "2nd" -> 2.
    pub(crate) fn ordinal(&self, word: &str) -> Option<i8> {
        self.ordinals.get(word).copied()
    }

    /// "kwartale".
    pub(crate) fn is_quarter(&self, word: &str) -> bool {
        self.quarters.iter().any(|q| word == q)
    }

    /// "zł" -> PLN.
    pub(crate) fn currency(&self, word: &str) -> Option<&str> {
        self.currencies.get(word).map(String::as_str)
    }

    /// "tys" -> 1000.
    pub(crate) fn multiplier(&self, word: &str) -> Option<u64> {
        self.multipliers.get(word).copied()
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

fn numbered<T: std::str::FromStr>(
    table: &BTreeMap<String, String>,
) -> impl Iterator<Item = (T, &String)> {
    table.iter().filter_map(|(n, w)| Some((n.parse().ok()?, w)))
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
    phrases
        .get(*words.first()?)?
        .iter()
        .filter(|(p, _)| starts(p, words))
        .max_by_key(|(p, _)| p.len())
        .map(|(p, value)| (p.len(), *value))
}

/// The phrase stands at the start of these words; `stem*` inside it is a stem.
fn starts(phrase: &[String], words: &[&str]) -> bool {
    let same = |(a, b): (&String, &&str)| match a.strip_suffix('*') {
        Some(stem) => b.starts_with(stem),
        None => a == b,
    };
    phrase.len() <= words.len() && phrase.iter().zip(words).all(same)
}
