//! What tests of refusals stand on.

use dombot_core::domain::{RecordName, RecordType, SetBody, SetKey};
use dombot_core::provider::Around;

/// Nothing was read.
pub(crate) struct Nowhere;

impl Around for Nowhere {
    fn types(&self, _: &RecordName) -> Option<Vec<RecordType>> {
        None
    }

    fn set(&self, _: &SetKey) -> Option<SetBody> {
        None
    }

    fn below(&self, _: &RecordName) -> Option<RecordName> {
        None
    }
}
