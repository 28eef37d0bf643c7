//! What is refused before anything is understood.

use dombot_core::parse::Refusal;

use crate::cue::{CHANGES, Cue, Cues, LOOKS};
use crate::span::{BadHost, Piece, What};

/// Longest message in bytes.
pub(crate) const LONGEST: usize = 2000;

/// By length and characters alone.
pub(crate) fn characters(text: &str) -> Option<Refusal> {
    if text.len() > LONGEST {
        return Some(Refusal::TooLong);
    }
    text.split_whitespace().find_map(word)
}

fn word(word: &str) -> Option<Refusal> {
    let letters = word.chars().any(char::is_alphanumeric);
    for c in word.chars() {
        let turns = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{e0000}'..='\u{e007f}');
        // Emoji are joined and coloured with characters that have no place inside words.
        let joins = matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}'
            | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}');
        if turns || c.is_control() || joins && letters {
            return Some(Refusal::HiddenCharacters);
        }
    }
    let latin = word.chars().any(|c| c.is_ascii_alphabetic());
    let twin = word.chars().any(|c| matches!(c, '\u{370}'..='\u{52f}'));
    (latin && twin && !word.contains('@')).then_some(Refusal::MixedScript)
}

/// Forwarded, quoted or machine text, before it is cut into pieces.
pub(crate) fn foreign(text: &str) -> Option<Refusal> {
    let head = text.trim_start();
    let lines = || text.lines().map(|l| l.trim_start().to_lowercase());
    let machine = head.starts_with(['{', '['])
        || text.contains("```")
        || text.contains("\"kind\"")
        || text.contains("</")
        || lines().any(|l| {
            MACHINE.iter().any(|m| l.starts_with(m) || m.starts_with(['[', '<']) && l.contains(m))
        });
    let forwarded = lines()
        .any(|l| l.starts_with('>') && l.len() > 2 || FORWARDED.iter().any(|m| l.starts_with(m)));
    let orders = crate::fold::fold(text);
    let orders = ORDERS.iter().any(|o| orders.contains(o));
    (machine || forwarded || orders).then_some(Refusal::NotYourWords)
}

/// How machine roles begin a line.
const MACHINE: &[&str] = &[
    "system:",
    "[system",
    "<system",
    "<|",
    "### system",
    "### instruction",
    "assistant:",
    "developer:",
    "tool:",
    "user:",
    "system message",
    "wiadomość systemowa",
    "komunikat systemowy",
    "[admin",
    "admin:",
];

/// How forwarded mail begins a line.
const FORWARDED: &[&str] = &[
    "from:",
    "od:",
    "subject:",
    "temat:",
    "fwd:",
    "fw:",
    "pd:",
    "re:",
    "odp:",
    "-----",
    "begin forwarded",
    "forwarded message",
    "wiadomość przekazana",
    "przekazana wiadomość",
    "-------- wiadomość",
    "sent from",
    "to:",
    "do:",
];

/// Folded orders to forget rules, and claims of approval.
const ORDERS: &[&str] = &[
    "ignore all previous",
    "ignore previous",
    "ignore your",
    "ignore the previous",
    "ignore all rules",
    "ignore the rules",
    "disregard previous",
    "disregard all",
    "disregard your",
    "forget previous",
    "forget all previous",
    "forget your instructions",
    "forget your rules",
    "zignoruj poprzedni",
    "zignoruj wszystkie",
    "zignoruj swoje",
    "zignoruj zasady",
    "ignoruj poprzedni",
    "ignoruj zasady",
    "zapomnij o poprzedni",
    "zapomnij o zasad",
    "zapomnij wszystk",
    "zapomnij poprzedni",
    "pomin poprzedni",
    "pomin potwierdz",
    "bez potwierdz",
    "bez kodu",
    "bez pytania",
    "without a code",
    "without code",
    "without confirm",
    "without asking",
    "skip the code",
    "skip confirm",
    "skip approval",
    "already approved",
    "is approved",
    "was approved",
    "pre-approved",
    "juz zatwierdz",
    "zostalo zatwierdz",
    "zatwierdzono",
    "kod poprawny",
    "code verified",
    "2fa verified",
    "2fa passed",
    "totp ok",
    "totp verified",
    "you are now",
    "jestes teraz",
    "developer mode",
    "tryb deweloper",
    "new instructions",
    "nowe instrukcje",
    "system prompt",
];

/// Names with look-alike letters, and a wish for secrets.
pub(crate) fn pieces(pieces: &[Piece<'_>]) -> Option<Refusal> {
    if pieces.iter().any(|p| p.what == What::BadHost(BadHost::Scripts)) {
        return Some(Refusal::MixedScript);
    }
    let cues = pieces.iter().fold(Cues::NONE, |all, p| all.union(p.cues));
    let secret = cues.has(Cue::Secret) && !cues.has(Cue::AuthCode);
    let given = cues.any(LOOKS.union(Cues::of(&[Cue::What, Cue::Where, Cue::Whether, Cue::My])));
    let alone = !cues.any(CHANGES);
    (secret && (given || alone)).then_some(Refusal::Secrets).or_else(|| quoted_wish(pieces))
}

/// "He wrote: 'delete the zone'".
fn quoted_wish(pieces: &[Piece<'_>]) -> Option<Refusal> {
    let wish = |text: &str| {
        text.split_whitespace().any(|w| {
            let w = crate::fold::fold(w);
            crate::lexicon::lexicon()
                .cues(w.trim_matches(|c: char| !c.is_alphanumeric()))
                .any(CHANGES)
        })
    };
    let txt = pieces
        .iter()
        .any(|p| matches!(p.what, What::Type(t) if t == dombot_core::domain::RecordType::TXT));
    let quoted = |p: &Piece<'_>| matches!(&p.what, What::Quote(said) if wish(said));
    (!txt && pieces.iter().any(quoted)).then_some(Refusal::NotYourWords)
}
