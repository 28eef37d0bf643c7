//! From pieces to wishes: clauses, kinds, slots, and all the reasons to ask instead.

mod area;
mod ask;
mod bag;
mod clean;
mod desk;
mod dns;
mod domain;
mod doubt;
mod layer;
mod lost;
mod owner;
mod split;
mod value;
mod when;

use dombot_core::domain::DomainName;
use dombot_core::parse::{AskReason, Clarify, Context, Parsed, Wish};
use serde_json::json;

pub(crate) use ask::{Ask, Slots, finish};
pub(crate) use bag::Bag;
pub(crate) use domain::{registrable, split_host, years_of};
pub(crate) use value::answer as value_answer;

use crate::cue::{CHANGES, Cue, Cues};
use crate::kind::{self, Scored};
use crate::near;
use crate::span::{BadHost, Piece, What};

/// Most wishes of one message.
pub(crate) const MOST: usize = 4;

/// Points and likeness together below which it is asked; alone for a look that only resembles an example.
const ENOUGH: f32 = 72.0;
const LIKE: f32 = 0.62;
/// Two kinds closer than this are a tie.
const MARGIN: f32 = 3.0;

/// Reads a whole message that is no small talk and no answer to a question.
pub(crate) fn message(pieces: &[Piece<'_>], ctx: &Context) -> Parsed {
    if let Some(ask) = layer::bypass(pieces) {
        return Parsed::Clarify(ask);
    }
    let pieces = clean::cleaned(&split::without_reasons(pieces));
    let clauses = clean::wanted(&pieces, split::clauses(&pieces));
    let several = clauses.len() > 1;
    let kept: Vec<Piece<'_>> = clauses.iter().flat_map(|c| pieces[c.clone()].to_vec()).collect();
    if let Some(ask) = layer::whole(&kept, ctx, several) {
        return Parsed::Clarify(ask);
    }
    let mut wishes: Vec<Wish> = Vec::new();
    let mut named: Option<DomainName> = None;
    let leads = clauses.first().is_some_and(|c| split::time_leads(&pieces[c.clone()]));
    for clause in clauses {
        let bag = Bag::new(&pieces[clause], ctx, named.clone());
        match read(bag) {
            Ok(more) => wishes.extend(more),
            // Half of a message is never carried out, and no frame may lose the other half.
            Err(ask) if several => {
                return Parsed::Clarify(Clarify {
                    kind: None,
                    known: Slots::new(),
                    guesses: ask.kind.into_iter().collect(),
                    ..ask
                });
            }
            Err(ask) => return Parsed::Clarify(ask),
        }
        named = wishes.last().and_then(domain_of).or(named);
    }
    if wishes.len() > MOST {
        return Parsed::Clarify(Clarify { reason: Some(AskReason::TooMany), ..Clarify::default() });
    }
    timed(wishes, leads)
}

/// "Tomorrow at 8 do this and that" speaks of both; a time said with one of several wishes may be meant for all.
fn timed(mut wishes: Vec<Wish>, leads: bool) -> Parsed {
    let changes: Vec<usize> =
        (0..wishes.len()).filter(|i| wishes[*i].action.spec().mutates()).collect();
    let first = changes.first().and_then(|i| wishes[*i].at.clone());
    let some = changes.iter().any(|i| wishes[*i].at.is_some());
    let all = changes.iter().all(|i| wishes[*i].at.is_some());
    match (first, some, all) {
        (Some(at), true, false) if leads => {
            for i in changes {
                wishes[i].at.get_or_insert_with(|| at.clone());
            }
            Parsed::Actions(wishes)
        }
        (_, true, false) => Parsed::Clarify(Clarify {
            missing: vec!["at".into()],
            reason: Some(AskReason::BadTime),
            ..Clarify::default()
        }),
        _ => Parsed::Actions(wishes),
    }
}

fn domain_of(wish: &Wish) -> Option<DomainName> {
    let json = serde_json::to_value(&wish.action).ok()?;
    json["slots"]["domain"].as_str()?.parse().ok()
}

/// One clause.
fn read(mut bag: Bag<'_, '_>) -> Result<Vec<Wish>, Clarify> {
    if let Some(ask) = broken(&bag) {
        return Err(ask);
    }
    let scores = kind::scores(&bag.words, bag.cues, &bag.masked());
    let Some(best) = choose(&scores) else {
        return Err(unsure(&scores, &bag));
    };
    if kind::mutates(best) && bag.cues.has(Cue::How) {
        // "jak wróci szef" is a condition, "jak przenieść domenę" a question.
        if doubt::asks_how(best, &bag) {
            return finish("help", topic(best)).map(|w| vec![w]);
        }
        return Err(Ask::default().because(AskReason::Condition).of(best));
    }
    let aimless = !bag.ctx.pending_plan && !bag.cues.any(Cues::of(&[Cue::Plan, Cue::Last]));
    if best == "plan.cancel" && aimless {
        return Err(Ask::missing(&["job_id"]).of("job.cancel"));
    }
    let at =
        if kind::mutates(best) && best != "dns.restore" { when::at(&mut bag) } else { Ok(None) };
    let filled = fill(best, &mut bag);
    // What only resembles an example, and lacks what it needs, is not understood.
    let resembles = scores.first().is_some_and(|s| s.points <= 30);
    if resembles && filled.is_err() {
        return Err(unsure(&[], &bag));
    }
    if let Some(ask) = layer::unnamed(best, &bag, filled.as_ref()) {
        return Err(ask);
    }
    let at = at.map_err(|ask| {
        let known = match &filled {
            Ok(list) if list.len() == 1 => list[0].clone(),
            _ => Slots::new(),
        };
        Clarify { kind: None, guesses: vec![best.to_owned()], ..ask.knowing(known).of(best) }
    })?;
    if let Some(ask) = layer::clause(best, &bag, filled.as_ref()) {
        return Err(ask);
    }
    let with_at = |wish: Wish| Wish { at: at.clone(), ..wish };
    let filled = filled.map_err(|ask| ask.of(best))?;
    filled.into_iter().map(|slots| finish(best, slots).map(with_at)).collect()
}

fn topic(kind: &str) -> Slots {
    Slots::from([("topic".to_owned(), json!(kind))])
}

/// A value that is none: asked for before anything else.
fn broken(bag: &Bag<'_, '_>) -> Option<Clarify> {
    let reason = |what: &What| match what {
        What::BadHost(BadHost::Tld) => Some(("domain", AskReason::UnknownTld)),
        What::BadHost(_) => Some(("domain", AskReason::BadValue)),
        What::BadIp => Some(("value", AskReason::BadValue)),
        _ => None,
    };
    let (slot, reason) = bag.pieces.iter().find_map(|p| reason(&p.what))?;
    let kind = choose(&kind::scores(&bag.words, bag.cues, &bag.masked()));
    let mut ask = Ask::missing(&[slot]);
    // What else was said stays known; where that would be a whole wish, no frame may drop it.
    let mut rest = Bag::new(bag.pieces, bag.ctx, None);
    let kind = match kind.map(|kind| (kind, fill(kind, &mut rest))) {
        Some((kind, Err(more))) => {
            ask.known = more.known;
            if kind::mutates(kind)
                && let Some(unframed) = lost::question(kind, bag, &ask)
            {
                return Some(Clarify { reason: Some(reason), ..unframed });
            }
            Some(kind)
        }
        _ => None,
    };
    Some(Clarify {
        kind: kind.map(str::to_owned),
        reason: Some(reason),
        known: ask.known,
        missing: ask.missing,
        guesses: vec![],
    })
}

/// The kind, when one is clear.
fn choose(scores: &[Scored]) -> Option<&'static str> {
    let best = scores.first()?;
    let clear = if best.points <= 30 {
        best.like >= LIKE && scores.get(1).is_none_or(|s| best.like - s.like > 0.06)
    } else {
        best.total() >= ENOUGH && scores.get(1).is_none_or(|s| best.total() - s.total() > MARGIN)
    };
    clear.then_some(best.kind)
}

fn unsure(scores: &[Scored], bag: &Bag<'_, '_>) -> Clarify {
    let mut guesses: Vec<String> = scores.iter().take(3).map(|s| s.kind.to_owned()).collect();
    if guesses.is_empty() && !bag.cues.has(Cue::Other) {
        let near = near::nearest(&bag.masked());
        guesses =
            near.iter().filter(|(_, l)| *l > 0.3).take(3).map(|(k, _)| (*k).to_owned()).collect();
    }
    if guesses.is_empty() && bag.cues.has(Cue::Host) && !bag.cues.any(CHANGES) {
        guesses = ["domain.expiry", "dns.list", "domain.check"].map(str::to_owned).to_vec();
    }
    let tie = scores.len() > 1 && scores[0].points > 30;
    let reason = if tie { AskReason::Ambiguous } else { AskReason::Unclear };
    Clarify { reason: Some(reason), guesses, ..Clarify::default() }
}

/// The slots of one or several wishes of a kind.
pub(crate) fn fill(kind: &str, bag: &mut Bag<'_, '_>) -> Result<Vec<Slots>, Ask> {
    match kind {
        "dns.set" => dns::set(bag),
        "dns.add" => dns::add(bag),
        "dns.delete" => dns::delete(bag),
        "dns.list" => dns::list(bag),
        "dns.find" => dns::find(bag),
        "dns.export" | "dns.import" | "zone.create" | "zone.delete" => domain::zone(kind, bag),
        "dns.restore" => desk::restore(bag),
        "domain.renew" => domain::renew(bag),
        "domain.autorenew" => domain::autorenew(bag),
        "domain.expiry" | "domain.check" | "domain.history" | "domain.authcode"
        | "sale.withdraw" | "watch.add" => domain::each(bag),
        "domain.register" => area::register(bag),
        "domain.transfer" | "dns.move" | "site.move" => area::moved(bag),
        "domain.transfer_in" => area::transfer_in(bag),
        "domain.lock" | "domain.dnssec" => area::switched(kind, bag),
        "domain.ns_set" => area::ns(bag),
        "domain.contact_set" => area::contact(bag),
        "cert.issue" => area::issue(bag),
        "cert.renew" | "cert.revoke" => area::cert(kind, bag),
        "cert.list" => desk::certs(bag),
        "sale.create" => area::sale(bag),
        "profile.switch" => area::profile(bag),
        "calendar.events" => desk::events(bag),
        "calendar.export" => desk::calendar_file(bag),
        "calendar.expiring" => desk::expiring(bag),
        "job.list" => Ok(desk::jobs(bag)),
        "job.status" | "job.cancel" => desk::job(bag),
        "job.settle" => desk::settle(bag),
        "undo" => desk::undo(bag),
        "freeze" => desk::freeze(bag),
        "help" => Ok(desk::help(bag)),
        _ => Ok(vec![Slots::new()]),
    }
}
