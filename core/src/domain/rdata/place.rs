//! The two odd ones: LOC (RFC 1876) and APL (RFC 3123).

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::super::lex::Token;
use super::field::number;

/// Equator and prime meridian in thousandths of an arc second.
const MIDDLE: u32 = 1 << 31;
/// Altitude zero in centimetres above the reference spheroid's -100 km.
const GROUND: i64 = 10_000_000;

/// `52 13 47.000 N 21 0 44.000 E 113.00m [size [horizontal [vertical]]]`.
pub(super) fn read_spot(words: &[Token<'_>], out: &mut Vec<u8>) -> Result<(), String> {
    let mut words = words.iter().map(|w| w.raw);
    let lat = angle(&mut words, 90, ['N', 'S'])?;
    let lon = angle(&mut words, 180, ['E', 'W'])?;
    let altitude = words.next().ok_or("the altitude is missing")?;
    let altitude = metres(altitude).ok_or_else(|| format!("{altitude} is not an altitude"))?;
    let altitude = u32::try_from(altitude + GROUND).map_err(|_| "the altitude is out of range")?;
    let mut sizes = [0x12_u8, 0x16, 0x13];
    for size in &mut sizes {
        if let Some(word) = words.next() {
            *size = metres(word)
                .and_then(precision)
                .ok_or_else(|| format!("{word} is not a length up to 90000000 m"))?;
        }
    }
    if let Some(word) = words.next() {
        return Err(format!("too much: {word}"));
    }
    out.push(0);
    out.extend(sizes);
    out.extend([lat, lon, altitude].iter().flat_map(|n| n.to_be_bytes()));
    Ok(())
}

/// Degrees, then maybe minutes and seconds, then the letter.
fn angle<'a>(
    words: &mut impl Iterator<Item = &'a str>,
    most: u32,
    letters: [char; 2],
) -> Result<u32, String> {
    let mut thousandths = 0_u32;
    for (i, unit) in [3_600_000_u32, 60_000, 1000, 0].into_iter().enumerate() {
        let word = words.next().ok_or("a direction is missing")?;
        let letter = word.chars().next().unwrap_or(' ').to_ascii_uppercase();
        if i > 0 && word.len() == 1 && letters.contains(&letter) {
            if thousandths > most * 3_600_000 {
                return Err(format!("more than {most} degrees"));
            }
            let plus = letter == letters[0];
            return Ok(if plus { MIDDLE + thousandths } else { MIDDLE - thousandths });
        }
        let value = match i {
            0 | 1 => number(word).filter(|n| *n < if i == 0 { 181 } else { 60 }),
            2 => decimal(word, 3).and_then(|n| u32::try_from(n).ok()).filter(|n| *n < 60_000),
            _ => None,
        };
        let value = value.ok_or_else(|| format!("{word} does not fit into an angle"))?;
        thousandths += if i == 2 { value } else { value * unit };
    }
    Err("a direction is missing".into())
}

/// A decimal number with at most `places` digits after the point, as an integer of the last place.
fn decimal(word: &str, places: usize) -> Option<i64> {
    let (sign, word) = word.strip_prefix('-').map_or((1, word), |w| (-1, w));
    let (whole, part) = word.split_once('.').unwrap_or((word, ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty()
        || whole.len() > 10
        || part.len() > places
        || !digits(whole)
        || !digits(part)
    {
        return None;
    }
    format!("{whole}{part:0<places$}").parse::<i64>().ok().map(|n| n * sign)
}

/// Centimetres of `113.00m`.
fn metres(word: &str) -> Option<i64> {
    decimal(word.strip_suffix(['m', 'M']).unwrap_or(word), 2)
}

/// Centimetres as one digit and a power of ten, rounded down as BIND does.
fn precision(mut centimetres: i64) -> Option<u8> {
    let mut power = 0;
    while centimetres > 9 {
        centimetres /= 10;
        power += 1;
    }
    let digit = u8::try_from(centimetres).ok()?;
    (power <= 9).then_some(digit << 4 | power)
}

pub(super) fn write_spot(wire: &[u8], out: &mut String) -> Option<()> {
    let wire: &[u8; 16] = wire.try_into().ok()?;
    let [0, size, horizontal, vertical, rest @ ..] = wire else { return None };
    let n = |i: usize| u32::from_be_bytes([rest[i], rest[i + 1], rest[i + 2], rest[i + 3]]);
    write_angle(n(0), 90, ['N', 'S'], out)?;
    out.push(' ');
    write_angle(n(4), 180, ['E', 'W'], out)?;
    let altitude = i64::from(n(8)) - GROUND;
    let sign = if altitude < 0 { "-" } else { "" };
    let altitude = altitude.unsigned_abs();
    let _ = write!(out, " {sign}{}.{:02}m", altitude / 100, altitude % 100);
    for byte in [size, horizontal, vertical] {
        let (digit, power) = (byte >> 4, byte & 15);
        // Other forms of zero would come back as another byte.
        if digit > 9 || power > 9 || (digit == 0 && power > 0) {
            return None;
        }
        let centimetres = u64::from(digit) * 10_u64.pow(u32::from(power));
        let _ = write!(out, " {}.{:02}m", centimetres / 100, centimetres % 100);
    }
    Some(())
}

fn write_angle(n: u32, most: u32, letters: [char; 2], out: &mut String) -> Option<()> {
    let letter = letters[usize::from(n < MIDDLE)];
    let t = n.abs_diff(MIDDLE);
    if t > most * 3_600_000 {
        return None;
    }
    let (degrees, minutes, rest) = (t / 3_600_000, t / 60_000 % 60, t % 60_000);
    let _ = write!(out, "{degrees} {minutes} {}.{:03} {letter}", rest / 1000, rest % 1000);
    Some(())
}

/// `[!]family:address/length`, any number of them.
pub(super) fn read_prefixes(words: &[Token<'_>], out: &mut Vec<u8>) -> Result<(), String> {
    for word in words {
        read_prefix(word.raw, out).ok_or_else(|| format!("{} is not a prefix", word.raw))?;
    }
    Ok(())
}

fn read_prefix(raw: &str, out: &mut Vec<u8>) -> Option<()> {
    let (not, raw) = raw.strip_prefix('!').map_or((0, raw), |r| (0x80, r));
    let (family, rest) = raw.split_once(':')?;
    let (address, bits) = rest.split_once('/')?;
    let bits = u8::try_from(number(bits)?).ok()?;
    let (family, most, mut octets) = match (family, address.parse().ok()?) {
        ("1", IpAddr::V4(ip)) => (1_u16, 32, ip.octets().to_vec()),
        ("2", IpAddr::V6(ip)) => (2, 128, ip.octets().to_vec()),
        _ => return None,
    };
    while octets.last() == Some(&0) {
        octets.pop();
    }
    if bits > most {
        return None;
    }
    out.extend(family.to_be_bytes());
    out.push(bits);
    out.push(not | u8::try_from(octets.len()).ok()?);
    out.extend(octets);
    Some(())
}

pub(super) fn write_prefixes(wire: &[u8], out: &mut String) -> Option<()> {
    let mut rest = wire;
    while !rest.is_empty() {
        let ([a, b, bits, len], tail) = rest.split_first_chunk::<4>()?;
        let (octets, tail) = tail.split_at_checked(usize::from(len & 0x7f))?;
        if octets.last() == Some(&0) {
            return None;
        }
        let most = if *b == 1 { 4 } else { 16 };
        let mut whole = [0_u8; 16];
        whole.get_mut(..octets.len()).filter(|o| o.len() <= most)?.copy_from_slice(octets);
        let ip = match (a, b) {
            (0, 1) if *bits <= 32 => {
                IpAddr::V4(Ipv4Addr::new(whole[0], whole[1], whole[2], whole[3]))
            }
            (0, 2) if *bits <= 128 => IpAddr::V6(Ipv6Addr::from(whole)),
            _ => return None,
        };
        let gap = if rest.len() < wire.len() { " " } else { "" };
        let not = if len & 0x80 == 0 { "" } else { "!" };
        let _ = write!(out, "{gap}{not}{b}:{ip}/{bits}");
        rest = tail;
    }
    Some(())
}
