//! Its fields are private, so it cannot be written down.
use dombot_core::approval::Approved;

fn main() {
    let _ = Approved { stored: todo!(), plan: todo!(), proof: todo!() };
}
