//! The same wish said otherwise: without diacritics, shouted, politely, with a slip, in another order. It is
//! understood alike or asked about, and never becomes another change.

use super::context;
use crate::cue::{CHANGES, LOOKS};
use crate::fold::fold;
use crate::lexicon::lexicon;
use crate::understand;
use dombot_core::parse::{Context, Parsed};
use dombot_core::phrase::Language;
use serde_json::{Value, json};

const SETS: &[&str] = &[
    include_str!("../../../tests/data/dev.jsonl"),
    include_str!("../../../tests/data/traps.jsonl"),
];

/// First turns, with the context of their case.
fn turns() -> Vec<(String, Context)> {
    let mut out = Vec::new();
    for line in SETS.iter().flat_map(|set| set.lines()) {
        let case: Value = serde_json::from_str(line).unwrap();
        let list = case["context"]["portfolio"].as_array().unwrap();
        let ctx = Context {
            lang: if case["lang"] == "pl" { Language::Pl } else { Language::En },
            portfolio: list.iter().map(|d| d.as_str().unwrap().parse().unwrap()).collect(),
            pending_plan: !case["context"]["pending_plan"].is_null(),
            ..context()
        };
        out.push((case["turns"][0]["user"].as_str().unwrap().to_owned(), ctx));
    }
    assert!(out.len() > 800, "{}", out.len());
    out
}

fn changes(text: &str, ctx: &Context) -> Vec<Value> {
    let Parsed::Actions(wishes) = understand(text, ctx) else { return vec![] };
    let mut out: Vec<Value> =
        wishes.iter().filter(|w| w.action.spec().mutates()).map(|w| json!(w)).collect();
    out.sort_by_key(ToString::to_string);
    out
}

/// How many of the bent sentences were still understood, of all that were before; a change that differs fails.
fn bend(how: impl Fn(&str) -> Option<String>) -> (usize, usize) {
    let (mut same, mut all) = (0, 0);
    let mut wrong = Vec::new();
    for (text, ctx) in turns() {
        let Some(bent) = how(&text) else { continue };
        let (straight, now) = (changes(&text, &ctx), changes(&bent, &ctx));
        all += usize::from(!straight.is_empty());
        same += usize::from(!straight.is_empty() && now == straight);
        if !now.is_empty() && now != straight {
            wrong.push(format!("{bent}\n   {now:?}\n   instead of {straight:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    (same, all)
}

/// Values whose letters count stay out of it.
fn plain(text: &str) -> bool {
    !text.contains(['"', '„', '=', '#', '!', '\n'])
        && !text.contains("kod")
        && !text.contains("code")
}

fn each_word(text: &str, of: impl Fn(&str) -> String) -> String {
    text.split(' ')
        .map(|w| if w.contains(['.', ':', '@']) { w.to_owned() } else { of(w) })
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn without_diacritics() {
    let strip = |w: &str| {
        let plain = |c: char| {
            let folded = fold(&c.to_string());
            if c.is_uppercase() { folded.to_uppercase() } else { folded }
        };
        w.chars().map(|c| if c.is_ascii() { c.to_string() } else { plain(c) }).collect()
    };
    let (same, all) = bend(|t| plain(t).then(|| each_word(t, strip)));
    assert!(same * 100 >= all * 95, "{same} of {all}");
}

#[test]
fn politely() {
    let (same, all) = bend(|t| plain(t).then(|| format!("{t} dzięki!")));
    assert!(same * 100 >= all * 90, "{same} of {all}");
    bend(|t| plain(t).then(|| format!("Please, {t}")));
    bend(|t| plain(t).then(|| format!("Dzień dobry, proszę {t}")));
}

#[test]
fn shouted() {
    // The part before the @ keeps its case.
    let (same, all) = bend(|t| (plain(t) && !t.contains('@')).then(|| t.to_uppercase()));
    assert!(same * 100 >= all * 85, "{same} of {all}");
}

/// Two letters of the first command word swapped, where the word is long enough to be known again.
fn slip(text: &str) -> Option<String> {
    let mut words: Vec<String> = text.split(' ').map(str::to_owned).collect();
    let verb = words.iter().position(|w| {
        let folded = fold(w);
        folded.len() >= 7
            && folded.bytes().all(|b| b.is_ascii_alphabetic())
            && lexicon().cues(&folded).any(CHANGES.union(LOOKS))
    })?;
    let mut letters: Vec<char> = words[verb].chars().collect();
    letters.swap(2, 3);
    words[verb] = letters.into_iter().collect();
    Some(words.join(" "))
}

#[test]
fn with_a_slip_in_a_command() {
    let (same, all) = bend(slip);
    assert!(same * 100 >= all * 70, "{same} of {all}");
}

/// The parts around "i" or "and" in the other order.
fn turned(text: &str) -> Option<String> {
    let (a, b) = [" i ", " and "].iter().find_map(|j| text.split_once(j))?;
    let verb = |part: &str| part.split(' ').any(|w| lexicon().cues(&fold(w)).any(CHANGES));
    (verb(a) && verb(b)).then(|| format!("{b} i {a}"))
}

#[test]
fn in_another_order() {
    let (same, all) = bend(turned);
    assert!(all >= 4 && same * 2 >= all, "{same} of {all}");
}

/// What turns a wish when it stands behind it or before it. Times are here, too: then the change is another one.
const BEHIND: &[(&str, &str)] = &[
    (
        "pl",
        "albo nie;ale nie teraz;dopiero po urlopie;jak wrócę;jeśli się da;kiedyś;za chwilę;po południu;w weekend;pod warunkiem że zapłaci;żartowałem;chyba że nie;zanim wygaśnie;gdy klient zapłaci;o ile to możliwe;po świętach;później;następnym razem;w przyszłości;jutro;w piątek o 8;w grudniu;niedługo;na razie nie;tylko najpierw zapytaj;i poczekaj;czy nie?;?;tak?;lub nie;w nocy;o północy;za miesiąc;w przyszłym roku;w ciągu tygodnia;do piątku;przed świętami;co miesiąc;codziennie;od stycznia;za 50 zł;najtaniej",
    ),
    (
        "en",
        "or not;but not now;after my vacation;when I'm back;some day;in a moment;this evening;over the weekend;provided he pays;just kidding;unless it's free;before it expires;once the client pays;later;next time;in the future;eventually;tomorrow;on Friday at 8;in December;soon;not yet;but ask me first;and wait;?;right?;at night;at midnight;next month;next year;within a week;by Friday;before Christmas;every month;daily;from January on;for $50;cheaply",
    ),
];
const BEFORE: &[(&str, &str)] = &[
    (
        "pl",
        "nie;nigdy nie;nie wiem czy;czy mam;kto mógłby;gdybym mógł;wczoraj;podobno;lepiej nie;zastanawiam się czy;proszę nie;nie trzeba;nie musisz;odmawiam:;nie wolno;zabraniam:;ile kosztuje żeby;co będzie jak;gdyby;jeżeli tanio to;jutro;po świętach;ktoś napisał:;dlaczego",
    ),
    (
        "en",
        "don't;never;I forgot to;should I;they;somebody should;please don't;no need to;there's no reason to;what if I;would it hurt to;why;if it's cheap,;tomorrow;after Christmas;someone wrote:;he told me not to;you must not;nobody may;do not;I'd rather not;avoid to;pretend to",
    ),
];

/// One clause, without a time or a question of its own.
fn simple(text: &str) -> bool {
    let subject = ["I ", "I'd", "we", "Our", "The"].iter().any(|s| text.starts_with(s));
    !subject
        && !text.contains("should")
        && !text.contains([',', ':', '?', '!', '\n'])
        && !text.trim_end_matches('.').contains(". ")
        && !text.contains("kod")
        && !text.contains("code")
}

#[test]
fn turned_around_it_is_never_the_same_change() {
    let mut wrong = Vec::new();
    for (text, ctx) in turns().into_iter().filter(|(text, _)| simple(text)) {
        let straight = changes(&text, &ctx);
        let timed = straight.iter().any(|w| !w["at"].is_null());
        if straight.len() != 1
            || timed
            || straight[0]["kind"] == "watch.add"
            || straight[0]["kind"] == "plan.cancel"
        {
            continue;
        }
        let lang = ctx.lang.id();
        let list = |rows: &[(&str, &'static str)]| {
            rows.iter()
                .find(|(l, _)| *l == lang)
                .map_or("", |(_, words)| *words)
                .split(';')
                .collect::<Vec<_>>()
        };
        let text = text.trim_end_matches('.');
        let behind = list(BEHIND).into_iter().map(|w| format!("{text} {w}"));
        let before = list(BEFORE).into_iter().map(|w| format!("{w} {text}"));
        // A third of them each, in turn: all would take a minute.
        let some = behind.chain(before).enumerate().filter(|(i, _)| (i + text.len()) % 3 == 0);
        for (_, bent) in some {
            if changes(&bent, &ctx) == straight {
                wrong.push(bent);
            }
        }
    }
    assert!(wrong.is_empty(), "{} are\n{}", wrong.len(), wrong.join("\n"));
}
