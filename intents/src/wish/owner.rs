//! Who owns a record: domain and relative name, never guessed.

use dombot_core::domain::{DomainName, RecordName};
use dombot_core::parse::AskReason;
use serde_json::json;

use super::{Ask, Bag, Slots, split_host};
use crate::cue::Cue;
use crate::span::What;
use crate::token::Stop;

/// One owner, and where it was said.
#[derive(Debug, Clone)]
pub(crate) struct Owner {
    /// Registrable.
    pub(crate) domain: DomainName,
    /// Relative to it.
    pub(crate) name: RecordName,
    /// Place in the clause.
    pub(crate) at: usize,
    /// Only the zone was named ("in the zone firma.pl"), not a name in it.
    pub(crate) zone_only: bool,
}

impl Owner {
    /// As slots.
    pub(crate) fn slots(&self) -> Slots {
        Slots::from([
            ("domain".to_owned(), json!(self.domain)),
            ("name".to_owned(), json!(self.name)),
        ])
    }
}

/// The owners that a clause names; hosts in `values` are values.
pub(crate) fn owners(bag: &mut Bag<'_, '_>, values: &[usize]) -> Result<Vec<Owner>, Ask> {
    let names = bag.all(|w| if let What::Name(n) = w { Some(n.clone()) } else { None });
    let mut hosts = Vec::new();
    for (i, host) in bag.hosts() {
        if values.contains(&i) || host.url {
            continue;
        }
        let bad = || Ask::missing(&["domain"]).because(AskReason::BadValue);
        let (domain, name) = split_host(host).ok_or_else(bad)?;
        let zone_only = name.is_apex() && bag.before(i).has(Cue::Zone);
        hosts.push(Owner { domain, name, at: i, zone_only });
    }
    for host in &hosts {
        bag.take(host.at);
    }
    bag.take_all(&names);
    if names.is_empty() {
        return if hosts.is_empty() { by_pronoun(bag) } else { Ok(hosts) };
    }
    below(bag, &names, &hosts)
}

/// "it", "that domain".
fn by_pronoun(bag: &Bag<'_, '_>) -> Result<Vec<Owner>, Ask> {
    let said = bag.cues.has(Cue::It).then(|| bag.it()).flatten();
    let at = bag.pieces.iter().position(|p| p.cues.has(Cue::It)).unwrap_or(0);
    match said {
        Some(domain) => Ok(vec![Owner { domain, name: RecordName::apex(), at, zone_only: false }]),
        None => Err(Ask::missing(&["domain"])),
    }
}

/// Only "and" or a comma stands between two pieces.
pub(crate) fn joined(bag: &Bag<'_, '_>, a: usize, b: usize) -> bool {
    let (first, second) = (a.min(b), a.max(b));
    let between = &bag.pieces[first + 1..second];
    let comma = between.is_empty() && bag.pieces[first].stop == Stop::Comma;
    comma || !between.is_empty() && between.iter().all(|p| p.cues.has(Cue::And))
}

/// Relative names below the one domain that was said.
fn below(
    bag: &Bag<'_, '_>,
    names: &[(usize, RecordName)],
    hosts: &[Owner],
) -> Result<Vec<Owner>, Ask> {
    let known = match names {
        [(_, name)] => Slots::from([("name".to_owned(), json!(name))]),
        _ => Slots::new(),
    };
    let base = match hosts {
        [] => bag.it().map(|domain| (domain, RecordName::apex())),
        [one] => Some((one.domain.clone(), one.name.clone())),
        _ => return Err(Ask::missing(&["name"]).because(AskReason::Ambiguous)),
    };
    let Some((domain, below)) = base else {
        return Err(Ask::missing(&["domain"]).knowing(known));
    };
    let mut out = Vec::new();
    // "firma.pl i www": both.
    out.extend(hosts.iter().filter(|h| names.iter().any(|(i, _)| joined(bag, h.at, *i))).cloned());
    for (at, name) in names {
        let name = match (name.is_apex(), below.is_apex()) {
            (true, _) => below.clone(),
            (false, true) => name.clone(),
            (false, false) => {
                let bad = |_| Ask::missing(&["name"]).because(AskReason::BadValue);
                RecordName::parse(&format!("{name}.{below}")).map_err(bad)?
            }
        };
        out.push(Owner { domain: domain.clone(), name, at: *at, zone_only: false });
    }
    Ok(out)
}
