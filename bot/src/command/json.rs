//! The stable JSON shapes for scripts. Every object carries `"v": 1`.

use dombot_core::chat::{PlanCard, Reply, ReplyKind};
use dombot_core::phrase::{Language, Phrase};
use serde_json::{Map, Value, json};

/// Of `ask`.
pub(crate) fn reply(reply: &Reply) -> Value {
    let mut out = Map::new();
    out.insert("v".into(), json!(1));
    out.insert("reply".into(), json!(reply.kind));
    out.insert("text".into(), json!(reply.text));
    if let Some(data) = &reply.data {
        let value = serde_json::to_value(data).unwrap_or_default();
        out.insert("data".into(), json!({"kind": value["type"], "result": value["result"]}));
    }
    if let Some(card) = &reply.plan {
        out.insert("plan".into(), plan(card, reply.lang));
    }
    if !reply.missing.is_empty() || reply.kind == ReplyKind::Clarify {
        out.insert("missing".into(), json!(reply.missing));
    }
    if let Some(code) = &reply.code {
        out.insert("code".into(), json!(code));
    }
    Value::Object(out)
}

/// A plan as `ask` shows it.
pub(crate) fn plan(card: &PlanCard, lang: Language) -> Value {
    let mut out = json!({
        "id": card.plan.id,
        "label": card.label,
        "digest": card.digest,
        "tier": card.plan.tier,
        "expires_at": card.plan.expires_at,
        "steps": card.plan.steps,
        "warnings": card.plan.warnings.iter().map(|w| warning(w, lang)).collect::<Vec<_>>(),
        "armed": card.armed,
    });
    if !card.plan.cost.is_empty() {
        out["cost"] = json!(card.plan.cost);
    }
    out
}

fn warning(phrase: &Phrase, lang: Language) -> Value {
    json!({"code": phrase.key(), "text": phrase.text(lang)})
}
