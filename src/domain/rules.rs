//! The rules that input has to keep, as far as settings decide them.

use super::Validation;

/// What is asked of everything that comes from outside before it becomes a domain type.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// How closely codes are looked at.
    pub validation: Validation,
    /// The longest text, in characters.
    pub text_length: usize,
    /// The most codes that come at once.
    pub max_codes: usize,
    /// How deep a document may nest.
    pub json_depth: usize,
}
