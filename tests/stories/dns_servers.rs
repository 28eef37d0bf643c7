//! What a person does with his zones, told at real name servers through a whole dombot: PowerDNS by its API,
//! and PowerDNS, BIND and Knot by dynamic update. After every change `dig` is asked, not dombot.

mod files;
mod trouble;
mod words;

use dombot_core::chat::{PlanCard, Reply, ReplyKind};
use dombot_core::phrase::Language;
use dombot_tests::dns_talk::{Door, Talk};
use dombot_tests::servers::{Server, dig, dig_axfr};

/// The Polish person's zone and the English person's, both at every server.
const ZONES: [(Language, &str); 2] =
    [(Language::Pl, "firma.example"), (Language::En, "company.example")];

const LINES: &str = "@ MX 10 mail\n@ TXT \"v=spf1 mx -all\"\nwww A 192.0.2.10\nmail 300 A 192.0.2.20\n\
    alias CNAME www\nold 300 A 192.0.2.30\nold 300 A 192.0.2.31\nold 300 TXT \"x\"\n\
    odd 300 A 192.0.2.40\nodd 300 TYPE65300 \\# 2 beef\n@ 300 TYPE65301 \\# 3 010203\n\
    loc LOC 52 14 0 N 21 0 0 E 100m\n";

/// One server and one way to it.
struct House {
    server: Server,
    door: Door,
    who: String,
}

/// Every server by every way, each with a process of its own.
fn houses() -> Vec<House> {
    houses_with(LINES)
}

fn houses_with(lines: &str) -> Vec<House> {
    let zones = ZONES.map(|(_, zone)| (zone, lines));
    let mut houses: Vec<House> = Server::all(&zones).into_iter().map(by_update).collect();
    if let Some(server) = Server::pdns(&zones) {
        let door = Door::api(&server).expect("PowerDNS has an API");
        houses.push(House { who: "pdns by its API".into(), door, server });
    }
    houses
}

fn by_update(server: Server) -> House {
    let door = Door::update(server.addr, &ZONES.map(|(_, zone)| zone));
    House { who: format!("{} by update", server.software), door, server }
}

impl House {
    async fn person(&self, lang: Language) -> Told<'_> {
        let zone = ZONES.iter().find(|(l, _)| *l == lang).expect("a zone").1;
        Told { house: self, talk: Talk::new(&self.door, lang).await, lang, zone }
    }

    /// A Polish and an English person.
    async fn people(&self) -> [Told<'_>; 2] {
        [self.person(Language::Pl).await, self.person(Language::En).await]
    }
}

/// A person at a house. In texts `{z}` is the person's zone.
struct Told<'a> {
    house: &'a House,
    talk: Talk,
    lang: Language,
    zone: &'static str,
}

impl Told<'_> {
    fn words(&self, pl: &str, en: &str) -> String {
        let text = if self.lang == Language::Pl { pl } else { en };
        self.fill(text)
    }

    fn fill(&self, text: &str) -> String {
        text.replace("{z}", self.zone)
    }

    async fn says(&self, pl: &str, en: &str) -> Reply {
        let text = self.words(pl, en);
        let reply = self.talk.say(&text).await;
        eprintln!("[{}] > {text}\n{}", self.house.who, reply.text);
        reply
    }

    async fn plans(&self, pl: &str, en: &str) -> PlanCard {
        self.talk.plan(&self.words(pl, en)).await
    }

    async fn does(&self, pl: &str, en: &str) -> String {
        self.talk.does(&self.words(pl, en)).await
    }

    /// It must be refused in words that hold `why`, and no plan is left.
    async fn is_refused(&self, said: (&str, &str), why: (&str, &str)) {
        let reply = self.says(said.0, said.1).await;
        assert!(matches!(reply.kind, ReplyKind::Error | ReplyKind::Refuse), "{}", reply.text);
        assert!(reply.plan.is_none(), "{}", reply.text);
        let why = self.words(why.0, why.1);
        assert!(reply.text.contains(&why), "{}: {:?} lacks {why:?}", self.house.who, reply.text);
    }

    /// What dig sees of a set.
    #[track_caller]
    fn sees(&self, name: &str, rtype: &str, wanted: &[&str]) {
        let wanted: Vec<String> = wanted.iter().map(|w| self.fill(w)).collect();
        assert_eq!(self.dig(name, rtype), wanted, "{}: {name} {rtype}", self.house.who);
    }

    fn dig(&self, name: &str, rtype: &str) -> Vec<String> {
        let owner = match name {
            "@" => self.zone.to_owned(),
            name => format!("{name}.{}", self.zone),
        };
        dig(self.house.server.addr, &owner, rtype).expect("dig is installed")
    }

    /// The zone by a signed transfer of dig, sorted, without SOA.
    fn zone_by_dig(&self) -> Vec<String> {
        let lines = dig_axfr(self.house.server.addr, self.zone).expect("dig is installed");
        let fields = lines.iter().map(|l| l.split_whitespace().collect::<Vec<_>>());
        let mut lines: Vec<String> =
            fields.filter(|f| f[3] != "SOA").map(|f| f.join(" ")).collect();
        lines.sort();
        lines
    }

    /// Records of types that nobody knows, and what nobody asked to change, are as they were.
    #[track_caller]
    fn strangers_survive(&self) {
        self.sees("odd", "TYPE65300", &["300 \\# 2 BEEF"]);
        self.sees("@", "TYPE65301", &["300 \\# 3 010203"]);
        self.sees("loc", "LOC", &["3600 52 14 0.000 N 21 0 0.000 E 100.00m 1m 10000m 10m"]);
        self.sees("odd", "A", &["300 192.0.2.40"]);
    }
}
