//! Reading JSON bodies: names what is wrong and where, and never repeats a value, which may be a
//! secret.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Unexpected,
    Visitor,
};
use serde_json::Value;
use serde_json::error::Category;

use super::model::StructuredType;
use crate::domain::{Change, Invalid, Rules, Timestamp};

/// A domain type that a request body becomes.
pub trait FromJson: Sized + Send + 'static {
    /// Reads and checks the whole body.
    fn from_json(json: &[u8], rules: &Rules) -> Result<Self, Invalid>;

    /// Its schema, for the OpenAPI document.
    fn schema() -> Value;
}

/// Objects and lists that a body may hold beside its codes.
const SPARE: usize = 10_000;

/// Reads a document as `T`.
pub(super) fn read<T: DeserializeOwned>(json: &[u8], rules: &Rules) -> Result<T, Invalid> {
    check_shape(json, rules)?;
    serde_json::from_slice(json).map_err(|_| {
        // Read again, slower, to learn where it went wrong.
        let mut reader = serde_json::Deserializer::from_slice(json);
        match serde_path_to_error::deserialize::<_, T>(&mut reader) {
            Err(error) => explain(&error),
            Ok(_) => not_json("something follows the document", reader.end().err().as_ref()),
        }
    })
}

fn explain(error: &serde_path_to_error::Error<serde_json::Error>) -> Invalid {
    let cause = error.inner();
    let path = error.path().to_string();
    let target = if path == "." { String::new() } else { path };
    let position = format!(" at line {} column {}", cause.line(), cause.column());
    let message = cause.to_string();
    let message = message.strip_suffix(&position).unwrap_or(&message);
    match cause.classify() {
        Category::Data => Invalid::new(target, reason(message)),
        Category::Syntax | Category::Eof | Category::Io => not_json(message, Some(cause)),
    }
}

fn not_json(what: &str, cause: Option<&serde_json::Error>) -> Invalid {
    let place = cause.map_or_else(String::new, |cause| {
        format!(" at line {} column {}", cause.line(), cause.column())
    });
    Invalid::new(
        "",
        format!(
            "Unable to read JSON request payload. Please ensure Content-Type header is set and \
             payload is of valid JSON format: {what}{place}."
        ),
    )
}

/// serde says "invalid type: string \"…\", expected i32": only what stands behind the last comma
/// is safe to repeat.
fn reason(message: &str) -> String {
    if !message.starts_with("invalid ") {
        return message.to_owned();
    }
    let expected =
        message.rsplit_once(", expected ").map_or("something else", |(_, expected)| expected);
    let expected = match expected {
        "a sequence" => "a list",
        other => other,
    };
    format!("must be {expected}")
}

/// Refuses a document that nests deeper than the rules allow, or that holds more objects and lists
/// than the most codes need, before anything is made of it.
fn check_shape(json: &[u8], rules: &Rules) -> Result<(), Invalid> {
    let depth = rules.json_depth;
    let most = rules.max_codes.saturating_add(SPARE);
    let mut count = 0;
    let (mut level, mut in_text, mut escaped) = (0_usize, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => {
                level += 1;
                count += 1;
                if level > depth {
                    let reason = format!("The JSON nests deeper than {depth} levels.");
                    return Err(Invalid::new("", reason));
                }
                if count > most {
                    let reason = format!("The JSON holds more than {most} objects and lists.");
                    return Err(Invalid::new("", reason));
                }
            }
            b'}' | b']' if !in_text => level = level.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

/// The properties of one kind of object.
pub(super) trait Properties: Default {
    /// The kind, as the reference describes it.
    fn odata_type() -> &'static StructuredType;

    /// Reads the value of the property `name` from `map`; says [`Known::No`], and reads nothing,
    /// if there is no such property.
    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<Known, A::Error>;
}

/// Whether an object has a property of that name.
pub(super) enum Known {
    Yes,
    No,
}

/// An object as it came. OData annotations (`@odata.type`, `assignments@odata.context`) are
/// passed over; any other name that is not a property is refused.
pub(super) struct Object<P>(pub(super) P);

impl<'de, P: Properties> Deserialize<'de> for Object<P> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor<P>(PhantomData<P>);

        impl<'de, P: Properties> Visitor<'de> for ObjectVisitor<P> {
            type Value = P;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "an object ({})", P::odata_type().name)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<P, A::Error> {
                let mut properties = P::default();
                while let Some(name) = map.next_key::<String>()? {
                    if let Known::Yes = properties.read(&name, &mut map)? {
                    } else if is_annotation::<P>(&name) {
                        map.next_value::<IgnoredAny>()?;
                    } else {
                        map.next_value_seed(Refused(format!(
                            "is not a property of {}",
                            P::odata_type().name
                        )))?;
                    }
                }
                Ok(properties)
            }
        }

        deserializer.deserialize_map(ObjectVisitor(PhantomData)).map(Self)
    }
}

/// `@odata.type` of the object, or `assignments@odata.context` of one of its properties.
fn is_annotation<P: Properties>(name: &str) -> bool {
    name.split_once('@').is_some_and(|(property, term)| {
        term.starts_with("odata.") && (property.is_empty() || P::odata_type().knows(property))
    })
}

/// Reads no value and says why: in the place of a value, so that the path leads to it.
struct Refused(String);

impl<'de> DeserializeSeed<'de> for Refused {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, _: D) -> Result<(), D::Error> {
        Err(D::Error::custom(self.0))
    }
}

/// A property that may stand once.
#[derive(Debug)]
pub(super) struct Slot<T>(Option<T>);

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Slot<T> {
    /// Reads the value that comes next.
    pub(super) fn read<'de, A: MapAccess<'de>>(&mut self, map: &mut A) -> Result<Known, A::Error>
    where
        T: Deserialize<'de>,
    {
        if self.0.is_some() {
            map.next_value_seed(Refused("stands twice in one object".to_owned()))?;
        }
        self.0 = Some(map.next_value()?);
        Ok(Known::Yes)
    }

    /// The value, if it was sent.
    pub(super) fn sent(self) -> Option<T> {
        self.0
    }

    /// The value, which must have been sent.
    pub(super) fn required(self, name: &str) -> Result<T, Invalid> {
        self.0.ok_or_else(|| Invalid::new(name, "is required"))
    }
}

impl<T> Slot<Option<T>> {
    /// What a PATCH says of a property that may be null: absent is not null.
    pub(super) fn change(self) -> Change<T> {
        match self.0 {
            None => Change::Keep,
            Some(None) => Change::Clear,
            Some(Some(value)) => Change::Set(value),
        }
    }
}

/// Passes over the value of a property that clients may send and that changes nothing.
pub(super) fn ignore<'de, A: MapAccess<'de>>(map: &mut A) -> Result<Known, A::Error> {
    map.next_value::<IgnoredAny>()?;
    Ok(Known::Yes)
}

/// A date in a body.
pub(super) struct Date(pub(super) Timestamp);

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct DateVisitor;

        impl Visitor<'_> for DateVisitor {
            type Value = Date;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a date and time like 2017-01-01T00:02:43Z")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Date, E> {
                let wrong = || E::custom("must be a date and time like 2017-01-01T00:02:43Z");
                Timestamp::parse(text).map(Date).ok_or_else(wrong)
            }
        }

        deserializer.deserialize_str(DateVisitor)
    }
}

/// A whole number in a body. To JSON, 3.0 is one, and some clients write it so.
pub(super) struct Whole(pub(super) i32);

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct WholeVisitor;

        impl Visitor<'_> for WholeVisitor {
            type Value = Whole;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a whole number from {} to {}", i32::MIN, i32::MAX)
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Whole, E> {
                let wrong = |_| E::invalid_value(Unexpected::Signed(number), &self);
                number.try_into().map(Whole).map_err(wrong)
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Whole, E> {
                let wrong = |_| E::invalid_value(Unexpected::Unsigned(number), &self);
                number.try_into().map(Whole).map_err(wrong)
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<Whole, E> {
                let range = f64::from(i32::MIN)..=f64::from(i32::MAX);
                if number.fract() != 0.0 || !range.contains(&number) {
                    return Err(E::invalid_value(Unexpected::Float(number), &self));
                }
                #[expect(clippy::cast_possible_truncation, reason = "whole and in range")]
                Ok(Whole(number as i32))
            }
        }

        deserializer.deserialize_i32(WholeVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::{SPARE, check_shape, reason};
    use crate::domain::{Rules, Validation};

    fn rules(json_depth: usize) -> Rules {
        Rules { validation: Validation::Lenient, text_length: 255, max_codes: 10, json_depth }
    }

    #[test]
    fn only_what_was_expected_is_repeated() {
        let message = r#"invalid type: string "SECRET, expected SECRET", expected a sequence"#;
        assert_eq!(reason(message), "must be a list");
        assert_eq!(reason("invalid type: map, expected a string"), "must be a string");
        assert_eq!(reason("stands twice in one object"), "stands twice in one object");
    }

    #[test]
    fn brackets_inside_texts_do_not_nest() {
        assert!(check_shape(br#"{"a":"[[[[[[\"[[[["}"#, &rules(1)).is_ok());
        assert!(check_shape(b"[[1]]", &rules(2)).is_ok());
        assert!(check_shape(b"[[[1]]]", &rules(2)).is_err());
        assert!(check_shape(&vec![b'['; 1_000_000], &rules(32)).is_err());
    }

    #[test]
    fn more_objects_than_codes_need_are_not_even_read() {
        let most = 10 + SPARE;
        assert!(check_shape(&b"{}".repeat(most), &rules(2)).is_ok());
        assert!(check_shape(&b"{}".repeat(most + 1), &rules(2)).is_err());
    }
}
