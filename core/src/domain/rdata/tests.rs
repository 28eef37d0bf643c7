use dns_domain::base::Name;
use dns_domain::base::iana::Rtype;
use dns_domain::base::name::FlattenInto;
use dns_domain::base::rdata::ComposeRecordData;
use dns_domain::rdata::ZoneRecordData;
use dns_domain::zonefile::inplace::{Entry, Zonefile};

use super::*;

const ORIGIN: Origin<'static> =
    Origin { wire: b"\x07example\x03com\x00", dotted_is_absolute: false };

fn wire(code: u16, text: &str) -> Result<Vec<u8>, String> {
    let words = words(text)?;
    generic(&words).unwrap_or_else(|| to_wire(code, &words, &ORIGIN))
}

/// Text, read and printed again.
fn again(rtype: &str, text: &str) -> String {
    let code = Rtype::from_bytes(rtype.as_bytes()).unwrap().to_int();
    to_text(code, &wire(code, text).unwrap()).unwrap()
}

#[test]
fn the_table_is_sorted_and_its_examples_hold() {
    assert!(SHAPES.is_sorted_by(|a, b| a.0 < b.0));
    for (code, _, example) in SHAPES {
        let bytes = wire(*code, example).unwrap_or_else(|e| panic!("{code} {example}: {e}"));
        let text = to_text(*code, &bytes).unwrap_or_else(|| panic!("{code} {example}"));
        assert_eq!(wire(*code, &text).unwrap(), bytes, "{code} {text}");
        if !example.contains("ns1 ") {
            assert_eq!(&text, example, "{code}");
        }
    }
}

/// A second opinion: where the crate `domain` reads a type too, it must find the same bytes.
#[test]
fn agrees_with_the_crate_domain() {
    let mut compared = 0;
    for (code, _, example) in SHAPES {
        let line = format!(". 0 IN {} {example}\n", Rtype::from_int(*code));
        let mut file = Zonefile::from(line.as_str());
        file.set_origin(Name::from_octets(bytes::Bytes::from_static(ORIGIN.wire)).unwrap());
        let Ok(Some(Entry::Record(record))) = file.next_entry() else { continue };
        let data: ZoneRecordData<bytes::Bytes, Name<bytes::Bytes>> =
            record.into_data().flatten_into();
        let mut theirs = Vec::new();
        data.compose_canonical_rdata(&mut theirs).unwrap();
        assert_eq!(wire(*code, example).unwrap(), theirs, "{}", Rtype::from_int(*code));
        compared += 1;
    }
    assert!(compared >= 30, "only {compared} types were compared");
}

#[test]
fn many_ways_to_write_one_value() {
    for (rtype, text, one) in [
        ("A", "\\# 4 C0000201", "192.0.2.1"),
        ("CNAME", "WWW", "www.example.com."),
        ("CNAME", "@", "example.com."),
        ("CNAME", "Łąka.pl.", "xn--ka-ola7v.pl."),
        ("CNAME", "a\\.b\\032c.D.", "a\\.b\\032c.d."),
        (
            "SOA",
            "NS1 a\\.b 1 1h30m 1D 2w 300",
            "ns1.example.com. a\\.b.example.com. 1 5400 86400 1209600 300",
        ),
        ("TXT", "plain \"two words\" \"\\195\\179\"", "\"plain\" \"two words\" \"\\195\\179\""),
        ("TXT", "\"a\"\"b\" \"ó;\\\"\"", "\"a\" \"b\" \"\\195\\179;\\\"\""),
        ("CAA", "128 ISSUE \"Letsencrypt.org; a=b\"", "128 issue \"Letsencrypt.org; a=b\""),
        ("CAA", "0 issue letsencrypt.org", "0 issue \"letsencrypt.org\""),
        ("CAA", "0 issue \"\"", "0 issue \"\""),
        ("NAPTR", "1 2 U E2U+sip \"\" Host", "1 2 \"U\" \"E2U+sip\" \"\" host.example.com."),
        ("SRV", "( 1 2\n 443 H )", "1 2 443 h.example.com."),
        ("TLSA", "3 1 1 AABB ccDD", "3 1 1 aabbccdd"),
        ("DS", "1 ECDSAP256SHA256 2 AB", "1 13 2 ab"),
        ("CERT", "PKIX 1 RSASHA256 AQ ID", "1 1 8 AQID"),
        ("OPENPGPKEY", "983304", "mDME"),
        ("OPENPGPKEY", "mD ME", "mDME"),
        ("HTTPS", "1 SVC port=443 ALPN=h2,h3", "1 svc.example.com. alpn=\"h2,h3\" port=443"),
        ("HTTPS", "1 . ech=some+base64+encoded+value///", "1 . ech=some+base64+encoded+value///"),
        ("SVCB", "0 Other.Example.", "0 other.example."),
        (
            "SVCB",
            "1 . key65000=\"a b\" mandatory=port,alpn alpn=\"f\\\\\\\\oo\\\\,bar,h2\" port=1",
            "1 . mandatory=alpn,port alpn=\"f\\\\\\\\oo\\\\,bar,h2\" port=1 key65000=\"a b\"",
        ),
        ("LOC", "52 13 N 21 E 113", "52 13 0.000 N 21 0 0.000 E 113.00m 1.00m 10000.00m 10.00m"),
        (
            "LOC",
            "52 22 23.000 N 4 53 32.5 W -2.00m 0.00m 10000m 10m",
            "52 22 23.000 N 4 53 32.500 W -2.00m 0.00m 10000.00m 10.00m",
        ),
        ("URI", "10 1 \"ftp://ftp1.example.com/public\"", "10 1 \"ftp://ftp1.example.com/public\""),
        ("EUI48", "00-00-5E-00-53-2A", "00-00-5e-00-53-2a"),
        ("NSEC3PARAM", "1 0 10 AABBCCDD", "1 0 10 AABBCCDD"),
    ] {
        let printed = again(rtype, text);
        assert_eq!(printed, one, "{rtype} {text}");
        assert_eq!(again(rtype, &printed), one, "{rtype} {text}");
    }
}

#[test]
fn what_is_no_data() {
    for (rtype, text) in [
        ("A", "300.1.2.3"),
        ("A", ""),
        ("A", "192.0.2.1 192.0.2.2"),
        ("A", "192.0.2.1\nwww A 192.0.2.2"),
        ("A", "\\# 4 c00002"),
        ("MX", "mail"),
        ("MX", "65536 mail"),
        ("MX", "+5 mail"),
        ("CNAME", "\"www\""),
        ("CNAME", "a..b"),
        ("CNAME", "a\\300"),
        ("TXT", "v=DKIM1; k=rsa"),
        ("TXT", "\"open"),
        ("CAA", "0 is-sue \"x\""),
        ("CAA", "0 issue a b"),
        ("TLSA", "3 1 1 abc"),
        ("HTTPS", "1 . port=1 port=2"),
        ("HTTPS", "1 . mandatory=port"),
        ("HTTPS", "1 . alpn="),
        ("HTTPS", "1 . ech=!"),
        ("LOC", "91 N 21 E 1m"),
        ("LOC", "52 60 N 21 E 1m"),
        ("LOC", "52 N 21 E"),
        ("APL", "1:192.0.2.0/33"),
        ("APL", "1:2001::/3"),
        ("EUI48", "00-00-5e-00-53"),
        ("TYPE65400", "beef"),
        ("IPSECKEY", "10 1"),
    ] {
        let code = Rtype::from_bytes(rtype.as_bytes()).unwrap().to_int();
        assert!(wire(code, text).is_err(), "{rtype} {text}");
    }
    let long = format!("\"{}\"", "x".repeat(256));
    assert!(wire(16, &long).unwrap_err().contains("255"));
}

/// RFC 9460 appendix D.2; LOC and APL computed by hand from RFC 1876 and RFC 3123.
#[test]
fn vectors_of_the_rfcs() {
    let hex = |text: &str| field::hex(&text.replace(' ', "")).unwrap();
    assert_eq!(
        wire(64, "16 foo.example.org. alpn=h2,h3-19 mandatory=ipv4hint,alpn ipv4hint=192.0.2.1")
            .unwrap(),
        hex(
            "0010 03666f6f076578616d706c65036f726700 0000 0004 0001 0004 0001 0009 026832 0568332d3139 0004 0004 c0000201"
        )
    );
    assert_eq!(
        wire(64, "1 foo.example.com. key667=\"hello\\210qoo\"").unwrap(),
        hex("0001 03666f6f076578616d706c6503636f6d00 029b 0009 68656c6c6fd2716f6f")
    );
    assert_eq!(
        wire(64, "1 foo.example.com. ipv6hint=\"2001:db8::1,2001:db8::53:1\"").unwrap(),
        hex(
            "0001 03666f6f076578616d706c6503636f6d00 0006 0020 20010db8000000000000000000000001 20010db8000000000000000000530001"
        )
    );
    assert_eq!(
        wire(29, "42 21 54 N 71 06 18 W -24m 30m").unwrap(),
        // 152,514,000 and 255,978,000 thousandths of a second from the middle, 9,997,600 cm.
        hex("00 33 16 13 89172dd0 70be15f0 00988d20")
    );
    assert_eq!(
        wire(42, "1:192.168.32.0/21 !1:192.168.38.0/28").unwrap(),
        hex("0001 15 03 c0a820 0001 1c 83 c0a826")
    );
}

mod laws {
    use proptest::prelude::*;

    use super::super::arbitrary::{any_wire, zone};
    use crate::domain::RecordData;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        /// Whatever a server serves is kept, has one text, and that text leads back.
        #[test]
        fn wire_text_and_back((rtype, wire) in any_wire()) {
            let data = RecordData::from_wire(rtype, &wire).unwrap();
            let back = data.to_wire(rtype).unwrap();
            prop_assert!(back.eq_ignore_ascii_case(&wire), "{data}");
            prop_assert_eq!(&RecordData::from_wire(rtype, &back).unwrap(), &data);
            prop_assert_eq!(&RecordData::parse(rtype, data.as_str(), &zone()).unwrap(), &data);
            prop_assert!(data.as_str().bytes().all(|b| (0x20..0x7f).contains(&b)), "{data}");
        }

        /// Nothing that is typed brings it down.
        #[test]
        fn any_text_is_read_or_refused((rtype, _) in any_wire(), text in "\\PC{0,40}|[-0-9a-z .\"\\\\(;)@=]{0,40}") {
            for data in [
                RecordData::parse(rtype, &text, &zone()),
                RecordData::from_person(rtype, &text, &zone()),
            ].into_iter().flatten() {
                prop_assert_eq!(&RecordData::parse(rtype, data.as_str(), &zone()).unwrap(), &data);
            }
        }
    }

    /// A value of the table's shape is printed by its fields, not kept as bytes.
    #[test]
    fn well_formed_data_are_not_opaque() {
        use proptest::strategy::ValueTree;
        use proptest::test_runner::TestRunner;
        let mut runner = TestRunner::deterministic();
        let (mut known, mut opaque) = (0, 0);
        for _ in 0..2000 {
            let (rtype, wire) = any_wire().new_tree(&mut runner).unwrap().current();
            if rtype.to_string().starts_with("TYPE") {
                continue;
            }
            let data = RecordData::from_wire(rtype, &wire).unwrap();
            *(if data.as_str().starts_with("\\#") { &mut opaque } else { &mut known }) += 1;
        }
        assert!(known > opaque * 4, "{known} known, {opaque} opaque");
    }
}
