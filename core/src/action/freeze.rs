//! Freezes at once. Needs no code: it only makes fewer things happen. Thawing is not an action: it needs a code at
//! the host.

use jiff::SignedDuration;

use super::{Ctx, Freeze, FreezeScope, Planned};
use crate::error::Result;
use crate::freeze::Scope;
use crate::phrase;
use crate::phrase::{Phrase, foreign};

/// How far back the list of what was approved reaches, unless it was said.
const DAYS: u32 = 30;

pub(super) async fn plan(slots: &Freeze, ctx: &Ctx<'_>) -> Result<Planned> {
    let scope = scope(slots, ctx).await?;
    let days = slots.days.unwrap_or(DAYS).min(3660);
    let back = SignedDuration::from_hours(24 * i64::from(days));
    let froze = ctx.store.freeze(&scope, ctx.person.id, ctx.now(), back).await?;
    let mut lines = vec![phrase!("freeze.done", what = named(&scope, ctx).await?.text(ctx.lang))];
    if !froze.void.is_empty() {
        lines.push(phrase!("freeze.void", labels = froze.void.join(", ")));
    }
    if froze.held > 0 {
        lines.push(phrase!("freeze.held", n = froze.held));
    }
    if froze.approved.is_empty() {
        lines.push(phrase!("freeze.none_approved", days = days));
    } else {
        lines.push(phrase!("freeze.approved", days = days));
    }
    let persons = ctx.store.persons().await?;
    for (label, by, at, domain) in froze.approved.into_iter().take(50) {
        let by = persons.iter().find(|p| p.id == by).map_or("?", |p| &p.name);
        let at = at.to_zoned(ctx.tz.clone()).strftime("%Y-%m-%d %H:%M");
        lines.push(phrase!("freeze.row", label = label, domain = domain, by = by, at = at));
    }
    lines.push(phrase!("freeze.thaw"));
    let text: Vec<String> = lines.iter().map(|p| p.text(ctx.lang)).collect();
    Ok(Planned::Said(phrase!("freeze.whole", text = text.join("\n"))))
}

async fn scope(slots: &Freeze, ctx: &Ctx<'_>) -> Result<Scope> {
    let unknown = |name: &str| phrase!("freeze.unknown", name = foreign(name)).into();
    let name = slots.name.as_deref();
    match (slots.scope, name) {
        (FreezeScope::All, _) => Ok(Scope::All),
        (_, None) => Err(phrase!("freeze.which").into()),
        (FreezeScope::Domain, Some(name)) => {
            name.parse().map(Scope::Domain).map_err(|_| unknown(name))
        }
        (FreezeScope::Account, Some(name)) => {
            let known = ctx.accounts.named(name).map(|a| a.id).or_else(|| name.parse().ok());
            known.map(Scope::Account).ok_or_else(|| unknown(name))
        }
        (FreezeScope::Person, Some(name)) => {
            let persons = ctx.store.persons().await?;
            let person = persons.iter().find(|p| p.name.to_lowercase() == name.to_lowercase());
            person.map(|p| Scope::Person(p.id)).ok_or_else(|| unknown(name))
        }
    }
}

/// A scope in words.
async fn named(scope: &Scope, ctx: &Ctx<'_>) -> Result<Phrase> {
    Ok(match scope {
        Scope::All => phrase!("freeze.all"),
        Scope::Domain(name) => phrase!("freeze.domain", name = name),
        Scope::Account(id) => {
            let name = ctx.accounts.get(*id).map_or_else(|| id.to_string(), |a| a.name.clone());
            phrase!("freeze.account", name = name)
        }
        Scope::Person(id) => {
            let name = ctx.store.person(*id).await?.map_or_else(|| id.to_string(), |p| p.name);
            phrase!("freeze.person", name = foreign(&name))
        }
    })
}
