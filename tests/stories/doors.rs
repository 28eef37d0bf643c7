//! The two doors, held shut by the compiler: nothing outside of core makes an approval or a claim.

#[test]
fn approvals_and_claims_are_made_by_core_alone() {
    trybuild::TestCases::new().compile_fail("stories/compile_fail/*.rs");
}
