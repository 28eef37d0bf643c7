//! Typed spans: what a message holds besides words. Values are never corrected.

mod back;
mod brand;
mod date;
mod id;
mod money;
mod name;
mod number;
mod person;
mod text;
mod time;

pub(crate) use money::written as amount;
pub(crate) use number::{days, seconds, years};
pub(crate) use time::Half;

use std::net::IpAddr;
use std::ops::Range;

use dombot_core::domain::{DomainName, RecordName, RecordType};
use dombot_core::parse::Context;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;

use crate::cue::{Cue, Cues};
use crate::lexicon::{Lexicon, lexicon};
use crate::token::{Stop, Token, tokens};

/// A part of a message.
#[derive(Debug, Clone)]
pub(crate) struct Piece<'t> {
    /// As written.
    pub(crate) raw: &'t str,
    /// Folded.
    pub(crate) folded: String,
    /// What it is.
    pub(crate) what: What,
    /// What it tells.
    pub(crate) cues: Cues,
    /// What ends after it.
    pub(crate) stop: Stop,
    /// Stood in quotation marks.
    pub(crate) quoted: bool,
}

/// What a part of a message is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum What {
    /// A word.
    Word,
    /// A domain or host.
    Host(Host),
    /// Looks like a domain and is none: unknown top level, comma for a dot.
    BadHost(BadHost),
    /// An address.
    Ip(IpAddr),
    /// Looks like an address and is none.
    BadIp,
    /// A record type.
    Type(RecordType),
    /// A relative owner name.
    Name(RecordName),
    /// A number without a unit.
    Number(u64),
    /// A number that could mean several things: 1,5 or 1.234.
    BadNumber,
    /// A number of units.
    Period(u64, Unit),
    /// Days, first and last.
    Date(Date, Date),
    /// Days, both ends said: "from 1 to 7 December".
    Days(Date, Date),
    /// A day so many units from now.
    In(Date, i64, Unit),
    /// An hour and a minute.
    Clock(i8, i8),
    /// A moment hours or minutes from now.
    Moment(Timestamp),
    /// Minor units and ISO 4217; `None` when no currency was said.
    Money { minor: u64, currency: Option<String> },
    /// E.164.
    Phone(String),
    /// A transfer code.
    Code(String),
    /// Who issues certificates.
    Issuer(String),
    /// A form of a file: `ics`.
    Format(String),
    /// A profile's name.
    Profile(String),
    /// A day or hour that could mean several things: "Friday", 01/02/2027, 15:00.
    BadDate,
    /// A TXT value, case kept.
    Text(String),
    /// Several quoted words.
    Quote(String),
    /// An e-mail address.
    Email,
    /// A plan's label or a job's id, upper case.
    Id(String),
    /// An account or a provider's id.
    Provider(String),
    /// The name of a file.
    File(String),
}

/// A name with a dot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Host {
    /// Without the wildcard.
    pub(crate) name: DomainName,
    /// `*.` stood before it.
    pub(crate) wildcard: bool,
    /// It was an address of the web, with a scheme or a path.
    pub(crate) url: bool,
}

/// Why a name with a dot is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BadHost {
    /// No such top level.
    Tld,
    /// Letters of several scripts, or a look-alike of a plain name.
    Scripts,
    /// Not a name.
    Form,
}

/// A unit of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Unit {
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Year,
}

/// Words for days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DateWord {
    Today,
    Tomorrow,
    DayAfterTomorrow,
    ThisWeek,
    NextWeek,
    ThisMonth,
    NextMonth,
    ThisYear,
    NextYear,
    ThisQuarter,
    NextQuarter,
    EndOfMonth,
    EndOfYear,
    /// A weekday, "in the evening": it could mean several times.
    Vague,
}

/// What the readers of spans look at.
struct Reader<'a, 't> {
    tokens: &'a [Token<'t>],
    words: Vec<&'a str>,
    lexicon: &'static Lexicon,
    ctx: &'a Context,
    /// The message has no small letters, so a capital says nothing.
    shouted: bool,
}

/// Cuts a message into pieces.
pub(crate) fn read<'t>(message: &'t str, ctx: &Context) -> Vec<Piece<'t>> {
    let tokens = tokens(message);
    let reader = Reader {
        words: tokens.iter().map(|t| t.folded.as_str()).collect(),
        tokens: &tokens,
        lexicon: lexicon(),
        ctx,
        shouted: !message.chars().any(char::is_lowercase),
    };
    let mut out: Vec<Piece<'t>> = Vec::new();
    let mut i = 0;
    while i < tokens.len() {
        let (n, what, cues) = reader.next(i, &out);
        out.push(reader.piece(message, i..i + n.max(1), what, cues));
        i += n.max(1);
    }
    id::mark(&mut out, reader.ctx);
    name::mark_relative(&mut out);
    correct(&mut out);
    person::mark_profile(&mut out, &ctx.profiles);
    text::mark_mail_policies(&mut out);
    text::unmark(&mut out);
    person::unmark_is(&mut out);
    text::mark_servers(&mut out);
    back::point(&mut out, ctx);
    out
}

impl Reader<'_, '_> {
    /// How many tokens the span at `i` takes, what it is, and what it tells.
    fn next(&self, i: usize, before: &[Piece<'_>]) -> (usize, What, Cues) {
        let after_day = before.iter().rev().take(2).any(|p| is_day(&p.what));
        let found = text::txt(self, i, before)
            .or_else(|| person::code(self, i, before))
            .or_else(|| text::quote(self, i))
            .or_else(|| date::written(self, i))
            .or_else(|| time::clock(self, i, after_day))
            .or_else(|| person::phone(self, i, before))
            .or_else(|| money::money(self, i))
            .or_else(|| date::span(self, i))
            .or_else(|| time::later(self, i))
            .or_else(|| name::dotted(self, i, before))
            .or_else(|| self.lexicon.date(self.ahead(i)).map(|(n, w)| (n, date::of(w, self.ctx))))
            .or_else(|| time::weekday(self, i))
            .or_else(|| time::vague(self, i))
            .or_else(|| name::provider(self, i))
            .or_else(|| text::format(self, i));
        if let Some((n, what)) = found {
            let cues = of_span(&what);
            return (n, what, cues);
        }
        if let Some((n, cues)) = self.lexicon.phrase(self.ahead(i)) {
            return (n, What::Word, cues);
        }
        let found = number::ttl(self, i)
            .or_else(|| date::month(self, i))
            .or_else(|| number::number(self, i))
            .or_else(|| name::record_type(self, i));
        if let Some((n, what)) = found {
            let mut cues = of_span(&what);
            if matches!(what, What::Period(..) | What::Number(_))
                && self.words[i].starts_with("ttl")
            {
                cues.put(Cue::Ttl);
            }
            return (n, what, cues);
        }
        if name::is_shouted_a(self, i) {
            return (1, What::Word, Cues::NONE);
        }
        (1, What::Word, self.lexicon.cues(self.words[i]))
    }

    /// The words from `i` on, as far as a phrase may reach.
    fn ahead(&self, i: usize) -> &[&str] {
        &self.words[i..self.words.len().min(i + 8)]
    }

    fn word(&self, i: usize) -> &str {
        self.words.get(i).copied().unwrap_or_default()
    }

    fn piece<'t>(&self, text: &'t str, range: Range<usize>, what: What, cues: Cues) -> Piece<'t> {
        let parts = &self.tokens[range];
        let (first, last) = (&parts[0], &parts[parts.len() - 1]);
        let at = first.at.start..last.at.end;
        let folded = parts.iter().map(|t| t.folded.as_str()).collect::<Vec<_>>().join(" ");
        Piece { raw: &text[at.clone()], folded, what, cues, stop: last.stop, quoted: first.quoted }
    }
}

/// Misspelt command words, only where nothing else fits.
fn correct(pieces: &mut [Piece<'_>]) {
    let unknown = |p: &&mut Piece<'_>| p.what == What::Word && p.cues.is_empty() && !p.quoted;
    for piece in pieces.iter_mut().filter(unknown).take(40) {
        piece.cues = lexicon().corrected(&piece.folded);
    }
}

/// A day, which an hour may follow.
fn is_day(what: &What) -> bool {
    matches!(what, What::Date(..) | What::In(..) | What::BadDate)
}

/// What a span tells by being there.
fn of_span(what: &What) -> Cues {
    match what {
        What::Host(_) => Cues::of(&[Cue::Host]),
        What::Ip(_) | What::BadIp => Cues::of(&[Cue::Ip]),
        What::Type(_) => Cues::of(&[Cue::Type]),
        What::Text(_) => Cues::of(&[Cue::Text]),
        What::Period(..) => Cues::of(&[Cue::Period]),
        What::Date(..)
        | What::Days(..)
        | What::In(..)
        | What::BadDate
        | What::Clock(..)
        | What::Moment(_) => Cues::of(&[Cue::Date]),
        What::Money { .. } => Cues::of(&[Cue::Money]),
        What::Code(_) => Cues::of(&[Cue::Code]),
        What::Format(_) => Cues::of(&[Cue::Format]),
        What::Profile(_) => Cues::of(&[Cue::ProfileName]),
        What::Id(_) => Cues::of(&[Cue::Id]),
        What::Name(_) => Cues::of(&[Cue::Name]),
        What::Provider(_) => Cues::of(&[Cue::Provider]),
        What::File(_) => Cues::of(&[Cue::File]),
        _ => Cues::NONE,
    }
}
