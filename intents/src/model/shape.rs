//! How a question is put: the richest form first, and what to leave out where a server does not take it.

use serde_json::{Value, json};

use super::schema;

/// Tokens of the longest answer: four actions with all their slots.
const MOST_TOKENS: u32 = 400;

/// What a server takes. Servers differ in three things; each is found out by being refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Shape {
    /// How the form of the answer is asked for.
    pub(super) form: Form,
    /// The newer name of the limit, which some cloud models insist on and some servers don't know.
    pub(super) newer_limit: bool,
    /// Some reasoning models refuse any temperature.
    pub(super) no_temperature: bool,
}

/// The ladder, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Form {
    /// The server holds the model to the schema.
    #[default]
    Schema,
    /// The server holds the model to JSON.
    Object,
    /// Only the prompt asks for JSON.
    Plain,
}

impl Shape {
    /// The request's body: one system message, one user message, nothing else of the conversation.
    pub(super) fn body(self, model: &str, system: &str, words: &str) -> Value {
        let mut body = json!({
            "model": model,
            "stream": false,
            "messages": [
                {"role": "system", "content": system},
                {"role": "user", "content": words},
            ],
        });
        let limit = if self.newer_limit { "max_completion_tokens" } else { "max_tokens" };
        body[limit] = json!(MOST_TOKENS);
        if !self.no_temperature {
            body["temperature"] = json!(0);
        }
        match self.form {
            Form::Schema => {
                let schema = json!({"name": "intent", "strict": true, "schema": schema::answer()});
                body["response_format"] = json!({"type": "json_schema", "json_schema": schema});
            }
            Form::Object => body["response_format"] = json!({"type": "json_object"}),
            Form::Plain => {}
        }
        body
    }

    /// What to try after this was refused with these words; `None`: nothing is left to leave out.
    pub(super) fn simpler(self, said: &str) -> Option<Self> {
        if said.contains("max_completion_tokens") && !self.newer_limit {
            return Some(Self { newer_limit: true, ..self });
        }
        if said.contains("temperature") && !self.no_temperature {
            return Some(Self { no_temperature: true, ..self });
        }
        let form = match self.form {
            Form::Schema => Form::Object,
            Form::Object => Form::Plain,
            Form::Plain => return None,
        };
        Some(Self { form, ..self })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ladder_ends() {
        let mut shape = Shape::default();
        let mut seen = vec![shape];
        for said in [
            "unsupported parameter: use 'max_completion_tokens'",
            "'temperature' does not support 0",
            "response_format?",
            "no",
        ] {
            shape = shape.simpler(said).unwrap();
            seen.push(shape);
        }
        assert_eq!(shape, Shape { form: Form::Plain, newer_limit: true, no_temperature: true });
        assert_eq!(shape.simpler("temperature max_completion_tokens"), None);
        let body = seen[0].body("m", "s", "u");
        assert_eq!((&body["temperature"], &body["max_tokens"]), (&json!(0), &json!(MOST_TOKENS)));
        assert_eq!(body["response_format"]["json_schema"]["strict"], true);
        assert!(body.get("tools").is_none() && body["messages"].as_array().unwrap().len() == 2);
        let last = shape.body("m", "s", "u");
        assert!(last.get("temperature").is_none() && last.get("response_format").is_none());
        assert!(last.get("max_tokens").is_none());
    }
}
