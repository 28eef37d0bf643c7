//! The HTTP face: from a request to a call and back.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Query, State as Shared};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;

use super::admin::{self, parse};
use super::call::{Manner, Reply, call};
use super::door::Cut;
use super::ops::{Op, Refusal};
use super::rdata::Labels;
use super::state::{Tokens, Who};
use super::{World, zones};

type Params = BTreeMap<String, String>;

/// All routes in one place: [`route`].
pub(super) fn router(world: World) -> Router {
    Router::new().fallback(answer).with_state(world)
}

async fn answer(
    Shared(world): Shared<World>,
    ConnectInfo(cut): ConnectInfo<Cut>,
    (method, uri): (Method, Uri),
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    // The file is written in there. It goes on when the client goes away, as at a real operator.
    let work = move || work(&world, (&method, &uri), &headers, &body);
    let reply = tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|e| Reply::new(500, Refusal::new(500, "sandbox", e.to_string()).body()));
    tokio::time::sleep(Duration::from_millis(reply.delay_ms)).await;
    send(&reply, &cut)
}

fn send(reply: &Reply, cut: &Cut) -> Response {
    let body = match reply.manner {
        Manner::Garbage => "<html>gateway</html>".to_owned(),
        Manner::Whole | Manner::Reset | Manner::Cut => reply.body.to_string(),
    };
    match reply.manner {
        Manner::Reset => cut.after(0),
        // The head has more than 60 bytes, so the end of the body is missing in any case.
        Manner::Cut => cut.after(60 + body.len() / 2),
        Manner::Whole | Manner::Garbage => {}
    }
    let mut response = Response::new(Body::from(body));
    *response.status_mut() =
        StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, axum::http::HeaderValue::from_static("application/json"));
    if let Some(secs) = reply.retry_after {
        headers.insert(RETRY_AFTER, secs.into());
    }
    response
}

fn work(world: &World, (method, uri): (&Method, &Uri), headers: &HeaderMap, body: &[u8]) -> Reply {
    let path: Vec<&str> = uri.path().trim_matches('/').split('/').collect();
    let Some((face, rest)) = path.split_first() else {
        return Reply::of(Err(Refusal::unknown("such call")));
    };
    if !allowed(&world.tokens(), face, headers) {
        return Reply::of(Err(Refusal::new(401, "token", "this token does not open this face")));
    }
    let Ok(Query(query)) = Query::<Params>::try_from_uri(uri) else {
        return Reply::of(Err(Refusal::invalid("unreadable query")));
    };
    let who = match *face {
        "a" => Who::A,
        "b" => Who::B,
        "dns" if rest == ["servers"] => return servers(world),
        "dns" => Who::Dns,
        _ => return Reply::of(admin::answer(world, (method, rest), &query, body)),
    };
    let key = headers.get("idempotency-key").and_then(|v| v.to_str().ok()).map(str::to_owned);
    match route((method, rest), &query, key, body) {
        Ok(op) => call(world, who, &op),
        Err(refusal) => Reply::of(Err(refusal)),
    }
}

fn allowed(tokens: &Tokens, face: &str, headers: &HeaderMap) -> bool {
    let token = match face {
        "a" => &tokens.a,
        "b" => &tokens.b,
        "dns" => &tokens.dns,
        "admin" => &tokens.admin,
        _ => return false,
    };
    let given = headers.get(AUTHORIZATION).and_then(|v| v.to_str().ok());
    given.and_then(|v| v.strip_prefix("Bearer ")) == Some(token)
}

fn servers(world: &World) -> Reply {
    let addr = *world.dns_addr();
    let server = |addr| json!({"name": zones::NAMESERVERS[0], "addr": addr});
    Reply::new(200, json!({"servers": addr.map(server).into_iter().collect::<Vec<_>>()}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewZone {
    name: Labels,
}

fn route(
    (method, path): (&Method, &[&str]),
    query: &Params,
    key: Option<String>,
    body: &[u8],
) -> Result<Op, Refusal> {
    let id = |id: &str| id.to_owned();
    Ok(match (method.as_str(), path) {
        ("GET", ["domains"]) => Op::Domains,
        ("GET", ["domains", name]) => Op::Domain { name: lower(name) },
        ("PATCH", ["domains", name]) => {
            Op::AutoRenew { name: lower(name), key, body: parse(body)? }
        }
        ("GET", ["domains", name, "quote"]) => {
            Op::Quote { name: lower(name), years: param(query, "years")? }
        }
        ("POST", ["domains", name, "renew"]) => {
            Op::Renew { name: lower(name), key, body: parse(body)? }
        }
        ("GET", ["check"]) => Op::Check { name: lower(&param::<String>(query, "name")?) },
        ("GET", ["orders"]) => Op::Orders {
            key: query.get("key").cloned(),
            domain: query.get("domain").map(|d| lower(d)),
        },
        ("GET", ["ledger"]) => {
            Op::Ledger { since: query.get("since").map(|_| param(query, "since")).transpose()? }
        }
        ("GET", ["zones"]) => Op::Zones,
        ("POST", ["zones"]) => Op::CreateZone { name: parse::<NewZone>(body)?.name, key },
        ("GET", ["zones", zone]) => Op::Zone { id: id(zone) },
        ("DELETE", ["zones", zone]) => Op::DeleteZone { id: id(zone), key },
        ("GET", ["zones", zone, "sets"]) => Op::Sets {
            id: id(zone),
            name: Labels::parse(&param::<String>(query, "name")?).map_err(Refusal::invalid)?,
            rtype: query.get("type").map(|_| param(query, "type")).transpose()?,
        },
        ("PATCH", ["zones", zone, "sets"]) => Op::Change { id: id(zone), key, body: parse(body)? },
        _ => return Err(Refusal::unknown("such call")),
    })
}

fn lower(name: &str) -> String {
    name.to_ascii_lowercase()
}

fn param<T: std::str::FromStr>(query: &Params, name: &str) -> Result<T, Refusal> {
    let parsed = query.get(name).and_then(|v| v.parse().ok());
    parsed.ok_or_else(|| Refusal::invalid(format!("the parameter {name} is missing or wrong")))
}
