//! What opening a vault costs: key derivation profiles, the machine's memory, and the header that names the price.

use sha2::{Digest, Sha256};

use super::Error;

const MIB: u64 = 1024 * 1024;
/// Below this a machine is a small one.
const SMALL: u64 = 1024 * MIB;

/// How costly guessing the key is made: Argon2id with one lane. Every opening costs it once, every save twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Profile {
    /// Bytes.
    pub memory: u64,
    /// Passes over the memory.
    pub iterations: u64,
}

/// The machine's memory. Bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// Of the machine, or of the control group that we run in.
    pub total: u64,
    /// Can be taken without swapping.
    pub free: u64,
}

impl Profile {
    /// For a machine with less than 1 GiB, such as a Pi Zero.
    pub const PI: Self = Self { memory: 32 * MIB, iterations: 3 };
    /// For all others.
    pub const SERVER: Self = Self { memory: 64 * MIB, iterations: 3 };

    /// By the memory of this machine; the small one where that is unknown.
    pub fn for_machine(memory: Option<Memory>) -> Self {
        match memory {
            Some(m) if m.total >= SMALL => Self::SERVER,
            _ => Self::PI,
        }
    }

    /// A quarter of all memory at most, and not more than is free now.
    pub(super) fn check(self, memory: Option<Memory>) -> Result<(), Error> {
        let has = memory.map_or(u64::MAX, |m| (m.total / 4).min(m.free));
        enough(self.memory, has)
    }
}

impl Memory {
    /// Of this machine now; `None` where it cannot be known (no Linux).
    pub fn of_machine() -> Option<Self> {
        let text = std::fs::read_to_string("/proc/meminfo").ok()?;
        let all = Self::from_meminfo(&text)?;
        let group = |name: &str| {
            let text = std::fs::read_to_string(format!("/sys/fs/cgroup/{name}")).ok()?;
            text.trim().parse().ok()
        };
        Some(all.within(group("memory.max"), group("memory.current")))
    }

    fn from_meminfo(text: &str) -> Option<Self> {
        let bytes = |name: &str| -> Option<u64> {
            let line = text.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(':'))?;
            Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
        };
        Some(Self { total: bytes("MemTotal")?, free: bytes("MemAvailable")? })
    }

    fn within(self, limit: Option<u64>, used: Option<u64>) -> Self {
        let Some(limit) = limit else { return self };
        Self {
            total: self.total.min(limit),
            free: self.free.min(limit.saturating_sub(used.unwrap_or(0))),
        }
    }
}

/// Looks at a KDBX 4 header before any key is derived: is it whole, and can this machine pay for it?
pub(super) fn check_header(file: &[u8], memory: Option<Memory>) -> Result<(), Error> {
    let needs = kdf_memory(file).map_err(|reason| Error::Damaged(reason.to_owned()))?;
    enough(needs, memory.map_or(u64::MAX, |m| m.free))
}

fn enough(needs: u64, has: u64) -> Result<(), Error> {
    if needs > has { Err(Error::TooMuchMemory { needs, has }) } else { Ok(()) }
}

/// Bytes that the key derivation of this file takes; 0 for AES-KDF. The header's own hash is checked first.
fn kdf_memory(file: &[u8]) -> Result<u64, &'static str> {
    if file.is_empty() {
        return Err("the file is empty");
    }
    if !file.starts_with(&[0x03, 0xd9, 0xa2, 0x9a, 0x67, 0xfb, 0x4b, 0xb5]) {
        return Err("this is no KeePass file");
    }
    if file.get(10..12) != Some(&[4, 0]) {
        return Err("this is no KDBX 4 file");
    }
    let (kdf, length) = walk(file).ok_or("its header is cut off")?;
    let (header, rest) = file.split_at(length);
    // Before this hash is known to fit, no parser that trusts lengths may see the file.
    if rest.get(..32) != Some(Sha256::digest(header).as_slice()) {
        return Err("its header was altered");
    }
    // Header's hash and HMAC, 32 bytes each, stand before the blocks.
    if !rest.get(64..).is_some_and(ends_well) {
        return Err("its end is missing");
    }
    variant(kdf).ok_or("its key derivation settings are cut off")
}

/// Blocks are HMAC, 32-bit length, bytes; an empty one ends the file. The library takes a file without that for whole.
fn ends_well(mut blocks: &[u8]) -> bool {
    loop {
        let Some((data, rest)) = blocks.get(32..).and_then(counted) else { return false };
        if data.is_empty() {
            return rest.is_empty();
        }
        blocks = rest;
    }
}

/// Header fields: type, 32-bit length, value; type 0 ends, type 11 is the key derivation.
fn walk(file: &[u8]) -> Option<(&[u8], usize)> {
    let mut at = 12;
    let mut kdf = None;
    loop {
        let kind = *file.get(at)?;
        let length = number(file.get(at + 1..at + 5)?)?;
        let end = (at + 5).checked_add(usize::try_from(length).ok()?)?;
        let value = file.get(at + 5..end)?;
        at = end;
        match kind {
            0 => return Some((kdf?, at)),
            11 => kdf = Some(value),
            _ => {}
        }
    }
}

/// The `M` of a variant dictionary: after 2 bytes of version come type, name and value with their lengths.
fn variant(dictionary: &[u8]) -> Option<u64> {
    let mut rest = dictionary.get(2..)?;
    loop {
        let (kind, after) = rest.split_first()?;
        if *kind == 0 {
            return Some(0);
        }
        let (name, after) = counted(after)?;
        let (value, after) = counted(after)?;
        if name == b"M" {
            return number(value);
        }
        rest = after;
    }
}

fn counted(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_at_checked(4)?;
    rest.split_at_checked(usize::try_from(number(length)?).ok()?)
}

fn number(little_endian: &[u8]) -> Option<u64> {
    let mut bytes = [0; 8];
    bytes.get_mut(..little_endian.len())?.copy_from_slice(little_endian);
    Some(u64::from_le_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn small_machines_get_the_small_profile() {
        let m = |mib: u64| Some(Memory { total: mib * MIB, free: mib * MIB });
        assert_eq!(Profile::for_machine(m(430)), Profile::PI);
        assert_eq!(Profile::for_machine(m(2000)), Profile::SERVER);
        assert_eq!(Profile::for_machine(None), Profile::PI);
        assert!(Profile::PI.check(m(430)).is_ok());
        let refused = Profile::SERVER.check(m(200)).unwrap_err();
        assert_eq!(refused, Error::TooMuchMemory { needs: 64 * MIB, has: 50 * MIB });
    }

    #[test]
    fn reads_the_kernels_figures() {
        let text = "MemTotal:         437184 kB\nMemFree:          10000 kB\nMemAvailable:     300000 kB\n";
        let m = Memory::from_meminfo(text).unwrap();
        assert_eq!(m, Memory { total: 437_184 * 1024, free: 300_000 * 1024 });
        let inside = m.within(Some(128 * MIB), Some(100 * MIB));
        assert_eq!(inside, Memory { total: 128 * MIB, free: 28 * MIB });
        assert_eq!(m.within(None, Some(1)), m);
    }

    proptest! {
        #[test]
        fn any_bytes_are_an_answer(tail: Vec<u8>) {
            let mut file = vec![0x03, 0xd9, 0xa2, 0x9a, 0x67, 0xfb, 0x4b, 0xb5, 1, 0, 4, 0];
            file.extend(&tail);
            prop_assert!(kdf_memory(&file).is_err());
            let _ = variant(&tail);
        }
    }
}
