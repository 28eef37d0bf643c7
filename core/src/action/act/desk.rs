//! Record changes of one message, merged by record set.

/// Record changes of one message, merged by record set.
#[derive(Debug, Default)]
pub struct Desk {}
