//! Its fields are private, so it cannot be written down.
use dombot_core::approval::Approved;

fn make() -> Approved {
    Approved { stored: any(), plan: any(), proof: any() }
}

fn any<T>() -> T {
    std::process::exit(1)
}

fn main() {}
