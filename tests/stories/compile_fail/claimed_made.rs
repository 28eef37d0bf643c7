//! Its fields and its constructor are private.
use dombot_core::job::Claimed;

fn main() {
    let _ = Claimed { job: todo!(), deadline: todo!(), _lease: todo!() };
    let _ = Claimed::new(todo!(), todo!());
}
