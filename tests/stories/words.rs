//! Our own sets of sentences: how much is understood exactly, and that no change is wrong. Of the hold-out only the
//! totals are looked at, here too.

use dombot_core::approval::totp;
use dombot_intents::Offline;
use dombot_intents::eval::{self, Report};

fn code_in(text: &str) -> Option<String> {
    totp::digits(&text.to_owned().into())
}

async fn score(set: &str) -> Report {
    eval::run(&Offline, set, &code_in).await.unwrap()
}

/// Exact of all, in percent, of a language.
fn exact(report: &Report, lang: &str) -> usize {
    let (cases, exact) = report.groups[&format!("lang={lang}")];
    exact * 100 / cases
}

#[tokio::test]
async fn the_sentences_we_tuned_on_are_understood() {
    for set in [include_str!("../data/dev.jsonl"), include_str!("../data/traps.jsonl")] {
        let report = score(set).await;
        let wrong: Vec<_> = report.misses.iter().filter(|m| m.wrong_mutation).collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
        for lang in ["pl", "en"] {
            assert!(exact(&report, lang) >= 95, "{report}");
        }
    }
}

#[tokio::test]
async fn sentences_kept_aside_are_mostly_understood_and_never_wrongly() {
    let report = score(include_str!("../data/holdout.jsonl")).await;
    assert_eq!(report.wrong_mutations, 0);
    for lang in ["pl", "en"] {
        assert!(exact(&report, lang) >= 88, "{report}");
    }
}
