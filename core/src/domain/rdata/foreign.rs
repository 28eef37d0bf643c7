//! Types that a signer makes and few people write (RRSIG, NSEC, IPSECKEY and the like), by the crate `domain`.

use std::fmt::Write as _;

use bytes::Bytes;
use dns_domain::base::iana::Rtype;
use dns_domain::base::name::FlattenInto;
use dns_domain::base::rdata::{ComposeRecordData, ParseRecordData};
use dns_domain::base::zonefile_fmt::{DisplayKind, ZonefileFmt};
use dns_domain::base::{Name, ParsedName};
use dns_domain::dep::octseq::Parser;
use dns_domain::rdata::ZoneRecordData;
use dns_domain::zonefile::inplace::{Entry, Zonefile};

use super::super::labels::Origin;
use super::super::lex::Token;

type Data = ZoneRecordData<Bytes, Name<Bytes>>;

const UNKNOWN: &str =
    "a type that is known by number only: its data are written \\# length hex (RFC 3597)";

/// Words to canonical wire data.
pub(super) fn to_wire(
    code: u16,
    words: &[Token<'_>],
    origin: &Origin<'_>,
) -> Result<Vec<u8>, String> {
    let mut line = format!(". 0 IN {}", Rtype::from_int(code));
    for word in words {
        let quote = if word.quoted { "\"" } else { "" };
        let gap = if word.glued { "" } else { " " };
        let _ = write!(line, "{gap}{quote}{}{quote}", word.raw);
    }
    line.push('\n');
    let mut file = Zonefile::from(line.as_str());
    let name = Name::from_octets(Bytes::copy_from_slice(origin.wire)).map_err(|e| e.to_string())?;
    file.set_origin(name);
    match file.next_entry() {
        Ok(Some(Entry::Record(record))) => {
            let data: Data = record.into_data().flatten_into();
            let mut wire = Vec::new();
            data.compose_canonical_rdata(&mut wire).map_err(|_| "too long")?;
            Ok(wire)
        }
        _ if !is_known(code) => Err(UNKNOWN.into()),
        Ok(_) => Err("empty".into()),
        Err(e) => Err(e.to_string()),
    }
}

/// The crate's scanner answers for every type, so its parser is asked.
fn is_known(code: u16) -> bool {
    matches!(
        Rtype::from_int(code),
        Rtype::RRSIG | Rtype::NSEC | Rtype::NSEC3 | Rtype::NSEC3PARAM | Rtype::IPSECKEY
    )
}

/// Wire data to the crate's text; `None` when it does not know the type or the data are broken.
pub(super) fn to_text(code: u16, wire: &[u8]) -> Option<String> {
    let octets = Bytes::copy_from_slice(wire);
    let mut parser = Parser::from_ref(&octets);
    let data =
        ZoneRecordData::<Bytes, ParsedName<Bytes>>::parse_rdata(Rtype::from_int(code), &mut parser)
            .ok()??;
    if parser.remaining() > 0 || matches!(data, ZoneRecordData::Unknown(_)) {
        return None;
    }
    Some(data.display_zonefile(DisplayKind::Simple).to_string())
}
