//! The error of invalid input.

use std::fmt;

/// A value that breaks a rule: its location and what to change. It never holds the value itself,
/// which may be a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// The invalid property or option as the caller wrote it, such as
    /// `activationCodes[3].matchingIdentifier`; empty if the whole document is invalid.
    pub target: String,
    /// The rule, as the end of a sentence that starts with the target.
    pub reason: String,
}

impl Invalid {
    /// An error at `target`.
    pub fn new(target: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { target: target.into(), reason: reason.into() }
    }

    /// This error with the parent before the target: `deviceStates` or `assignments[3]`.
    #[must_use]
    pub fn within(mut self, parent: impl fmt::Display) -> Self {
        let separator =
            if self.target.is_empty() || self.target.starts_with('[') { "" } else { "." };
        self.target = format!("{parent}{separator}{}", self.target);
        self
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.target.is_empty() {
            f.write_str(&self.reason)
        } else {
            write!(f, "'{}' {}", self.target, self.reason)
        }
    }
}

impl std::error::Error for Invalid {}
