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
