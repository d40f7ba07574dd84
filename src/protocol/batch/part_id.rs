//! The client's name for a request of a batch: a string, or an integer as some clients number them.

use std::fmt;

use serde::Serialize;
use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// The greatest length of an id, in characters.
pub(super) const MAX_ID: usize = 256;

/// The name of a request of a batch. It is written as it was sent.
#[derive(Clone, Debug)]
pub struct PartId {
    text: String,
    /// Its value, if it was sent as a number.
    number: Option<i64>,
}

impl PartId {
    /// The name, by which other requests refer to it: `1` and `"1"` are the same.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl Serialize for PartId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.number {
            Some(number) => serializer.serialize_i64(number),
            None => serializer.serialize_str(&self.text),
        }
    }
}

impl<'de> Deserialize<'de> for PartId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PartIdVisitor;

        impl Visitor<'_> for PartIdVisitor {
            type Value = PartId;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or an integer")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<PartId, E> {
                // As JSON schema counts. Reads no more of a long text than the limit.
                if text.chars().nth(MAX_ID).is_some() {
                    return Err(E::custom(format!("is longer than {MAX_ID} characters")));
                }
                Ok(PartId { text: text.to_owned(), number: None })
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<PartId, E> {
                Ok(PartId { text: number.to_string(), number: Some(number) })
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<PartId, E> {
                let number =
                    i64::try_from(number).map_err(|_| E::custom("is too large a number"))?;
                self.visit_i64(number)
            }

            // To JSON schema 1.0 is an integer too.
            #[expect(clippy::cast_possible_truncation, reason = "a whole number of 53 bits")]
            fn visit_f64<E: Error>(self, number: f64) -> Result<PartId, E> {
                const MAX: f64 = 9_007_199_254_740_992.0;

                if number.fract() != 0.0 {
                    return Err(E::custom("must be a string or an integer"));
                }
                if number.abs() > MAX {
                    return Err(E::custom("is too large a number"));
                }
                self.visit_i64(number as i64)
            }
        }

        deserializer.deserialize_any(PartIdVisitor)
    }
}
