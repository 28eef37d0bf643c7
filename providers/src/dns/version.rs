//! What software a name server says it is.

use std::net::SocketAddr;
use std::time::Duration;

use dns_domain::base::iana::{Class, Rtype};
use dns_domain::base::{Message, MessageBuilder};
use dns_domain::rdata::Txt;

use super::exchange::over_udp;
use super::message::{dns_name, new_id};

/// A server that hides it need not be waited for.
const PATIENCE: Duration = Duration::from_secs(2);

/// The text of `version.bind` in class CH, as BIND, Knot, NSD and PowerDNS answer it; `None` = it does not say.
pub(crate) async fn version(addr: SocketAddr) -> Option<String> {
    let mut builder = MessageBuilder::new_vec();
    builder.header_mut().set_id(new_id());
    let mut question = builder.question();
    question.push((dns_name("version.bind").ok()?, Rtype::TXT, Class::CH)).ok()?;
    let question = question.additional();
    let asked = tokio::time::timeout(PATIENCE, over_udp(addr, question.as_slice())).await;
    text(&asked.ok()?.ok()?)
}

fn text(answer: &Message<Vec<u8>>) -> Option<String> {
    let record = answer.answer().ok()?.limit_to::<Txt<_>>().next()?.ok()?;
    Some(String::from_utf8_lossy(&record.data().text::<Vec<u8>>()).into_owned())
}
