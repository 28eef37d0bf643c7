//! Switches the fail points on for the crash suite's own build.

fn main() {
    println!("cargo::rerun-if-env-changed=DOMBOT_BUILD_FAILPOINTS");
    if std::env::var_os("DOMBOT_BUILD_FAILPOINTS").is_some() {
        println!("cargo::rustc-cfg=failpoints");
    }
}
