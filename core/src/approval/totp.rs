//! TOTP (RFC 6238): SHA1, 6 digits, 30 s, 160 bits: what every authenticator understands.

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use totp_rs::{Builder, Secret, Totp};

use crate::clock::Chance;

/// Seconds of a step.
const STEP: u64 = 30;

/// A new secret, base32 without padding.
pub fn new_secret(chance: &dyn Chance) -> SecretString {
    let mut bytes = zeroize::Zeroizing::new([0u8; 20]);
    chance.fill(&mut *bytes);
    SecretString::from(Secret::from(bytes.to_vec()).to_base32())
}

/// What an authenticator scans. A secret: it goes to a terminal's alternate screen or a 0600 file.
pub fn url(secret: &SecretString, account: &str) -> SecretString {
    let safe: String =
        account.chars().filter(|c| c.is_ascii_alphanumeric() || "-_.@".contains(*c)).collect();
    SecretString::from(format!(
        "otpauth://totp/dombot:{safe}?secret={}&issuer=dombot&algorithm=SHA1&digits=6&period=30",
        secret.expose_secret()
    ))
}

/// The secret inside such a URL.
pub fn secret_of(url: &SecretString) -> Option<SecretString> {
    let query = url.expose_secret().split_once('?')?.1;
    query.split('&').find_map(|p| p.strip_prefix("secret=")).map(SecretString::from)
}

/// The step that the code belongs to, one step early or late allowed; oldest first. Spaces and dashes in the
/// code don't matter. Compared in constant time.
pub fn check(secret: &SecretString, code: &SecretString, now: Timestamp) -> Option<u64> {
    totp(secret, 1)?.check(&digits(code)?, seconds(now)?)
}

/// How many steps the code is away, where it is the code of another time within `range` steps: then one of the
/// clocks is wrong. It approves nothing.
pub fn offset(
    secret: &SecretString,
    code: &SecretString,
    now: Timestamp,
    range: u16,
) -> Option<i64> {
    let now = seconds(now)?;
    let step = totp(secret, range)?.check(&digits(code)?, now)?;
    Some(i64::try_from(step).ok()? - i64::try_from(now / STEP).ok()?)
}

/// The step of a moment.
pub fn step_at(now: Timestamp) -> i64 {
    now.as_second().div_euclid(30)
}

/// Exactly six digits, spaces and dashes taken out.
pub fn digits(code: &SecretString) -> Option<String> {
    let digits: String =
        code.expose_secret().chars().filter(|c| !matches!(c, ' ' | '-' | '\u{a0}')).collect();
    (digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_digit())).then_some(digits)
}

fn seconds(now: Timestamp) -> Option<u64> {
    u64::try_from(now.as_second()).ok()
}

fn totp(secret: &SecretString, skew: u16) -> Option<Totp> {
    let secret = Secret::try_from_base32(secret.expose_secret()).ok()?;
    Builder::new().with_secret(secret).with_skew(skew).build().ok()
}

/// What an authenticator shows at a time, for tests.
#[cfg(test)]
pub(crate) fn code_at(secret: &SecretString, at: Timestamp) -> SecretString {
    let time = seconds(at).unwrap();
    SecretString::from(totp(secret, 1).unwrap().generate(time).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> SecretString {
        SecretString::from(Secret::from(b"12345678901234567890".to_vec()).to_base32())
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// RFC 6238 appendix B, SHA1; the last six of the eight digits.
    #[test]
    fn rfc_6238_vectors() {
        for (time, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            let code = SecretString::from(code);
            assert_eq!(check(&secret(), &code, at(time)), u64::try_from(time / 30).ok(), "{time}");
        }
    }

    #[test]
    fn one_step_early_or_late_and_no_more() {
        let code = SecretString::from("287 082");
        for (now, good) in
            [(0, true), (30, true), (59, true), (89, true), (90, false), (119, false)]
        {
            assert_eq!(check(&secret(), &code, at(now)).is_some(), good, "{now}");
        }
        assert_eq!(offset(&secret(), &code, at(300), 20), Some(-9));
        assert_eq!(offset(&secret(), &code, at(3000), 20), None);
        for bad in ["28708", "2870822", "28708a", "", "+287082"] {
            assert_eq!(check(&secret(), &SecretString::from(bad), at(59)), None, "{bad}");
        }
    }

    #[test]
    fn url_is_what_authenticators_read() {
        let url = url(&secret(), "jan kowalski");
        assert_eq!(
            url.expose_secret(),
            "otpauth://totp/dombot:jankowalski?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=dombot&algorithm=SHA1&digits=6&period=30"
        );
    }
}
