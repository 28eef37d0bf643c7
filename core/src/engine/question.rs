//! Questions back: what is not clear, and what is missing.

use crate::account::Person;
use crate::chat::{Reply, ReplyKind};
use crate::parse::{AskReason, Clarify};
use crate::phrase;
use crate::phrase::Phrase;

pub(super) fn question(person: &Person, ask: Clarify) -> Reply {
    let lang = person.lang;
    let mut lines = Vec::new();
    lines.extend(ask.reason.map(|r| reason(r).text(lang)));
    lines.extend(ask.missing.iter().map(|slot| slot_question(slot).text(lang)));
    for kind in &ask.guesses {
        let example =
            Phrase::new(&format!("help.example.{}", kind.replace('.', "_")), &[]).text(lang);
        lines.push(format!("  - {example}"));
    }
    if lines.is_empty() {
        lines.push(phrase!("ask.unclear").text(lang));
    }
    Reply { missing: ask.missing, ..Reply::text(ReplyKind::Clarify, lang, lines.join("\n")) }
}

fn reason(why: AskReason) -> Phrase {
    match why {
        AskReason::Unclear => phrase!("ask.unclear"),
        AskReason::Ambiguous => phrase!("ask.ambiguous"),
        AskReason::Negated => phrase!("ask.negated"),
        AskReason::Condition => phrase!("ask.condition"),
        AskReason::BadValue => phrase!("ask.bad_value"),
        AskReason::UnknownTld => phrase!("ask.unknown_tld"),
        AskReason::TooMany => phrase!("ask.too_many"),
        AskReason::NameThem => phrase!("ask.name_them"),
        AskReason::WantsCode => phrase!("ask.wants_code"),
        AskReason::NoBypass => phrase!("ask.no_bypass"),
        AskReason::BadTime => phrase!("ask.bad_time"),
    }
}

fn slot_question(slot: &str) -> Phrase {
    match slot {
        "domain" => phrase!("ask.domain"),
        "name" => phrase!("ask.name"),
        "type" => phrase!("ask.type"),
        "value" => phrase!("ask.value"),
        "years" => phrase!("ask.years"),
        "enabled" => phrase!("ask.enabled"),
        "attachment" => phrase!("ask.attachment"),
        "job_id" => phrase!("ask.job_id"),
        "other" => phrase!("dns.compare_with_what"),
        "target" => phrase!("ask.target"),
        "scope" => phrase!("ask.scope"),
        "ttl" => phrase!("ask.ttl"),
        "priority" => phrase!("ask.priority"),
        "at" => phrase!("ask.at"),
        "to" => phrase!("ask.to"),
        "from" => phrase!("ask.from"),
        "nameservers" => phrase!("ask.nameservers"),
        "names" => phrase!("ask.names"),
        "role" => phrase!("ask.role"),
        "fields" => phrase!("ask.fields"),
        "price" => phrase!("ask.price"),
        "currency" => phrase!("ask.currency"),
        "profile" => phrase!("ask.profile"),
        "format" => phrase!("ask.format"),
        "code" => phrase!("ask.code"),
        "reason" => phrase!("ask.reason"),
        "verdict" => phrase!("ask.verdict"),
        other => phrase!("ask.slot", slot = other),
    }
}
