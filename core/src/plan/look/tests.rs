use super::*;
use crate::domain::{DomainName, SetKey, Ttl};
use crate::ids::AccountId;
use crate::phrase::Language;

fn zone(name: &str) -> ZoneRef {
    ZoneRef {
        account: "01ARZ3NDEKTSV4RRFFQ69G5FAV".parse::<AccountId>().unwrap(),
        id: "z".into(),
        name: DomainName::parse(name).unwrap(),
    }
}

fn body(rtype: RecordType, ttl: u32, data: &[&str]) -> SetBody {
    let origin = DomainName::parse("firma.pl").unwrap();
    let data = data.iter().map(|d| RecordData::parse(rtype, d, &origin).unwrap()).collect();
    SetBody::new(Ttl::try_from(ttl).unwrap(), data)
}

/// `before` and `after`: no data = no set.
fn change(name: &str, rtype: &str, before: &[&str], after: &[&str]) -> SetChange {
    let rtype: RecordType = rtype.parse().unwrap();
    let side = |data: &[&str]| (!data.is_empty()).then(|| body(rtype, 300, data));
    SetChange {
        key: SetKey { name: name.parse().unwrap(), rtype },
        before: side(before),
        after: side(after),
    }
}

fn alone(zone_sets: Option<usize>) -> Share<'static> {
    Share { zone_sets, recent: &NONE }
}

static NONE: BTreeSet<SetKey> = BTreeSet::new();

fn keys(phrases: &[Phrase]) -> Vec<&str> {
    for p in phrases {
        for lang in Language::ALL {
            assert!(!p.text(*lang).contains(['[', '{']), "{}", p.text(*lang));
        }
    }
    phrases.iter().map(|p| p.key().strip_prefix("dns.").unwrap()).collect()
}

fn warned(changes: &[SetChange]) -> Vec<String> {
    keys(&warnings(&zone("firma.pl"), &alone(None), changes))
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[test]
fn everyday_changes_are_reversible_and_silent() {
    for c in [
        change("www", "A", &["8.8.8.8"], &["8.8.4.4"]),
        change("@", "AAAA", &[], &["2606:4700::1111"]),
        change("blog", "CNAME", &[], &["host.example.net."]),
        change("@", "TXT", &[], &["\"hello = world\""]),
        change("_sip._tcp", "SRV", &[], &["1 2 443 sip"]),
        change("old", "A", &["8.8.8.8"], &[]),
        change("verify", "A", &[], &["8.8.8.8"]),
    ] {
        assert_eq!(tier(&alone(None), std::slice::from_ref(&c)), Tier::Reversible, "{:?}", c.key);
        assert_eq!(warned(std::slice::from_ref(&c)), [""; 0], "{:?}", c.key);
    }
}

#[test]
fn grave_changes_are_dangerous_and_said() {
    for (name, rtype, data, word) in [
        ("@", "NS", "ns1", "warn_apex_ns"),
        ("sub", "NS", "ns1", "warn_delegation"),
        ("sub", "DS", "1 13 2 ab", "warn_ds"),
        ("@", "MX", "10 mail", "warn_mx"),
        ("*", "A", "8.8.8.8", "warn_wildcard"),
        ("*.dev", "TXT", "x", "warn_wildcard"),
        ("old", "DNAME", "new", "warn_tree"),
        ("@", "CAA", "0 issue \"letsencrypt.org\"", "warn_caa"),
        ("_acme-challenge", "TXT", "abc", "warn_proof"),
        ("_acme-challenge.www", "CNAME", "x.example.net.", "warn_proof"),
        ("_acme-challenge", "NS", "ns1", "warn_proof"),
        ("s1._domainkey", "TXT", "\"v=DKIM1; p=x\"", "warn_mail_trust"),
        ("s1._domainkey", "CNAME", "x.example.net.", "warn_mail_trust"),
        ("_domainkey", "TXT", "\"o=-\"", "warn_mail_trust"),
        ("_dmarc", "TXT", "\"v=DMARC1; p=none\"", "warn_mail_trust"),
        ("@", "TXT", "\"V=SPF1 -all\"", "warn_mail_trust"),
        ("@", "TXT", "\"v=sp\" \"f1 -all\"", "warn_mail_trust"),
        ("@", "TXT", "google-site-verification=abc", "warn_proof"),
        ("@", "TXT", "MS=ms123", "warn_proof"),
        ("@", "TXT", "yandex-verification:\\032x", "warn_proof"),
        ("_github-challenge-firma", "TXT", "abc", "warn_proof"),
        ("_x1", "CNAME", "_y.acm-validations.aws.", "warn_proof"),
    ] {
        for c in [change(name, rtype, &[], &[data]), change(name, rtype, &[data], &[])] {
            assert_eq!(
                tier(&alone(None), std::slice::from_ref(&c)),
                Tier::Dangerous,
                "{name} {rtype} {data}"
            );
            assert_eq!(warned(std::slice::from_ref(&c)), [word], "{name} {rtype} {data}");
        }
    }
    let mixed = [change("www", "A", &[], &["8.8.8.8"]), change("@", "NS", &["ns1"], &["ns2"])];
    assert_eq!(tier(&alone(None), &mixed), Tier::Dangerous);
}

#[test]
fn slips_that_are_pointed_out() {
    assert_eq!(warned(&[change("lists", "MX", &[], &["10 mail"])]), ["warn_mx"]);
    assert_eq!(
        warned(&[change("@", "TXT", &[], &["\"v=spf1 -all\"", "\"v=spf1 ~all\""])]),
        ["warn_mail_trust", "warn_spf_many"]
    );
    assert_eq!(warned(&[change("@", "MX", &[], &["0 .", "5 mail"])]), ["warn_mx", "warn_null_mx"]);
    for (data, forbids) in [
        (&["0 issue \";\""][..], true),
        (&["0 issue \"\""], true),
        (&["0 issue \"; a=b\"", "0 iodef \"mailto:a@b.pl\""], true),
        (&["0 issue \";\"", "0 issue \"letsencrypt.org\""], false),
        (&["0 issue \"letsencrypt.org\"", "0 issuewild \";\""], true),
        (&["0 iodef \"mailto:a@b.pl\""], false),
    ] {
        let words = warned(&[change("@", "CAA", &[], data)]);
        assert_eq!(words.contains(&"warn_caa_forbids".to_owned()), forbids, "{data:?}");
    }
}

#[test]
fn an_address_that_goes() {
    let gone = change("www", "A", &["8.8.8.8"], &[]);
    assert_eq!(warned(std::slice::from_ref(&gone)), ["warn_no_address"]);
    assert_eq!(warned(&[gone, change("www", "CNAME", &[], &["x.example.net."])]), [""; 0]);
    assert_eq!(warned(&[change("@", "AAAA", &["2606::1"], &[])]), ["warn_no_address"]);
}

#[test]
fn ttls_and_private_addresses_once_for_all() {
    let mut low = change("www", "A", &[], &["8.8.8.8"]);
    low.after = Some(body(RecordType::A, 59, &["8.8.8.8"]));
    let mut high = low.clone();
    high.after = Some(body(RecordType::A, 86_401, &["8.8.8.8"]));
    assert_eq!(warned(&[low.clone(), high, low.clone()]), ["warn_ttl_low", "warn_ttl_high"]);
    // It had that TTL before.
    low.before = Some(body(RecordType::A, 59, &["8.8.4.4"]));
    assert_eq!(warned(&[low]), [""; 0]);

    let changes: Vec<SetChange> =
        ["10.0.0.1", "192.168.1.1", "100.64.0.1", "127.0.0.1", "169.254.1.1", "203.0.113.1"]
            .iter()
            .map(|ip| change("host", "A", &[], &[ip]))
            .collect();
    for c in &changes {
        assert_eq!(warned(std::slice::from_ref(c)), ["warn_private"], "{c:?}");
    }
    let all = warnings(&zone("firma.pl"), &alone(None), &changes);
    assert_eq!(all.len(), 1);
    assert_eq!(
        all[0].arg("names"),
        Some("host.firma.pl 10.0.0.1, host.firma.pl 192.168.1.1, host.firma.pl 100.64.0.1, …")
    );
    assert_eq!(warnings(&zone("demo.test"), &alone(None), &changes), []);
    for ip in ["fd00::1", "fe80::1", "::1", "2001:db8::1", "ff02::1"] {
        assert_eq!(warned(&[change("h", "AAAA", &[], &[ip])]), ["warn_private"], "{ip}");
    }
}

#[test]
fn a_large_share_of_a_zone() {
    let edit = |i: usize| change(&format!("h{i}"), "A", &["8.8.8.8"], &["8.8.4.4"]);
    let some: Vec<SetChange> = (0..4).map(edit).collect();
    let words = |total, changes: &[SetChange]| {
        keys(&warnings(&zone("firma.pl"), &alone(total), changes)).len()
    };
    assert_eq!(words(Some(13), &some), 1);
    assert_eq!(words(Some(14), &some), 0);
    assert_eq!(words(Some(9), &some), 0);
    assert_eq!(words(None, &some), 0);
    let new: Vec<SetChange> =
        (0..40).map(|i| change(&format!("h{i}"), "A", &[], &["8.8.8.8"])).collect();
    assert_eq!(words(Some(10), &new), 0);
}

#[test]
fn many_small_plans_are_one_large_change() {
    let edit = |i: usize| change(&format!("h{i}"), "A", &["8.8.8.8"], &["8.8.4.4"]);
    let recent: BTreeSet<_> = (0..4).map(|i| edit(i).key).collect();
    let share = Share { zone_sets: Some(13), recent: &recent };
    let said = |c: SetChange| keys(&warnings(&zone("firma.pl"), &share, &[c])).join(" ");
    assert_eq!(said(edit(5)), "warn_share_day");
    let share = Share { zone_sets: Some(14), recent: &recent };
    assert!(warnings(&zone("firma.pl"), &share, &[edit(3)]).is_empty(), "the same one again");
}

#[test]
fn what_no_server_should_hold() {
    let at = |name: &str, rtype: &str, data: &str| {
        let rtype = rtype.parse().unwrap();
        let body = body(rtype, 300, &[data]);
        RecordSet { key: SetKey { name: name.parse().unwrap(), rtype }, body }
    };
    let of = |existing: &[RecordSet], c: &SetChange| {
        keys(&problems(existing, c)).iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let a = at("www", "A", "8.8.8.8");
    let cname = at("www", "CNAME", "x.example.net.");
    let new_cname = change("www", "CNAME", &[], &["y.example.net."]);
    assert_eq!(of(std::slice::from_ref(&a), &new_cname), ["cname_beside"]);
    assert_eq!(of(std::slice::from_ref(&cname), &new_cname), [""; 0]);
    assert_eq!(of(&[cname], &change("www", "A", &[], &["8.8.4.4"])), ["cname_there"]);
    let signature = RecordSet {
        key: SetKey { name: "www".parse().unwrap(), rtype: RecordType::from_code(46) },
        body: SetBody::new(Ttl::try_from(300).unwrap(), vec![]),
    };
    assert_eq!(of(&[signature], &new_cname), [""; 0]);
    assert_eq!(of(&[a], &change("www", "AAAA", &[], &["2606::1"])), [""; 0]);
    assert_eq!(of(&[], &change("www", "CNAME", &[], &["x.", "y."])), ["one_only"]);
    assert_eq!(of(&[], &change("@", "CNAME", &[], &["x."])), ["cname_apex"]);
    assert_eq!(of(&[], &change("@", "NS", &["ns1"], &[])), ["apex_ns_empty"]);
    assert_eq!(of(&[], &change("sub", "NS", &["ns1"], &[])), [""; 0]);
    assert_eq!(of(&[], &change("@", "DS", &[], &["1 13 2 ab"])), ["ds_apex"]);
    assert_eq!(of(&[at("sub", "NS", "ns1")], &change("sub", "DNAME", &[], &["x."])), ["dname_ns"]);
    assert_eq!(of(&[at("@", "NS", "ns1")], &change("@", "DNAME", &[], &["x."])), [""; 0]);
    let soa =
        |name: &str, before: &[&str], after: &[&str]| of(&[], &change(name, "SOA", before, after));
    assert_eq!(soa("@", &["a b 1 2 3 4 5"], &["a b 1 2 3 4 6"]), [""; 0]);
    assert_eq!(soa("@", &["a b 1 2 3 4 5"], &[]), ["soa_refused"]);
    assert_eq!(soa("@", &[], &["a b 1 2 3 4 5"]), ["soa_refused"]);
    assert_eq!(soa("x", &["a b 1 2 3 4 5"], &["a b 1 2 3 4 6"]), ["soa_refused"]);
    assert_eq!(of(&[], &change("x", "TYPE65534", &["\\# 1 00"], &[])), ["server_type"]);
    assert_eq!(of(&[], &change("@", "MX", &[], &["10 192.0.2.1."])), ["host_is_ip"]);
    let mut empty = change("x", "A", &[], &["8.8.8.8"]);
    empty.after = Some(body(RecordType::A, 300, &[]));
    assert_eq!(of(&[], &empty), ["empty_set"]);
}
