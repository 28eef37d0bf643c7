//! A value as a person typed it.

use crate::domain::{DataError, DomainName, RecordData, RecordType};
use crate::error::{Error, Result};
use crate::phrase;
use crate::phrase::Phrase;

/// The value as record data, or a sentence that shows what a right one looks like.
pub(super) fn read(rtype: RecordType, text: &str, zone: &DomainName) -> Result<RecordData> {
    RecordData::from_person(rtype, text, zone).map_err(|_| bad(rtype, text))
}

/// As [`read`], for a value whose priority may stand apart (MX, SRV).
pub(super) fn with_priority(
    rtype: RecordType,
    text: &str,
    priority: Option<u16>,
    zone: &DomainName,
) -> Result<RecordData> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let whole = match rtype {
        RecordType::MX => 2,
        RecordType::SRV => 4,
        _ if priority.is_some() => return Err(phrase!("dns.no_priority", rtype = rtype).into()),
        _ => return read(rtype, text, zone),
    };
    match priority {
        None if words.len() == whole - 1 => {
            Err(phrase!("dns.priority_missing", rtype = rtype, example = example(rtype)).into())
        }
        None => read(rtype, text, zone),
        Some(p) if words.len() == whole => {
            if words.first().and_then(|w| w.parse().ok()) == Some(p) {
                read(rtype, text, zone)
            } else {
                let (value, p) = (phrase::foreign(text), p);
                Err(phrase!("dns.two_priorities", value = value, priority = p).into())
            }
        }
        Some(p) => read(rtype, &format!("{p} {text}"), zone),
    }
}

fn bad(rtype: RecordType, text: &str) -> Error {
    let value = phrase::foreign(text);
    let phrase: Phrase =
        phrase!("dns.bad_value", rtype = rtype, value = value, example = example(rtype));
    phrase.into()
}

/// What data of the type look like.
fn example(rtype: RecordType) -> String {
    let shape = DataError { rtype, problem: String::new() }.phrase();
    shape.arg("example").unwrap_or_default().to_owned()
}
