//! A value, a record set, all sets of a name or of a type, or everything goes. Never the SOA; the apex NS
//! set only value by value.

use super::value;
use crate::action::act::Edit;
use crate::action::act::place::{self, Place};
use crate::action::{Ctx, DnsDelete, Planned};
use crate::domain::{RecordName, RecordSet, RecordType, SetKey};
use crate::error::Result;
use crate::phrase;
use crate::phrase::Phrase;

pub(in crate::action) async fn plan(slots: &DnsDelete, ctx: &Ctx<'_>) -> Result<Planned> {
    let all = match slots.scope.as_deref() {
        None => false,
        Some("all") => true,
        Some(other) => {
            return Err(phrase!("dns.bad_scope", scope = phrase::foreign(other)).into());
        }
    };
    match (&slots.name, slots.rtype, slots.value.as_deref()) {
        (Some(name), rtype, None) => whole_sets(slots, ctx, name, rtype).await?,
        (Some(name), rtype, Some(text)) => one_value(slots, ctx, name, rtype, text).await?,
        (None, Some(rtype), None) => of_type(slots, ctx, rtype, all).await?,
        (None, None, None) if all => everything(slots, ctx).await?,
        _ => {
            let domain = phrase::domain_text(&slots.domain);
            return Err(phrase!("dns.delete_what", domain = domain).into());
        }
    }
    Ok(Planned::OnDesk)
}

/// Why there is nothing to delete or change, with what is there instead.
pub(super) fn no_set(
    place: &Place<'_>,
    name: &RecordName,
    rtype: Option<RecordType>,
    there: &[RecordSet],
) -> Phrase {
    let owner = phrase::name_text(&name.absolute(&place.zone.name));
    let types: Vec<String> = there.iter().map(|s| s.key.rtype.to_string()).collect();
    match (rtype, types.is_empty()) {
        (_, true) => phrase!("dns.empty_name", name = owner, account = place.account.name),
        (Some(t), _) => {
            phrase!("dns.no_set", name = owner, rtype = t, types = types.join(", "))
        }
        (None, _) => phrase!("dns.only_kept", name = owner, types = types.join(", ")),
    }
}

async fn place_of<'a>(
    slots: &DnsDelete,
    ctx: &Ctx<'a>,
    name: &RecordName,
    rtype: Option<RecordType>,
) -> Result<Place<'a>> {
    match rtype {
        Some(rtype) => place::of_set(ctx, &slots.domain, name, rtype).await,
        None => place::of_name(ctx, &slots.domain, name).await,
    }
}

async fn whole_sets(
    slots: &DnsDelete,
    ctx: &Ctx<'_>,
    name: &RecordName,
    rtype: Option<RecordType>,
) -> Result<()> {
    let place = place_of(slots, ctx, name, rtype).await?;
    let there = place.read_name(ctx, &place.name).await?;
    let gone: Vec<SetKey> = match rtype {
        Some(rtype) => keys(&there, |s| s.key.rtype == rtype),
        None => keys(&there, |s| !is_kept(&s.key)),
    };
    if gone.is_empty() {
        return Err(no_set(&place, &place.name, rtype, &there).into());
    }
    delete_all(ctx, &place, &gone)
}

async fn one_value(
    slots: &DnsDelete,
    ctx: &Ctx<'_>,
    name: &RecordName,
    rtype: Option<RecordType>,
    text: &str,
) -> Result<()> {
    let place = place_of(slots, ctx, name, rtype).await?;
    let there = place.read_name(ctx, &place.name).await?;
    let zone = &place.zone.name;
    let mut hits = Vec::new();
    for set in there.iter().filter(|s| rtype.is_none_or(|t| t == s.key.rtype)) {
        let wanted = match rtype {
            Some(t) => is_value(t, text, &set.body.data, zone)?,
            None => is_value(set.key.rtype, text, &set.body.data, zone).unwrap_or_default(),
        };
        hits.extend(wanted.into_iter().map(|data| (set.key.clone(), data)));
    }
    hits.retain(|(key, _)| key.rtype != RecordType::SOA && !key.rtype.is_maintained_by_server());
    match hits.as_slice() {
        [(key, data)] => {
            ctx.on_desk().edit(&place.zone, key, Edit::Remove(data.clone()))?;
            place.note(ctx);
            Ok(())
        }
        [] => {
            let owner = phrase::name_text(&place.name.absolute(zone));
            Err(phrase!("dns.no_value", name = owner, value = phrase::foreign(text)).into())
        }
        several => {
            let list: Vec<String> = several
                .iter()
                .map(|(k, d)| format!("{} {}", k.rtype, phrase::foreign(d.as_str())))
                .collect();
            let value = phrase::foreign(text);
            Err(phrase!("dns.value_unclear", value = value, sets = list.join("; ")).into())
        }
    }
}

/// The values of a set that a person means: the whole value, or of MX and SRV the host alone.
fn is_value(
    rtype: RecordType,
    text: &str,
    data: &[crate::domain::RecordData],
    zone: &crate::domain::DomainName,
) -> Result<Vec<crate::domain::RecordData>> {
    if matches!(rtype, RecordType::MX | RecordType::SRV) && text.split_whitespace().count() == 1 {
        let host = value::read(RecordType::CNAME, text, zone)?;
        let same = |d: &str| d.split_whitespace().next_back() == Some(host.as_str());
        return Ok(data.iter().filter(|d| same(d.as_str())).cloned().collect());
    }
    let wanted = value::read(rtype, text, zone)?;
    Ok(data.iter().filter(|d| **d == wanted).cloned().collect())
}

/// All sets of a type: clear when one name has it, or when "all" was said.
async fn of_type(slots: &DnsDelete, ctx: &Ctx<'_>, rtype: RecordType, all: bool) -> Result<()> {
    let place = place::of_domain(ctx, &slots.domain).await?;
    let there = place.read_zone(ctx).await?;
    let gone = keys(&there, |s| s.key.rtype == rtype && !is_kept(&s.key));
    match gone.as_slice() {
        [] => {
            let zone = phrase::domain_text(&place.zone.name);
            Err(phrase!("dns.no_type", zone = zone, rtype = rtype).into())
        }
        [_, _, ..] if !all => {
            let names: Vec<&str> = gone.iter().map(|k| k.name.as_str()).collect();
            Err(phrase!("dns.which_name", rtype = rtype, names = names.join(", ")).into())
        }
        _ => delete_all(ctx, &place, &gone),
    }
}

async fn everything(slots: &DnsDelete, ctx: &Ctx<'_>) -> Result<()> {
    let place = place::of_domain(ctx, &slots.domain).await?;
    let there = place.read_zone(ctx).await?;
    let gone = keys(&there, |s| !is_kept(&s.key));
    if gone.is_empty() {
        let zone = phrase::domain_text(&place.zone.name);
        return Err(phrase!("dns.zone_empty", zone = zone).into());
    }
    delete_all(ctx, &place, &gone)
}

fn delete_all(ctx: &Ctx<'_>, place: &Place<'_>, gone: &[SetKey]) -> Result<()> {
    for key in gone {
        ctx.on_desk().edit(&place.zone, key, Edit::Delete)?;
    }
    place.note(ctx);
    Ok(())
}

fn keys(sets: &[RecordSet], wanted: impl Fn(&RecordSet) -> bool) -> Vec<SetKey> {
    sets.iter().filter(|s| wanted(s)).map(|s| s.key.clone()).collect()
}

/// Stays where everything goes: SOA, apex NS, and what the server or its signer makes.
fn is_kept(key: &SetKey) -> bool {
    key.rtype == RecordType::SOA
        || (key.rtype == RecordType::NS && key.name.is_apex())
        || super::import::is_signers(key)
}
