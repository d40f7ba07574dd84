//! The rules for input that settings decide.

use super::Validation;

/// The rules that request bodies and files must keep to become domain types.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// How strictly codes are validated.
    pub validation: Validation,
    /// The maximum length of a string, in characters.
    pub text_length: usize,
    /// The maximum number of codes in one request.
    pub max_codes: usize,
    /// The maximum nesting depth of a JSON document.
    pub json_depth: usize,
}

impl Rules {
    /// The maximum number of objects and lists in one JSON document: those of the codes, and many
    /// others.
    #[must_use]
    pub fn max_objects(&self) -> usize {
        /// How many there may be in addition to the codes.
        const SPARE_OBJECTS: usize = 10_000;
        self.max_codes.saturating_add(SPARE_OBJECTS)
    }
}
