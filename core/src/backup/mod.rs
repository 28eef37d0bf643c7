//! A backup: one file that holds vault and database, encrypted as a whole and useless without the vault's key.
//!
//! ```text
//! header   magic, version, key derivation, salt; SHA-256 of that; HMAC of that
//! chunks   64 KiB each, ChaCha20-Poly1305; nonce = counter, and 1 in the last one
//!          inside: length of the manifest, manifest (JSON), the parts one after the other
//! ```
//! A chunk that was changed, moved, dropped or added, and an end that was cut off, open not. Only one chunk is in
//! memory at a time. The key comes from the secret that opens the vault, never from the vault's content; the key
//! file itself is not in a backup.

mod key;
mod stream;
#[cfg(test)]
mod tests;

use std::io::{self, Read, Write};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use key::Secret;
pub use stream::{Reader, Writer};

use crate::phrase;
use crate::phrase::Phrase;

/// A manifest is a few hundred bytes.
const LONGEST_MANIFEST: u32 = 1 << 20;

/// Why a backup cannot be read. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum BadBackup {
    /// Another file.
    #[error("not a backup")]
    Foreign,
    /// Made by a newer program.
    #[error("version {0}")]
    Newer(u32),
    /// Whole, but of another vault.
    #[error("another key")]
    WrongKey,
    /// Changed or cut off.
    #[error("damaged: {0}")]
    Damaged(&'static str),
    /// From the operating system.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl BadBackup {
    /// For the person.
    pub fn phrase(&self) -> Phrase {
        match self {
            Self::Foreign => phrase!("backup.foreign"),
            Self::Newer(version) => phrase!("backup.newer", version = version),
            Self::WrongKey => phrase!("backup.wrong_key"),
            Self::Damaged(what) => phrase!("backup.damaged", what = what),
            Self::Io(e) => phrase!("backup.unreadable", why = e),
        }
    }
}

/// What is in a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Shape of this object: 1.
    pub v: u32,
    /// When.
    pub made_at: Timestamp,
    /// Version of the program that made it.
    pub program: String,
    /// Newest migration of its database.
    pub schema: i64,
    /// The audit log's last row and its hash.
    pub audit: (i64, String),
    /// Names and lengths of the parts, in their order.
    pub parts: Vec<(String, u64)>,
}

/// Writes a backup of these parts. A part that has not the length that the manifest says is an error.
pub fn write<W: Write>(
    out: W,
    secret: &Secret,
    chance: &dyn crate::clock::Chance,
    manifest: &Manifest,
    parts: Vec<Box<dyn Read>>,
) -> io::Result<W> {
    let mut writer = Writer::begin(out, secret, chance)?;
    let text = serde_json::to_vec(manifest)?;
    let length = u32::try_from(text.len()).map_err(io::Error::other)?;
    writer.write_all(&length.to_be_bytes())?;
    writer.write_all(&text)?;
    for ((name, length), part) in manifest.parts.iter().zip(parts) {
        let copied = io::copy(&mut part.take(length + 1), &mut writer)?;
        if copied != *length {
            return Err(io::Error::other(format!("{name} changed its length")));
        }
    }
    writer.finish()
}

/// Reads a backup to its very end; `part` says where each part goes. What went there counts only where this is `Ok`.
pub fn read<R: Read>(
    from: R,
    secret: &Secret,
    mut part: impl FnMut(&str) -> io::Result<Box<dyn Write>>,
) -> Result<Manifest, BadBackup> {
    let mut reader = Reader::open(from, secret)?;
    let mut length = [0; 4];
    exact(&mut reader, &mut length)?;
    let length = u32::from_be_bytes(length);
    if length > LONGEST_MANIFEST {
        return Err(BadBackup::Damaged("manifest"));
    }
    let mut text = vec![0; length as usize];
    exact(&mut reader, &mut text)?;
    let version: Version =
        serde_json::from_slice(&text).map_err(|_| BadBackup::Damaged("manifest"))?;
    if version.v > 1 {
        return Err(BadBackup::Newer(version.v));
    }
    let manifest: Manifest =
        serde_json::from_slice(&text).map_err(|_| BadBackup::Damaged("manifest"))?;
    for (name, length) in &manifest.parts {
        let mut out = part(name)?;
        let copied = copy(&mut reader, &mut out, *length)?;
        if copied != *length {
            return Err(BadBackup::Damaged("cut off"));
        }
        out.flush()?;
    }
    if reader.read_some(&mut [0; 1])? != 0 {
        return Err(BadBackup::Damaged("more than the manifest says"));
    }
    Ok(manifest)
}

#[derive(Deserialize)]
struct Version {
    v: u32,
}

fn copy<R: Read>(
    reader: &mut Reader<R>,
    out: &mut dyn Write,
    length: u64,
) -> Result<u64, BadBackup> {
    let (mut buffer, mut copied) = (vec![0; stream::CHUNK], 0);
    while copied < length {
        let wanted = usize::try_from(length - copied).unwrap_or(usize::MAX).min(buffer.len());
        let n = reader.read_some(&mut buffer[..wanted])?;
        if n == 0 {
            break;
        }
        out.write_all(&buffer[..n])?;
        copied += n as u64;
    }
    Ok(copied)
}

fn exact<R: Read>(reader: &mut Reader<R>, mut out: &mut [u8]) -> Result<(), BadBackup> {
    while !out.is_empty() {
        match reader.read_some(out)? {
            0 => return Err(BadBackup::Damaged("cut off")),
            n => out = &mut out[n..],
        }
    }
    Ok(())
}
