//! Plan cards and answers as plain text in a person's language.
