//! The two doors, held shut by the compiler: nothing outside of core makes an approval or a claim.

use dombot_core::approval::Approved;
use dombot_core::job::Claimed;

#[test]
fn approvals_and_claims_are_made_by_core_alone() {
    trybuild::TestCases::new().compile_fail("stories/compile_fail/*.rs");
}

/// Two ways to `closed` where the type has the trait, so that naming it is an error of the compiler.
macro_rules! lacks {
    ($type:ty: $bound:path) => {{
        trait Ambiguous<A> {
            fn closed() {}
        }
        impl<T: ?Sized> Ambiguous<()> for T {}
        impl<T: ?Sized + $bound> Ambiguous<u8> for T {}
        <$type as Ambiguous<_>>::closed();
    }};
}

#[test]
fn no_bytes_are_an_approval_and_nothing_makes_two_of_one() {
    lacks!(Approved: serde::de::DeserializeOwned);
    lacks!(Approved: Clone);
    lacks!(Approved: Default);
    lacks!(Claimed<'static>: serde::de::DeserializeOwned);
    lacks!(Claimed<'static>: Clone);
    lacks!(Claimed<'static>: Default);
}
