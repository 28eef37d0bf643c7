//! PowerDNS by its HTTP API (<https://doc.powerdns.com/authoritative/http-api/>).
//!
//! The API has no compare-and-swap: the touched sets are read once more right before the change, and a
//! collision in the moment between is found by reading back.

mod api;
mod convert;
mod host;

use std::sync::Arc;

use dombot_core::domain::DomainName;
use dombot_core::ids::AccountId;
use dombot_core::provider::{
    Authority, DnsHost, Field, Kind, OpenError, Proved, Provider, Settings,
};

use crate::dns::parse_authorities;

/// PowerDNS, as data.
pub(crate) static KIND: Kind = Kind {
    id: "powerdns",
    title: "PowerDNS (HTTP API)",
    fields: &[
        field("url", "base address of the API, e.g. http://127.0.0.1:8081"),
        Field { secret: true, ..field("api_key", "the server's api-key") },
        Field { optional: true, ..field("server_id", "localhost (default)") },
        Field {
            optional: true,
            ..field(
                "authorities",
                "servers to check after a change, e.g. ns1=192.0.2.1:53, 192.0.2.2",
            )
        },
        Field {
            optional: true,
            ..field("nameservers", "NS of new zones, e.g. ns1.example.net, ns2.example.net")
        },
    ],
    proved: Proved::RealServer("PowerDNS 4.7"),
    own_server: true,
    open: |account, settings| Ok(Arc::new(PowerDns::open(account, settings)?)),
};

/// One opened server.
struct PowerDns {
    account: AccountId,
    api: api::Api,
    authorities: Vec<Authority>,
    nameservers: Vec<DomainName>,
}

impl Provider for PowerDns {
    fn dns(&self) -> Option<&dyn DnsHost> {
        Some(self)
    }
}

impl PowerDns {
    fn open(account: AccountId, settings: &Settings) -> Result<Self, OpenError> {
        settings.required("url")?;
        let api = api::Api::new(
            settings.text("url").unwrap_or(""),
            settings.required("api_key")?,
            settings.text("server_id").unwrap_or("localhost"),
        )?;
        let authorities = parse_authorities(settings.text("authorities").unwrap_or(""))
            .map_err(|problem| OpenError { field: "authorities", problem })?;
        let nameservers: Result<Vec<_>, _> = settings
            .text("nameservers")
            .unwrap_or("")
            .split(|c: char| c == ',' || c.is_whitespace())
            .filter(|text| !text.is_empty())
            .map(DomainName::parse)
            .collect();
        let nameservers =
            nameservers.map_err(|e| OpenError { field: "nameservers", problem: e.to_string() })?;
        Ok(Self { account, api, authorities, nameservers })
    }
}

const fn field(name: &'static str, hint: &'static str) -> Field {
    Field { name, hint, secret: false, optional: false }
}

#[cfg(test)]
mod tests;
