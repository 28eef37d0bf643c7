//! Sentences, conversations, laws, and the scorer.

mod attacks;
mod bent;
mod examples;
mod laws;
mod scoring;
mod tongue;
mod turns;

use dombot_core::parse::Context;
use dombot_core::phrase::Language;
use jiff::tz::TimeZone;

/// Monday, 2026-11-23, in Warsaw; nothing has been said yet.
fn context() -> Context {
    Context {
        now: "2026-11-23T10:00:00+01:00".parse().unwrap(),
        tz: TimeZone::get("Europe/Warsaw").unwrap(),
        lang: Language::Pl,
        portfolio: ["firma.pl", "kowalski.pl", "example.com", "example.org", "demo-firma.test"]
            .map(|d| d.parse().unwrap())
            .to_vec(),
        accounts: vec!["sandbox-dns".into(), "Knot w piwnicy".into()],
        frame: None,
        last: None,
        before: vec![],
        profiles: vec!["agencja".into(), "firmowy".into(), "company".into()],
        pending_plan: false,
        attachment: None,
    }
}
