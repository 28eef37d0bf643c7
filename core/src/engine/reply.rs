//! Making replies.

use crate::chat::{Reply, ReplyKind};
use crate::phrase;
use crate::phrase::{Language, Phrase};

impl Reply {
    /// A reply of one sentence.
    pub fn said(kind: ReplyKind, lang: Language, phrase: &Phrase) -> Self {
        Self::text(kind, lang, phrase.text(lang))
    }

    /// A reply of ready text.
    pub fn text(kind: ReplyKind, lang: Language, text: String) -> Self {
        Self { kind, text, data: None, plan: None, missing: Vec::new(), code: None, lang }
    }

    /// Something that was asked for is frozen.
    pub(super) fn frozen(lang: Language) -> Self {
        Self::said(ReplyKind::Refuse, lang, &phrase!("approval.frozen")).with_code("frozen")
    }

    /// With the machine word of a refusal.
    #[must_use]
    pub fn with_code(self, code: &str) -> Self {
        Self { code: Some(code.to_owned()), ..self }
    }
}
