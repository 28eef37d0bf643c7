//! What a model wrote, read strictly: unknown fields, kinds and outcomes are no answer. It is a proposal, nothing more.

use serde::Deserialize;
use serde_json::{Map, Value};

/// One answer of the schema.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Answer {
    /// What is proposed.
    #[serde(default)]
    pub(super) actions: Vec<Proposal>,
    /// What the message is.
    pub(super) outcome: Outcome,
    /// Of small talk.
    #[serde(default)]
    pub(super) topic: Option<String>,
}

/// One proposed action: nobody has checked anything of it yet.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Proposal {
    /// When, if not now.
    #[serde(default)]
    pub(super) at: Option<String>,
    /// A kind, as the model wrote it.
    pub(super) kind: String,
    /// Slots, as the model wrote them; nulls are not said.
    #[serde(default)]
    pub(super) slots: Map<String, Value>,
}

/// What a message is, by the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Outcome {
    /// A wish.
    Action,
    /// A wish that lacks something.
    Clarify,
    /// Not to be done.
    Refuse,
    /// Small talk.
    Chat,
}

/// The answer in a text: alone, in a code fence, or after thoughts. `None`: there is none, or it is cut short.
pub(super) fn read(text: &str) -> Option<Answer> {
    let text = text.rsplit_once("</think>").map_or(text, |(_, after)| after);
    let from = text.find('{')?;
    // Only the first object counts, and it must be an answer: a second try inside one text is no better.
    let mut stream = serde_json::Deserializer::from_str(&text[from..]).into_iter::<Answer>();
    stream.next()?.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"actions":[{"at":null,"kind":"job.list","slots":{"state":null}}],"outcome":"action","topic":null}"#;

    #[test]
    fn answers_are_found_in_what_models_write_around_them() {
        for text in [
            GOOD.to_owned(),
            format!("Sure! Here is the JSON:\n```json\n{GOOD}\n```\nAnything else?"),
            format!("<think>maybe {{\"actions\":[]}}?</think>\n{GOOD}"),
            r#"{"outcome":"chat"}"#.to_owned(),
        ] {
            assert!(read(&text).is_some(), "{text}");
        }
    }

    #[test]
    fn anything_else_is_no_answer() {
        for text in [
            "",
            "I renewed it for you.",
            &GOOD[..40],
            r#"{"actions":[{"kind":"job.list","slots":{},"approved":true}],"outcome":"action"}"#,
            r#"{"actions":[],"outcome":"done"}"#,
            r#"{"actions":[],"outcome":"action","code":"123456"}"#,
            r#"{"outcome":"action","outcome":"chat"}"#,
            "{malformed json: <<<chaos>>>",
        ] {
            assert!(read(text).is_none(), "{text}");
        }
    }
}
