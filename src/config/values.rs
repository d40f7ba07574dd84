//! The types of values, and the macro that declares a section of them.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

use crate::domain::Validation;

/// Declares a section as a struct of settings.
macro_rules! section {
    ($(#[$doc:meta])* $name:ident { $($(#[$attribute:meta])* $field:ident: $type:ty),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Deserialize, Serialize)]
        #[serde(deny_unknown_fields)]
        #[expect(missing_docs, reason = "explained in config/default.toml")]
        pub struct $name { $($(#[$attribute])* pub $field: $type),+ }
    };
}
pub(super) use section;

/// A secret: cleared from memory when dropped, and never printed.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

/// The format of log lines.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Pretty on a terminal, otherwise JSON.
    Auto,
    /// For people.
    Pretty,
    /// For machines: one object per line.
    Json,
}

/// On, off, or automatic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    /// On if the circumstances allow it.
    Auto,
    /// Always on.
    On,
    /// Always off.
    Off,
}

/// The value of `codes.validation`.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ValidationName {
    /// [`Validation::Lenient`]
    Lenient,
    /// [`Validation::Graph`]
    Graph,
    /// [`Validation::Strict`]
    Strict,
}

impl From<ValidationName> for Validation {
    fn from(name: ValidationName) -> Self {
        match name {
            ValidationName::Lenient => Self::Lenient,
            ValidationName::Graph => Self::Graph,
            ValidationName::Strict => Self::Strict,
        }
    }
}

impl Secret {
    pub(super) fn new(value: String) -> Self {
        Self(Zeroizing::new(value))
    }

    /// The value.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("(secret)")
    }
}

impl<'de> Deserialize<'de> for Switch {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = toml::Value::deserialize(deserializer)?;
        // In the environment, every value is a string.
        let word = value.as_bool().map(|on| on.to_string());
        match word.as_deref().or(value.as_str()) {
            Some("true") => Ok(Self::On),
            Some("false") => Ok(Self::Off),
            Some("auto") => Ok(Self::Auto),
            _ => Err(serde::de::Error::custom("must be true, false or \"auto\"")),
        }
    }
}

impl Serialize for Switch {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match self {
            Self::Auto => "auto",
            Self::On => "true",
            Self::Off => "false",
        })
    }
}
