//! Does this authoritative server serve what the plan promised? Asked of the server itself, never a cache.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use async_trait::async_trait;
use dombot_core::domain::{DomainName, RecordData, SetBody, SetKey};
use dombot_core::plan::{SetChange, same};
use dombot_core::provider::{Authority, AuthorityAnswer, ProviderError, Verify};

use super::exchange::{Link, within};
use super::query::{Seen, seen, wildcards};

/// Asks one server for each changed set; it agrees when it serves exactly every `after`, TTL included, with
/// the flag `aa`. A deleted set may be answered by a wildcard; glue counts as served.
pub async fn ask(
    authority: &Authority,
    zone: &DomainName,
    changes: &[SetChange],
    deadline: Duration,
) -> AuthorityAnswer {
    let mut link = Link::Udp(authority.addr);
    let asked = within(deadline, async {
        for change in changes {
            if let Some(problem) = differs(&mut link, zone, change).await? {
                return Ok(Some(problem));
            }
        }
        Ok(None)
    });
    let problem = asked.await.unwrap_or_else(|e| Some(e.to_string()));
    AuthorityAnswer { server: authority.clone(), agrees: problem.is_none(), problem }
}

/// [`Verify`] by this client; three seconds for each server.
#[derive(Debug, Clone, Copy)]
pub struct Servers;

#[async_trait]
impl Verify for Servers {
    async fn ask(
        &self,
        server: &Authority,
        zone: &DomainName,
        changes: &[SetChange],
    ) -> AuthorityAnswer {
        ask(server, zone, changes, Duration::from_secs(3)).await
    }
}

/// Authoritative servers out of an account's settings: `192.0.2.1:53, ns2.example.net=192.0.2.2`, comma
/// between them, port 53 unless given.
pub fn parse_authorities(text: &str) -> Result<Vec<Authority>, String> {
    text.split(',').map(str::trim).filter(|s| !s.is_empty()).map(parse_authority).collect()
}

fn parse_authority(text: &str) -> Result<Authority, String> {
    let (name, addr) = text.split_once('=').unwrap_or((text, text));
    let addr = parse_addr(addr.trim())?;
    Ok(Authority { name: name.trim().to_owned(), addr })
}

/// `192.0.2.1:5300`, `192.0.2.1`, `[2001:db8::1]:53` or `2001:db8::1`.
pub(crate) fn parse_addr(text: &str) -> Result<SocketAddr, String> {
    text.parse()
        .or_else(|_| text.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, 53)))
        .map_err(|_| format!("{text} is not an address like 192.0.2.1:53"))
}

async fn differs(
    link: &mut Link<'_>,
    zone: &DomainName,
    change: &SetChange,
) -> Result<Option<String>, ProviderError> {
    let served = match seen(link, zone, &change.key).await? {
        Seen::Set(served) => served,
        Seen::Covered(glue) if glue == change.after => glue,
        Seen::Covered(glue) => {
            return Ok(Some(format!(
                "{}: a delegation covers the name and the server shows {} there",
                owner(zone, &change.key),
                words(glue.as_ref())
            )));
        }
    };
    if same(change.key.rtype, served.as_ref(), change.after.as_ref()) {
        return Ok(None);
    }
    if change.after.is_none()
        && wildcard_shines_through(link, zone, change, served.as_ref()).await?
    {
        return Ok(None);
    }
    Ok(Some(format!("{}: serves {}", owner(zone, &change.key), words(served.as_ref()))))
}

async fn wildcard_shines_through(
    link: &mut Link<'_>,
    zone: &DomainName,
    change: &SetChange,
    served: Option<&SetBody>,
) -> Result<bool, ProviderError> {
    for name in wildcards(&change.key.name) {
        let key = SetKey { name, rtype: change.key.rtype };
        let wildcard = seen(link, zone, &key).await?;
        if matches!(&wildcard, Seen::Set(Some(_))) {
            return Ok(wildcard == Seen::Set(served.cloned()));
        }
    }
    Ok(false)
}

fn owner(zone: &DomainName, key: &SetKey) -> String {
    format!("{} {}", key.name.absolute(zone), key.rtype)
}

fn words(body: Option<&SetBody>) -> String {
    let Some(body) = body else { return "nothing".to_owned() };
    let data: Vec<&str> = body.data.iter().map(RecordData::as_str).collect();
    format!("{} with TTL {}", data.join(", "), body.ttl)
}
