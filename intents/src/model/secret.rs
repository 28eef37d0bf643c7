//! What never leaves the machine: a message that holds something like a code, a password or a key is not sent.
//! Codes of an armed plan were taken out long before; this is for those that nobody took.

use dombot_core::parse::Context;

use crate::cue::Cue;
use crate::span::{Piece, What, read};

/// Words for the code of a transfer, folded stems: what follows them is a secret whatever it looks like.
const CODE_WORDS: &[&str] =
    &["kod", "code", "auth", "authinfo", "epp", "pin", "haslo", "password", "klucz", "key"];
/// After a number they say that it is an amount.
const MONEY: &[&str] = &[
    "zl", "zlotych", "pln", "eur", "euro", "€", "$", "usd", "dolarow", "dollars", "gbp", "chf",
    "czk",
];

/// Something in it could be a secret.
pub(super) fn is_in(text: &str, ctx: &Context) -> bool {
    let pieces = read(text, ctx);
    pieces.iter().any(|p| p.cues.has(Cue::Secret) || matches!(p.what, What::Code(_)) || shows(p))
        || text.contains("otpauth:")
        || text.contains("-----BEGIN")
        || code_in(text)
        || pieces.windows(3).any(|w| after_word(&w[0], &w[2]))
        || pieces.windows(2).any(|w| after_word(&w[0], &w[1]))
}

/// "kod XYZ": not a word that we know.
fn after_word(word: &Piece<'_>, next: &Piece<'_>) -> bool {
    let part = |p: &str| CODE_WORDS.iter().any(|c| p.starts_with(c));
    let named = !word.folded.contains('.') && word.folded.split(['-', '_']).any(part);
    let digit = next.raw.chars().any(|c| c.is_ascii_digit());
    let odd = next.raw.chars().any(|c| !c.is_alphanumeric() && !matches!(c, '.' | '-' | '\''));
    named && !matches!(next.what, What::Host(_) | What::Ip(_)) && (digit || odd)
}

/// 6 to 8 digits, in one piece or in groups: every code of an authenticator, an SMS or an operator looks like that.
fn code_in(text: &str) -> bool {
    let words: Vec<String> = text.split_whitespace().map(crate::fold::fold).collect();
    let digits = |word: &String| {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        let group = !word.is_empty() && word.chars().all(|c| c.is_ascii_digit() || c == '-');
        let number = group && !is_date(word);
        number.then(|| word.chars().filter(char::is_ascii_digit).count())
    };
    let mut run = 0;
    for (i, word) in words.iter().enumerate() {
        let Some(n) = digits(word) else {
            run = 0;
            continue;
        };
        run += n;
        let next = words.get(i + 1);
        let amount =
            next.is_some_and(|n| MONEY.contains(&n.trim_matches(|c: char| c == ',' || c == '.')));
        let ends = next.is_none_or(|next| digits(next).is_none());
        if !amount && ((6..=8).contains(&n) || ends && (6..=8).contains(&run)) {
            return true;
        }
    }
    false
}

/// `2026-12-05`.
fn is_date(word: &str) -> bool {
    word.len() == 10 && word.parse::<jiff::civil::Date>().is_ok()
}

/// Letters and digits as no word of a language has them: 6 characters and more of three kinds, 8 of several, 16 in
/// one piece.
fn shows(piece: &Piece<'_>) -> bool {
    if !matches!(
        piece.what,
        What::Word
            | What::Number(_)
            | What::BadNumber
            | What::Quote(_)
            | What::Id(_)
            | What::Name(_)
    ) {
        return false;
    }
    piece.raw.split_whitespace().any(odd)
}

fn odd(word: &str) -> bool {
    let word = word.trim_matches(|c: char| matches!(c, '"' | '\'' | ',' | '.' | ';'));
    let has = |test: fn(char) -> bool| word.chars().any(test);
    let digit = has(|c| c.is_ascii_digit());
    let (lower, upper) = (has(|c| c.is_ascii_lowercase()), has(|c| c.is_ascii_uppercase()));
    let symbol =
        has(|c| c.is_ascii_punctuation() && !matches!(c, '-' | '_' | '.' | '\'' | '/' | ':' | ','));
    let letters = lower || upper;
    let mixed = digit && letters && (symbol || lower && upper);
    let long = digit && letters && !word.contains(['.', '/']) && word.len() >= 16;
    let dashed = digit && upper && !lower && word.len() >= 11 && word.contains('-');
    let tail = word.rsplit(['_', '-']).next().unwrap_or_default();
    let token = word.len() >= 20
        && !word.contains('.')
        && tail.len() >= 12
        && (digit || lower && upper || tail.len() >= 18);
    word.len() >= 6 && digit && lower && upper
        || word.len() >= 8 && (mixed || symbol && letters && upper && lower)
        || long
        || dashed
        || token
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::context;

    #[test]
    fn secrets_are_noticed() {
        for said in [
            "przedłuż firma.pl 123456",
            "potwierdzam 123 456 dla tej zmiany",
            "kod 12-34-56",
            "SMS: 48213377.",
            "transfer shop.com, auth code Xy7!pQ",
            "przenieś firma.pl kod autoryzacyjny AbC123",
            "hasło do panelu to kotek",
            "use sk-proj-abcdefghijklmnopqrstuvwx",
            "my key is tajne#Haslo9",
            "ABCD0-1EFGH to mój",
            "Tr0ub4dor&3",
            "JBSWY3DPEHPK3PXP2 weź",
            "otpauth://totp/x?secret=a",
        ] {
            assert!(is_in(said, &context()), "{said}");
        }
    }

    #[test]
    fn usual_messages_are_sent() {
        for said in [
            "ustaw www.firma.pl na 203.0.113.7 i 2001:db8::1",
            "wystaw firma.pl za 125 000 zł",
            "dodaj TXT google-site-verification=AbC123xyz789 do firma.pl",
            "odnów sklep24-online.pl do 2026-12-05",
            "przepnij blog.firma.pl na shops.example.com, TTL 3600",
            "anuluj zadanie 7F3A",
            "renew example.com for two years, thanks Tom",
            "zadzwoń 600 700 800",
        ] {
            assert!(!is_in(said, &context()), "{said}");
        }
    }
}
