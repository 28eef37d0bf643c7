//! Its constructor is private.
use dombot_core::job::Claimed;

fn main() {
    let _ = Claimed::new;
}
