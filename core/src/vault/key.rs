//! The key file: 32 bytes in a KeePass XML key file (version 2.0), and the same bytes as a text to print.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use secrecy::SecretString;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::Error;
use crate::backup::Secret;
use crate::clock::Chance;
use crate::phrase;
use crate::phrase::Phrase;

/// Crockford's base 32: no I, L, O, U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CHECK: usize = 3;
const LETTERS: usize = (32 + CHECK) * 8 / 5;
/// A key file of ours has 250 bytes; more than this is another file.
const LONGEST: u64 = 4096;

/// What a key file holds. Wiped when dropped; has no `Debug`.
pub struct Key(Zeroizing<[u8; 32]>);

/// Why a typed recovery key is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadRecovery {
    /// This many letters in place of 56.
    #[error("{0} letters")]
    Length(usize),
    /// Not in the alphabet.
    #[error("letter {0:?}")]
    Letter(char),
    /// All letters are possible, but one at least is wrong.
    #[error("checksum")]
    Checksum,
}

impl BadRecovery {
    /// The sentence for a person.
    pub fn phrase(self) -> Phrase {
        match self {
            Self::Length(got) => phrase!("vault.recovery_length", wanted = LETTERS, got = got),
            Self::Letter(letter) => phrase!("vault.recovery_letter", letter = letter),
            Self::Checksum => phrase!("vault.recovery_checksum"),
        }
    }
}

impl Key {
    /// A new one.
    pub fn generate(chance: &dyn Chance) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        chance.fill(&mut *bytes);
        Self(bytes)
    }

    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The two are the same key; constant time.
    pub fn is(&self, other: &Self) -> bool {
        self.0.ct_eq(&*other.0).into()
    }

    /// What the keys of backups come from, where this key alone opens the vault.
    pub fn backup_secret(&self) -> Secret {
        Secret::new(Some(&self.0), None)
    }

    /// Writes a KeePass key file, mode 0600; an existing file is never replaced.
    pub fn write(&self, path: &Path) -> Result<(), Error> {
        let text = self.xml();
        let written =
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).and_then(
                |mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()),
            );
        written.map_err(|e| Error::KeyFile { path: path.to_owned(), reason: e.to_string() })
    }

    /// Reads a key file that [`Key::write`] or KeePassXC made; its own checksum must fit.
    ///
    /// The world may not read it. The group's bits count not: systemd gives a credential to its service by an
    /// access list, and the mask of that shows there.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let bad = |reason: String| Error::KeyFile { path: path.to_owned(), reason };
        let mode = path.metadata().map_err(|e| bad(e.to_string()))?.permissions().mode() & 0o777;
        if mode & 0o007 != 0 {
            return Err(Error::Permissions { path: path.to_owned(), mode });
        }
        let text = read_small(path).map_err(|e| bad(e.to_string()))?;
        Self::from_xml(&text).ok_or_else(|| bad("not a whole KeePass key file 2.0".to_owned()))
    }

    /// 14 groups of 4 letters: the bytes and 24 bits of checksum, to be printed and typed again.
    pub fn recovery_text(&self) -> SecretString {
        let mut bytes = Zeroizing::new([0u8; 32 + CHECK]);
        bytes[..32].copy_from_slice(&*self.0);
        bytes[32..].copy_from_slice(&checksum(&self.0));
        let mut out = Zeroizing::new(String::with_capacity(LETTERS * 2));
        for (n, letter) in encode(&*bytes).iter().enumerate() {
            if n > 0 && n % 4 == 0 {
                out.push('-');
            }
            out.push(char::from(*letter));
        }
        out.as_str().into()
    }

    /// From a typed recovery key; any case, spaces and dashes anywhere, O for 0, I and L for 1.
    pub fn from_recovery(text: &str) -> Result<Self, BadRecovery> {
        let mut digits = Zeroizing::new(Vec::with_capacity(LETTERS));
        for letter in text.chars().filter(|c| !c.is_whitespace() && !"-–—".contains(*c)) {
            digits.push(digit(letter).ok_or(BadRecovery::Letter(letter))?);
        }
        if digits.len() != LETTERS {
            return Err(BadRecovery::Length(digits.len()));
        }
        let all = decode(&digits);
        let mut bytes = Zeroizing::new([0; 32]);
        bytes.copy_from_slice(&all[..32]);
        if checksum(&bytes) != all[32..] {
            return Err(BadRecovery::Checksum);
        }
        Ok(Self(bytes))
    }

    /// The file's text, <https://keepass.info/help/base/keys.html#keyfiles>.
    pub(super) fn xml(&self) -> Zeroizing<String> {
        let hash = hex(&Sha256::digest(*self.0)[..4]);
        let data = hex(&*self.0);
        Zeroizing::new(format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<KeyFile>\n\t<Meta>\n\t\t<Version>2.0</Version>\n\t</Meta>\n\t<Key>\n\t\t<Data Hash=\"{}\">{}</Data>\n\t</Key>\n</KeyFile>\n",
            *hash, *data
        ))
    }

    /// KeePass's library takes any file for a key and hashes it; a damaged key file would then read as a wrong key.
    fn from_xml(text: &str) -> Option<Self> {
        let version = between(text, "<Version>", "</Version>")?.trim();
        let data = between(text, "<Data", "</Data>")?;
        let (attributes, digits) = data.split_once('>')?;
        if !version.starts_with("2.") {
            return None;
        }
        let bytes = unhex(digits)?;
        let hash = between(attributes, "Hash=\"", "\"")?;
        hex(&Sha256::digest(*bytes)[..4]).eq_ignore_ascii_case(hash).then_some(Self(bytes))
    }
}

fn read_small(path: &Path) -> std::io::Result<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::with_capacity(1024));
    File::open(path)?.take(LONGEST).read_to_string(&mut text)?;
    Ok(text)
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    text.split_once(start)?.1.split_once(end).map(|(inside, _)| inside)
}

fn checksum(bytes: &[u8; 32]) -> [u8; CHECK] {
    let mut hash = Sha256::new_with_prefix("dombot recovery key");
    hash.update(bytes);
    let hash = hash.finalize();
    [hash[0], hash[1], hash[2]]
}

fn encode(bytes: &[u8]) -> Zeroizing<Vec<u8>> {
    let bit = |n: usize| usize::from(bytes[n / 8] >> (7 - n % 8) & 1);
    let letter = |n: usize| ALPHABET[(0..5).fold(0, |v, b| v << 1 | bit(n * 5 + b))];
    Zeroizing::new((0..bytes.len() * 8 / 5).map(letter).collect())
}

fn decode(digits: &[u8]) -> Zeroizing<Vec<u8>> {
    let bit = |n: usize| digits[n / 5] >> (4 - n % 5) & 1;
    let byte = |n: usize| (0..8).fold(0, |v, b| v << 1 | bit(n * 8 + b));
    Zeroizing::new((0..digits.len() * 5 / 8).map(byte).collect())
}

fn digit(letter: char) -> Option<u8> {
    let letter = match letter.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        c => c,
    };
    ALPHABET.iter().position(|a| char::from(*a) == letter).and_then(|n| u8::try_from(n).ok())
}

pub(super) fn hex(bytes: &[u8]) -> Zeroizing<String> {
    let digits = b"0123456789ABCDEF";
    let mut out = Zeroizing::new(String::with_capacity(bytes.len() * 2));
    for b in bytes {
        out.push(char::from(digits[usize::from(b >> 4)]));
        out.push(char::from(digits[usize::from(b & 15)]));
    }
    out
}

/// 32 bytes from hex digits with any white space between.
pub(super) fn unhex(text: &str) -> Option<Zeroizing<[u8; 32]>> {
    let digits: Zeroizing<Vec<u8>> = Zeroizing::new(
        text.chars()
            .filter(|c| !c.is_whitespace())
            .map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok()))
            .collect::<Option<_>>()?,
    );
    let mut out = Zeroizing::new([0; 32]);
    if digits.len() != 64 {
        return None;
    }
    for (byte, pair) in out.iter_mut().zip(digits.chunks(2)) {
        *byte = pair[0] << 4 | pair[1];
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use secrecy::ExposeSecret;

    use super::*;

    fn key(bytes: [u8; 32]) -> Key {
        Key(Zeroizing::new(bytes))
    }

    proptest! {
        #[test]
        fn the_printed_key_is_the_key(bytes: [u8; 32]) {
            let text = key(bytes).recovery_text();
            let text = text.expose_secret();
            prop_assert_eq!(text.len(), 56 + 13);
            prop_assert_eq!(*Key::from_recovery(text).unwrap().0, bytes);
            let sloppy = format!("  {} ", text.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l"));
            prop_assert_eq!(*Key::from_recovery(&sloppy).unwrap().0, bytes);
        }

        #[test]
        fn one_wrong_letter_is_seen(bytes: [u8; 32], at in 0usize..56, by in 1usize..32) {
            let text = key(bytes).recovery_text().expose_secret().replace('-', "");
            let old = text.as_bytes()[at];
            let n = ALPHABET.iter().position(|a| *a == old).unwrap();
            let mut typo = text.into_bytes();
            typo[at] = ALPHABET[(n + by) % 32];
            let typo = String::from_utf8(typo).unwrap();
            // 24 bits of checksum: a miss in 16 million, so never in a run.
            prop_assert_eq!(Key::from_recovery(&typo).err(), Some(BadRecovery::Checksum));
        }

        #[test]
        fn any_text_is_an_answer(text: String) {
            let _ = Key::from_recovery(&text);
            let _ = Key::from_xml(&text);
        }
    }

    #[test]
    fn a_recovery_key_says_what_is_wrong() {
        assert_eq!(Key::from_recovery("ABCD").err(), Some(BadRecovery::Length(4)));
        assert_eq!(Key::from_recovery("ABCD-U").err(), Some(BadRecovery::Letter('U')));
    }

    #[test]
    fn reads_what_keepass_documents() {
        let xml = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<KeyFile><Meta><Version>2.0</Version></Meta><Key><Data Hash=\"F521D981\">\n 09FC90F7 C30C5A5C AF04AE7A 1036B8D8\n D83212B4 08E00AD1 75BC0FD7 122AAC6B </Data></Key></KeyFile>";
        let key = Key::from_xml(xml).unwrap();
        assert_eq!((key.0[0], key.0[31]), (0x09, 0x6b));
        assert!(Key::from_xml(&xml.replace("09FC", "19FC")).is_none(), "its checksum is looked at");
        assert_eq!(*Key::from_xml(&key.xml()).unwrap().0, *key.0);
    }

    #[test]
    fn a_key_file_is_private_and_never_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("k.key");
        key([7; 32]).write(&path).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert!(matches!(key([8; 32]).write(&path), Err(Error::KeyFile { .. })));
        assert_eq!(*Key::read(&path).unwrap().0, [7; 32]);
        let mode = |mode| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode));
        mode(0o644).unwrap();
        assert!(matches!(Key::read(&path), Err(Error::Permissions { mode: 0o644, .. })));
        mode(0o440).unwrap();
        assert!(Key::read(&path).is_ok(), "as systemd shows a credential");
        mode(0o600).unwrap();
        std::fs::write(&path, [0xff; 300]).unwrap();
        assert!(matches!(Key::read(&path), Err(Error::KeyFile { .. })));
    }
}
