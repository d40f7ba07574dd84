//! What a caller got wrong.

use std::fmt;

/// A value that breaks a rule: where it stood and what to change. Never the value itself, which
/// may be a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// The property or option at fault, as the caller wrote it: `activationCodes[3].matchingIdentifier`.
    /// Empty where the whole document is.
    pub target: String,
    /// What the rule is, as the end of a sentence that begins with the target.
    pub reason: String,
}

impl Invalid {
    /// A broken rule at `target`.
    pub fn new(target: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { target: target.into(), reason: reason.into() }
    }

    /// The same fault, seen from one level further out: `[3]` or `deviceStates` before the target.
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
