//! Names, record sets, zones and money: values that are parsed once, at the edge, and trusted inside.

mod labels;
mod lex;
mod money;
mod name;
mod rdata;
mod record;
pub mod zone;
pub mod zonefile;

#[cfg(test)]
pub(crate) use rdata::arbitrary;

pub use money::{Currency, Money, MoneyError, Years};
pub use name::{DomainName, NameError, RecordName};
pub use record::{DataError, RecordData, RecordSet, RecordType, SetBody, SetKey, Ttl};
