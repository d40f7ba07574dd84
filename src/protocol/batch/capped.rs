//! Values of a batch with a maximum size, which is checked while they are read, so that nothing larger
//! is built.

use std::collections::HashMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::part_id::PartId;

/// The greatest number of headers of one request.
pub(super) const MAX_HEADERS: usize = 50;
/// The greatest length of all header names and values of one request together, which is that of any
/// request.
pub(super) const MAX_HEADER_BYTES: usize = 32 * 1024;
/// The greatest number of requests that one may depend on, which is that of a batch.
pub(super) const MAX_DEPENDENCIES: usize = 20;

/// A string of at most `MAX` characters.
#[derive(Debug)]
pub(super) struct Text<const MAX: usize>(pub(super) String);

impl<'de, const MAX: usize> Deserialize<'de> for Text<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor<const MAX: usize>;

        impl<const MAX: usize> Visitor<'_> for TextVisitor<MAX> {
            type Value = Text<MAX>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Text<MAX>, E> {
                // As JSON schema counts. Reads no more of a long text than the limit.
                if text.chars().nth(MAX).is_some() {
                    return Err(E::custom(format!("is longer than {MAX} characters")));
                }
                Ok(Text(text.to_owned()))
            }
        }

        deserializer.deserialize_str(TextVisitor)
    }
}

/// The headers of a request.
#[derive(Debug, Default)]
pub(super) struct Headers(pub(super) HashMap<String, String>);

impl<'de> Deserialize<'de> for Headers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct HeadersVisitor;

        impl<'de> Visitor<'de> for HeadersVisitor {
            type Value = Headers;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of strings")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Headers, A::Error> {
                let mut headers = HashMap::new();
                let (mut count, mut length) = (0, 0);
                while let Some(Text(name)) = map.next_key::<Text<MAX_HEADER_BYTES>>()? {
                    count += 1;
                    if count > MAX_HEADERS {
                        return Err(A::Error::custom(format!(
                            "has more than {MAX_HEADERS} headers"
                        )));
                    }
                    let Text(value) = map.next_value::<Text<MAX_HEADER_BYTES>>()?;
                    length += name.len() + value.len();
                    if length > MAX_HEADER_BYTES {
                        let reason = format!("is longer than {MAX_HEADER_BYTES} bytes together");
                        return Err(A::Error::custom(reason));
                    }
                    headers.insert(name, value);
                }
                Ok(Headers(headers))
            }
        }

        deserializer.deserialize_map(HeadersVisitor)
    }
}

/// The ids of the requests that one depends on.
#[derive(Debug, Default)]
pub(super) struct Dependencies(pub(super) Vec<PartId>);

impl<'de> Deserialize<'de> for Dependencies {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct DependenciesVisitor;

        impl<'de> Visitor<'de> for DependenciesVisitor {
            type Value = Dependencies;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a sequence")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Dependencies, A::Error> {
                let mut ids = Vec::new();
                while let Some(id) = list.next_element::<PartId>()? {
                    if ids.len() == MAX_DEPENDENCIES {
                        let reason = format!("names more than {MAX_DEPENDENCIES} requests");
                        return Err(A::Error::custom(reason));
                    }
                    ids.push(id);
                }
                Ok(Dependencies(ids))
            }
        }

        deserializer.deserialize_seq(DependenciesVisitor)
    }
}
