//! One clause: its pieces, and which of them a wish has used.

use dombot_core::domain::{DomainName, RecordType};
use dombot_core::parse::Context;

use crate::cue::{Cue, Cues};
use crate::near;
use crate::span::{Host, Piece, What};
use crate::token::Stop;

/// A clause while its slots are filled.
pub(crate) struct Bag<'a, 't> {
    /// Its pieces.
    pub(crate) pieces: &'a [Piece<'t>],
    /// What they tell together.
    pub(crate) cues: Cues,
    /// What each tells.
    pub(crate) words: Vec<Cues>,
    /// What the parser may know besides.
    pub(crate) ctx: &'a Context,
    /// The domain of an earlier wish in the same message.
    pub(crate) named: Option<DomainName>,
    used: Vec<bool>,
}

impl<'a, 't> Bag<'a, 't> {
    /// Nothing is used yet.
    pub(crate) fn new(
        pieces: &'a [Piece<'t>],
        ctx: &'a Context,
        named: Option<DomainName>,
    ) -> Self {
        let mut words: Vec<Cues> = pieces.iter().map(|p| p.cues).collect();
        let mut cues = words.iter().fold(Cues::NONE, |all, w| all.union(*w));
        // "on" is a switch only where something can be switched.
        let switched = Cues::of(&[Cue::Auto, Cue::Dnssec, Cue::Locking]);
        let on = pieces.iter().position(|p| p.folded == "on" && p.what == What::Word);
        let off = pieces.iter().position(|p| p.folded == "off" && p.what == What::Word);
        // "switch it off on shop.com" is no switch on.
        let place = |on: usize| {
            pieces[on].stop == Stop::None
                && pieces.get(on + 1).is_some_and(|p| matches!(p.what, What::Host(_)))
        };
        let doubled =
            |on: usize| cues.any(Cues::of(&[Cue::On, Cue::Off])) && (place(on) || off.is_none());
        if let Some(on) = on.filter(|on| cues.any(switched) && !doubled(*on)) {
            cues.put(Cue::On);
            words[on].put(Cue::On);
        }
        Self { pieces, cues, words, ctx, named, used: vec![false; pieces.len()] }
    }

    /// Marks a piece as understood.
    pub(crate) fn take(&mut self, i: usize) {
        self.used[i] = true;
    }

    /// Marks several pieces as understood.
    pub(crate) fn take_all<T>(&mut self, found: &[(usize, T)]) {
        for (i, _) in found {
            self.used[*i] = true;
        }
    }

    /// Nobody took it.
    pub(crate) fn is_free(&self, i: usize) -> bool {
        !self.used[i]
    }

    /// Domains and hosts with their places.
    pub(crate) fn hosts(&self) -> Vec<(usize, &'a Host)> {
        self.all(|w| if let What::Host(h) = w { Some(h) } else { None })
    }

    /// Record types with their places.
    pub(crate) fn types(&self) -> Vec<(usize, RecordType)> {
        self.all(|w| if let What::Type(t) = w { Some(*t) } else { None })
    }

    /// Pieces of one sort with their places.
    pub(crate) fn all<T>(&self, of: impl Fn(&'a What) -> Option<T>) -> Vec<(usize, T)> {
        let pieces = self.pieces.iter().enumerate();
        pieces.filter_map(|(i, p)| Some((i, of(&p.what)?))).collect()
    }

    /// The cues of the word before, past nouns and politeness; `NONE` at the start.
    pub(crate) fn before(&self, i: usize) -> Cues {
        let skip = Cues::of(&[Cue::Domain, Cue::Zone, Cue::Dns, Cue::Fill, Cue::Record, Cue::Apex]);
        let mut seen = Cues::NONE;
        for piece in self.pieces[..i].iter().rev() {
            seen = seen.union(piece.cues);
            if piece.what != What::Word || !piece.cues.any(skip) || piece.cues.has(Cue::Of) {
                break;
            }
        }
        seen
    }

    /// "renew firma.pl and turn on auto-renew": only wishes that take nothing away share a domain unsaid.
    fn shares(&self) -> bool {
        !self.cues.any(Cues::of(&[Cue::Delete, Cue::Zone, Cue::Import, Cue::Off]))
    }

    /// The domain that "it" means: of this message, else the last one.
    pub(crate) fn it(&self) -> Option<DomainName> {
        let said = self.cues.has(Cue::It);
        let named = self.named.clone().filter(|_| said || self.shares());
        named.or_else(|| said.then(|| self.ctx.last.clone()).flatten())
    }

    /// Takes every piece of one sort.
    pub(crate) fn pull<T>(&mut self, of: impl Fn(&'a What) -> Option<T>) -> Vec<T> {
        let found = self.all(of);
        self.take_all(&found);
        found.into_iter().map(|(_, value)| value).collect()
    }

    /// The cues of the piece directly before.
    pub(crate) fn just_before(&self, i: usize) -> Cues {
        i.checked_sub(1).map_or(Cues::NONE, |j| self.pieces[j].cues)
    }

    /// A number, period, address, name or text that no slot took.
    pub(crate) fn has_leftover(&self) -> bool {
        let value = |w: &What| !matches!(w, What::Word | What::Type(_));
        self.pieces.iter().enumerate().any(|(i, p)| self.is_free(i) && value(&p.what))
    }

    /// A record type that no slot took.
    pub(crate) fn has_type(&self) -> bool {
        self.types().iter().any(|(i, _)| self.is_free(*i))
    }

    /// As [`Self::has_leftover`], for a look: where it looks ("at OVH") may stay unheard.
    pub(crate) fn has_unheard(&self) -> bool {
        let value = |w: &What| {
            !matches!(
                w,
                What::Word
                    | What::Period(1, _)
                    | What::Type(_)
                    | What::Provider(_)
                    | What::File(_)
                    | What::Host(_)
                    | What::Name(_)
            )
        };
        self.pieces.iter().enumerate().any(|(i, p)| self.is_free(i) && value(&p.what))
    }

    /// Words that we do not know, by place.
    pub(crate) fn unknown(&self) -> Vec<usize> {
        let unknown = |p: &Piece<'_>| {
            p.what == What::Word && p.cues.is_empty() && p.folded.chars().any(char::is_alphanumeric)
        };
        let places = 0..self.pieces.len();
        places.filter(|i| self.is_free(*i) && unknown(&self.pieces[*i])).collect()
    }

    /// Folded, with spans as signs.
    pub(crate) fn masked(&self) -> String {
        let sign = |p: &Piece<'_>| match &p.what {
            What::Host(_) | What::BadHost(_) => near::HOST.to_owned(),
            What::Ip(_) | What::BadIp => near::IP.to_owned(),
            What::Type(_) => near::TYPE.to_owned(),
            What::Text(_) | What::Quote(_) => near::TEXT.to_owned(),
            What::Name(_) => near::NAME.to_owned(),
            What::Period(..) => near::PERIOD.to_owned(),
            What::Number(_) | What::BadNumber => near::NUMBER.to_owned(),
            What::Date(..)
            | What::Days(..)
            | What::In(..)
            | What::BadDate
            | What::Clock(..)
            | What::Moment(_) => near::DATE.to_owned(),
            What::Money { .. } => near::MONEY.to_owned(),
            What::Phone(_) => near::PHONE.to_owned(),
            What::Email => near::EMAIL.to_owned(),
            What::Code(_) => near::CODE.to_owned(),
            What::Profile(_) => near::PROFILE.to_owned(),
            What::Format(f) => f.clone(),
            What::Id(_) => near::ID.to_owned(),
            What::Provider(_) | What::Issuer(_) => near::PROVIDER.to_owned(),
            What::File(_) => near::FILE.to_owned(),
            What::Word => p.folded.clone(),
        };
        let loud = |p: &&Piece<'_>| !p.cues.any(Cues::of(&[Cue::Hello, Cue::Thanks, Cue::Bye]));
        self.pieces.iter().filter(loud).map(sign).collect::<Vec<_>>().join(" ")
    }
}
