//! Any record data that a server might serve: well-formed for each type of the table, and broken ones.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::field::Field;
use super::{SHAPES, Shape};
use crate::domain::{DomainName, RecordData, RecordName, RecordSet, RecordType, Ttl};

/// The zone of [`any_set`].
pub(crate) fn zone() -> DomainName {
    DomainName::parse("firma.pl").unwrap()
}

/// A type and wire data.
pub(crate) fn any_wire() -> impl Strategy<Value = (RecordType, Vec<u8>)> {
    prop_oneof![
        8 => select(SHAPES).prop_flat_map(|shape| (Just(RecordType::from_code(shape.0)), wire(&shape))),
        1 => (select(SHAPES).prop_map(|s| RecordType::from_code(s.0)), vec(any::<u8>(), 0..40)),
        1 => (any::<u16>().prop_map(RecordType::from_code), vec(any::<u8>(), 0..40)),
    ]
}

/// One set below [`zone`], of any type but the apex's SOA.
pub(crate) fn any_set() -> impl Strategy<Value = RecordSet> {
    let name = prop_oneof![
        Just(RecordName::apex()),
        "[a-z]{1,3}".prop_map(|s| RecordName::parse(&s).unwrap()),
        name_wire().prop_filter_map("too long", |mut wire| {
            wire.pop();
            wire.truncate(0x7f.min(wire.len()));
            let mut owner = whole_labels(&wire);
            owner.extend(zone().wire());
            RecordName::from_wire(&owner, &zone().wire()).ok()
        }),
    ];
    (name, any_wire(), vec(any_wire(), 0..3), 0..=0x7fff_ffff_u32).prop_map(
        |(name, (rtype, wire), more, ttl)| {
            let wires =
                std::iter::once(wire).chain(more.into_iter().filter(|m| m.0 == rtype).map(|m| m.1));
            let data = wires.map(|w| RecordData::from_wire(rtype, &w).unwrap()).collect();
            RecordSet::new(name, rtype, Ttl::try_from(ttl).unwrap(), data)
        },
    )
}

/// The labels that lie wholly in `wire`, lower case.
fn whole_labels(wire: &[u8]) -> Vec<u8> {
    let mut at = 0;
    while let Some(len) = wire.get(at) {
        let next = at + usize::from(*len) + 1;
        if next > wire.len() {
            break;
        }
        at = next;
    }
    wire[..at].to_ascii_lowercase()
}

fn wire(shape: &Shape) -> BoxedStrategy<Vec<u8>> {
    let fields: Vec<BoxedStrategy<Vec<u8>>> = shape.1.iter().map(|f| field(*f)).collect();
    fields.prop_map(|parts| parts.concat()).boxed()
}

fn field(field: Field) -> BoxedStrategy<Vec<u8>> {
    let bytes = |n: usize| vec(any::<u8>(), n..=n).boxed();
    match field {
        Field::Number(n) | Field::Eui(n) => bytes(usize::from(n)),
        Field::Time | Field::V4 => bytes(4),
        Field::V6 => bytes(16),
        Field::Algorithm => bytes(1),
        Field::CertKind => bytes(2),
        Field::Nibbles => bytes(8),
        Field::Name => name_wire().boxed(),
        Field::Str => string(any::<u8>().boxed(), 0).boxed(),
        Field::Tag => string((b'a'..=b'z').boxed(), 1).boxed(),
        Field::Strs => vec(string(any::<u8>().boxed(), 0), 1..4).prop_map(|s| s.concat()).boxed(),
        Field::Text | Field::Hex | Field::Base64 | Field::Key => vec(any::<u8>(), 0..50).boxed(),
        Field::Nsap => vec(any::<u8>(), 1..20).boxed(),
        Field::Host => (vec(any::<u8>(), 1..20), any::<u8>(), vec(any::<u8>(), 1..300))
            .prop_flat_map(|(hit, algorithm, key)| {
                let lengths = [u8::try_from(hit.len()).unwrap(), algorithm];
                let key_length = u16::try_from(key.len()).unwrap().to_be_bytes();
                let head = [&lengths[..], &key_length, &hit, &key].concat();
                vec(name_wire(), 0..3)
                    .prop_map(move |names| [head.clone(), names.concat()].concat())
            })
            .boxed(),
        Field::Types => vec((0..4_u8, vec(any::<u8>(), 0..5)), 0..3)
            .prop_map(|maps| {
                let maps: std::collections::BTreeMap<u8, Vec<u8>> = maps.into_iter().collect();
                let map = |(window, mut map): (u8, Vec<u8>)| {
                    map.push(0x40);
                    [&[window, u8::try_from(map.len()).unwrap()], map.as_slice()].concat()
                };
                maps.into_iter().flat_map(map).collect()
            })
            .boxed(),
        Field::Spot => spot(),
        Field::Prefixes => prefixes(),
        Field::Svc => params(),
    }
}

fn string(byte: BoxedStrategy<u8>, least: usize) -> impl Strategy<Value = Vec<u8>> {
    vec(byte, least..=255).prop_map(|mut s| {
        s.insert(0, u8::try_from(s.len()).unwrap());
        s
    })
}

/// Mostly letters, at times any bytes; with the root label.
fn name_wire() -> impl Strategy<Value = Vec<u8>> {
    let label = prop_oneof![
        3 => vec(prop_oneof![b'a'..=b'z', b'A'..=b'Z', Just(b'-'), Just(b'_')], 1..10),
        1 => vec(any::<u8>(), 1..=63),
    ];
    vec(label, 0..4).prop_map(|labels| {
        let mut out = Vec::new();
        for label in &labels {
            if out.len() + label.len() < 253 {
                out.push(u8::try_from(label.len()).unwrap());
                out.extend(label);
            }
        }
        out.push(0);
        out
    })
}

fn spot() -> BoxedStrategy<Vec<u8>> {
    let middle = 1_u32 << 31;
    let angle = |most: u32| middle - most * 3_600_000..=middle + most * 3_600_000;
    let size = (0..=9_u8, 0..=9_u8).prop_map(|(d, p)| if d == 0 { 0 } else { d << 4 | p });
    (size.clone(), size.clone(), size, angle(90), angle(180), any::<u32>())
        .prop_map(|(a, b, c, lat, lon, alt)| {
            let mut out = vec![0, a, b, c];
            out.extend([lat, lon, alt].iter().flat_map(|n| n.to_be_bytes()));
            out
        })
        .boxed()
}

fn prefixes() -> BoxedStrategy<Vec<u8>> {
    let one = |family: u8, most: u8| {
        (0..=most, any::<bool>(), vec(1..=255_u8, 0..=usize::from(most) / 8)).prop_map(
            move |(bits, not, octets)| {
                let len = u8::try_from(octets.len()).unwrap();
                [&[0, family, bits, len | if not { 0x80 } else { 0 }], octets.as_slice()].concat()
            },
        )
    };
    vec(prop_oneof![one(1, 32), one(2, 128)], 0..4).prop_map(|p| p.concat()).boxed()
}

fn params() -> BoxedStrategy<Vec<u8>> {
    let value = prop_oneof![
        (Just(1_u16), string(any::<u8>().boxed(), 1).boxed()),
        (Just(2), Just(vec![]).boxed()),
        (Just(3), vec(any::<u8>(), 2..=2).boxed()),
        (Just(4), vec(any::<u8>(), 8..=8).boxed()),
        (Just(5), vec(any::<u8>(), 1..30).boxed()),
        (Just(6), vec(any::<u8>(), 32..=32).boxed()),
        (7..=u16::MAX, vec(any::<u8>(), 0..30).boxed()),
    ];
    vec(value, 0..5)
        .prop_map(|pairs| {
            let sorted: std::collections::BTreeMap<u16, Vec<u8>> = pairs.into_iter().collect();
            let mut out = Vec::new();
            for (key, value) in sorted {
                out.extend(key.to_be_bytes());
                out.extend(u16::try_from(value.len()).unwrap().to_be_bytes());
                out.extend(value);
            }
            out
        })
        .boxed()
}
