//! The system prompt: `prompts/intent/v1`, with the kinds of the table and the person's time filled in. Nothing of a
//! person's data stands in it.

use std::sync::OnceLock;

use dombot_core::parse::Context;
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::schema;

/// Which prompt it is; logged with every question.
pub const VERSION: &str = "intent/v1";

const SYSTEM: &str = include_str!("../../../prompts/intent/v1/system.md");
const EXAMPLES: [&str; 2] = [
    include_str!("../../../prompts/intent/v1/examples.pl.jsonl"),
    include_str!("../../../prompts/intent/v1/examples.en.jsonl"),
];

/// One line of the examples.
#[derive(Deserialize)]
struct Example {
    user: String,
    answer: Value,
}

/// Everything but the person's time: the same for every question, so that servers can cache it.
fn fixed() -> &'static str {
    static ONE: OnceLock<String> = OnceLock::new();
    ONE.get_or_init(|| {
        let kinds: Vec<String> =
            schema::kinds().map(|s| format!("- {}", schema::line(s))).collect();
        let examples: Vec<String> =
            examples().map(|e| format!("Message: {}\n{}", e.user, e.answer)).collect();
        SYSTEM.replace("{{kinds}}", &kinds.join("\n")).replace("{{examples}}", &examples.join("\n"))
    })
}

fn examples() -> impl Iterator<Item = Example> {
    let lines = EXAMPLES.iter().flat_map(|file| file.lines()).filter(|l| !l.is_empty());
    lines.map(|line| serde_json::from_str(line).expect("examples are valid: a test reads them"))
}

/// First 12 hex digits of the SHA-256 of the prompt without the person's time.
pub fn hash() -> &'static str {
    static ONE: OnceLock<String> = OnceLock::new();
    ONE.get_or_init(|| {
        let mut hex = format!("{:x}", Sha256::digest(fixed().as_bytes()));
        hex.truncate(12);
        hex
    })
}

/// For one question: now, time zone and language are all that it tells of the person.
pub(super) fn system(ctx: &Context) -> String {
    let now = ctx.now.to_zoned(ctx.tz.clone());
    fixed()
        .replace("{{now}}", &now.strftime("%A %Y-%m-%dT%H:%M%:z").to_string())
        .replace("{{tz}}", ctx.tz.iana_name().unwrap_or("UTC"))
        .replace("{{lang}}", ctx.lang.id())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::answer::{Answer, read};

    /// About 1,500 tokens of a usual tokeniser.
    const MOST_BYTES: usize = 6000;

    #[test]
    fn it_is_small_whole_and_says_only_the_time() {
        let text = system(&crate::tests::context());
        assert!(text.len() <= MOST_BYTES, "{} bytes", text.len());
        assert!(
            text.contains("Now: Monday 2026-11-23T10:00+01:00, time zone Europe/Warsaw."),
            "{text}"
        );
        assert!(
            !text.contains("{{")
                && !text.contains("kowalski.pl")
                && !text.contains("Knot w piwnicy")
        );
        assert!(text.contains("- domain.renew: domain, years?") && !text.contains("plan."));
        assert_eq!(hash().len(), 12);
    }

    #[test]
    fn its_examples_are_answers() {
        for example in examples() {
            let answer =
                read(&example.answer.to_string()).unwrap_or_else(|| panic!("{}", example.user));
            assert!(matches!(answer, Answer { .. }));
        }
    }
}
