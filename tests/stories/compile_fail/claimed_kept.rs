//! It cannot be cloned, so no call outlives its claim.
use dombot_core::job::Claimed;

fn keep<'a>(claim: &Claimed<'a>) -> Claimed<'a> {
    claim.clone()
}

fn main() {}
