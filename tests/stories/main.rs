//! All stories in one test binary.

mod providers_dns;
