//! The encrypted stream: STREAM of Hoang, Reyhanitabar, Rogaway and Vizár, as age uses it.

use std::io::{self, Read, Write};

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};

use super::key::{HEADER, Keys, MAGIC};
use super::{BadBackup, Secret};
use crate::clock::Chance;

/// Plain bytes of a chunk.
pub(super) const CHUNK: usize = 64 * 1024;
const TAG: usize = 16;

fn cipher(keys: &Keys) -> LessSafeKey {
    let key = UnboundKey::new(&CHACHA20_POLY1305, &*keys.stream).expect("a key of 32 bytes");
    LessSafeKey::new(key)
}

/// Eleven bytes that count the chunks, and one that says whether this is the last.
fn nonce(counter: u64, last: bool) -> Nonce {
    let mut bytes = [0; 12];
    bytes[3..11].copy_from_slice(&counter.to_be_bytes());
    bytes[11] = u8::from(last);
    Nonce::assume_unique_for_key(bytes)
}

/// Encrypts what is written to it. Without [`Writer::finish`] the file opens not.
pub struct Writer<W> {
    out: W,
    key: LessSafeKey,
    counter: u64,
    waiting: Vec<u8>,
}

impl<W: Write> Writer<W> {
    /// Writes the header.
    pub fn begin(mut out: W, secret: &Secret, chance: &dyn Chance) -> io::Result<Self> {
        let keys = Keys::new(secret, chance);
        out.write_all(&keys.header)?;
        let waiting = Vec::with_capacity(CHUNK + TAG);
        Ok(Self { out, key: cipher(&keys), counter: 0, waiting })
    }

    /// Writes the last chunk and gives the sink back.
    pub fn finish(mut self) -> io::Result<W> {
        self.chunk(true)?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn chunk(&mut self, last: bool) -> io::Result<()> {
        self.key
            .seal_in_place_append_tag(nonce(self.counter, last), Aad::empty(), &mut self.waiting)
            .map_err(|_| io::Error::other("not encrypted"))?;
        self.out.write_all(&self.waiting)?;
        self.waiting.clear();
        self.counter += 1;
        Ok(())
    }
}

impl<W: Write> Write for Writer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // The last chunk may be full: one is written only when more comes.
        if self.waiting.len() == CHUNK && !bytes.is_empty() {
            self.chunk(false)?;
        }
        let n = bytes.len().min(CHUNK - self.waiting.len());
        self.waiting.extend_from_slice(&bytes[..n]);
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Decrypts. What it gives is genuine and in order; whether it is all shows the end only.
pub struct Reader<R> {
    from: R,
    key: LessSafeKey,
    counter: u64,
    /// Read ahead: whether a chunk is the last one decides its nonce.
    ahead: Vec<u8>,
    plain: Vec<u8>,
    at: usize,
    ended: bool,
}

impl<R: Read> Reader<R> {
    /// Reads and checks the header.
    pub fn open(mut from: R, secret: &Secret) -> Result<Self, BadBackup> {
        let mut header = [0; HEADER];
        let n = fill(&mut from, &mut header)?;
        if n < HEADER {
            let ours = n >= MAGIC.len() && header.starts_with(MAGIC);
            return Err(if ours { BadBackup::Damaged("cut off") } else { BadBackup::Foreign });
        }
        let keys = Keys::open(secret, header)?;
        let mut reader = Self {
            from,
            key: cipher(&keys),
            counter: 0,
            ahead: Vec::new(),
            plain: Vec::new(),
            at: 0,
            ended: false,
        };
        reader.ahead = reader.block()?;
        Ok(reader)
    }

    /// As [`Read::read`], with the reason in words; 0 = the true end.
    pub fn read_some(&mut self, out: &mut [u8]) -> Result<usize, BadBackup> {
        while self.at == self.plain.len() && !self.ended {
            self.next_chunk()?;
        }
        let n = out.len().min(self.plain.len() - self.at);
        out[..n].copy_from_slice(&self.plain[self.at..self.at + n]);
        self.at += n;
        Ok(n)
    }

    fn next_chunk(&mut self) -> Result<(), BadBackup> {
        let mut chunk = std::mem::take(&mut self.ahead);
        let full = chunk.len() == CHUNK + TAG;
        self.ahead = if full { self.block()? } else { Vec::new() };
        let last = self.ahead.is_empty();
        let plain = self
            .key
            .open_in_place(nonce(self.counter, last), Aad::empty(), &mut chunk)
            .map_err(|_| BadBackup::Damaged(if last { "cut off or changed" } else { "changed" }))?
            .len();
        chunk.truncate(plain);
        (self.plain, self.at, self.ended) = (chunk, 0, last);
        self.counter += 1;
        Ok(())
    }

    fn block(&mut self) -> io::Result<Vec<u8>> {
        let mut block = vec![0; CHUNK + TAG];
        let n = fill(&mut self.from, &mut block)?;
        block.truncate(n);
        Ok(block)
    }
}

/// Reads until the buffer is full or the source ends.
fn fill(from: &mut impl Read, out: &mut [u8]) -> io::Result<usize> {
    let mut n = 0;
    while n < out.len() {
        match from.read(&mut out[n..]) {
            Ok(0) => break,
            Ok(more) => n += more,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(n)
}
