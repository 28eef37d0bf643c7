//! No bytes of anybody's can be read as an approval.
use dombot_core::approval::Approved;

fn main() {
    let _: Approved = serde_json::from_str("{}").unwrap();
}
