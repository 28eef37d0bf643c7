//! Requests and answers of the API, version 1.

use std::time::Duration;

use dombot_core::provider::{OpenError, ProviderError};
use reqwest::header::{HeaderName, HeaderValue};
use reqwest::{RequestBuilder, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::http::{Sent, read_json, reader, send_once, writer};

/// For a few sets or the list of zones.
const READ: Duration = Duration::from_secs(15);
/// For a whole zone.
const READ_ZONE: Duration = Duration::from_mins(1);
/// Most results of a search that we ask for; as many mean that there may be more.
const MOST_FOUND: usize = 1000;

/// Where the API is and how it knows us. No `Debug`: it holds a secret.
pub(super) struct Api {
    server: Url,
    key: HeaderValue,
}

/// A set of a zone. Absolute names with the final dot; types as PowerDNS calls them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Rrset {
    pub(super) name: String,
    #[serde(rename = "type")]
    pub(super) rtype: String,
    #[serde(default)]
    pub(super) ttl: u32,
    pub(super) records: Vec<Record>,
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    pub(super) changetype: Option<&'static str>,
}

/// One value; a disabled one is kept but not served.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) content: String,
    #[serde(default)]
    pub(super) disabled: bool,
}

#[derive(Debug, Deserialize)]
pub(super) struct ZoneInList {
    pub(super) id: String,
    pub(super) name: String,
}

#[derive(Debug, Deserialize)]
struct WholeZone {
    rrsets: Vec<Rrset>,
}

#[derive(Debug, Deserialize)]
struct FoundRecord {
    name: String,
    #[serde(rename = "type")]
    rtype: String,
    content: String,
    #[serde(default)]
    disabled: bool,
}

#[derive(Serialize)]
struct Patch<'a> {
    rrsets: &'a [Rrset],
}

#[derive(Serialize)]
struct NewZone<'a> {
    name: &'a str,
    kind: &'static str,
    nameservers: Vec<String>,
}

impl Api {
    pub(super) fn new(url: &str, key: &SecretString, server_id: &str) -> Result<Self, OpenError> {
        let bad = |field, problem: &str| OpenError { field, problem: problem.to_owned() };
        let mut server = Url::parse(url.trim())
            .map_err(|_| bad("url", "not an address like http://127.0.0.1:8081"))?;
        if !matches!(server.scheme(), "http" | "https") {
            return Err(bad("url", "must begin with http:// or https://"));
        }
        if !server.username().is_empty() || server.password().is_some() {
            return Err(bad("url", "must not hold a password; the key has a field of its own"));
        }
        server.set_query(None);
        server
            .path_segments_mut()
            .map_err(|()| bad("url", "has no path"))?
            .pop_if_empty()
            .extend(["api", "v1", "servers", server_id.trim()]);
        let mut key = HeaderValue::from_str(key.expose_secret().trim())
            .map_err(|_| bad("api_key", "holds characters that no header can carry"))?;
        key.set_sensitive(true);
        Ok(Self { server, key })
    }

    /// The list of zones.
    pub(super) async fn zones(&self) -> Result<Vec<ZoneInList>, ProviderError> {
        read_json(self.get(self.url(&["zones"])), READ).await
    }

    /// Every set of a zone, disabled records too.
    pub(super) async fn zone(&self, id: &str) -> Result<Vec<Rrset>, ProviderError> {
        let whole: WholeZone = read_json(self.get(self.url(&["zones", id])), READ_ZONE).await?;
        Ok(whole.rrsets)
    }

    /// The sets at `name`, of one type or all. PowerDNS 4.7 understands the filter but leaves disabled
    /// records out; where a server does not know it, the whole zone comes and is filtered by the caller.
    pub(super) async fn sets(
        &self,
        id: &str,
        name: &str,
        rtype: Option<&str>,
    ) -> Result<Vec<Rrset>, ProviderError> {
        let mut url = self.url(&["zones", id]);
        url.query_pairs_mut().append_pair("rrset_name", name);
        if let Some(rtype) = rtype {
            url.query_pairs_mut().append_pair("rrset_type", rtype);
        }
        let whole: WholeZone = read_json(self.get(url), READ_ZONE).await?;
        Ok(whole.rrsets)
    }

    /// The disabled records at `name` (with the final dot) and type; `None` = a search cannot tell.
    pub(super) async fn disabled(
        &self,
        name: &str,
        rtype: &str,
    ) -> Result<Option<Vec<Record>>, ProviderError> {
        // `*` and `?` are patterns there, and a backslash means something else.
        if name.contains(['*', '?', '\\', '%']) {
            return Ok(None);
        }
        let mut url = self.url(&["search-data"]);
        url.query_pairs_mut()
            .append_pair("q", name.trim_end_matches('.'))
            .append_pair("max", &MOST_FOUND.to_string())
            .append_pair("object_type", "record");
        let found: Vec<FoundRecord> = read_json(self.get(url), READ).await?;
        if found.len() >= MOST_FOUND {
            return Ok(None);
        }
        let records = found
            .into_iter()
            .filter(|r| r.disabled && r.rtype == rtype && r.name.eq_ignore_ascii_case(name))
            .map(|r| Record { content: r.content, disabled: true });
        Ok(Some(records.collect()))
    }

    /// Changes sets, in one transaction of the server's database.
    pub(super) async fn patch(&self, id: &str, rrsets: &[Rrset], deadline: Duration) -> Sent {
        let request = writer().patch(self.url(&["zones", id])).json(&Patch { rrsets });
        send_once(self.signed(request), deadline).await
    }

    pub(super) async fn create(
        &self,
        name: &str,
        nameservers: Vec<String>,
        deadline: Duration,
    ) -> Sent {
        let zone = NewZone { name, kind: "Native", nameservers };
        let request = writer().post(self.url(&["zones"])).json(&zone);
        send_once(self.signed(request), deadline).await
    }

    pub(super) async fn delete(&self, id: &str, deadline: Duration) -> Sent {
        send_once(self.signed(writer().delete(self.url(&["zones", id]))), deadline).await
    }

    fn url(&self, path: &[&str]) -> Url {
        let mut url = self.server.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.extend(path);
        }
        url
    }

    fn get(&self, url: Url) -> RequestBuilder {
        self.signed(reader().get(url))
    }

    fn signed(&self, request: RequestBuilder) -> RequestBuilder {
        request.header(HeaderName::from_static("x-api-key"), self.key.clone())
    }
}
