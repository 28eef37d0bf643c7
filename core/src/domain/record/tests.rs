use super::*;

fn data(rtype: &str, text: &str) -> Result<String, DataError> {
    let zone = DomainName::parse("firma.pl").unwrap();
    RecordData::parse(rtype.parse().unwrap(), text, &zone).map(|d| d.to_string())
}

#[test]
fn one_text_for_one_value() {
    assert_eq!(data("AAAA", "2001:DB8:0::1").unwrap(), "2001:db8::1");
    assert_eq!(data("CNAME", "WWW").unwrap(), "www.firma.pl.");
    assert_eq!(data("MX", "10 Mail.Firma.PL.").unwrap(), "10 mail.firma.pl.");
    assert_eq!(data("TXT", "\"a\" b").unwrap(), "\"a\" \"b\"");
    assert_eq!(data("TYPE65400", "\\# 2 BEEF").unwrap().to_lowercase(), "\\# 2 beef");
    for (t, bad) in
        [("A", "300.1.2.3"), ("A", "192.0.2.1\nwww A 1.2.3.4"), ("MX", "mail"), ("A", "")]
    {
        assert!(data(t, bad).is_err(), "{t} {bad}");
    }
}

#[test]
fn wire_and_back() {
    let zone = DomainName::parse("firma.pl").unwrap();
    for (t, text) in [
        ("A", "192.0.2.1"),
        ("MX", "0 ."),
        ("TXT", "\"v=spf1 -all\" \"; \\\"x\\\"\""),
        ("CAA", "0 issue \"ca.example.net\""),
        ("SRV", "1 2 443 host"),
        ("TYPE65400", "\\# 2 beef"),
        ("SOA", "ns1 hostmaster 1 2 3 4 5"),
        ("HTTPS", "1 . alpn=h2"),
        ("TLSA", "3 1 1 aabb"),
        ("NAPTR", "100 10 \"u\" \"sip\" \"!^.*$!sip:a@b.c!\" ."),
    ] {
        let rtype: RecordType = t.parse().unwrap();
        let d = RecordData::parse(rtype, text, &zone).unwrap();
        let wire = d.to_wire(rtype).unwrap();
        assert_eq!(RecordData::from_wire(rtype, &wire).unwrap(), d, "{t} {text}");
    }
}

#[test]
fn what_people_type() {
    let zone = DomainName::parse("firma.pl").unwrap();
    let of = |t: &str, v: &str| {
        RecordData::from_person(t.parse().unwrap(), v, &zone).unwrap().to_string()
    };
    assert_eq!(of("TXT", "v=spf1 include:x.pl -all"), "\"v=spf1 include:x.pl -all\"");
    assert_eq!(of("TXT", "say \"hi\""), "\"say \\\"hi\\\"\"");
    assert_eq!(
        of("TXT", &"x".repeat(300)),
        format!("\"{}\" \"{}\"", "x".repeat(255), "x".repeat(45))
    );
    assert_eq!(of("MX", "10 aspmx.l.google.com"), "10 aspmx.l.google.com.");
    assert_eq!(of("CNAME", "www"), "www.firma.pl.");
    assert_eq!(of("CNAME", "łąka.pl"), "xn--ka-ola7v.pl.");
}

#[test]
fn what_people_mean() {
    let zone = DomainName::parse("firma.pl").unwrap();
    let of = |t: &str, v: &str| RecordData::from_person(t.parse().unwrap(), v, &zone);
    for (t, v, data) in [
        ("SRV", "1 2 443 sip.example.net", "1 2 443 sip.example.net."),
        ("SRV", "1 2 443 sip", "1 2 443 sip.firma.pl."),
        ("HTTPS", "1 CDN.example.net alpn=h2", "1 cdn.example.net. alpn=\"h2\""),
        ("MX", " 10  Łąka.pl ", "10 xn--ka-ola7v.pl."),
        ("CNAME", "@", "firma.pl."),
        ("NS", "ns1.example.net.", "ns1.example.net."),
        // Quotes that a person means literally.
        ("TXT", "\"left", "\"\\\"left\""),
        ("TXT", "\"hi\" he said", "\"\\\"hi\\\" he said\""),
        ("TXT", "\"a\" \"b\"", "\"a\" \"b\""),
        ("TXT", "v=DKIM1; k=rsa", "\"v=DKIM1; k=rsa\""),
        ("TXT", "ó\\", "\"\\195\\179\\\\\""),
    ] {
        assert_eq!(of(t, v).unwrap().as_str(), data, "{t} {v}");
    }
    for (t, v) in
        [("TXT", ""), ("TXT", "a\nb"), ("CNAME", "аpple.com"), ("MX", "mail"), ("CNAME", "a b")]
    {
        let e = of(t, v).unwrap_err();
        assert_eq!(e.phrase().arg("rtype"), Some(t), "{v}");
    }
    assert_eq!(RecordData::txt(&[b'x'; 300]).txt_bytes().unwrap(), [b'x'; 300]);
    assert_eq!(RecordData::txt(b"").as_str(), "\"\"");
    assert_eq!(of("A", "192.0.2.1").unwrap().txt_bytes(), None);
}

/// Data that a server serves against the rules are kept to the byte.
#[test]
fn broken_data_are_kept() {
    for (t, wire, text) in [
        ("A", &[1_u8, 2, 3][..], "\\# 3 010203"),
        ("TXT", &[5, b'a'], "\\# 2 0561"),
        ("MX", &[0, 1, 0xc0, 0], "\\# 4 0001c000"),
        ("TXT", &[], "\\# 0"),
        ("CNAME", &[1, b';', 0], "\\059."),
    ] {
        let rtype: RecordType = t.parse().unwrap();
        let data = RecordData::from_wire(rtype, wire).unwrap();
        assert_eq!(data.as_str(), text);
        assert_eq!(data.to_wire(rtype).unwrap(), wire);
    }
}
