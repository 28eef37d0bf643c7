//! Amounts of money in Polish and English notation. What could be two amounts is none.

use dombot_core::phrase::Language;

use super::{Reader, What};

/// An amount with its currency, or one with a multiplier ("8 tys.") that has none.
pub(super) fn money(reader: &Reader<'_, '_>, i: usize) -> Option<(usize, What)> {
    let (before, first) = currency_before(reader, i)?;
    let (n, number, multiplied) = amount(reader, i + first.tokens, first.glued)?;
    let end = i + first.tokens + n;
    let (after, currency) = match &number.tail {
        Some(code) => (0, Some(code.clone())),
        None => match reader.lexicon.currency(reader.word(end)) {
            Some(code) => (1, Some(code.to_owned())),
            None => (0, None),
        },
    };
    let currency = before.or(currency);
    if currency.is_none() && !multiplied {
        return None;
    }
    let taken = first.tokens + n + after;
    let minor = number.minor.filter(|m| *m > 0);
    Some((taken, minor.map_or(What::BadNumber, |minor| What::Money { minor, currency })))
}

/// Where the amount begins.
struct Start<'a> {
    /// Tokens before it.
    tokens: usize,
    /// What stands after a sign in the same token: `$12,500`.
    glued: Option<&'a str>,
}

/// `$12`, `USD 12`, or nothing before the amount.
fn currency_before<'a>(
    reader: &'a Reader<'_, '_>,
    i: usize,
) -> Option<(Option<String>, Start<'a>)> {
    let word = reader.word(i);
    let sign = word.chars().next()?;
    if matches!(sign, '$' | '€' | '£') {
        let code = reader.lexicon.currency(&word[..sign.len_utf8()])?.to_owned();
        let rest = &word[sign.len_utf8()..];
        let start = match rest {
            "" => Start { tokens: 1, glued: None },
            rest => Start { tokens: 0, glued: Some(rest) },
        };
        return Some((Some(code), start));
    }
    if let Some(code) = reader.lexicon.currency(word) {
        return Some((Some(code.to_owned()), Start { tokens: 1, glued: None }));
    }
    Some((None, Start { tokens: 0, glued: None }))
}

/// An amount in minor units; `None` where it could be two.
struct Amount {
    minor: Option<u64>,
    /// The currency glued behind: `500zł`, `99€`.
    tail: Option<String>,
}

/// Tokens, amount, and whether a multiplier stood there.
fn amount(
    reader: &Reader<'_, '_>,
    at: usize,
    glued: Option<&str>,
) -> Option<(usize, Amount, bool)> {
    let word = glued.unwrap_or_else(|| reader.word(at));
    let cut =
        word.find(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | ',')).unwrap_or(word.len());
    let (digits, tail) = word.split_at(cut);
    let mut n = 1;
    if digits.is_empty() {
        let said = reader.lexicon.number(word)?;
        let times = reader.lexicon.multiplier(reader.word(at + 1));
        let minor = said.checked_mul(times.unwrap_or(1)).and_then(|v| v.checked_mul(100));
        n += usize::from(times.is_some());
        return Some((n, Amount { minor, tail: None }, times.is_some()));
    }
    let mut whole = digits.to_owned();
    // "12 500": groups of three digits.
    if tail.is_empty() && digits.len() <= 3 && digits.bytes().all(|b| b.is_ascii_digit()) {
        while is_group(reader.word(at + n))
            && reader.tokens[at + n - 1].stop == crate::token::Stop::None
        {
            whole.push_str(reader.word(at + n));
            n += 1;
        }
    }
    let mut minor = decimal(&whole, reader.ctx.lang);
    let times = match tail {
        "" => reader.lexicon.multiplier(reader.word(at + n)).inspect(|_| n += 1),
        tail => reader.lexicon.multiplier(tail),
    };
    if let Some(times) = times {
        minor = thousands(&whole).and_then(|m| m.checked_mul(times));
    }
    let code = reader.lexicon.currency(tail).map(str::to_owned);
    if !tail.is_empty() && times.is_none() && code.is_none() {
        return None;
    }
    Some((n, Amount { minor, tail: code }, times.is_some()))
}

/// `500`, `500,50`, `500.50`: what follows a first group of digits.
fn is_group(word: &str) -> bool {
    let Some((head, rest)) = word.split_at_checked(word.len().min(3)) else { return false };
    let three = head.len() == 3 && head.bytes().all(|b| b.is_ascii_digit());
    let part = rest.is_empty()
        || rest.len() == 3
            && rest.starts_with([',', '.'])
            && rest.bytes().skip(1).all(|b| b.is_ascii_digit());
    three && part
}

/// `2,5` of "2,5 tys.": one separator, which is decimal.
fn thousands(text: &str) -> Option<u64> {
    let (whole, part) = text.split_once([',', '.']).unwrap_or((text, ""));
    if part.len() > 2 || part.contains([',', '.']) {
        return None;
    }
    format!("{whole}{part:0<2}").parse().ok()
}

/// Minor units of `1234`, `1234,50`, `1.234,50`, `1,234.50`, `1,234` (in English); `1.234` could be two.
fn decimal(text: &str, lang: Language) -> Option<u64> {
    let marks: Vec<char> = text.chars().filter(|c| !c.is_ascii_digit()).collect();
    let groups: Vec<&str> = text.split([',', '.']).collect();
    let last = groups.last()?;
    let inner = |groups: &[&str]| groups.iter().skip(1).all(|g| g.len() == 3);
    let minor = |whole: &[&str], part: &str| format!("{}{part:0<2}", whole.concat()).parse().ok();
    match marks[..] {
        [] => minor(&groups, ""),
        [_] if last.len() <= 2 && !last.is_empty() => minor(&groups[..1], last),
        [','] if last.len() == 3 && lang == Language::En => minor(&groups, ""),
        [a, ref rest @ ..] if !rest.is_empty() => {
            let b = *rest.last()?;
            let same = rest[..rest.len() - 1].iter().all(|m| *m == a);
            match (a == b, same) {
                (true, true) if inner(&groups) => minor(&groups, ""),
                (false, true) if last.len() == 2 && inner(&groups[..groups.len() - 1]) => {
                    minor(&groups[..groups.len() - 1], last)
                }
                _ => None,
            }
        }
        _ => None,
    }
}

/// `12500.00`.
pub(crate) fn written(minor: u64) -> String {
    format!("{}.{:02}", minor / 100, minor % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_notations() {
        let pl = |t| decimal(t, Language::Pl);
        let en = |t| decimal(t, Language::En);
        assert_eq!(pl("12500"), Some(1_250_000));
        assert_eq!(pl("1.250,50"), Some(125_050));
        assert_eq!(en("1,250.50"), Some(125_050));
        assert_eq!(en("12,500"), Some(1_250_000));
        assert_eq!(pl("1.250.000"), Some(125_000_000));
        assert_eq!(pl("4999,9"), Some(499_990));
        for two in ["1.234", "1,234", "1,234,5", "1.2.3", ".", "1."] {
            assert_eq!(pl(two), None, "{two}");
        }
        assert_eq!(en("1.234"), None);
    }
}
