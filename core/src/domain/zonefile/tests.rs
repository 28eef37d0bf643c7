use super::*;

fn zone() -> DomainName {
    DomainName::parse("firma.pl").unwrap()
}

fn lines(text: &str) -> Vec<String> {
    read(text, &zone())
        .unwrap_or_else(|e| panic!("{e}"))
        .iter()
        .flat_map(|s| {
            s.body.data.iter().map(|d| format!("{} {} {} {d}", s.key.name, s.body.ttl, s.key.rtype))
        })
        .collect()
}

const SOA: &str = "@ IN SOA ns1 hostmaster 1 3h 1h 1w 600\n";

#[test]
fn a_file_as_people_write_them() {
    let text = "\u{feff}; strefa\r\n$TTL 1h\r\n@\tIN\tSOA ns1.firma.pl. hostmaster (\r\n\t2026112301 ; serial\r\n\
        \t3h ; refresh (\r\n 1h 1w 600 )\r\n\
        \tNS ns1\r\n\r\n   \t\r\n    300 IN NS ns2.example.net.\r\n\
        www 5m A 192.0.2.1\r\n IN 60 A 192.0.2.2\r\n in a 192.0.2.1\r\n\
        łąka CNAME www ; alias\r\n*.dev AAAA 2001:DB8::1\r\n\
        $ORIGIN sub\r\n@ TXT \"a;b\" c\\;d ( \"e(\" )\r\nA MX 10 mail\r\n\
        $ORIGIN .\r\nfirma.pl CAA 0 issue \"x\"\r\na\\.b.firma.pl TYPE65400 \\# 2 be ef\r\n\
        $ORIGIN firma.pl.\r\n@.firma.pl. TXT last";
    assert_eq!(
        lines(text),
        [
            "@ 300 NS ns1.firma.pl.",
            "@ 300 NS ns2.example.net.",
            "@ 3600 SOA ns1.firma.pl. hostmaster.firma.pl. 2026112301 10800 3600 604800 600",
            "@ 3600 CAA 0 issue \"x\"",
            "*.dev 3600 AAAA 2001:db8::1",
            "\\064 3600 TXT \"last\"",
            "a.sub 3600 MX 10 mail.sub.firma.pl.",
            "a\\.b 3600 TYPE65400 \\# 2 beef",
            "sub 3600 TXT \"a;b\" \"c;d\" \"e(\"",
            "www 60 A 192.0.2.1",
            "www 60 A 192.0.2.2",
            "xn--ka-ola7v 3600 CNAME www.firma.pl.",
        ]
    );
}

#[test]
fn a_missing_ttl_is_the_soa_minimum() {
    assert_eq!(
        lines(&format!("www A 192.0.2.1\n{SOA}$TTL 60\nftp A 192.0.2.1\nwww A 192.0.2.9"))[1..],
        ["ftp 60 A 192.0.2.1", "www 60 A 192.0.2.1", "www 60 A 192.0.2.9"]
    );
    assert_eq!(lines(&format!("{SOA}www A 192.0.2.1"))[1], "www 600 A 192.0.2.1");
    assert_eq!(lines("www 7 A 192.0.2.1"), ["www 7 A 192.0.2.1"]);
    assert_eq!(lines(""), [""; 0]);
}

#[test]
fn what_is_wrong_and_where() {
    for (text, line, key) in [
        ("www A 192.0.2.1", 1, "dns.zonefile_no_ttl"),
        ("$TTL 1h\n\n; x\nwww A 300.0.2.1", 4, "dns.bad_data"),
        ("$TTL 1h\nwww TXT ( \"a\"\n\"b\" )\nftp MX mail", 4, "dns.bad_data"),
        ("$TTL 1h\nwww TXT ( \"a\"\n\"b\"\n", 2, "dns.zonefile_parenthesis"),
        ("$TTL 1h\nwww TXT \"a\" )\n", 2, "dns.zonefile_parenthesis"),
        ("$TTL 1h\nwww TXT \"a\nb\"", 2, "dns.zonefile_quote"),
        ("$TTL 1h\nwww TXT a\\\nb", 2, "dns.zonefile_backslash"),
        ("$include other.zone", 1, "dns.zonefile_include"),
        ("$GENERATE 1-9 a A 192.0.2.$", 1, "dns.zonefile_directive"),
        ("\nwww.innafirma.pl. 60 A 192.0.2.1", 2, "dns.zonefile_outside"),
        ("$ORIGIN example.com.\nwww 60 A 192.0.2.1", 2, "dns.zonefile_outside"),
        ("w..w 60 A 192.0.2.1", 1, "dns.zonefile_name"),
        ("\"www\" 60 A 192.0.2.1", 1, "dns.zonefile_name"),
        ("$ORIGIN a b", 1, "dns.zonefile_name"),
        ("$TTL soon", 1, "dns.zonefile_ttl"),
        ("www 2147483648 A 192.0.2.1", 1, "dns.zonefile_ttl"),
        ("www 60 60 A 192.0.2.1", 1, "dns.zonefile_type"),
        ("www 60 CH TXT x", 1, "dns.zonefile_class"),
        ("www 60 CLASS3 TXT x", 1, "dns.zonefile_class"),
        ("www 60 IN", 1, "dns.zonefile_no_type"),
        ("www 60 ALIAS x.pl.", 1, "dns.zonefile_type"),
        ("www 60 TYPE65400 beef", 1, "dns.bad_data"),
        ("www 60 TYPE65400 \\# 3 beef", 1, "dns.bad_data"),
        ("\n 60 A 192.0.2.1", 2, "dns.zonefile_no_owner"),
    ] {
        let e = read(text, &zone()).unwrap_err();
        assert_eq!((e.line, e.problem.key()), (line, key), "{text}: {e}");
        assert!(!e.to_string().contains(['[', '{']), "{e}");
    }
}

#[test]
fn written_soa_first_and_read_back() {
    let text = format!("{SOA}@ 60 A 192.0.2.1\n@ 60 NS ns1\n@ 60 NS ns2\n*.a 5 TXT \"x;\\\"y\"");
    let zone = Zone::new(zone(), read(&text, &zone()).unwrap());
    let written = write(&zone);
    assert_eq!(
        written,
        "$ORIGIN firma.pl.\n\
         @\t600\tIN\tSOA\tns1.firma.pl. hostmaster.firma.pl. 1 10800 3600 604800 600\n\
         @\t60\tIN\tNS\tns1.firma.pl.\n@\t60\tIN\tNS\tns2.firma.pl.\n\
         @\t60\tIN\tA\t192.0.2.1\n*.a\t5\tIN\tTXT\t\"x;\\\"y\"\n"
    );
    assert_eq!(read(&written, &zone.name).unwrap(), zone.into_sets());
}

mod laws {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::super::super::arbitrary::{any_set, zone};
    use super::*;

    proptest! {
        #[test]
        fn any_zone_survives_its_file(sets in vec(any_set(), 0..12)) {
            let zone = Zone::new(zone(), sets);
            let back = read(&write(&zone), &zone.name).map_err(|e| TestCaseError::fail(e.to_string()))?;
            prop_assert_eq!(Zone::new(zone.name.clone(), back), zone);
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[-0-9a-zA \n\t\".;()@$\\\\ł]{0,80}") {
            if let Ok(sets) = read(&text, &zone()) {
                let zone = Zone::new(zone(), sets);
                prop_assert_eq!(read(&write(&zone), &zone.name).unwrap(), zone.into_sets());
            }
        }
    }
}
