//! What these servers take with a good answer and then drop or alter, or refuse: said by the plan, before anything is
//! sent. Each rule was seen at the real server (BIND 9.18, Knot 3.2, PowerDNS 4.7).

use std::net::IpAddr;

use dombot_core::domain::{RecordData, RecordName, RecordType, SetBody, SetKey};
use dombot_core::phrase;
use dombot_core::phrase::Phrase;
use dombot_core::plan::SetChange;
use dombot_core::provider::{Around, ZoneRef};

use super::Software;
use crate::dns::{is_host, pdns, wildcards};

/// Most records of one set at BIND.
const MOST_RECORDS: usize = 100;
/// Types whose owner BIND wants to be a host name (its default `check-names`): A, MX, WKS, AAAA.
const HOST_OWNERS: &[u16] = &[1, 11, 15, 28];
/// Types whose target BIND wants to be one, and in which word of the data it stands (counted from the end for 0).
const HOST_TARGETS: &[(u16, usize)] =
    &[(2, 0), (6, 1), (15, 0), (18, 0), (21, 0), (33, 0), (64, 2), (65, 2)];

/// Why the server would not hold the zone as it will be after this change.
pub(super) fn of(
    software: Software,
    zone: &ZoneRef,
    change: &SetChange,
    around: &dyn Around,
) -> Vec<Phrase> {
    let mut out: Vec<Phrase> = lone_ds(software, change, around).into_iter().collect();
    match software {
        Software::Bind => {
            out.extend(dropped_by_bind(change));
            out.extend(too_many(change));
            out.extend(keys(change, around));
            out.extend(bad_owner(change));
            out.extend(bad_targets(change));
            out.extend(no_address(zone, change, around));
            out.extend(last_address(zone, change, around));
        }
        Software::Knot => out.extend(below_dname(change, around)),
        Software::PowerDns => {
            out.extend(soa_ttl(change));
            out.extend(pdns::refusals(change, pdns::Way::Update));
        }
        Software::Unknown => {}
    }
    out
}

/// The names that decide whether BIND takes a change: hosts of this zone to which an MX or an apex NS leads, what
/// stands above them, and the wildcards that could stand for them.
pub(super) fn hosts(software: Software, zone: &ZoneRef, change: &SetChange) -> Vec<RecordName> {
    if software != Software::Bind {
        return Vec::new();
    }
    let around = |host: RecordName| {
        let mut names = above(&host);
        names.extend(wildcards(&host));
        names.push(host);
        names
    };
    let mut names: Vec<RecordName> = targets(zone, change).into_iter().flat_map(around).collect();
    if is_address(change.key.rtype) && change.after.is_none() {
        names.push(RecordName::apex());
    }
    names
}

fn is_address(rtype: RecordType) -> bool {
    matches!(rtype, RecordType::A | RecordType::AAAA)
}

/// PowerDNS takes a new SOA by update and keeps the TTL of the old one.
fn soa_ttl(change: &SetChange) -> Option<Phrase> {
    let ttl = |body: &Option<SetBody>| body.as_ref().map(|b| b.ttl);
    let moved = change.key.rtype == RecordType::SOA && ttl(&change.before) != ttl(&change.after);
    moved.then(|| phrase!("dnshost.soa_ttl"))
}

/// BIND answers NOERROR to a DS where no NS is, and drops it; it drops the DS together with the NS, too.
fn lone_ds(software: Software, change: &SetChange, around: &dyn Around) -> Option<Phrase> {
    let name = &change.key.name;
    let concerned = match change.key.rtype {
        RecordType::DS => change.after.is_some(),
        RecordType::NS => change.after.is_none(),
        _ => false,
    };
    let types = around.types(name).filter(|_| concerned)?;
    if !types.contains(&RecordType::DS) || types.contains(&RecordType::NS) {
        return None;
    }
    match software {
        Software::Bind => Some(phrase!("dnshost.ds_dropped", name = name)),
        Software::Unknown => Some(phrase!("dnshost.ds_maybe_dropped", name = name)),
        Software::Knot | Software::PowerDns => None,
    }
}

/// NOERROR, and nothing of it in the zone: MD and MF, NS and DNAME at a wildcard.
fn dropped_by_bind(change: &SetChange) -> Option<Phrase> {
    let (name, rtype) = (&change.key.name, change.key.rtype);
    let wild = name.is_wildcard() && matches!(rtype, RecordType::NS | RecordType::DNAME);
    let dropped = wild || matches!(rtype.code(), 3 | 4);
    (dropped && change.after.is_some())
        .then(|| phrase!("dnshost.dropped", name = name, rtype = rtype))
}

/// Its default `max-records-per-type`, since 9.18.28.
fn too_many(change: &SetChange) -> Option<Phrase> {
    let n = change.after.as_ref().map_or(0, |after| after.data.len());
    let (name, rtype) = (&change.key.name, change.key.rtype);
    (n > MOST_RECORDS)
        .then(|| phrase!("dnshost.too_many", name = name, rtype = rtype, most = MOST_RECORDS))
}

/// An apex DNSKEY wants its private key at the server; CDS and CDNSKEY there want a DNSKEY, or are the ones that
/// switch DNSSEC off (RFC 8078 4).
fn keys(change: &SetChange, around: &dyn Around) -> Option<Phrase> {
    let (name, rtype) = (&change.key.name, change.key.rtype);
    let after = change.after.as_ref().filter(|_| name.is_apex())?;
    let dnskey = SetKey { name: RecordName::apex(), rtype: RecordType::from_code(48) };
    let off = |d: &RecordData| d.as_str().starts_with("0 0 ") || d.as_str().starts_with("0 3 0 ");
    let refused = match rtype.code() {
        48 => true,
        59 | 60 => !after.data.iter().all(off) && around.set(&dnskey).is_none(),
        _ => false,
    };
    refused.then(|| phrase!("dnshost.bind_keys", name = name, rtype = rtype))
}

/// Knot takes nothing below a DNAME (RFC 6672 2.4), nor a DNAME above something.
fn below_dname(change: &SetChange, around: &dyn Around) -> Option<Phrase> {
    let (name, rtype) = (&change.key.name, change.key.rtype);
    change.after.as_ref()?;
    let has_dname = |n: &RecordName| {
        around.set(&SetKey { name: n.clone(), rtype: RecordType::DNAME }).is_some()
    };
    let tree = if rtype == RecordType::DNAME {
        around.below(name).map(|below| (name.clone(), below))
    } else {
        let mut trees = above(name);
        if !name.is_apex() {
            trees.push(RecordName::apex());
        }
        trees.into_iter().find(has_dname).map(|tree| (tree, name.clone()))
    };
    tree.map(|(tree, name)| phrase!("dnshost.below_dname", tree = tree, name = name))
}

/// Names between this one and the apex, without both.
fn above(name: &RecordName) -> Vec<RecordName> {
    let labels: Vec<&str> = name.as_str().split('.').collect();
    (1..labels.len()).filter_map(|cut| RecordName::parse(&labels[cut..].join(".")).ok()).collect()
}

/// BIND's default `check-names`; exceptions are Active Directory's `gc._msdcs` and SPF's `exists` names.
fn bad_owner(change: &SetChange) -> Option<Phrase> {
    let (name, rtype) = (&change.key.name, change.key.rtype);
    if change.after.is_none() || !HOST_OWNERS.contains(&rtype.code()) || name.is_apex() {
        return None;
    }
    let text = name.as_str();
    let allowed = is_address(rtype)
        && (text == "gc._msdcs"
            || text.split('.').any(|l| matches!(l, "_spf" | "_spf_verify" | "_spf_rate")));
    let bare = text.strip_prefix("*.").unwrap_or(text);
    let fine = allowed || bare == "*" || is_host(bare);
    (!fine).then(|| phrase!("dnshost.bad_owner", name = name, rtype = rtype))
}

fn bad_targets(change: &SetChange) -> Vec<Phrase> {
    let (name, rtype) = (&change.key.name, change.key.rtype);
    let Some((_, word)) = HOST_TARGETS.iter().find(|(code, _)| *code == rtype.code()) else {
        return Vec::new();
    };
    let data = change.after.iter().flat_map(|body| &body.data);
    let hosts = data.filter_map(|d| match word {
        0 => d.as_str().rsplit(' ').next(),
        n => d.as_str().split(' ').nth(n - 1),
    });
    hosts
        .map(|host| host.trim_end_matches('.'))
        .filter(|host| !host.is_empty() && !is_host(host))
        .map(|host| phrase!("dnshost.bad_target", name = name, rtype = rtype, host = host))
        .collect()
}

/// BIND refuses an MX or an apex NS that leads to a name of the zone without an address, unless a delegation
/// covers it.
fn no_address(zone: &ZoneRef, change: &SetChange, around: &dyn Around) -> Vec<Phrase> {
    let (name, rtype) = (&change.key.name, change.key.rtype);
    let bad = targets(zone, change).into_iter().filter(|h| reaches(h, around) == Some(false));
    bad.map(|host| phrase!("dnshost.no_address", name = name, rtype = rtype, host = host)).collect()
}

/// The same, seen from the address that goes while the apex NS stays.
fn last_address(zone: &ZoneRef, change: &SetChange, around: &dyn Around) -> Option<Phrase> {
    let (host, rtype) = (&change.key.name, change.key.rtype);
    if !is_address(rtype) || change.after.is_some() {
        return None;
    }
    let apex = SetKey { name: RecordName::apex(), rtype: RecordType::NS };
    let after = around.set(&apex);
    let servers = SetChange { key: apex.clone(), before: None, after };
    let leads = targets(zone, &servers).contains(host) && reaches(host, around) == Some(false);
    leads.then(|| phrase!("dnshost.no_address", name = "@", rtype = apex.rtype, host = host))
}

/// Whether BIND finds an address for a name of the zone; `None` = not all of it was read.
fn reaches(host: &RecordName, around: &dyn Around) -> Option<bool> {
    let mut trees: Vec<Vec<RecordType>> =
        above(host).iter().map(|n| around.types(n)).collect::<Option<_>>()?;
    let own = around.types(host)?;
    let wild: Vec<Vec<RecordType>> =
        wildcards(host).iter().map(|n| around.types(n)).collect::<Option<_>>()?;
    if !host.is_apex() {
        trees.push(own.clone());
        if trees.iter().any(|t| t.contains(&RecordType::NS)) {
            return Some(true);
        }
        trees.pop();
        if trees.iter().any(|t| t.contains(&RecordType::DNAME)) {
            return Some(false);
        }
    }
    let first = std::iter::once(own).chain(wild).find(|types| !types.is_empty());
    Some(first.is_some_and(|types| types.into_iter().any(is_address)))
}

/// Hosts inside the zone to which the changed set leads.
fn targets(zone: &ZoneRef, change: &SetChange) -> Vec<RecordName> {
    let (name, rtype) = (&change.key.name, change.key.rtype);
    if rtype != RecordType::MX && !(rtype == RecordType::NS && name.is_apex()) {
        return Vec::new();
    }
    let data = change.after.iter().flat_map(|body| &body.data);
    data.filter_map(|d| d.as_str().rsplit(' ').next())
        .filter(|host| host.trim_end_matches('.').parse::<IpAddr>().is_err())
        .filter_map(|host| RecordName::from_absolute(host, &zone.name).ok())
        .collect()
}
