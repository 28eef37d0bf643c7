//! Which records hold this address or host name? Every zone of every account is read.

use std::net::IpAddr;
use std::sync::Arc;

use crate::account::Account;
use crate::action::act::place::{Survey, account_name, survey};
use crate::action::act::reach::{LONG_PATIENCE, PATIENCE, each, patient, problem};
use crate::action::{Answer, Ctx, DnsFind, Found, FoundRow, Planned, Unreachable};
use crate::domain::{DomainName, RecordSet, RecordType};
use crate::error::Result;
use crate::phrase;
use crate::provider::{ProviderError, ZoneRef};

/// What is looked for, in its one form.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Needle {
    Address(IpAddr),
    Host(DomainName),
}

/// What one account gave: hits, zones read, the first zone that could not be read.
type Searched = (Vec<(ZoneRef, RecordSet)>, usize, Option<(DomainName, ProviderError)>);

pub(in crate::action) async fn plan(slots: &DnsFind, ctx: &Ctx<'_>) -> Result<Planned> {
    let needle = needle(&slots.value)
        .ok_or_else(|| phrase!("dns.find_bad_value", value = phrase::foreign(&slots.value)))?;
    if ctx.accounts.dns_hosts().next().is_none() {
        return Err(phrase!("zone.no_accounts").into());
    }
    let zones = survey(ctx).await;
    let said = each(ctx.accounts.dns_hosts(), LONG_PATIENCE, |account| {
        let (zones, needle) = (zones.clone(), needle.clone());
        async move { Ok(search(account, zones, &needle).await) }
    })
    .await;
    let mut found = Found {
        value: slots.value.clone(),
        hits: Vec::new(),
        zones_read: 0,
        unreachable: Vec::new(),
    };
    for (account, e) in zones.silent.iter().map(|(id, e)| (account_name(ctx, *id), e)) {
        found.unreachable.push(Unreachable { account, problem: problem(e).text(ctx.lang) });
    }
    for (account, e) in said.silent {
        let problem = problem(&e).text(ctx.lang);
        found.unreachable.push(Unreachable { account: account.name.clone(), problem });
    }
    for (account, (hits, read, unread)) in said.heard {
        found.zones_read += read;
        let row = |(zone, set): (ZoneRef, RecordSet)| FoundRow {
            zone: zone.name,
            account: account_name(ctx, zone.account),
            set,
        };
        found.hits.extend(hits.into_iter().map(row));
        if let Some((zone, e)) = unread {
            let why = problem(&e).text(ctx.lang);
            let said = phrase!("dns.zone_unread", zone = phrase::domain_text(&zone), problem = why);
            let problem = said.text(ctx.lang);
            found.unreachable.push(Unreachable { account: account.name.clone(), problem });
        }
    }
    found.hits.sort_by(|a, b| (&a.zone, &a.set.key).cmp(&(&b.zone, &b.set.key)));
    Ok(Planned::Answer(Answer::Found(found)))
}

async fn search(account: Account, survey: Arc<Survey>, needle: &Needle) -> Searched {
    let mut out: Searched = (Vec::new(), 0, None);
    let Some(host) = account.provider.dns() else { return out };
    for zone in survey.zones.iter().filter(|z| z.account == account.id) {
        match patient(PATIENCE, host.read_zone(zone)).await {
            Ok(sets) => {
                out.1 += 1;
                let hits = sets.into_iter().filter(|s| holds(s, needle));
                out.0.extend(hits.map(|set| (zone.clone(), set)));
            }
            Err(e) => out.2 = out.2.or(Some((zone.name.clone(), e))),
        }
    }
    out
}

fn needle(text: &str) -> Option<Needle> {
    let text = text.trim().trim_matches(|c| c == '[' || c == ']');
    if let Ok(address) = text.parse() {
        return Some(Needle::Address(address));
    }
    let host: DomainName = text.parse().ok()?;
    let is_number = host.as_str().bytes().all(|b| b.is_ascii_digit() || b == b'.');
    (!is_number).then_some(Needle::Host(host))
}

fn holds(set: &RecordSet, needle: &Needle) -> bool {
    set.key.rtype != RecordType::SOA
        && !set.key.rtype.is_maintained_by_server()
        && set.body.data.iter().any(|d| tokens(d.as_str()).any(|t| is_it(t, needle)))
}

/// Words of the data, and what stands after `ip4:`, `include:`, `ipv4hint=`, before a prefix length.
fn tokens(data: &str) -> impl Iterator<Item = &str> {
    data.split(|c: char| c.is_whitespace() || matches!(c, '"' | ',' | ';' | '=')).flat_map(|word| {
        let bare = |w| str::split(w, '/').next().unwrap_or(w);
        let after = word.split_once(':').map(|(_, rest)| bare(rest));
        [Some(bare(word)), after].into_iter().flatten()
    })
}

fn is_it(token: &str, needle: &Needle) -> bool {
    match needle {
        Needle::Address(address) => token.parse() == Ok(*address),
        Needle::Host(host) => {
            let token = token.strip_suffix('.').unwrap_or(token);
            token.eq_ignore_ascii_case(host.as_str())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_whole_tokens_only() {
        let hit = |data: &str, value: &str| {
            let needle = needle(value).unwrap();
            tokens(data).any(|t| is_it(t, &needle))
        };
        for (data, value) in [
            ("203.0.113.7", "203.0.113.7"),
            ("2001:db8::7", "2001:DB8:0::7"),
            ("10 mail.firma.pl.", "Mail.firma.pl"),
            ("\"v=spf1 ip4:203.0.113.7/32 include:spf.firma.pl -all\"", "203.0.113.7"),
            ("\"v=spf1 ip6:2001:db8::7 -all\"", "2001:db8::7"),
            ("\"v=spf1 include:spf.firma.pl -all\"", "spf.firma.pl"),
            ("1 . alpn=h2 ipv4hint=192.0.2.1,203.0.113.7", "203.0.113.7"),
        ] {
            assert!(hit(data, value), "{data} {value}");
        }
        for (data, value) in [
            ("203.0.113.70", "203.0.113.7"),
            ("10 mail.firma.pl.", "firma.pl"),
            ("www.firma.pl.evil.example.", "www.firma.pl"),
        ] {
            assert!(!hit(data, value), "{data} {value}");
        }
        for bad in ["", "300.1.2.3", "a b", "1.2.3"] {
            assert_eq!(needle(bad), None, "{bad}");
        }
    }
}
