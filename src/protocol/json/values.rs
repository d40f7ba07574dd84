//! Values in JSON bodies.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Unexpected, Visitor};

use crate::domain::Timestamp;

/// An `Edm.DateTimeOffset`.
pub(in crate::protocol) struct Date(pub(in crate::protocol) Timestamp);

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct DateVisitor;

        impl Visitor<'_> for DateVisitor {
            type Value = Date;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a date and time like 2017-01-01T00:02:43Z")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Date, E> {
                let invalid = || {
                    E::custom(
                        "must be a date and time like 2017-01-01T00:02:43Z, in a year from 1 to 9999",
                    )
                };
                Timestamp::parse(text).map(Date).ok_or_else(invalid)
            }
        }

        deserializer.deserialize_str(DateVisitor)
    }
}

/// An `Edm.Int32`. 3.0 is an integer in JSON, and some clients write it so.
pub(in crate::protocol) struct Int32(pub(in crate::protocol) i32);

impl<'de> Deserialize<'de> for Int32 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct IntVisitor;

        impl Visitor<'_> for IntVisitor {
            type Value = Int32;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "an integer from {} to {}", i32::MIN, i32::MAX)
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Int32, E> {
                let invalid = |_| E::invalid_value(Unexpected::Signed(number), &self);
                number.try_into().map(Int32).map_err(invalid)
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Int32, E> {
                let invalid = |_| E::invalid_value(Unexpected::Unsigned(number), &self);
                number.try_into().map(Int32).map_err(invalid)
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<Int32, E> {
                let range = f64::from(i32::MIN)..=f64::from(i32::MAX);
                if number.fract() != 0.0 || !range.contains(&number) {
                    return Err(E::invalid_value(Unexpected::Float(number), &self));
                }
                #[expect(clippy::cast_possible_truncation, reason = "an integer in range")]
                Ok(Int32(number as i32))
            }
        }

        deserializer.deserialize_i32(IntVisitor)
    }
}
