//! Whether proposed changes are exactly what the words say: the verbs name each, every value is used, in its place,
//! and nothing turns the wish around. Each rule stands against one way in which a model can lie with grounded words.

use dombot_core::domain::DomainName;
use dombot_core::parse::Wish;

use super::evidence::Evidence;
use super::ground::Claim;
use crate::cue::{CHANGES, Cue, Cues};
use crate::span::{Piece, What};
use crate::wish::{is_old, registrable};

/// All of them hold.
pub(super) fn changes(claims: &[Claim], evidence: &Evidence<'_, '_>) -> bool {
    !evidence.is_turned()
        && nothing_is_left(claims, evidence)
        && placed(claims, evidence)
        && claims.iter().all(|c| !c.changes() || one(c, evidence))
}

/// Every value of the message has its slot: a dropped number of years is a changed wish.
fn nothing_is_left(claims: &[Claim], evidence: &Evidence<'_, '_>) -> bool {
    let used: Vec<usize> = claims.iter().flat_map(Claim::used).collect();
    let old = |i: usize| {
        matches!(evidence.pieces[i].what, What::Ip(_))
            && is_old(&evidence.pieces, i)
            && claims.iter().any(|c| c.spec.kind == "dns.set" && c.values.contains_key("value"))
    };
    let free = |(i, p): (usize, &Piece<'_>)| p.what != What::Word && !used.contains(&i) && !old(i);
    !evidence.pieces.iter().enumerate().any(free)
}

/// Each clause that wants a change has claims of the kind that its verbs name, and of no other.
fn placed(claims: &[Claim], evidence: &Evidence<'_, '_>) -> bool {
    let mut clauses: Vec<Vec<&Claim>> = evidence.clauses.iter().map(|_| Vec::new()).collect();
    for claim in claims {
        let used = claim.used();
        let first = match used.iter().min() {
            Some(first) => evidence.clause_of(*first),
            // "undo": nothing but the verb says where it stands.
            None if evidence.clauses.len() == 1 => Some(0),
            None => None,
        };
        let Some(clause) = first else { return false };
        if used.iter().any(|i| evidence.clause_of(*i) != Some(clause)) {
            return false;
        }
        clauses[clause].push(claim);
    }
    clauses.iter().enumerate().all(|(i, claims)| clause(i, claims, evidence))
}

fn clause(i: usize, claims: &[&Claim], evidence: &Evidence<'_, '_>) -> bool {
    let changes: Vec<&&Claim> = claims.iter().filter(|c| c.changes()).collect();
    if changes.is_empty() {
        return !evidence.clause_cues(i).any(CHANGES);
    }
    let Some(named) = evidence.named(i) else { return false };
    let used: Vec<usize> = claims.iter().flat_map(|c| c.used()).collect();
    changes.len() == claims.len()
        && changes.iter().all(|c| c.spec.kind == named)
        && as_said(&changes, named, (i, evidence))
        && evidence.unknown_is_harmless(i, named, &used)
        && alike(&changes)
}

/// The known words of the clause say these wishes, no more and no fewer: a model vouches for strange words alone.
fn as_said(changes: &[&&Claim], kind: &str, clause: (usize, &Evidence<'_, '_>)) -> bool {
    let (i, evidence) = clause;
    let Some(said) = evidence.held(i, kind) else { return false };
    let same = |c: &Claim, w: &Wish| c.action == w.action && c.at == w.at;
    said.len() == changes.len()
        && changes.iter().all(|c| said.iter().any(|w| same(c, w)))
        && said.iter().all(|w| changes.iter().any(|c| same(c, w)))
}

/// Several claims of one clause say the same of several owners, or several things of one, in the order of the words.
fn alike(changes: &[&&Claim]) -> bool {
    let [first, rest @ ..] = changes else { return true };
    if rest.is_empty() {
        return true;
    }
    let slots = |c: &Claim| c.values.keys().cloned().collect::<Vec<_>>();
    if rest.iter().any(|c| slots(c) != slots(first)) {
        return false;
    }
    let owners: Vec<&Vec<usize>> = changes.iter().map(|c| &c.owner).collect();
    let same_owner = owners.iter().all(|o| *o == owners[0]);
    let distinct = owners.iter().enumerate().all(|(i, o)| !owners[..i].contains(o));
    let shared = |slot: &String| changes.iter().all(|c| c.values[slot] == first.values[slot]);
    let apart: Vec<String> = slots(first).into_iter().filter(|s| !shared(s)).collect();
    if same_owner {
        // Two values for one record set would contradict each other where one replaces.
        return first.spec.kind != "dns.set" && apart.iter().any(|s| s == "value")
            || owners[0].is_empty();
    }
    distinct && apart.iter().all(|slot| in_turn(changes, slot))
}

/// Owner, value, owner, value.
fn in_turn(changes: &[&&Claim], slot: &str) -> bool {
    let mut row: Vec<(usize, usize)> = Vec::new();
    for claim in changes {
        let (Some(owner), Some(value)) =
            (claim.owner.iter().max(), claim.values[slot].iter().min())
        else {
            return false;
        };
        row.push((*owner, *value));
    }
    row.sort_unstable();
    row.iter().all(|(o, v)| o < v) && row.windows(2).all(|w| w[0].1 < w[1].0)
}

/// Rules of single kinds.
fn one(claim: &Claim, evidence: &Evidence<'_, '_>) -> bool {
    let has = |slot: &str| claim.values.contains_key(slot);
    match claim.spec.kind {
        // Everything of a name is deleted only when that was said.
        "dns.delete" => {
            let part = has("type") || has("value");
            let named = serde_json::json!(claim.action)["slots"].get("name").is_some();
            if has("scope") { !part && !named } else { part }
        }
        "dns.set" => (has("value") || has("ttl")) && value_in_place(claim, evidence),
        "dns.add" => value_in_place(claim, evidence),
        _ => true,
    }
}

/// The owner is not the value: words before each tell which is which.
fn value_in_place(claim: &Claim, evidence: &Evidence<'_, '_>) -> bool {
    let Some(value) = claim.values.get("value").and_then(|v| v.iter().max()).copied() else {
        return true;
    };
    let Some(owner) = claim.owner.iter().max().copied() else { return false };
    let before = |i: usize| {
        let skip = Cues::of(&[Cue::Fill, Cue::Domain, Cue::Record, Cue::Host]);
        let back = evidence.pieces[..i].iter().rev();
        let mut back = back.skip_while(|p| {
            p.what == What::Word && !p.cues.is_empty() && p.cues.minus(skip).is_empty()
        });
        back.next()
    };
    let cued = |i: usize, cues: &[Cue]| before(i).is_some_and(|p| p.cues.any(Cues::of(cues)));
    let target = [Cue::Onto, Cue::To];
    match &evidence.pieces[value].what {
        What::Host(h) => {
            let numbered = before(value).is_some_and(|p| matches!(p.what, What::Number(_)));
            let own =
                |d: Option<DomainName>| d.is_some_and(|d| evidence.ctx.portfolio.contains(&d));
            let theirs = claim.action.domain().cloned();
            let foreign = own(theirs) && !own(registrable(h).or_else(|| h.name.registrable()));
            let to = cued(value, &[Cue::To])
                && owner < value
                && (claim.spec.kind == "dns.set" || foreign);
            !cued(owner, &target) && (numbered || cued(value, &[Cue::Onto]) || to)
        }
        // "Point 203.0.113.7 to www" says it the other way round.
        What::Ip(_) => owner < value || !cued(owner, &target) || claim.spec.kind == "dns.add",
        _ => true,
    }
}
