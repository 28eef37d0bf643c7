//! From a proposal to what the message means: a look when it is grounded, a change only where the words' own verbs
//! name it and nothing that was said is left over; everything else stays a question.

use dombot_core::action::spec;
use dombot_core::parse::{AskReason, Clarify, Parsed, Refusal, Topic, Wish};

use super::answer::{Answer, Outcome, Proposal};
use super::evidence::Evidence;
use super::fit;
use super::ground::{Claim, ground};
use super::schema;
use crate::cue::{CHANGES, Cue, Cues, LOOKS};
use crate::kind;
use crate::span::What;
use crate::wish::MOST;

/// What the message means, given what the offline parser asks and what the model proposes.
pub(super) fn judge(answer: &Answer, offline: Clarify, evidence: &Evidence<'_, '_>) -> Parsed {
    let said = match answer.outcome {
        Outcome::Action => actions(&answer.actions, evidence),
        Outcome::Refuse => refusal(evidence).map(Parsed::Refuse),
        Outcome::Chat => small_talk(answer, &offline, evidence).map(Parsed::Talk),
        Outcome::Clarify => None,
    };
    said.unwrap_or_else(|| Parsed::Clarify(question(offline, &answer.actions)))
}

/// All of the proposals or none: half of a message is never carried out.
fn actions(proposals: &[Proposal], evidence: &Evidence<'_, '_>) -> Option<Parsed> {
    if proposals.is_empty() || proposals.len() > MOST {
        return None;
    }
    let claims: Vec<Claim> =
        proposals.iter().map(|p| ground(p, evidence).ok()).collect::<Option<_>>()?;
    let twice =
        claims.iter().enumerate().any(|(i, c)| claims[..i].iter().any(|d| d.action == c.action));
    let accepted = if claims.iter().any(Claim::changes) {
        fit::changes(&claims, evidence)
    } else {
        looks(&claims, evidence)
    };
    (accepted && !twice).then(|| {
        Parsed::Actions(claims.into_iter().map(|c| Wish { action: c.action, at: c.at }).collect())
    })
}

/// A look never answers words that want a change.
fn looks(claims: &[Claim], evidence: &Evidence<'_, '_>) -> bool {
    let allowed = claims.iter().fold(Cues::NONE, |all, c| all.union(kind::verbs(c.spec.kind)));
    let cues = evidence.cues();
    !cues.minus(allowed).any(CHANGES)
        && !cues.has(Cue::Secret)
        && claims.iter().all(|c| c.at.is_none())
}

/// A model may decline only what the words show too.
fn refusal(evidence: &Evidence<'_, '_>) -> Option<Refusal> {
    let quoted = evidence.pieces.iter().any(|p| matches!(p.what, What::Quote(_)));
    let secret = evidence.cues().has(Cue::Secret).then_some(Refusal::Secrets);
    secret.or_else(|| quoted.then_some(Refusal::NotYourWords))
}

/// Words without a verb, a value or a question of ours.
fn small_talk(answer: &Answer, offline: &Clarify, evidence: &Evidence<'_, '_>) -> Option<Topic> {
    let values = evidence
        .pieces
        .iter()
        .any(|p| !matches!(p.what, What::Word | What::Number(_) | What::BadNumber));
    let verbs = evidence.cues().any(CHANGES.union(LOOKS));
    if values || verbs || offline.kind.is_some() {
        return None;
    }
    let topic = answer.topic.as_deref().unwrap_or("other");
    serde_json::from_value(topic.into()).ok()
}

/// The offline question, with the model's kinds among the guesses. It opens no frame: only the person's own words do.
fn question(offline: Clarify, proposals: &[Proposal]) -> Clarify {
    if offline.kind.is_some() {
        return offline;
    }
    let known = |p: &&Proposal| schema::kinds().any(|s| s.kind == p.kind);
    let mut guesses: Vec<String> = Vec::new();
    let proposed = proposals.iter().filter(known).map(|p| p.kind.clone());
    for kind in proposed.chain(offline.guesses) {
        if guesses.len() < 3 && !guesses.contains(&kind) && spec(&kind).is_some() {
            guesses.push(kind);
        }
    }
    Clarify {
        guesses,
        reason: offline.reason.or(Some(AskReason::Unclear)),
        kind: None,
        known: offline.known,
        missing: offline.missing,
    }
}
