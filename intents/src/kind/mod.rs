//! Which kind of wish: stem cues and spans give points, examples of the languages confirm.

mod rules;

pub(crate) use rules::verbs;
use rules::{OWN, RULES, Rule};

use crate::cue::{CHANGES, Cues, LOOKS};
use crate::near;

/// A kind with its points, 0 to 130.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Scored {
    /// `dns.set`.
    pub(crate) kind: &'static str,
    /// From the rules, 0 to 100.
    pub(crate) points: u8,
    /// Likeness of the nearest example, 0 to 1.
    pub(crate) like: f32,
}

impl Scored {
    /// Points and likeness together.
    pub(crate) fn total(&self) -> f32 {
        f32::from(self.points) + 30.0 * self.like
    }
}

/// It can change something.
pub(crate) fn mutates(kind: &str) -> bool {
    dombot_core::action::spec(kind).is_some_and(dombot_core::action::Spec::mutates)
}

/// Kinds that the signs of a clause (word by word) and its sentence (spans masked) speak for, best first.
pub(crate) fn scores(words: &[Cues], cues: Cues, masked: &str) -> Vec<Scored> {
    let mut out: Vec<Scored> = Vec::new();
    for rule in RULES.iter().filter(|r| r.fits(words, cues)) {
        match out.iter_mut().find(|s| s.kind == rule.kind) {
            Some(s) => s.points = s.points.max(rule.points),
            None => out.push(Scored { kind: rule.kind, points: rule.points, like: 0.0 }),
        }
    }
    for (kind, like) in &near::nearest(masked) {
        match out.iter_mut().find(|s| s.kind == *kind) {
            Some(s) => s.like = *like,
            // An example alone may suggest a look, never a change: that needs a verb.
            None if !mutates(kind) && !cues.any(CHANGES.union(OWN)) => {
                out.push(Scored { kind, points: 30, like: *like });
            }
            None => {}
        }
    }
    out.sort_by(|a, b| b.total().total_cmp(&a.total()));
    out
}

/// Every verb has a place in a wish of this kind; a word that can be two verbs needs one.
pub(crate) fn explains(kind: &str, words: &[Cues]) -> bool {
    let verbs = verbs(kind);
    words.iter().all(|w| !w.any(CHANGES.union(LOOKS)) || w.any(verbs))
}

impl Rule {
    fn fits(&self, words: &[Cues], cues: Cues) -> bool {
        let named = || self.all.iter().fold(Cues::NONE, |all, group| all.union(Cues::of(group)));
        self.all.iter().all(|group| group.iter().any(|c| cues.has(*c)))
            && !self.none.iter().any(|c| cues.has(*c))
            // A look never carries a change in the same breath.
            && (mutates(self.kind) || explains(self.kind, words))
            && words.iter().all(|w| !w.any(OWN) || w.both(OWN).any(named().union(verbs(self.kind))))
    }
}
