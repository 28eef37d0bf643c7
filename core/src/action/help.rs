//! What dombot understands, with a sentence for each.

use super::{Answer, Ctx, HelpRow, HelpText, HelpTopic, Planned, SPECS};
use crate::error::Result;
use crate::phrase::Phrase;

#[expect(clippy::unused_async, reason = "every action is planned alike")]
pub(super) async fn plan(slots: &HelpTopic, ctx: &Ctx<'_>) -> Result<Planned> {
    let about = |kind: &str, topic: &str| {
        kind == topic || kind.strip_prefix(topic).is_some_and(|rest| rest.starts_with('.'))
    };
    let kinds = || SPECS.iter().filter(|s| s.connected).map(|s| s.kind);
    let row = |kind: &str| HelpRow {
        kind: kind.to_owned(),
        example: Phrase::new(&format!("help.example.{}", kind.replace('.', "_")), &[])
            .text(ctx.lang),
    };
    let asked = slots.topic.as_deref().map(|t| t.trim().to_lowercase());
    let mut topics: Vec<HelpRow> =
        kinds().filter(|k| asked.as_deref().is_none_or(|topic| about(k, topic))).map(row).collect();
    let waits =
        SPECS.iter().find(|s| !s.connected && asked.as_deref().is_some_and(|t| about(s.kind, t)));
    if let (true, Some(spec)) = (topics.is_empty(), waits) {
        return Ok(super::later::plan(spec.kind));
    }
    if topics.is_empty() {
        topics = kinds().map(row).collect();
    }
    Ok(Planned::Answer(Answer::Help(HelpText { topics })))
}
