//! What two accounts, or an account and a file, hold differently. Signatures and the like are left out, and of the
//! SOA its serial.

use std::collections::BTreeMap;

use super::import::is_signers;
use crate::action::act::place::{self, account_name, survey};
use crate::action::{Answer, Compared, Ctx, DnsCompare, Planned};
use crate::domain::{RecordSet, SetBody, SetKey, zonefile};
use crate::error::Result;
use crate::phrase;
use crate::plan::diff;

type Sets = BTreeMap<SetKey, SetBody>;

pub(in crate::action) async fn plan(slots: &DnsCompare, ctx: &Ctx<'_>) -> Result<Planned> {
    let left = match (&slots.account, &slots.other) {
        (None, Some(other)) => the_other_one(slots, ctx, other).await,
        (account, _) => account.clone(),
    };
    let place = place::of_domain_at(ctx, &slots.domain, left.as_deref()).await?;
    let a = ours(place.fresh_zone().await?);
    let (right, b) = match (&slots.other, ctx.attachment) {
        (Some(other), _) => {
            let other = place::of_domain_at(ctx, &slots.domain, Some(other)).await?;
            (other.account.name.clone(), ours(other.fresh_zone().await?))
        }
        (None, Some(text)) => {
            let sets = zonefile::read(text, &place.zone.name).map_err(|e| {
                phrase!("dns.import_bad_file", line = e.line, problem = e.problem.text(ctx.lang))
            })?;
            (slots.attachment.clone().unwrap_or_else(|| "file".into()), ours(sets))
        }
        (None, None) => return Err(phrase!("dns.compare_with_what").into()),
    };
    let changes = diff(&a, &b);
    let touched = changes.iter().filter(|c| c.before.is_some()).count();
    let (zone, left) = (place.zone.name.clone(), place.account.name.clone());
    let same = a.len() - touched;
    Ok(Planned::Answer(Answer::Compared(Compared { zone, left, right, same, changes })))
}

/// The only other account that holds the zone.
async fn the_other_one(slots: &DnsCompare, ctx: &Ctx<'_>, other: &str) -> Option<String> {
    let survey = survey(ctx).await;
    let holders = survey.zones.iter().filter(|z| z.name == slots.domain);
    let mut names = holders.map(|z| account_name(ctx, z.account));
    let mut rest = names.by_ref().filter(|name| !name.eq_ignore_ascii_case(other));
    let first = rest.next()?;
    rest.next().is_none().then_some(first)
}

fn ours(sets: Vec<RecordSet>) -> Sets {
    sets.into_iter().filter(|s| !is_signers(&s.key)).map(|s| (s.key, s.body)).collect()
}
