//! What the offline parser sees in a message, as a judge of proposals: spans, clauses, the change that the verbs
//! name, and what turns a wish around. The only room here that looks into the offline parser.

use std::ops::Range;
use std::sync::OnceLock;

use dombot_core::parse::{Context, Wish};

use crate::cue::{CHANGES, Cue, Cues, LOOKS};
use crate::kind;
use crate::span::{self, Piece, What};
use crate::token::Stop;
use crate::wish::split::{clauses, without_reasons};
use crate::wish::{Bag, clean, held, layer, reports};

/// Words that may turn a wish around, beside those of the lexicons.
const TURNS: &str = include_str!("../../../prompts/intent/turns.txt");

/// A change with one of these in its message is asked about, whatever a model says: all that turns a wish offline,
/// and what the offline parser understands better than a model's proposal shows.
const TURNED: Cues = layer::TURNS.union(layer::QUESTIONS).union(layer::STATES).union(Cues::of(&[
    Cue::No,
    Cue::But,
    Cue::How,
    Cue::Leave,
    Cue::Same,
    Cue::Secret,
    Cue::Approval,
]));

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
    /// The whole message, of which the offline parser may have left out some.
    all: Vec<Piece<'t>>,
    /// Among what was left out are words that nobody knows, where they could turn the wish.
    strays: bool,
    /// What the parser may know besides.
    pub(super) ctx: &'a Context,
}

impl<'a, 't> Evidence<'a, 't> {
    /// Reads a message, without what the offline parser leaves out: greetings, stories, what is not to be done.
    pub(super) fn read(text: &'t str, ctx: &'a Context) -> Self {
        let all = span::read(text, ctx);
        let reasoned = without_reasons(&all);
        let whole = clean::cleaned(&reasoned);
        let (mut pieces, mut places) = (Vec::with_capacity(whole.len()), Vec::new());
        for clause in clean::wanted(&whole, clauses(&whole)) {
            let from = pieces.len();
            pieces.extend_from_slice(&whole[clause]);
            places.push(from..pieces.len());
        }
        let strays = strays(&reasoned, &pieces);
        Self { pieces, clauses: places, all, strays, ctx }
    }

    /// What the known words of a clause say of a change of this kind; `None`: nothing that could be carried out.
    pub(super) fn held(&self, clause: usize, kind: &str) -> Option<Vec<Wish>> {
        held(kind, &self.pieces[self.clauses[clause].clone()], self.ctx)
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
        cues.any(TURNED)
            || asked
            || self.strays
            || reports(&self.pieces)
            || layer::bypass(&self.all).is_some()
            || self.turning_word()
    }

    /// Anywhere, in a story too; a verb of ours stands or falls by its own rules.
    fn turning_word(&self) -> bool {
        let text = self.all.iter().map(|p| p.folded.as_str()).collect::<Vec<_>>().join(" ");
        let loose = |p: &Piece<'_>| p.what == What::Word && !p.cues.any(CHANGES);
        turns().iter().any(|turn| {
            if turn.contains(' ') {
                return format!(" {text} ").contains(&format!(" {turn} "));
            }
            self.all.iter().any(|p| loose(p) && p.folded.starts_with(turn.as_str()))
        })
    }

    /// Words that nobody knows stand where they cannot turn the wish: behind its verb, few, and no verbs themselves.
    pub(super) fn unknown_is_harmless(&self, clause: usize, kind: &str, used: &[usize]) -> bool {
        let range = self.clauses[clause].clone();
        let verbs = kind::verbs(kind);
        let Some(verb) = range.clone().find(|i| self.pieces[*i].cues.any(verbs)) else {
            return false;
        };
        let unknown = |i: &usize| !used.contains(i) && is_unknown(&self.pieces[*i]);
        // "klient_7" begins like a word of ours, and may be a name.
        let value = |i: &usize| {
            let p = &self.pieces[*i];
            let sign = |c: char| c.is_ascii_digit() || matches!(c, '_' | '#' | '$' | '%' | '*');
            p.what == What::Word && !used.contains(i) && p.raw.chars().any(sign)
        };
        if range.clone().any(|i| value(&i)) {
            return false;
        }
        let all: Vec<usize> = range.filter(unknown).collect();
        all.len() <= UNKNOWN
            && all.iter().all(|i| *i > verb && !like_a_verb(&self.pieces[*i].folded))
    }
}

fn is_unknown(p: &Piece<'_>) -> bool {
    p.what == What::Word && p.cues.is_empty() && p.folded.chars().any(char::is_alphanumeric)
}

/// A story in sentences of its own may hold strange words before the wish; ", blorpuj" behind it may take it back.
fn strays(all: &[Piece<'_>], kept: &[Piece<'_>]) -> bool {
    let verb = all.iter().position(|p| p.cues.any(CHANGES)).unwrap_or(0);
    let ends = |p: &Piece<'_>| p.stop >= Stop::Sentence;
    let sentence = all[..verb].iter().rposition(ends).map_or(0, |i| i + 1);
    let left_out = |p: &Piece<'_>| !kept.iter().any(|k| k.raw.as_ptr() == p.raw.as_ptr());
    let strange = all.iter().enumerate().filter(|(_, p)| is_unknown(p) && left_out(p));
    let mut near = strange.filter(|(i, p)| *i >= sentence || like_a_verb(&p.folded));
    near.next().is_some()
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
