//! A backup under attack: every bit flipped, every length cut, chunks moved, another key, other versions.

use std::sync::{Arc, Mutex};

use proptest::prelude::*;

use super::*;
use crate::clock::SystemChance;

fn secret() -> Secret {
    Secret::new(Some(&[7; 32]), None)
}

fn manifest(parts: &[(&str, usize)]) -> Manifest {
    Manifest {
        v: 1,
        made_at: Timestamp::UNIX_EPOCH,
        program: "0.0.0".into(),
        schema: 3,
        audit: (0, String::new()),
        parts: parts.iter().map(|(n, l)| ((*n).to_owned(), *l as u64)).collect(),
    }
}

fn made_with(secret: &Secret, parts: &[(&str, &[u8])]) -> Vec<u8> {
    let lengths: Vec<(&str, usize)> = parts.iter().map(|(n, b)| (*n, b.len())).collect();
    let readers =
        parts.iter().map(|(_, b)| Box::new(io::Cursor::new(b.to_vec())) as Box<dyn Read>).collect();
    write(Vec::new(), secret, &SystemChance, &manifest(&lengths), readers).unwrap()
}

fn made(parts: &[(&str, &[u8])]) -> Vec<u8> {
    made_with(&secret(), parts)
}

#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn opened_with(secret: &Secret, file: &[u8]) -> Result<Vec<(String, Vec<u8>)>, BadBackup> {
    let mut sinks: Vec<(String, Sink)> = Vec::new();
    read(file, secret, |name| {
        let sink = Sink::default();
        sinks.push((name.to_owned(), sink.clone()));
        Ok(Box::new(sink))
    })?;
    Ok(sinks.into_iter().map(|(n, s)| (n, s.0.lock().unwrap().clone())).collect())
}

fn opened(file: &[u8]) -> Result<Vec<(String, Vec<u8>)>, BadBackup> {
    opened_with(&secret(), file)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn what_goes_in_comes_out(a in prop::collection::vec(any::<u8>(), 0..200), n in 0usize..200_000) {
        let big: Vec<u8> = (0..=250u8).cycle().take(n).collect();
        let file = made(&[("a", &a), ("b", &big), ("c", b"")]);
        let out = opened(&file).unwrap();
        prop_assert_eq!(&out[0].1, &a);
        prop_assert_eq!(&out[1].1, &big);
        prop_assert_eq!(out[2].1.len(), 0);
    }
}

#[test]
fn chunks_that_are_just_full_end_well() {
    let head = 4 + serde_json::to_vec(&manifest(&[("a", 65_000)])).unwrap().len();
    for off in [0, 1, 2] {
        let bytes = vec![9; stream::CHUNK - head + off - 1];
        assert_eq!(opened(&made(&[("a", &bytes)])).unwrap()[0].1, bytes);
    }
}

#[test]
fn every_flipped_bit_and_every_cut_is_refused_with_a_word() {
    let file = made(&[("vault.kdbx", b"secret content"), ("dombot.db", &[5; 300])]);
    assert!(!file.windows(14).any(|w| w == b"secret content"), "it is encrypted");
    for at in 0..file.len() {
        for bit in 0..8 {
            let mut bad = file.clone();
            bad[at] ^= 1 << bit;
            let e = opened(&bad).expect_err("a flipped bit opened");
            let right = match at {
                0..14 => matches!(e, BadBackup::Foreign),
                14..16 => matches!(e, BadBackup::Newer(_) | BadBackup::Damaged(_)),
                // The header's seal: damage there looks as another key.
                85..117 => matches!(e, BadBackup::WrongKey),
                _ => matches!(e, BadBackup::Damaged(_)),
            };
            assert!(right, "byte {at}: {e:?}");
        }
    }
    for length in 0..file.len() {
        let e = opened(&file[..length]).expect_err("a cut file opened");
        assert!(matches!(e, BadBackup::Damaged(_) | BadBackup::Foreign), "{length}: {e:?}");
    }
    let longer = [&file[..], &[0]].concat();
    assert!(matches!(opened(&longer), Err(BadBackup::Damaged(_))));
}

#[test]
fn chunks_cannot_be_moved_dropped_or_doubled() {
    let big: Vec<u8> = (0..=255u8).cycle().take(5 * stream::CHUNK).collect();
    let file = made(&[("b", &big)]);
    let size = stream::CHUNK + 16;
    let chunk = |n: usize| &file[117 + n * size..(117 + (n + 1) * size).min(file.len())];
    let count = (file.len() - 117).div_ceil(size);
    let put = |order: &[usize]| {
        let mut out = file[..117].to_vec();
        for n in order {
            out.extend_from_slice(chunk(*n));
        }
        out
    };
    let whole: Vec<usize> = (0..count).collect();
    assert!(opened(&put(&whole)).is_ok());
    let mut dropped_last = whole.clone();
    dropped_last.pop();
    let dropped = [&whole[..2], &whole[3..]].concat();
    let doubled = [&whole[..2], &whole[1..]].concat();
    let moved = [&[1, 0][..], &whole[2..]].concat();
    for order in [dropped_last, dropped, doubled, moved] {
        assert!(matches!(opened(&put(&order)), Err(BadBackup::Damaged(_))), "{order:?}");
    }
}

#[test]
fn another_key_opens_it_not_and_a_password_is_one() {
    let file = made(&[("a", b"x")]);
    for other in [
        Secret::new(Some(&[8; 32]), None),
        Secret::new(None, Some("x")),
        Secret::new(Some(&[7; 32]), Some("")),
    ] {
        assert!(matches!(opened_with(&other, &file), Err(BadBackup::WrongKey)));
    }
    let password = Secret::new(None, Some("zażółć"));
    let file = made_with(&password, &[("a", b"x")]);
    assert_eq!(u32::from_be_bytes(file[17..21].try_into().unwrap()), 600_000, "guessed slowly");
    assert!(opened_with(&password, &file).is_ok());
    assert!(matches!(
        opened_with(&Secret::new(None, Some("zazolc")), &file),
        Err(BadBackup::WrongKey)
    ));
}

#[test]
fn other_versions_and_other_files_are_told_apart() {
    assert!(matches!(opened(b""), Err(BadBackup::Foreign)));
    assert!(matches!(opened(b"SQLite format 3\0 and so on"), Err(BadBackup::Foreign)));
    let mut newer = made(&[("a", b"x")]);
    newer[15] = 2;
    assert!(matches!(opened(&newer), Err(BadBackup::Newer(2))));
    let newer = Manifest { v: 9, ..manifest(&[]) };
    let file = write(Vec::new(), &secret(), &SystemChance, &newer, Vec::new()).unwrap();
    assert!(matches!(opened(&file), Err(BadBackup::Newer(9))));
}

#[test]
fn a_part_that_changes_its_length_meanwhile_makes_no_backup() {
    for said in [3, 5] {
        let part = Box::new(io::Cursor::new(b"four".to_vec())) as Box<dyn Read>;
        let made =
            write(Vec::new(), &secret(), &SystemChance, &manifest(&[("a", said)]), vec![part]);
        assert!(made.is_err(), "{said}");
    }
}

#[test]
fn a_full_sink_is_an_error() {
    struct Full(usize);
    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.0 == 0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            let n = bytes.len().min(self.0);
            self.0 -= n;
            Ok(n)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let whole = made(&[("a", &[1; 1000])]).len();
    for room in [0, 50, 117, 500, whole - 1] {
        let part = Box::new(io::Cursor::new(vec![1u8; 1000])) as Box<dyn Read>;
        let e = write(Full(room), &secret(), &SystemChance, &manifest(&[("a", 1000)]), vec![part]);
        assert_eq!(e.err().map(|e| e.kind()), Some(io::ErrorKind::StorageFull), "{room}");
    }
}
