//! A language is a folder and one line: a tiny one made here is understood, typing errors and all.

use super::context;
use crate::lexicon::{FOLDERS, Folder, Lexicon, with};
use crate::{outcome, understand};
use serde_json::json;

/// Enough of Czech to renew a domain and to look at records.
const CUES: &str = r#"
head = ""
said = "prodlouzi*"
quarter = ""

[wish]
renew = "prodluž prodloužit"
show = "ukaž"

[word]
domain = "domén*"
record = "záznam*"
not = "ne"
if = "pokud"
long = "o"
of = "pro"
fill = "prosím"

[phrase]

[number]
"2" = "dva"

[unit]
year = "roky rok"

[month]
"12" = "prosinec prosinci"

[weekday]
"5" = "pátek"

[ordinal]
"1" = "prvního"

[clock]

[currency]
CZK = "kč"

[multiplier]

[date]
tomorrow = """
zítra
"""
"#;

#[test]
fn a_third_language_is_a_folder_and_a_line() {
    let czech = Folder { id: "cs", cues: CUES, sentences: "" };
    let folders: Vec<Folder> = FOLDERS.iter().copied().chain([czech]).collect();
    let renew = |at: Option<&str>| {
        let slots = json!({"domain": "firma.cz", "years": 2});
        let mut wish = json!({"kind": "domain.renew", "slots": slots});
        if let Some(at) = at {
            wish["at"] = json!(at);
        }
        json!({"outcome": "action", "actions": [wish]})
    };
    let said =
        |text: &str| with(Lexicon::read(&folders), || outcome::json(&understand(text, &context())));
    assert_eq!(said("Prodluž prosím doménu firma.cz o dva roky"), renew(None));
    assert_eq!(said("zítra prodluz domenu firma.cz o 2 roky"), renew(Some("2026-11-24")));
    let records = json!({"kind": "dns.list", "slots": {"domain": "firma.cz", "type": "MX"}});
    assert_eq!(
        said("ukaž záznamy MX pro firma.cz"),
        json!({"outcome": "action", "actions": [records]})
    );
    assert_eq!(said("pokud to půjde, prodluž firma.cz")["outcome"], "clarify");
    // The other languages are still understood, and without the line nothing of the new one is.
    assert_eq!(said("przedłuż firma.cz o 2 lata"), renew(None));
    let alone = outcome::json(&understand("Prodluž prosím doménu firma.cz o dva roky", &context()));
    assert_ne!(alone, renew(None));
}
