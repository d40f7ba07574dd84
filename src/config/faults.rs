//! The faults of the settings, reported all at once.

use std::fmt;

use super::Origin;

/// One fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The setting, as `section.key`; empty if the fault concerns no single setting.
    pub key: String,
    /// The source of its value.
    pub origin: Origin,
    /// What is wrong.
    pub reason: String,
}

/// All faults, one line each when displayed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn add(&mut self, key: &str, origin: Origin, reason: impl Into<String>) {
        self.0.push(Fault { key: key.to_owned(), origin, reason: reason.into() });
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        write!(f, "{} ({})", self.reason, self.origin)
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (line, fault) in self.0.iter().enumerate() {
            let separator = if line == 0 { "" } else { "\n" };
            write!(f, "{separator}{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}
