//! From what opens the vault to the keys of one backup.

use std::num::NonZeroU32;

use ring::{hkdf, hmac, pbkdf2};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::BadBackup;
use crate::clock::Chance;

pub(super) const MAGIC: &[u8; 14] = b"DOMBOT-BACKUP\n";
pub(super) const VERSION: u16 = 1;
/// Magic, version, kind of derivation, iterations, salt, checksum, seal.
pub(super) const HEADER: usize = 14 + 2 + 1 + 4 + SALT + 32 + 32;
const SALT: usize = 32;
/// A password is guessed slowly; OWASP's figure for PBKDF2-HMAC-SHA256.
const ITERATIONS: u32 = 600_000;
/// More would only keep somebody waiting who opens a file that was made to do so.
const MOST_ITERATIONS: u32 = 10_000_000;

/// What opens the vault, as one value that does not open it: the source of the backups' keys. Wiped when dropped.
#[derive(Clone)]
pub struct Secret {
    root: Zeroizing<[u8; 32]>,
    /// Only a password stands behind it.
    guessable: bool,
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl Secret {
    /// Of the bytes of a key file, of a password, or of both.
    pub(crate) fn new(key_file: Option<&[u8; 32]>, password: Option<&str>) -> Self {
        let mut hash = Sha256::new_with_prefix("dombot backup root");
        for part in [key_file.map(<[u8; 32]>::as_slice), password.map(str::as_bytes)] {
            match part {
                None => hash.update([0]),
                Some(bytes) => {
                    hash.update([1]);
                    hash.update(Sha256::digest(bytes));
                }
            }
        }
        Self { root: Zeroizing::new(hash.finalize().into()), guessable: key_file.is_none() }
    }

    /// The two open the same backups; constant time.
    pub fn is(&self, other: &Self) -> bool {
        self.root.ct_eq(&*other.root).into()
    }
}

/// The keys of one backup, and the header that leads to them.
pub(super) struct Keys {
    pub(super) header: [u8; HEADER],
    pub(super) stream: Zeroizing<[u8; 32]>,
}

impl Keys {
    pub(super) fn new(secret: &Secret, chance: &dyn Chance) -> Self {
        let mut header = [0; HEADER];
        let (head, rest) = header.split_at_mut(17);
        head[..14].copy_from_slice(MAGIC);
        head[14..16].copy_from_slice(&VERSION.to_be_bytes());
        head[16] = u8::from(secret.guessable);
        let iterations = if secret.guessable { ITERATIONS } else { 0 };
        rest[..4].copy_from_slice(&iterations.to_be_bytes());
        chance.fill(&mut rest[4..4 + SALT]);
        let derived = derive(secret, &header);
        let sum = checksum(&header);
        header[HEADER - 64..HEADER - 32].copy_from_slice(&sum);
        let seal = hmac::sign(&derived.1, &header[..HEADER - 32]);
        header[HEADER - 32..].copy_from_slice(seal.as_ref());
        Self { header, stream: derived.0 }
    }

    /// Tells damage from another key.
    pub(super) fn open(secret: &Secret, header: [u8; HEADER]) -> Result<Self, BadBackup> {
        if &header[..14] != MAGIC {
            return Err(BadBackup::Foreign);
        }
        let version = u16::from_be_bytes([header[14], header[15]]);
        if version > VERSION {
            return Err(BadBackup::Newer(version.into()));
        }
        if checksum(&header) != header[HEADER - 64..HEADER - 32] || header[16] > 1 {
            return Err(BadBackup::Damaged("header"));
        }
        let iterations = u32::from_be_bytes([header[17], header[18], header[19], header[20]]);
        if (header[16] == 1) != (1..=MOST_ITERATIONS).contains(&iterations) {
            return Err(BadBackup::Damaged("header"));
        }
        let derived = derive(secret, &header);
        hmac::verify(&derived.1, &header[..HEADER - 32], &header[HEADER - 32..])
            .map_err(|_| BadBackup::WrongKey)?;
        Ok(Self { header, stream: derived.0 })
    }
}

fn checksum(header: &[u8; HEADER]) -> [u8; 32] {
    Sha256::digest(&header[..HEADER - 64]).into()
}

struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

/// The stream's key and the header's. Everything before the checksum takes part.
fn derive(secret: &Secret, header: &[u8; HEADER]) -> (Zeroizing<[u8; 32]>, hmac::Key) {
    let salt = &header[21..21 + SALT];
    let mut root = secret.root.clone();
    let iterations = u32::from_be_bytes([header[17], header[18], header[19], header[20]]);
    if let Some(iterations) = NonZeroU32::new(iterations) {
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, iterations, salt, &*secret.root, &mut *root);
    }
    let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(&*root);
    let expand = |purpose: &[u8]| {
        let mut out = Zeroizing::new([0; 32]);
        let info = [purpose, &header[..HEADER - 64]];
        prk.expand(&info, Length(32))
            .and_then(|okm| okm.fill(&mut *out))
            .expect("HKDF gives 32 bytes");
        out
    };
    let seal = expand(b"dombot backup header");
    (expand(b"dombot backup stream"), hmac::Key::new(hmac::HMAC_SHA256, &*seal))
}
