//! Identifiers: time-ordered ULIDs, each with a type of its own.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::clock::{Chance, Clock, new_ulid};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(ulid::Ulid);

        impl $name {
            /// A new one, of now.
            pub fn new(clock: &dyn Clock, chance: &dyn Chance) -> Self {
                Self(new_ulid(clock, chance))
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}:{}", stringify!($name), self.0)
            }
        }
        impl FromStr for $name {
            type Err = NotAnId;
            fn from_str(s: &str) -> Result<Self, NotAnId> {
                ulid::Ulid::from_string(&s.to_ascii_uppercase()).map(Self).map_err(|_| NotAnId)
            }
        }
        impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({"type": "string", "pattern": "^[0-9A-HJKMNP-TV-Z]{26}$"})
            }
        }
    )*};
}

/// The text is not a ULID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an identifier")]
pub struct NotAnId;

ids! {
    /// One login at one provider.
    AccountId
    /// Who speaks.
    PersonId
    /// One authenticator of a person.
    FactorId
    /// One plan.
    PlanId
    /// One job: one step of one plan. Also the idempotency key at providers that take one.
    JobId
}
