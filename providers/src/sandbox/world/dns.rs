//! The DNS face: answers from the zones as they are at this moment (RFC 1034 4.3.2, RFC 4592, RFC 6672,
//! RFC 2308). No recursion, no transfers, no updates.

use hickory_proto::op::{Edns, MessageType, Metadata, OpCode, ResponseCode};
use hickory_proto::rr::rdata::NULL;
use hickory_proto::rr::{DNSClass, Name, RData, Record, RecordType};
use hickory_server::net::runtime::Time;
use hickory_server::server::{Request, RequestHandler, ResponseHandler, ResponseInfo};
use hickory_server::zone_handler::MessageResponseBuilder;

use super::World;
use super::rdata::{Labels, Type, to_wire};
use super::state::{Set, State, View, Zone};

/// Most links of one chain of aliases.
const MAX_CHAIN: usize = 8;
const ANY: Type = Type(255);

/// Answers for every zone of the world.
#[derive(Debug)]
pub(super) struct Authoritative(pub World);

/// What goes into the sections.
#[derive(Debug, Default, PartialEq)]
struct Found {
    code: Code,
    authoritative: bool,
    answers: Vec<Line>,
    authority: Vec<Line>,
    additional: Vec<Line>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Code {
    #[default]
    NoError,
    NxDomain,
    Refused,
}

/// One record.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    owner: Labels,
    rtype: Type,
    ttl: u32,
    wire: Vec<u8>,
}

/// Where the search for one name ended.
enum Stop<'z> {
    /// These types stand at the name, or at the wildcard that covers it.
    Node(&'z std::collections::BTreeMap<Type, Set>),
    /// Nothing stands here, but something below it.
    Empty,
    /// The name does not exist.
    Nothing,
    /// Somebody else answers for this part of the zone.
    Cut(Labels, &'z Set),
    /// This part of the zone is an alias of another.
    Moved(Labels, &'z Set),
}

#[async_trait::async_trait]
impl RequestHandler for Authoritative {
    async fn handle_request<R: ResponseHandler, T: Time>(
        &self,
        request: &Request,
        mut handle: R,
    ) -> ResponseInfo {
        let mut meta = Metadata::response_from_request(&request.metadata);
        let edns = request.edns.as_ref().map(|asked| {
            let mut edns = Edns::new();
            edns.set_max_payload(asked.max_payload().clamp(512, 1232));
            edns
        });
        let found = self.find(request, &mut meta);
        meta.authoritative = found.authoritative;
        let (answers, authority, additional) =
            (records(&found.answers), records(&found.authority), records(&found.additional));
        let mut builder = MessageResponseBuilder::from_message_request(request);
        if let Some(edns) = &edns {
            builder.edns(edns);
        }
        let response = builder.build(meta, &answers, &authority, &[], &additional);
        match handle.send_response(response).await {
            Ok(info) => info,
            Err(e) => {
                tracing::debug!(error = %e, "a DNS answer could not be sent");
                ResponseInfo::from(hickory_proto::op::Header {
                    metadata: meta,
                    counts: hickory_proto::op::HeaderCounts::default(),
                })
            }
        }
    }
}

impl Authoritative {
    fn find(&self, request: &Request, meta: &mut Metadata) -> Found {
        let fail = |meta: &mut Metadata, code| {
            meta.response_code = code;
            Found::default()
        };
        if request.metadata.message_type != MessageType::Query {
            return fail(meta, ResponseCode::FormErr);
        }
        if request.metadata.op_code != OpCode::Query {
            return fail(meta, ResponseCode::NotImp);
        }
        let Ok(info) = request.request_info() else { return fail(meta, ResponseCode::FormErr) };
        let (query, rtype) = (info.query, Type(u16::from(info.query.query_type())));
        let transfer = matches!(rtype.0, 251 | 252);
        if transfer || query.query_class() != DNSClass::IN {
            return fail(meta, ResponseCode::Refused);
        }
        let name = Name::from(query.name());
        let name = Labels::from_wire(name.iter());
        let found = self.0.look(&[View::Authority], |state| lookup(state, &name, rtype));
        let Ok(found) = found else { return fail(meta, ResponseCode::ServFail) };
        meta.response_code = match found.code {
            Code::NoError => ResponseCode::NoError,
            Code::NxDomain => ResponseCode::NXDomain,
            Code::Refused => ResponseCode::Refused,
        };
        found
    }
}

fn records(lines: &[Line]) -> Vec<Record> {
    lines
        .iter()
        .filter_map(|line| {
            let owner = Name::from_labels(line.owner.host_first()).ok()?;
            let mut data = NULL::new();
            data.anything.clone_from(&line.wire);
            let code = RecordType::from(line.rtype.0);
            Some(Record::from_rdata(owner, line.ttl, RData::Unknown { code, rdata: data }))
        })
        .collect()
}

fn lookup(state: &State, name: &Labels, rtype: Type) -> Found {
    let mut found = Found::default();
    let mut name = name.clone();
    for link in 0..MAX_CHAIN {
        let zone = state.zones.values().filter(|z| name.is_in(&z.name));
        let Some(zone) = zone.max_by_key(|z| z.name.depth()) else {
            // An alias that leads out of our zones is a whole answer.
            found.code = if link == 0 { Code::Refused } else { Code::NoError };
            return found;
        };
        found.authoritative |= link == 0;
        let next = match stop(zone, &name, rtype) {
            Stop::Cut(at, ns) => {
                refer(state, &mut found, (&at, ns));
                found.authoritative = link > 0;
                return found;
            }
            Stop::Moved(at, set) => {
                found.answers.extend(lines(&at, Type::DNAME, set));
                let to = target(Type::DNAME, set).map(|to| name.moved(&at, &to));
                let alias = to.as_ref().map(|to| Set { ttl: set.ttl, data: vec![absolute(to)] });
                found.answers.extend(alias.iter().flat_map(|s| lines(&name, Type::CNAME, s)));
                to
            }
            Stop::Node(at) => match (at.get(&rtype), at.get(&Type::CNAME)) {
                (Some(set), _) => {
                    found.answers.extend(lines(&name, rtype, set));
                    return found;
                }
                (None, Some(set)) if rtype != ANY => {
                    found.answers.extend(lines(&name, Type::CNAME, set));
                    target(Type::CNAME, set)
                }
                _ if rtype == ANY => {
                    found.answers.extend(at.iter().flat_map(|(t, s)| lines(&name, *t, s)));
                    return found;
                }
                _ => return negative(found, zone, Code::NoError),
            },
            Stop::Empty => return negative(found, zone, Code::NoError),
            Stop::Nothing => return negative(found, zone, Code::NxDomain),
        };
        let Some(next) = next else { return found };
        name = next;
    }
    found
}

/// From the apex down: a cut or a DNAME above the name ends it; else the node, the wildcard or nothing.
fn stop<'z>(zone: &'z Zone, name: &Labels, rtype: Type) -> Stop<'z> {
    for depth in zone.name.depth()..=name.depth() {
        let at = name.up_to(depth);
        let Some(node) = zone.sets.get(&at) else { continue };
        let parent_side = depth == name.depth() && rtype == Type::DS;
        if let (true, false, Some(ns)) =
            (depth > zone.name.depth(), parent_side, node.get(&Type::NS))
        {
            return Stop::Cut(at, ns);
        }
        if let (true, Some(set)) = (depth < name.depth(), node.get(&Type::DNAME)) {
            return Stop::Moved(at, set);
        }
    }
    if let Some(node) = zone.sets.get(name) {
        return Stop::Node(node);
    }
    if exists(zone, name) {
        return Stop::Empty;
    }
    let encloser = (zone.name.depth()..name.depth()).rev().map(|d| name.up_to(d));
    let closest = encloser.into_iter().find(|n| exists(zone, n));
    let wildcard = closest.and_then(|n| zone.sets.get(&n.child(b"*")));
    wildcard.map_or(Stop::Nothing, Stop::Node)
}

/// The name, or a name below it, has records.
fn exists(zone: &Zone, name: &Labels) -> bool {
    zone.sets.range(name.clone()..).next().is_some_and(|(n, _)| n.is_in(name))
}

fn refer(state: &State, found: &mut Found, (at, ns): (&Labels, &Set)) {
    found.authority.extend(lines(at, Type::NS, ns));
    let servers = ns.data.iter().filter_map(|d| Labels::parse(d).ok());
    for server in servers.filter(|s| s.is_in(at)) {
        for glue in [Type::A, Type::AAAA] {
            let set = state.zones.values().find_map(|z| z.get(&server, glue));
            found.additional.extend(set.into_iter().flat_map(|s| lines(&server, glue, s)));
        }
    }
}

/// The SOA with the shorter of its TTL and its minimum (RFC 2308 section 5).
fn negative(mut found: Found, zone: &Zone, code: Code) -> Found {
    found.code = code;
    let soa =
        zone.get(&zone.name, Type::SOA).into_iter().flat_map(|s| lines(&zone.name, Type::SOA, s));
    found.authority.extend(soa.map(|mut line| {
        let minimum = line.wire.last_chunk::<4>().map_or(0, |b| u32::from_be_bytes(*b));
        line.ttl = line.ttl.min(minimum);
        line
    }));
    found
}

fn lines(owner: &Labels, rtype: Type, set: &Set) -> Vec<Line> {
    let wires = set.wires(rtype).unwrap_or_default();
    let line = |wire| Line { owner: owner.clone(), rtype, ttl: set.ttl, wire };
    wires.into_iter().map(line).collect()
}

fn target(rtype: Type, set: &Set) -> Option<Labels> {
    Labels::at_start_of(&to_wire(rtype, set.data.first()?).ok()?)
}

fn absolute(name: &Labels) -> String {
    if name.depth() == 0 { name.to_string() } else { format!("{name}.") }
}
