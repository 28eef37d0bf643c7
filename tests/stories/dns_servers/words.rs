//! Changes in a person's words.

use dombot_core::plan::Tier;

use super::{Told, houses};

/// Tells a story to a Polish and an English person at every server.
macro_rules! everywhere {
    ($($(#[$doc:meta])* $name:ident => $story:ident)*) => {$(
        $(#[$doc])*
        #[tokio::test]
        async fn $name() {
            for house in houses() {
                for told in house.people().await {
                    $story(&told).await;
                    told.strangers_survive();
                }
            }
        }
    )*};
}

everywhere! {
    addresses_are_set_added_and_deleted => addresses
    sets_and_whole_names_are_deleted => deletions
    every_common_type_can_be_said => types
    text_comes_through_as_it_was_said => texts
    names_of_other_scripts_and_wildcards => names
    a_cname_stands_alone => cname
    name_servers_of_the_apex_are_a_dangerous_change => apex
    a_change_is_taken_back => taken_back
    two_wishes_become_one_plan => two_wishes
}

async fn addresses(told: &Told<'_>) {
    told.does("ustaw nowy.{z} na 203.0.113.7", "set nowy.{z} to 203.0.113.7").await;
    told.sees("nowy", "A", &["300 203.0.113.7"]);
    told.does("ustaw www.{z} na 203.0.113.7", "point www.{z} at 203.0.113.7").await;
    told.sees("www", "A", &["3600 203.0.113.7"]);
    told.does(
        "ustaw TTL rekordu A www.{z} na 5 minut",
        "set the TTL of the A record www.{z} to 5 minutes",
    )
    .await;
    told.sees("www", "A", &["300 203.0.113.7"]);
    told.does("dodaj rekord A www.{z} 203.0.113.8", "add an A record www.{z} 203.0.113.8").await;
    told.sees("www", "A", &["300 203.0.113.7", "300 203.0.113.8"]);
    let found = told.says("co wskazuje na 203.0.113.8?", "what points to 203.0.113.8?").await;
    assert!(found.text.contains(told.zone) && found.text.contains("www"), "{}", found.text);
    told.does("usuń 203.0.113.7 z www.{z}", "remove 203.0.113.7 from www.{z}").await;
    told.sees("www", "A", &["300 203.0.113.8"]);
    told.does("ustaw www.{z} na 2001:db8::7", "set www.{z} to 2001:db8::7").await;
    told.sees("www", "AAAA", &["300 2001:db8::7"]);
    told.sees("www", "A", &["300 203.0.113.8"]);
    // Said again, there is nothing to do, and nothing is planned.
    let again = told.says("ustaw www.{z} na 203.0.113.8", "set www.{z} to 203.0.113.8").await;
    assert!(again.plan.is_none(), "{}", again.text);
}

async fn deletions(told: &Told<'_>) {
    told.does("usuń rekord A old.{z}", "delete the A record of old.{z}").await;
    told.sees("old", "A", &[]);
    told.sees("old", "TXT", &["300 \"x\""]);
    told.does("ustaw old.{z} na 192.0.2.33", "set old.{z} to 192.0.2.33").await;
    told.does("usuń wszystkie rekordy old.{z}", "delete all records of old.{z}").await;
    told.sees("old", "A", &[]);
    told.sees("old", "TXT", &[]);
    told.is_refused(
        ("usuń rekord A old.{z}", "delete the A record of old.{z}"),
        ("old.{z}", "old.{z}"),
    )
    .await;
    told.sees("mail", "A", &["300 192.0.2.20"]);
}

async fn types(told: &Told<'_>) {
    // BIND refuses an MX that leads to a name of the zone without an address.
    told.does("ustaw backup.{z} na 192.0.2.21", "set backup.{z} to 192.0.2.21").await;
    told.does("dodaj MX 20 backup.{z} do {z}", "add MX 20 backup.{z} to {z}").await;
    told.sees("@", "MX", &["3600 10 mail.{z}.", "3600 20 backup.{z}."]);
    told.does("usuń rekord MX z {z}", "remove MX from {z}").await;
    told.sees("@", "MX", &[]);
    told.does("ustaw MX {z} na 5 mail.{z}", "set MX of {z} to 5 mail.{z}").await;
    told.sees("@", "MX", &["300 5 mail.{z}."]);
    told.does("dodaj CAA 0 issue letsencrypt.org do {z}", "add CAA 0 issue letsencrypt.org to {z}")
        .await;
    told.sees("@", "CAA", &["300 0 issue \"letsencrypt.org\""]);
    told.does(
        "dodaj SRV 10 5 5060 mail.{z} dla _sip._tcp.{z}",
        "add SRV 10 5 5060 mail.{z} for _sip._tcp.{z}",
    )
    .await;
    told.sees("_sip._tcp", "SRV", &["300 10 5 5060 mail.{z}."]);
}

async fn texts(told: &Told<'_>) {
    let key = format!("v=DKIM1; k=rsa; p={}", "aBcDeFgHiJ".repeat(40));
    told.does(
        &format!("dodaj TXT \"{key}\" do sel._domainkey.{{z}}"),
        &format!("add TXT \"{key}\" to sel._domainkey.{{z}}"),
    )
    .await;
    let seen = told.dig("sel._domainkey", "TXT");
    let strings: Vec<&str> = seen[0].split('"').filter(|s| !s.trim().is_empty()).skip(1).collect();
    assert_eq!((seen.len(), strings.concat()), (1, key), "{}", told.house.who);
    assert!(strings.len() == 2 && strings.iter().all(|s| s.len() <= 255));
    told.does(
        "ustaw txt _dmarc.{z} na v=DMARC1; p=none; rua=mailto:a@{z}",
        "set TXT of _dmarc.{z} to \"v=DMARC1; p=none; rua=mailto:a@{z}\"",
    )
    .await;
    told.sees("_dmarc", "TXT", &["300 \"v=DMARC1; p=none; rua=mailto:a@{z}\""]);
    told.does(
        "dodaj TXT \"rzekł 'tak'; koniec\" do cytat.{z}",
        "add TXT \"rzekł 'tak'; koniec\" to cytat.{z}",
    )
    .await;
    told.sees("cytat", "TXT", &["300 \"rzek\\197\\130 'tak'; koniec\""]);
    // One more text beside the SPF line, which stays.
    told.does("dodaj TXT \"Ala ma Kota\" do {z}", "add a TXT record \"Ala ma Kota\" to {z}").await;
    told.sees("@", "TXT", &["3600 \"Ala ma Kota\"", "3600 \"v=spf1 mx -all\""]);
}

async fn names(told: &Told<'_>) {
    told.does("ustaw źródło.{z} na 203.0.113.9", "set źródło.{z} to 203.0.113.9").await;
    told.sees("xn--rdo-gna01bwk", "A", &["300 203.0.113.9"]);
    told.does("ustaw cname zwierz.{z} na żółw.pl", "make zwierz.{z} an alias of żółw.pl").await;
    told.sees("zwierz", "CNAME", &["300 xn--w-uga1v8h.pl."]);
    let card =
        told.plans("skieruj *.dev.{z} na 203.0.113.7", "point *.dev.{z} at 203.0.113.7").await;
    assert_eq!(card.tier(), Tier::Dangerous);
    told.talk.finishes(&card).await;
    told.sees("any.thing.dev", "A", &["300 203.0.113.7"]);
    told.does("ustaw stoi.dev.{z} na 203.0.113.8", "set stoi.dev.{z} to 203.0.113.8").await;
    told.sees("stoi.dev", "A", &["300 203.0.113.8"]);
    told.sees("other.dev", "A", &["300 203.0.113.7"]);
    told.does("usuń rekord A *.dev.{z}", "delete the A record of *.dev.{z}").await;
    told.sees("other.dev", "A", &[]);
    told.sees("stoi.dev", "A", &["300 203.0.113.8"]);
}

async fn cname(told: &Told<'_>) {
    told.is_refused(
        ("ustaw cname mail.{z} na inna.net", "set the CNAME of mail.{z} to inna.net"),
        ("CNAME musi stać sam", "a CNAME must stand alone"),
    )
    .await;
    told.is_refused(
        ("ustaw alias.{z} na 203.0.113.1", "set alias.{z} to 203.0.113.1"),
        ("to CNAME", "is a CNAME"),
    )
    .await;
    told.sees("mail", "CNAME", &[]);
    told.sees("mail", "A", &["300 192.0.2.20"]);
    told.sees("alias", "CNAME", &["3600 www.{z}."]);
    told.does("usuń rekord CNAME alias.{z}", "delete the CNAME record of alias.{z}").await;
    told.does("ustaw alias.{z} na 203.0.113.1", "set alias.{z} to 203.0.113.1").await;
    told.sees("alias", "CNAME", &[]);
    told.sees("alias", "A", &["300 203.0.113.1"]);
}

async fn apex(told: &Told<'_>) {
    let said = ("dodaj NS ns3.example.net do {z}", "add NS ns3.example.net to {z}");
    let reply = told.says(said.0, said.1).await;
    let card = reply.plan.clone().expect("a plan");
    assert_eq!(card.tier(), Tier::Dangerous, "{}", reply.text);
    assert!(!card.plan.warnings.is_empty(), "{}", reply.text);
    told.talk.finishes(&card).await;
    told.sees(
        "@",
        "NS",
        &["3600 ns1.example.net.", "3600 ns2.example.net.", "3600 ns3.example.net."],
    );
}

async fn taken_back(told: &Told<'_>) {
    let before = told.zone_by_dig();
    let set = told.does("ustaw www.{z} na 203.0.113.7", "set www.{z} to 203.0.113.7").await;
    told.sees("www", "A", &["3600 203.0.113.7"]);
    told.does(&format!("cofnij {set}"), &format!("undo {set}")).await;
    assert_eq!(told.zone_by_dig(), before, "{}", told.house.who);
    told.does("usuń wszystkie rekordy old.{z}", "delete all records of old.{z}").await;
    told.sees("old", "A", &[]);
    told.does("cofnij ostatnią zmianę", "undo the last change").await;
    assert_eq!(told.zone_by_dig(), before, "{}", told.house.who);
    let new = told.does("ustaw nowy.{z} na 203.0.113.7", "set nowy.{z} to 203.0.113.7").await;
    told.does(&format!("cofnij {new}"), &format!("undo {new}")).await;
    assert_eq!(told.zone_by_dig(), before, "{}", told.house.who);
}

async fn two_wishes(told: &Told<'_>) {
    told.does(
        "ustaw www.{z} na 203.0.113.7 i api.{z} na 203.0.113.8",
        "set www.{z} to 203.0.113.7 and api.{z} to 203.0.113.8",
    )
    .await;
    told.sees("www", "A", &["3600 203.0.113.7"]);
    told.sees("api", "A", &["300 203.0.113.8"]);
}
