//! Codes that another program makes are the codes that dombot takes.

use std::process::Command;

use dombot_core::approval::totp;
use dombot_core::clock::SystemChance;
use dombot_tests::servers::skip;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

/// `None` where oathtool is not installed.
fn oathtool(secret: &SecretString, at: Timestamp) -> Option<SecretString> {
    let out = Command::new("oathtool")
        .args(["--totp", "--base32", "--now"])
        .arg(at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string())
        .arg(secret.expose_secret())
        .output()
        .ok()?;
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    Some(String::from_utf8(out.stdout).unwrap().trim().to_owned().into())
}

#[test]
fn oathtool_makes_the_codes_that_are_taken() {
    for n in 0..20 {
        let secret = totp::new_secret(&SystemChance);
        let at = Timestamp::from_second(1_700_000_000 + n * 7_654_321).unwrap();
        let Some(code) = oathtool(&secret, at) else {
            skip("oathtool", "oathtool");
            return;
        };
        let step = u64::try_from(at.as_second() / 30).unwrap();
        // A neighbouring step has the same code once in 500,000 pairs, and the oldest wins.
        let found = totp::check(&secret, &code, at).expect("the code of now");
        assert!(step - found <= 1, "{at}");
        let late = Timestamp::from_second(at.as_second() + 300).unwrap();
        assert_eq!(totp::offset(&secret, &code, late, 10), Some(-10));
    }
}
