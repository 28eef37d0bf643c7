//! A zone becomes like a zone file.
//!
//! A file that may come from another host leaves the SOA and the name servers as they are: it would otherwise point
//! the zone back to that host. Where the zone is kept as code (a mode is said), SOA and apex NS follow the file too,
//! if it has them; the serial of the SOA always stays the server's. Keys of the server's signer and types that nobody
//! here knows stay unless the file names them or everything else is said to go.

use std::collections::BTreeMap;

use super::ignore::{self, Ignore};
use crate::action::act::Edit;
use crate::action::act::place::{self, Place};
use crate::action::{Ctx, DnsImport, FileMode, Planned};
use crate::domain::{RecordData, RecordSet, RecordType, SetBody, SetKey, zonefile};
use crate::error::Result;
use crate::phrase;
use crate::plan::same;

type Sets = BTreeMap<SetKey, SetBody>;

/// So many kept sets are named in a warning.
const NAMED: usize = 5;

pub(in crate::action) async fn plan(slots: &DnsImport, ctx: &Ctx<'_>) -> Result<Planned> {
    let Some(text) = ctx.attachment else {
        let file = phrase::foreign(&slots.attachment);
        return Err(phrase!("dns.import_no_file", file = file).into());
    };
    let place = place::of_domain_at(ctx, &slots.domain, slots.account.as_deref()).await?;
    let mut wanted = read(ctx, &place, text, slots)?;
    let present = map(place.read_zone(ctx).await?);
    let is_apex_ns = |key: &SetKey| key.rtype == RecordType::NS && key.name.is_apex();
    match slots.mode {
        None => keep_apex_ns(ctx, &place, &present, &mut wanted),
        Some(_) if wanted.keys().any(is_apex_ns) => {}
        Some(_) => wanted.extend(
            present.iter().filter(|(key, _)| is_apex_ns(key)).map(|(k, b)| (k.clone(), b.clone())),
        ),
    }
    stay(ctx, slots, text, &present, &mut wanted)?;
    put(ctx, &place, slots.mode, (&present, &wanted))?;
    place.note(ctx);
    Ok(Planned::OnDesk)
}

fn read(ctx: &Ctx<'_>, place: &Place<'_>, text: &str, slots: &DnsImport) -> Result<Sets> {
    if place.zone.name != slots.domain {
        let (zone, domain) =
            (phrase::domain_text(&place.zone.name), phrase::domain_text(&slots.domain));
        return Err(phrase!("dns.import_not_apex", zone = zone, domain = domain).into());
    }
    let mut file = map(zonefile::read(text, &place.zone.name).map_err(|e| {
        phrase!("dns.import_bad_file", line = e.line, problem = e.problem.text(ctx.lang))
    })?);
    if slots.mode.is_none() {
        file.retain(|key, _| key.rtype != RecordType::SOA);
    }
    if file.is_empty() {
        return Err(phrase!("dns.import_empty").into());
    }
    Ok(file)
}

/// Present records that the patterns of the wish and of the file leave alone.
fn stay(
    ctx: &Ctx<'_>,
    slots: &DnsImport,
    text: &str,
    present: &Sets,
    wanted: &mut Sets,
) -> Result<()> {
    let in_file = slots.mode.map(|_| ignore::in_file(text)).into_iter().flatten();
    let said = slots.ignore.iter().map(String::as_str).chain(in_file);
    let ignores: Vec<Ignore> = said.map(Ignore::parse).collect::<Result<_>>()?;
    let kept = ignore::keep(&ignores, slots.ignore_overlap, present, wanted)?;
    if !kept.is_empty() {
        let (n, sets) = (kept.len(), listed(&kept));
        ctx.on_desk().warn(phrase!("dns.ignore_kept", n = n, sets = sets));
    }
    Ok(())
}

fn listed(keys: &[SetKey]) -> String {
    let mut names: Vec<String> = keys.iter().take(NAMED).map(|k| format!("{k:?}")).collect();
    if keys.len() > NAMED {
        names.push("…".into());
    }
    names.join(", ")
}

/// Made by the server or its signer: signatures, DNSKEY, CDS, CDNSKEY at the apex.
pub(super) fn is_signers(key: &SetKey) -> bool {
    key.rtype.is_maintained_by_server()
        || (key.name.is_apex() && matches!(key.rtype.code(), 48 | 59 | 60))
}

fn map(sets: Vec<RecordSet>) -> Sets {
    sets.into_iter().map(|s| (s.key, s.body)).collect()
}

fn keep_apex_ns(ctx: &Ctx<'_>, place: &Place<'_>, present: &Sets, wanted: &mut Sets) {
    let is_apex_ns = |key: &&SetKey| key.rtype == RecordType::NS && key.name.is_apex();
    let Some(key) = present.keys().find(is_apex_ns).cloned() else { return };
    let now = &present[&key];
    match wanted.get(&key) {
        Some(file) if file.data.iter().any(|d| now.data.contains(d)) => {}
        Some(file) => {
            let servers = |body: &SetBody| {
                body.data.iter().map(|d| phrase::foreign(d.as_str())).collect::<Vec<_>>().join(", ")
            };
            ctx.on_desk().warn(phrase!(
                "dns.import_ns_kept",
                zone = phrase::domain_text(&place.zone.name),
                present = servers(now),
                file = servers(file)
            ));
            wanted.insert(key, now.clone());
        }
        None => {
            wanted.insert(key, now.clone());
        }
    }
}

fn put(
    ctx: &Ctx<'_>,
    place: &Place<'_>,
    mode: Option<FileMode>,
    (present, wanted): (&Sets, &Sets),
) -> Result<()> {
    let purges = !matches!(mode, Some(FileMode::NoPurge | FileMode::CreateOnly));
    let all = mode == Some(FileMode::ExactAll);
    let (mut kept, mut other) = (Vec::new(), Vec::new());
    let mut desk = ctx.on_desk();
    for (key, now) in present.iter().filter(|(key, _)| purges && !wanted.contains_key(key)) {
        let servers = key.rtype == RecordType::SOA || key.rtype.is_maintained_by_server();
        if servers || (is_signers(key) && !all) {
            continue;
        }
        if now.data.iter().any(is_opaque) && !all {
            kept.push(key.clone());
            continue;
        }
        desk.edit(&place.zone, key, Edit::Delete)?;
    }
    for (key, body) in wanted {
        let is_so = same(key.rtype, present.get(key), Some(body));
        if key.rtype.is_maintained_by_server() || is_so {
            continue;
        }
        if mode == Some(FileMode::CreateOnly) && present.contains_key(key) {
            other.push(key.clone());
            continue;
        }
        desk.edit(&place.zone, key, Edit::Set(body.data.clone(), Some(body.ttl)))?;
    }
    if !kept.is_empty() {
        desk.warn(phrase!("dns.import_unknown_kept", sets = listed(&kept)));
    }
    if !other.is_empty() {
        let (n, sets) = (other.len(), listed(&other));
        desk.warn(phrase!("dns.import_exist", n = n, sets = sets));
    }
    Ok(())
}

/// RFC 3597 form: a type that the crate `domain` does not know.
fn is_opaque(data: &RecordData) -> bool {
    data.as_str().starts_with("\\#")
}
