//! Name servers with dynamic update (RFC 2136) and a TSIG key: BIND, Knot, PowerDNS and others.
//!
//! A change is one UPDATE message whose prerequisites are the plan's "before": the server itself compares
//! and swaps. The whole zone is read (by AXFR) only where single queries cannot tell.

mod host;
mod objections;

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use dombot_core::clock::{Clock, SystemClock};
use dombot_core::domain::DomainName;
use dombot_core::ids::AccountId;
use dombot_core::provider::{
    Authority, DnsHost, Field, Kind, OpenError, Proved, Provider, Settings,
};

use crate::dns::{Signer, parse_addr, parse_authorities};

/// RFC 2136 servers, as data.
pub(crate) static KIND: Kind = Kind {
    id: "rfc2136",
    title: "Name server with dynamic update (BIND, Knot, PowerDNS)",
    fields: &[
        field("server", "IP address and port of the primary server, e.g. 192.0.2.1:53"),
        field("zones", "zones that the key may change, e.g. firma.pl, firma.eu"),
        field("key_name", "name of the TSIG key, e.g. dombot-key"),
        Field {
            optional: true,
            ..field("algorithm", "hmac-sha256 (default), hmac-sha384 or hmac-sha512")
        },
        Field { secret: true, ..field("secret", "the TSIG secret in base64") },
        Field {
            optional: true,
            ..field(
                "authorities",
                "servers to check after a change, e.g. ns1=192.0.2.1:53, 192.0.2.2",
            )
        },
        Field {
            optional: true,
            ..field(
                "software",
                "bind, knot, powerdns or other; asked from the server when left out",
            )
        },
    ],
    proved: Proved::RealServer("BIND 9.18, Knot 3.2, PowerDNS 4.7"),
    own_server: true,
    open: |account, settings| Ok(Arc::new(Rfc2136::open(account, settings, system_clock())?)),
};

/// Differences between servers that a plan should know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Software {
    Bind,
    Knot,
    PowerDns,
    Unknown,
}

/// One opened server.
struct Rfc2136 {
    account: AccountId,
    server: SocketAddr,
    zones: Vec<DomainName>,
    signer: Signer,
    authorities: Vec<Authority>,
    /// From the settings, or what the server said of itself.
    software: OnceLock<Software>,
}

impl Software {
    /// By what `version.bind` says: `9.18.49-1~deb12u3-Debian`, `Knot DNS 3.2.6`, `PowerDNS Authoritative Server 4.7.3`.
    fn named(version: &str) -> Self {
        let version = version.to_lowercase();
        if version.contains("knot") {
            Self::Knot
        } else if version.contains("powerdns") {
            Self::PowerDns
        } else if version.contains("bind") || version.starts_with("9.") {
            Self::Bind
        } else {
            Self::Unknown
        }
    }
}

impl Provider for Rfc2136 {
    fn dns(&self) -> Option<&dyn DnsHost> {
        Some(self)
    }
}

impl Rfc2136 {
    fn open(
        account: AccountId,
        settings: &Settings,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenError> {
        let must = |field| settings.required(field).map(|_| settings.text(field).unwrap_or(""));
        let wrong = |field, problem: String| OpenError { field, problem };
        let server = parse_addr(must("server")?.trim()).map_err(|e| wrong("server", e))?;
        let zones: Result<Vec<_>, _> = must("zones")?
            .split(|c: char| c == ',' || c.is_whitespace())
            .filter(|text| !text.is_empty())
            .map(|text| DomainName::parse(text).map_err(|e| wrong("zones", e.to_string())))
            .collect();
        let zones = zones?;
        if zones.is_empty() {
            return Err(wrong("zones", "no zone is named".into()));
        }
        let algorithm = settings.text("algorithm").unwrap_or("hmac-sha256");
        let signer =
            Signer::new(must("key_name")?, algorithm, settings.required("secret")?, clock)?;
        let mut authorities = parse_authorities(settings.text("authorities").unwrap_or(""))
            .map_err(|e| wrong("authorities", e))?;
        if authorities.is_empty() {
            authorities.push(Authority { name: server.to_string(), addr: server });
        }
        let software = match settings.text("software").map_or("", str::trim) {
            "" | "unknown" => OnceLock::new(),
            "bind" => OnceLock::from(Software::Bind),
            "knot" => OnceLock::from(Software::Knot),
            "powerdns" => OnceLock::from(Software::PowerDns),
            "other" => OnceLock::from(Software::Unknown),
            _ => return Err(wrong("software", "must be bind, knot, powerdns or other".into())),
        };
        Ok(Self { account, server, zones, signer, authorities, software })
    }
}

const fn field(name: &'static str, hint: &'static str) -> Field {
    Field { name, hint, secret: false, optional: false }
}

fn system_clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock::default())
}

#[cfg(test)]
mod tests;
