//! Recovery codes: shown once, kept as HMAC, each used once. They enrol a new authenticator and approve nothing.

use secrecy::{ExposeSecret, SecretString};

use super::SealKey;
use crate::clock::Chance;

const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Ten codes of ten characters (50 bits each).
pub fn new_codes(chance: &dyn Chance) -> Vec<SecretString> {
    let code = |_| {
        let mut bytes = [0u8; 10];
        chance.fill(&mut bytes);
        let text: String =
            bytes.iter().map(|b| char::from(CROCKFORD[usize::from(b & 31)])).collect();
        SecretString::from(format!("{}-{}", &text[..5], &text[5..]))
    };
    (0..10).map(code).collect()
}

/// What the database keeps. Case, dashes and look-alikes (O, I, L) don't matter.
pub fn hash(key: &SealKey, code: &SecretString) -> String {
    let folded: String = code
        .expose_secret()
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| match c.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            c => c,
        })
        .collect();
    key.hash("recovery", &folded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemChance;

    #[test]
    fn typed_in_any_manner() {
        let key = SealKey::new([7; 32]);
        let h = |s: &str| hash(&key, &SecretString::from(s));
        assert_eq!(h("ABCD0-1EFGH"), h("abcdo i efgh"));
        assert_ne!(h("ABCD0-1EFGH"), h("ABCD0-1EFGJ"));
        let codes = new_codes(&SystemChance);
        assert_eq!(codes.len(), 10);
        assert!(codes.iter().all(|c| c.expose_secret().len() == 11));
    }
}
