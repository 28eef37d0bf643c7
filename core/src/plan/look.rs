//! What a person should look at twice before record sets change, and what no server should be asked to hold.
//! Knows the changes only; what a provider refuses, the provider says.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::{SetChange, Tier};
use crate::domain::{RecordData, RecordName, RecordSet, RecordType, SetBody, SetKey};
use crate::phrase;
use crate::phrase::Phrase;
use crate::provider::ZoneRef;

/// From this many sets on, a share of the zone says something.
const SHARE_FROM: usize = 10;
/// Percent of a zone's sets that may change or go without a word.
const SHARE: usize = 30;
/// Seconds; outside of these a TTL is hardly meant.
const USUAL_TTL: std::ops::RangeInclusive<u32> = 60..=86_400;
/// So many names are listed in one warning.
const NAMED: usize = 3;

/// Why a change can take a domain, its mail or its certificates away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Care {
    ApexNs,
    Delegation,
    Ds,
    ApexMx,
    Wildcard,
    Tree,
    Caa,
    MailTrust,
    Proof,
}

/// How much a mistake in these changes would cost: never below [`Tier::Reversible`]. A large share of a zone is worth
/// a second look whatever it holds.
pub fn tier(share: &Share<'_>, changes: &[SetChange]) -> Tier {
    let grave = changes.iter().any(|c| care(c).is_some());
    if grave || share_words(share, changes).is_some() { Tier::Dangerous } else { Tier::Reversible }
}

/// What the changes are held against, to see whether they are many.
#[derive(Debug)]
pub struct Share<'a> {
    /// How many sets the zone has now, where that is known.
    pub zone_sets: Option<usize>,
    /// Sets that were changed in the last 24 hours. Rule 19.
    pub recent: &'a BTreeSet<SetKey>,
}

/// What to look at twice.
pub fn warnings(zone: &ZoneRef, share: &Share<'_>, changes: &[SetChange]) -> Vec<Phrase> {
    let at = |c: &SetChange| c.key.name.absolute(&zone.name);
    let mut out = Vec::new();
    for change in changes {
        out.extend(care(change).map(|c| care_words(c, &at(change))));
        out.extend(mail_words(change, &at(change)));
        out.extend(caa_words(change, &at(change)));
        if takes_address(change, changes) {
            out.push(phrase!("dns.warn_no_address", name = at(change), rtype = change.key.rtype));
        }
    }
    out.extend(share_words(share, changes));
    let names = |pick: &dyn Fn(&SetChange) -> bool| {
        listed(changes.iter().filter(|c| pick(c)).map(|c| format!("{} {}", at(c), c.key.rtype)))
    };
    if let Some(names) = names(&|c| new_ttl(c).is_some_and(|t| t < *USUAL_TTL.start())) {
        out.push(phrase!("dns.warn_ttl_low", names = names, least = USUAL_TTL.start()));
    }
    if let Some(names) = names(&|c| new_ttl(c).is_some_and(|t| t > *USUAL_TTL.end())) {
        out.push(phrase!("dns.warn_ttl_high", names = names, most = USUAL_TTL.end()));
    }
    if !zone.name.is_reserved() {
        let private = changes.iter().flat_map(|c| {
            new_data(c).filter(|d| not_public(d)).map(move |d| format!("{} {d}", at(c)))
        });
        out.extend(listed(private).map(|names| phrase!("dns.warn_private", names = names)));
    }
    out
}

/// Why no server should be asked to do this. `existing_at_owner` = every set at that name as it will be beside this
/// change, with the plan's other changes folded in; the changed set itself may be among them.
pub fn problems(existing_at_owner: &[RecordSet], change: &SetChange) -> Vec<Phrase> {
    let (name, rtype) = (&change.key.name, change.key.rtype);
    if rtype == RecordType::SOA {
        let one = change.after.as_ref().is_some_and(|after| after.data.len() == 1);
        let fits = name.is_apex() && change.before.is_some() && one;
        return (!fits).then(|| phrase!("dns.soa_refused")).into_iter().collect();
    }
    if rtype.is_maintained_by_server() {
        return vec![phrase!("dns.server_type", rtype = rtype)];
    }
    let Some(after) = &change.after else {
        let emptied = name.is_apex() && rtype == RecordType::NS;
        return emptied.then(|| phrase!("dns.apex_ns_empty")).into_iter().collect();
    };
    let mut out = Vec::new();
    if after.data.is_empty() {
        out.push(phrase!("dns.empty_set", name = name, rtype = rtype));
    }
    if matches!(rtype, RecordType::CNAME | RecordType::DNAME) && after.data.len() > 1 {
        out.push(phrase!("dns.one_only", name = name, rtype = rtype));
    }
    if name.is_apex() && rtype == RecordType::CNAME {
        out.push(phrase!("dns.cname_apex"));
    }
    if name.is_apex() && rtype == RecordType::DS {
        out.push(phrase!("dns.ds_apex"));
    }
    out.extend(clashes(existing_at_owner, name, rtype));
    let hosts = after.data.iter().filter_map(|d| host(rtype, d));
    out.extend(
        hosts
            .filter(|h| h.parse::<IpAddr>().is_ok())
            .map(|ip| phrase!("dns.host_is_ip", rtype = rtype, ip = ip)),
    );
    out
}

/// CNAME stands alone (RFC 1034 3.6.2), DNAME never beside a delegation (RFC 6672 2.3).
fn clashes(existing: &[RecordSet], name: &RecordName, rtype: RecordType) -> Option<Phrase> {
    let others: Vec<RecordType> = existing
        .iter()
        .filter(|s| s.key.name == *name && s.key.rtype != rtype)
        .map(|s| s.key.rtype)
        .filter(|t| !t.is_maintained_by_server())
        .collect();
    let delegation = [RecordType::NS, RecordType::DNAME];
    if rtype == RecordType::CNAME && !others.is_empty() {
        let types: Vec<String> = others.iter().map(ToString::to_string).collect();
        return Some(phrase!("dns.cname_beside", name = name, types = types.join(", ")));
    }
    if others.contains(&RecordType::CNAME) {
        return Some(phrase!("dns.cname_there", name = name, rtype = rtype));
    }
    let both = delegation.contains(&rtype) && others.iter().any(|t| delegation.contains(t));
    (both && !name.is_apex()).then(|| phrase!("dns.dname_ns", name = name))
}

/// The host that data lead to, without the final dot.
fn host(rtype: RecordType, data: &RecordData) -> Option<&str> {
    use RecordType as T;
    if !matches!(rtype, T::CNAME | T::DNAME | T::MX | T::NS | T::SRV) {
        return None;
    }
    data.as_str().rsplit(' ').next()?.strip_suffix('.')
}

/// The gravest reason; rule by rule from the whole zone down to one service.
fn care(change: &SetChange) -> Option<Care> {
    use RecordType as T;
    let name = &change.key.name;
    let labels = || name.as_str().split('.');
    match change.key.rtype {
        T::NS if name.is_apex() => Some(Care::ApexNs),
        _ if labels().any(|l| l == "_acme-challenge") => Some(Care::Proof),
        T::NS => Some(Care::Delegation),
        T::DS => Some(Care::Ds),
        T::MX if name.is_apex() => Some(Care::ApexMx),
        _ if name.is_wildcard() => Some(Care::Wildcard),
        T::DNAME => Some(Care::Tree),
        T::CAA => Some(Care::Caa),
        _ if labels().any(|l| matches!(l, "_domainkey" | "_dmarc" | "_mta-sts")) => {
            Some(Care::MailTrust)
        }
        _ if all_data(change).any(|d| is_mail_text(change.key.rtype, d)) => Some(Care::MailTrust),
        _ if labels().any(is_proof_label) => Some(Care::Proof),
        _ if all_data(change).any(|d| is_proof(change.key.rtype, d)) => Some(Care::Proof),
        _ => None,
    }
}

fn all_data(change: &SetChange) -> impl Iterator<Item = &RecordData> {
    change.before.iter().chain(&change.after).flat_map(|body| &body.data)
}

/// A TXT's strings as one text.
fn text(rtype: RecordType, data: &RecordData) -> Option<String> {
    matches!(rtype, RecordType::TXT | RecordType::SPF)
        .then(|| data.txt_bytes().map(|b| String::from_utf8_lossy(&b).trim().to_lowercase()))
        .flatten()
}

fn is_spf(rtype: RecordType, data: &RecordData) -> bool {
    text(rtype, data).is_some_and(|t| t == "v=spf1" || t.starts_with("v=spf1 "))
}

/// Taken wider than the standards' exact words: a text with a slip in it is meant for mail too.
fn is_mail_text(rtype: RecordType, data: &RecordData) -> bool {
    let starts = ["v=spf1", "spf2.0/", "v=dkim1", "v=dmarc1", "v=stsv1"];
    text(rtype, data).is_some_and(|t| starts.iter().any(|s| t.replace(' ', "").starts_with(s)))
}

/// `_dnsauth`, `_github-challenge-firma`, `_gitlab-pages-verification-code`, `_validation-contactemail`.
fn is_proof_label(label: &str) -> bool {
    let words = ["challenge", "verif", "validation", "dnsauth", "dcv", "atproto"];
    label.starts_with('_') && words.iter().any(|w| label.contains(w))
}

/// A text or alias by which a company or a certification authority recognises the owner of a domain.
fn is_proof(rtype: RecordType, data: &RecordData) -> bool {
    if rtype == RecordType::CNAME {
        let targets =
            ["acm-validations.aws.", ".sectigo.com.", ".comodoca.com.", ".dcv.digicert.com."];
        return targets.iter().any(|t| data.as_str().ends_with(t));
    }
    let Some(text) = text(rtype, data) else { return false };
    let key = text.split(['=', ':', ' ']).next().unwrap_or_default();
    let words = ["verif", "validation", "challenge", "ownership"];
    let keys = ["ms", "docusign", "amazonses", "apple-domain", "_globalsign", "globalsign", "ca3"];
    (key.len() < text.len() && keys.contains(&key)) || words.iter().any(|w| key.contains(w))
}

fn care_words(care: Care, name: &str) -> Phrase {
    match care {
        Care::ApexNs => phrase!("dns.warn_apex_ns", name = name),
        Care::Delegation => phrase!("dns.warn_delegation", name = name),
        Care::Ds => phrase!("dns.warn_ds", name = name),
        Care::ApexMx => phrase!("dns.warn_mx", name = name),
        Care::Wildcard => phrase!("dns.warn_wildcard", name = name),
        Care::Tree => phrase!("dns.warn_tree", name = name),
        Care::Caa => phrase!("dns.warn_caa", name = name),
        Care::MailTrust => phrase!("dns.warn_mail_trust", name = name),
        Care::Proof => phrase!("dns.warn_proof", name = name),
    }
}

/// Mail below the apex, two SPF texts (RFC 7208 4.5: then none counts), "no mail" beside a mail server (RFC 7505).
fn mail_words(change: &SetChange, name: &str) -> Vec<Phrase> {
    let mut out = Vec::new();
    let rtype = change.key.rtype;
    if rtype == RecordType::MX && care(change) != Some(Care::ApexMx) {
        out.push(phrase!("dns.warn_mx", name = name));
    }
    let after = change.after.as_ref().map_or(&[][..], |b| &b.data);
    if after.iter().filter(|d| is_spf(rtype, d)).count() > 1 {
        out.push(phrase!("dns.warn_spf_many", name = name));
    }
    let null = rtype == RecordType::MX && after.iter().any(|d| d.as_str().ends_with(" ."));
    if null && after.len() > 1 {
        out.push(phrase!("dns.warn_null_mx", name = name));
    }
    out
}

/// `issue ";"` and nothing that allows: no authority may issue (RFC 8659 4.2).
fn caa_words(change: &SetChange, name: &str) -> Option<Phrase> {
    let after = change.after.as_ref().filter(|_| change.key.rtype == RecordType::CAA)?;
    let forbids = |tag: &str| {
        let mut issuers = after.data.iter().filter_map(|d| {
            let (_, rest) = d.as_str().split_once(' ')?;
            let value = rest.strip_prefix(tag)?.strip_prefix(" \"")?;
            Some(value.split([';', '"']).next().unwrap_or_default().trim().is_empty())
        });
        let mut any = false;
        issuers.by_ref().all(|empty| {
            any = true;
            empty
        }) && any
    };
    (forbids("issue") || forbids("issuewild")).then(|| phrase!("dns.warn_caa_forbids", name = name))
}

/// An address of the apex or `www` goes and this plan puts nothing in its place.
fn takes_address(change: &SetChange, changes: &[SetChange]) -> bool {
    use RecordType as T;
    let address = |t| matches!(t, T::A | T::AAAA | T::CNAME);
    let front = change.key.name.is_apex() || change.key.name.as_str() == "www";
    front
        && address(change.key.rtype)
        && change.after.is_none()
        && !changes
            .iter()
            .any(|c| c.key.name == change.key.name && address(c.key.rtype) && c.after.is_some())
}

fn share_words(share: &Share<'_>, changes: &[SetChange]) -> Option<Phrase> {
    let total = share.zone_sets.filter(|n| *n >= SHARE_FROM)?;
    let now = changes.iter().filter(|c| c.before.is_some()).map(|c| &c.key);
    let touched = now.clone().count();
    if touched * 100 > total * SHARE {
        let percent = touched * 100 / total;
        return Some(phrase!("dns.warn_share", n = touched, total = total, percent = percent));
    }
    let day = now.chain(share.recent).collect::<BTreeSet<_>>().len();
    (day * 100 > total * SHARE).then(|| {
        let percent = (day * 100 / total).min(100);
        phrase!("dns.warn_share_day", n = day, total = total, percent = percent)
    })
}

/// The TTL that this change brings.
fn new_ttl(change: &SetChange) -> Option<u32> {
    let after = change.after.as_ref()?.ttl;
    (change.before.as_ref().map(|b| b.ttl) != Some(after)).then(|| after.secs())
}

/// Addresses that were not there before.
fn new_data(change: &SetChange) -> impl Iterator<Item = &RecordData> {
    let before: &[RecordData] = change.before.as_ref().map_or(&[], |b: &SetBody| &b.data);
    let address = matches!(change.key.rtype, RecordType::A | RecordType::AAAA);
    let after = change.after.iter().filter(move |_| address).flat_map(|b| &b.data);
    after.filter(move |d| !before.contains(d))
}

/// Private, loopback, link-local, documentation and the like (IANA's special-purpose registries).
fn not_public(data: &RecordData) -> bool {
    match data.as_str().parse::<IpAddr>() {
        Ok(IpAddr::V4(ip)) => {
            let [a, b, c, _] = ip.octets();
            ip.is_private()
                || ip.is_loopback()
                || ip.is_link_local()
                || ip.is_documentation()
                || ip.is_multicast()
                || matches!(
                    (a, b, c),
                    (0 | 240..=255, ..) | (100, 64..=127, _) | (192, 0, 0) | (198, 18..=19, _)
                )
        }
        Ok(IpAddr::V6(ip)) => {
            let [a, b, ..] = ip.segments();
            // Global unicast is 2000::/3; NAT64's 64:ff9b::/96 is public too.
            let global = a & 0xe000 == 0x2000 || (a, b) == (0x64, 0xff9b);
            !global || (a, b) == (0x2001, 0xdb8) || (a == 0x3fff && b < 0x1000)
        }
        Err(_) => false,
    }
}

/// The first few, with an ellipsis for the rest; `None` for none.
fn listed(names: impl Iterator<Item = String>) -> Option<String> {
    let mut names: Vec<String> = names.take(NAMED + 1).collect();
    if names.len() > NAMED {
        names[NAMED] = "…".into();
    }
    (!names.is_empty()).then(|| names.join(", "))
}

#[cfg(test)]
mod tests;
