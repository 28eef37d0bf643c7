//! What the offline parser sees in a message, as a judge of proposals: spans, clauses, the change that the verbs
//! name, and what turns a wish around. The only room here that looks into the offline parser.

use std::ops::Range;
use std::sync::OnceLock;

use dombot_core::parse::Context;

use crate::cue::{CHANGES, Cue, Cues, LOOKS};
use crate::kind;
use crate::span::{self, Piece, What};
use crate::token::Stop;
use crate::wish::split::{clauses, without_reasons};
use crate::wish::{Bag, reports};

/// Words that may turn a wish around, beside those of the lexicons.
const TURNS: &str = include_str!("../../../prompts/intent/turns.txt");

/// A change with one of these in its message is asked about, whatever a model says.
const TURNED: Cues = Cues::of(&[
    Cue::Not,
    Cue::No,
    Cue::If,
    Cue::Suppose,
    Cue::Or,
    Cue::Limit,
    Cue::Said,
    Cue::Other,
    Cue::Asks,
    Cue::Whether,
    Cue::When,
    Cue::What,
    Cue::Where,
    Cue::How,
    Cue::FindWhat,
    Cue::ListWhat,
    Cue::Finished,
    Cue::Failed,
    Cue::Happened,
    Cue::DidNot,
    Cue::Open,
    Cue::Status,
    Cue::History,
    Cue::Free,
    Cue::Secret,
]);

/// The least that rules must say for a change; a model never speaks for one alone.
const ENOUGH: u8 = 70;
/// Most words that nobody knows beside a change.
const UNKNOWN: usize = 3;

/// One message, read.
pub(super) struct Evidence<'a, 't> {
    /// Its pieces.
    pub(super) pieces: Vec<Piece<'t>>,
    /// Its clauses.
    pub(super) clauses: Vec<Range<usize>>,
    /// What the parser may know besides.
    pub(super) ctx: &'a Context,
}

impl<'a, 't> Evidence<'a, 't> {
    /// Reads a message.
    pub(super) fn read(text: &'t str, ctx: &'a Context) -> Self {
        let pieces = without_reasons(&span::read(text, ctx));
        let clauses = clauses(&pieces);
        Self { pieces, clauses, ctx }
    }

    /// All cues of the message.
    pub(super) fn cues(&self) -> Cues {
        self.pieces.iter().fold(Cues::NONE, |all, p| all.union(p.cues))
    }

    /// The clause of a piece.
    pub(super) fn clause_of(&self, piece: usize) -> Option<usize> {
        self.clauses.iter().position(|c| c.contains(&piece))
    }

    /// The cues of one clause.
    pub(super) fn clause_cues(&self, clause: usize) -> Cues {
        Bag::new(&self.pieces[self.clauses[clause].clone()], self.ctx, None).cues
    }

    /// The cues of the word before a piece, past politeness.
    pub(super) fn before(&self, piece: usize) -> Cues {
        let light = |p: &&Piece<'_>| p.what == What::Word && p.cues == Cues::of(&[Cue::Fill]);
        self.pieces[..piece].iter().rev().find(|p| !light(p)).map_or(Cues::NONE, |p| p.cues)
    }

    /// The one change that the verbs of a clause name: the best by the offline rules, alone at its height, and no
    /// other verb beside it.
    pub(super) fn named(&self, clause: usize) -> Option<&'static str> {
        let bag = Bag::new(&self.pieces[self.clauses[clause].clone()], self.ctx, None);
        let scores = kind::scores(&bag.words, bag.cues, &bag.masked());
        let mut changes: Vec<_> = scores.iter().filter(|s| kind::mutates(s.kind)).collect();
        changes.sort_by_key(|s| std::cmp::Reverse(s.points));
        let best = changes.first().filter(|s| s.points >= ENOUGH)?;
        let tied = changes.get(1).is_some_and(|s| s.points == best.points);
        let others = bag.cues.minus(kind::verbs(best.kind)).any(CHANGES.union(LOOKS));
        let spoken = bag.cues.any(kind::verbs(best.kind));
        (spoken && !tied && !others).then_some(best.kind)
    }

    /// Negation, condition, doubt, report, question, quotation: a change becomes a question.
    pub(super) fn is_turned(&self) -> bool {
        let cues = self.cues();
        let asked = self.pieces.iter().any(|p| p.stop == Stop::Question) && !cues.has(Cue::Polite);
        cues.any(TURNED) || asked || reports(&self.pieces) || self.turning_word()
    }

    fn turning_word(&self) -> bool {
        let text = self.pieces.iter().map(|p| p.folded.as_str()).collect::<Vec<_>>().join(" ");
        let light = Cues::of(&[Cue::Fill, Cue::Polite]);
        let loose =
            |p: &Piece<'_>| p.what == What::Word && (p.cues.is_empty() || p.cues.any(light));
        turns().iter().any(|turn| {
            if turn.contains(' ') {
                return format!(" {text} ").contains(&format!(" {turn} "));
            }
            self.pieces.iter().any(|p| loose(p) && p.folded.starts_with(turn.as_str()))
        })
    }

    /// Words that nobody knows stand where they cannot turn the wish: behind its verb, few, and no verbs themselves.
    pub(super) fn unknown_is_harmless(&self, clause: usize, kind: &str, used: &[usize]) -> bool {
        let range = self.clauses[clause].clone();
        let verbs = kind::verbs(kind);
        let Some(verb) = range.clone().find(|i| self.pieces[*i].cues.any(verbs)) else {
            return false;
        };
        let unknown = |i: &usize| {
            let p = &self.pieces[*i];
            p.what == What::Word
                && p.cues.is_empty()
                && !used.contains(i)
                && p.folded.chars().any(char::is_alphanumeric)
        };
        let all: Vec<usize> = range.filter(unknown).collect();
        all.len() <= UNKNOWN
            && all.iter().all(|i| *i > verb && !like_a_verb(&self.pieces[*i].folded))
    }
}

/// "rezygnuj", "odpuszczam", "dropping": forms in which a verb of its own could stand.
fn like_a_verb(folded: &str) -> bool {
    const ENDS: &[&str] = &[
        "uj", "ij", "aj", "ac", "ec", "ic", "yc", "uje", "emy", "amy", "imy", "ymy", "cie", "am",
        "ing", "ed", "n't",
    ];
    ENDS.iter().any(|end| folded.ends_with(end))
}

fn turns() -> &'static [String] {
    static ONE: OnceLock<Vec<String>> = OnceLock::new();
    ONE.get_or_init(|| {
        let lines = TURNS.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#'));
        lines.map(crate::fold::fold).collect()
    })
}
