//! The nearest example sentence by character 3- and 4-grams, weighted by how rare they are.

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

use dombot_core::action::spec;

use crate::fold::fold;
use crate::lexicon::FOLDERS;

/// Examples of all languages, by gram.
struct Index {
    kinds: Vec<&'static str>,
    grams: HashMap<u32, Gram>,
}

struct Gram {
    idf: f32,
    /// Example and weight there, of unit length.
    hits: Vec<(u16, f32)>,
}

/// For each kind the likeness of its nearest example, 0 to 1, best first.
pub(crate) fn nearest(masked: &str) -> Vec<(&'static str, f32)> {
    let index = index();
    let mut sums = vec![0.0f32; index.kinds.len()];
    let mut norm = 0.0f32;
    for (gram, n) in grams(masked) {
        let Some(known) = index.grams.get(&gram) else {
            norm += n * n * 9.0;
            continue;
        };
        let weight = n * known.idf;
        norm += weight * weight;
        for (example, w) in &known.hits {
            sums[usize::from(*example)] += weight * w;
        }
    }
    let length = norm.sqrt().max(f32::EPSILON);
    let mut best: BTreeMap<&'static str, f32> = BTreeMap::new();
    for (sum, kind) in sums.iter().zip(&index.kinds) {
        let like = best.entry(kind).or_default();
        *like = like.max(sum / length);
    }
    let mut out: Vec<_> = best.into_iter().collect();
    out.sort_by(|a, b| b.1.total_cmp(&a.1));
    out
}

/// The sentences of a language by kind, as they stand in its folder.
pub(crate) fn sentences(source: &str) -> BTreeMap<String, Vec<String>> {
    toml::from_str(source).expect("sentences.toml is valid: a test reads it")
}

fn index() -> &'static Index {
    static ONE: OnceLock<Index> = OnceLock::new();
    ONE.get_or_init(build)
}

fn build() -> Index {
    let mut kinds = Vec::new();
    let mut bags: Vec<HashMap<u32, f32>> = Vec::new();
    for folder in FOLDERS {
        for (kind, list) in sentences(folder.sentences) {
            let kind = spec(&kind).expect("a kind of the table: a test reads it").kind;
            for sentence in list {
                kinds.push(kind);
                bags.push(grams(&mask_example(&sentence)));
            }
        }
    }
    let mut seen: HashMap<u32, f32> = HashMap::new();
    for gram in bags.iter().flat_map(HashMap::keys) {
        *seen.entry(*gram).or_default() += 1.0;
    }
    let count = f32::from(u16::try_from(bags.len()).unwrap_or(u16::MAX));
    let idf = |gram: &u32| (1.0 + count / seen[gram]).ln();
    let mut grams: HashMap<u32, Gram> = HashMap::new();
    for (i, bag) in bags.iter().enumerate() {
        let length = bag.iter().map(|(g, n)| (n * idf(g)).powi(2)).sum::<f32>().sqrt();
        for (g, n) in bag {
            let gram = grams.entry(*g).or_insert_with(|| Gram { idf: idf(g), hits: Vec::new() });
            gram.hits.push((u16::try_from(i).unwrap_or(u16::MAX), n * idf(g) / length));
        }
    }
    Index { kinds, grams }
}

/// `{domain}` and what `masked` of a message writes are the same signs.
fn mask_example(sentence: &str) -> String {
    let mut out = fold(sentence);
    for (slot, mask) in [
        ("{domain}", HOST),
        ("{host}", HOST),
        ("{ip}", IP),
        ("{type}", TYPE),
        ("{text}", TEXT),
        ("{name}", NAME),
        ("{period}", PERIOD),
        ("{number}", NUMBER),
        ("{date}", DATE),
        ("{id}", ID),
        ("{provider}", PROVIDER),
        ("{file}", FILE),
        ("{money}", MONEY),
        ("{phone}", PHONE),
        ("{email}", EMAIL),
        ("{code}", CODE),
        ("{profile}", PROFILE),
    ] {
        out = out.replace(slot, mask);
    }
    out
}

/// The sign of a domain or host.
pub(crate) const HOST: &str = "§h";
/// The sign of an address.
pub(crate) const IP: &str = "§i";
/// The sign of a type.
pub(crate) const TYPE: &str = "§y";
/// The sign of a TXT value.
pub(crate) const TEXT: &str = "§x";
/// The sign of a relative name.
pub(crate) const NAME: &str = "§m";
/// The sign of a period.
pub(crate) const PERIOD: &str = "§p";
/// The sign of a number.
pub(crate) const NUMBER: &str = "§n";
/// The sign of a date.
pub(crate) const DATE: &str = "§d";
/// The sign of an id.
pub(crate) const ID: &str = "§j";
/// The sign of a provider.
pub(crate) const PROVIDER: &str = "§v";
/// The sign of an amount of money.
pub(crate) const MONEY: &str = "§g";
/// The sign of a phone.
pub(crate) const PHONE: &str = "§t";
/// The sign of an e-mail address.
pub(crate) const EMAIL: &str = "§e";
/// The sign of a transfer code.
pub(crate) const CODE: &str = "§c";
/// The sign of a profile.
pub(crate) const PROFILE: &str = "§q";
/// The sign of a file.
pub(crate) const FILE: &str = "§f";

/// Counted 3- and 4-grams of letters, spaces folded into one, as hashes.
fn grams(text: &str) -> HashMap<u32, f32> {
    let clean: String =
        text.chars().map(|c| if c.is_alphanumeric() || c == '§' { c } else { ' ' }).collect();
    let line = format!(" {} ", clean.split_whitespace().collect::<Vec<_>>().join(" "));
    let chars: Vec<char> = line.chars().collect();
    let mut out: HashMap<u32, f32> = HashMap::new();
    for size in [3, 4] {
        for window in chars.windows(size) {
            *out.entry(hash(window)).or_default() += 1.0;
        }
    }
    out
}

/// FNV-1a.
fn hash(window: &[char]) -> u32 {
    window.iter().fold(0x811c_9dc5, |h, c| (h ^ u32::from(*c)).wrapping_mul(0x0100_0193))
}
