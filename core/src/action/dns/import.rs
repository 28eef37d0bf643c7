//! A zone becomes like a zone file. The SOA stays; so do keys of the server's signer and types that nobody
//! here knows, unless the file names them. Apex NS change only where the file keeps at least one of the
//! present servers: a file from another host would otherwise point the zone back to that host.

use std::collections::BTreeMap;

use crate::action::act::Edit;
use crate::action::act::place::{self, Place};
use crate::action::{Ctx, DnsImport, Planned};
use crate::domain::{RecordData, RecordSet, RecordType, SetBody, SetKey, zonefile};
use crate::error::Result;
use crate::phrase;

type Sets = BTreeMap<SetKey, SetBody>;

pub(in crate::action) async fn plan(slots: &DnsImport, ctx: &Ctx<'_>) -> Result<Planned> {
    let Some(text) = ctx.attachment else {
        let file = phrase::foreign(&slots.attachment);
        return Err(phrase!("dns.import_no_file", file = file).into());
    };
    let place = place::of_domain(ctx, &slots.domain).await?;
    if place.zone.name != slots.domain {
        let (zone, domain) =
            (phrase::domain_text(&place.zone.name), phrase::domain_text(&slots.domain));
        return Err(phrase!("dns.import_not_apex", zone = zone, domain = domain).into());
    }
    let file = zonefile::read(text, &place.zone.name).map_err(|e| {
        phrase!("dns.import_bad_file", line = e.line, problem = e.problem.text(ctx.lang))
    })?;
    let present = map(place.read_zone(ctx).await?);
    let mut wanted = map(file);
    if !wanted.keys().any(|key| key.rtype != RecordType::SOA) {
        return Err(phrase!("dns.import_empty").into());
    }
    keep_apex_ns(ctx, &place, &present, &mut wanted);
    put(ctx, &place, &present, &wanted)?;
    place.note(ctx);
    Ok(Planned::OnDesk)
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

fn put(ctx: &Ctx<'_>, place: &Place<'_>, present: &Sets, wanted: &Sets) -> Result<()> {
    let mut kept = Vec::new();
    let mut desk = ctx.on_desk();
    for (key, now) in present {
        if key.rtype == RecordType::SOA || is_signers(key) || wanted.contains_key(key) {
            continue;
        }
        if now.data.iter().any(is_opaque) {
            kept.push(format!("{key:?}"));
            continue;
        }
        desk.edit(&place.zone, key, Edit::Delete)?;
    }
    for (key, body) in wanted {
        let ours = key.rtype != RecordType::SOA && !key.rtype.is_maintained_by_server();
        if ours && present.get(key) != Some(body) {
            desk.edit(&place.zone, key, Edit::Set(body.data.clone(), Some(body.ttl)))?;
        }
    }
    if !kept.is_empty() {
        desk.warn(phrase!("dns.import_unknown_kept", sets = kept.join(", ")));
    }
    Ok(())
}

/// RFC 3597 form: a type that the crate `domain` does not know.
fn is_opaque(data: &RecordData) -> bool {
    data.as_str().starts_with("\\#")
}
