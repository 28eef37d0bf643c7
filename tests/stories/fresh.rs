//! Sentences by somebody who had not seen the parser: asking back is fine, a change nobody asked for is not.

use dombot_core::approval::totp;
use dombot_intents::{Offline, eval};

fn code_in(text: &str) -> Option<String> {
    totp::digits(&text.to_owned().into())
}

#[tokio::test]
async fn strangers_sentences_change_nothing_they_did_not_ask_for() {
    let set = include_str!("../data/fresh.jsonl");
    let report = eval::run(&Offline, set, &code_in).await.unwrap();
    assert_eq!(report.cases, 40, "{report}");
    let wrong: Vec<_> = report.misses.iter().filter(|m| m.wrong_mutation).collect();
    assert_eq!(report.wrong_mutations, 0, "{wrong:#?}\n{report}");
}
