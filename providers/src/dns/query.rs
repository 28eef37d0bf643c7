//! Reading single record sets by asking an authoritative server.

use std::collections::BTreeMap;
use std::time::Duration;

use dns_domain::base::Rtype;
use dombot_core::domain::{DomainName, RecordName, RecordSet, RecordType, SetBody, SetKey};
use dombot_core::provider::ProviderError;

use super::exchange::{Link, Server, connect, exchange, within};
use super::message::{Reply, Rr, sets};

/// The types that a name is asked for one by one where ANY may hide some (RFC 8482).
const COMMON_TYPES: &[u16] = &[
    1, 2, 5, 6, 12, 13, 15, 16, 17, 28, 29, 33, 35, 37, 39, 43, 44, 48, 52, 53, 55, 59, 60, 61, 64,
    65, 99, 256, 257, 65401,
];

/// What queries can tell of some sets.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Queried {
    /// The sets that exist, all others do not.
    Sets(Vec<RecordSet>),
    /// Queries cannot tell: a wildcard has the same data, or a delegation covers the name.
    Doubtful,
}

/// One set as a server shows it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// It is served, or there is none.
    Set(Option<SetBody>),
    /// A delegation covers the name; this is the glue that came along.
    Covered(Option<SetBody>),
}

/// Asks for each set over one TCP connection, signed where there is a key.
pub(crate) async fn query_sets(
    server: Server<'_>,
    zone: &DomainName,
    keys: &[SetKey],
    deadline: Duration,
) -> Result<Queried, ProviderError> {
    within(deadline, async {
        let mut link = Link::Tcp(connect(server.addr).await?, server.signer);
        let mut found = Vec::new();
        for key in keys {
            match seen(&mut link, zone, key).await? {
                Seen::Covered(_) => return Ok(Queried::Doubtful),
                Seen::Set(None) => {}
                Seen::Set(Some(body)) => found.push(RecordSet { key: key.clone(), body }),
            }
        }
        if from_wildcard(&mut link, zone, &found).await? {
            return Ok(Queried::Doubtful);
        }
        Ok(Queried::Sets(found))
    })
    .await
}

/// Every set at one name. `trust_any`: the server software is known to answer ANY over TCP with all types.
pub(crate) async fn query_name(
    server: Server<'_>,
    zone: &DomainName,
    name: &RecordName,
    trust_any: bool,
    deadline: Duration,
) -> Result<Queried, ProviderError> {
    within(deadline, async {
        let mut link = Link::Tcp(connect(server.addr).await?, server.signer);
        let owner = name.absolute(zone);
        let all = exchange(&mut link, &owner, Rtype::ANY).await?;
        if !all.authoritative {
            return referral(&all, &owner, zone).map(|_| Queried::Doubtful);
        }
        let mut found: BTreeMap<SetKey, SetBody> = BTreeMap::new();
        let at_name = all.answer.iter().filter(|rr| rr.owner == owner);
        for set in sets(zone, at_name).map_err(ProviderError::Unexpected)? {
            found.insert(set.key, set.body);
        }
        let missing = |code: &u16| !found.keys().any(|k| k.rtype.code() == *code);
        let rest: Vec<u16> =
            COMMON_TYPES.iter().copied().filter(|c| !trust_any && missing(c)).collect();
        for code in rest {
            let key = SetKey { name: name.clone(), rtype: RecordType::from_code(code) };
            match seen(&mut link, zone, &key).await? {
                Seen::Covered(_) => return Ok(Queried::Doubtful),
                Seen::Set(body) => found.extend(body.map(|b| (key, b))),
            }
        }
        let found: Vec<_> = found.into_iter().map(|(key, body)| RecordSet { key, body }).collect();
        if from_wildcard(&mut link, zone, &found).await? {
            return Ok(Queried::Doubtful);
        }
        Ok(Queried::Sets(found))
    })
    .await
}

/// Asks for one set.
pub(super) async fn seen(
    link: &mut Link<'_>,
    zone: &DomainName,
    key: &SetKey,
) -> Result<Seen, ProviderError> {
    let owner = key.name.absolute(zone);
    let reply = exchange(link, &owner, Rtype::from_int(key.rtype.code())).await?;
    interpret(&reply, zone, key)
}

/// One of these sets may be a wildcard's, put together for the name that was asked (RFC 4592).
async fn from_wildcard(
    link: &mut Link<'_>,
    zone: &DomainName,
    found: &[RecordSet],
) -> Result<bool, ProviderError> {
    let mut known: BTreeMap<SetKey, Seen> = BTreeMap::new();
    for set in found {
        for name in wildcards(&set.key.name) {
            let key = SetKey { name, rtype: set.key.rtype };
            if !known.contains_key(&key) {
                let answer = seen(link, zone, &key).await?;
                known.insert(key.clone(), answer);
            }
            if known.get(&key) == Some(&Seen::Set(Some(set.body.clone()))) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// The wildcards that could answer for `name`: `*.b` and `*` for `a.b`.
pub(crate) fn wildcards(name: &RecordName) -> Vec<RecordName> {
    if name.is_apex() {
        return Vec::new();
    }
    let labels: Vec<&str> = name.as_str().split('.').collect();
    (1..=labels.len())
        .map(|cut| [&["*"], &labels[cut..]].concat().join("."))
        .filter(|wildcard| wildcard != name.as_str())
        .filter_map(|wildcard| RecordName::parse(&wildcard).ok())
        .collect()
}

fn interpret(reply: &Reply, zone: &DomainName, key: &SetKey) -> Result<Seen, ProviderError> {
    let owner = key.name.absolute(zone);
    let pick = |section: &[Rr]| -> Result<Option<SetBody>, ProviderError> {
        let own = section.iter().filter(|rr| rr.owner == owner && rr.rtype == key.rtype);
        let found = sets(zone, own).map_err(ProviderError::Unexpected)?;
        Ok(found.into_iter().next().map(|set| set.body))
    };
    if reply.authoritative {
        // A DNAME above hides whatever the zone may hold here; its CNAME is no record of its own (RFC 6672 3.1).
        let hidden = reply
            .answer
            .iter()
            .any(|rr| rr.rtype == RecordType::DNAME && owner.ends_with(&format!(".{}", rr.owner)));
        return Ok(if hidden { Seen::Covered(None) } else { Seen::Set(pick(&reply.answer)?) });
    }
    let cut = referral(reply, &owner, zone)?;
    if cut == owner && key.rtype == RecordType::NS {
        return Ok(Seen::Set(pick(&reply.authority)?));
    }
    Ok(Seen::Covered(pick(&reply.additional)?))
}

/// The owner of the delegation below the zone's apex that an answer without the flag `aa` points to.
fn referral(reply: &Reply, owner: &str, zone: &DomainName) -> Result<String, ProviderError> {
    let is_cut = |rr: &&Rr| {
        // Knot shows a delegation at a wildcard by the wildcard's own name.
        let at = rr.owner.strip_prefix("*.").unwrap_or(&rr.owner);
        rr.rtype == RecordType::NS
            && rr.owner != zone.as_str()
            && rr.owner.ends_with(&format!(".{zone}"))
            && (owner == at || owner.ends_with(&format!(".{at}")))
    };
    match reply.authority.iter().find(is_cut) {
        Some(cut) if reply.answer.is_empty() => Ok(cut.owner.clone()),
        _ => Err(ProviderError::Unexpected(format!("the server is not authoritative for {owner}"))),
    }
}
