//! Recognises credentials in texts: by their format where they have one, by the name beside them where they have not.
//!
//! Formats are looked for in one pass over the text: an Aho-Corasick automaton finds the literals that a format starts
//! with, and only there its structure (lengths, alphabets, checksums, decoded headers) is checked. A value that is known
//! only by its name is believed when it can be one: not a reference, a placeholder, a path, a number, a switch.
//!
//! Nothing here returns the value, so no caller can print it.

mod checksum;
mod encoded;
mod formats;
mod names;
mod placeholder;
mod shape;
mod tree;
mod url;
mod walk;

pub(crate) use encoded::{base64_text, decoded_length, is_certificate};
pub(crate) use formats::find;
pub(crate) use names::find_named;
pub(crate) use placeholder::is_placeholder;
pub(crate) use tree::{each, each_below};
pub(crate) use walk::{LAST_APPLIED, assigned, in_annotation, search};

/// A credential that was recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Credential {
    /// Its format says what it is, with article: `a GitHub token`.
    Format(&'static str),
    /// Only the name beside it says so.
    Named,
}

impl Credential {
    /// As messages say it.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Format(title) => title,
            Self::Named => "what its name calls a credential",
        }
    }
}
