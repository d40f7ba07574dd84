//! Entities and collections in answers.

use std::fmt;
use std::io::Write;
use std::sync::Arc;

use serde::Serialize;
use serde::ser::{Error, SerializeMap, Serializer};

use super::links::{Links, Metadata};
use super::model::StructuredType;

/// An entity as it is written to the wire.
pub trait Wire {
    /// Its type.
    const TYPE: &'static StructuredType;
    /// The same as an answer names it, which it does for each of hundreds.
    const TAG: &'static str;

    /// Rises with every change; of what never changes by itself there is none.
    fn revision(&self) -> Option<i64>;

    /// Writes the properties that `shape` shows, in the order of the reference.
    fn write<M: SerializeMap>(&self, map: &mut M, shape: &Shape) -> Result<(), M::Error>;
}

/// How the entities of one answer are shown.
#[derive(Clone, Debug, Default)]
pub struct Shape {
    metadata: Metadata,
    /// The properties to show; none for all.
    select: Option<Vec<&'static str>>,
}

impl Shape {
    /// All properties, or those selected.
    #[must_use]
    pub fn new(links: &Links, select: Option<Vec<&'static str>>) -> Self {
        Self { metadata: links.metadata(), select }
    }

    /// Writes a property, if it is shown.
    pub(super) fn entry<M: SerializeMap, V: Serialize + ?Sized>(
        &self,
        map: &mut M,
        name: &'static str,
        value: &V,
    ) -> Result<(), M::Error> {
        let shown = self.select.as_ref().is_none_or(|select| select.contains(&name));
        if shown { map.serialize_entry(name, value) } else { Ok(()) }
    }

    /// Whether types and etags are said.
    pub(super) fn annotates(&self) -> bool {
        self.metadata == Metadata::Minimal
    }

    /// What a context says of a selection and of expansions: `(id,displayName,assignments())`.
    #[must_use]
    pub fn projection(&self, expanded: &[String]) -> String {
        let selected = self.select.iter().flatten().map(|name| (*name).to_owned());
        let parts: Vec<_> = selected.chain(expanded.iter().cloned()).collect();
        if parts.is_empty() { String::new() } else { format!("({})", parts.join(",")) }
    }
}

/// An entity in an answer, with whatever was expanded.
#[derive(Debug)]
pub struct Body<T, X = ()> {
    context: Option<String>,
    entity: T,
    shape: Arc<Shape>,
    expanded: X,
}

/// What an entity was expanded with.
pub trait Expanded {
    /// Writes it behind the entity's own properties.
    fn write<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error>;
}

impl Expanded for () {
    fn write<M: SerializeMap>(&self, _: &mut M) -> Result<(), M::Error> {
        Ok(())
    }
}

impl<T: Wire, X: Expanded> Body<T, X> {
    /// An entity; within a collection, which has the context, without one.
    pub fn new(context: Option<String>, entity: T, shape: Arc<Shape>, expanded: X) -> Self {
        Self { context, entity, shape, expanded }
    }

    /// The entity's tag, if it has one: weak, since the same revision may be written in several
    /// ways.
    #[must_use]
    pub fn etag(&self) -> Option<String> {
        self.entity.revision().map(etag)
    }
}

impl<T: Wire> Body<T> {
    /// The whole of an entity.
    #[must_use]
    pub fn whole(context: Option<String>, entity: T, links: &Links) -> Self {
        Self::new(context, entity, Arc::new(Shape::new(links, None)), ())
    }
}

fn etag(revision: i64) -> String {
    format!("W/\"{revision}\"")
}

impl<T: Wire, X: Expanded> Serialize for Body<T, X> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some(context) = &self.context {
            map.serialize_entry("@odata.context", context)?;
        }
        if self.shape.annotates() {
            map.serialize_entry("@odata.type", T::TAG)?;
            if let Some(revision) = self.entity.revision() {
                map.serialize_entry("@odata.etag", &Printed(format_args!("W/\"{revision}\"")))?;
            }
        }
        self.entity.write(&mut map, &self.shape)?;
        self.expanded.write(&mut map)?;
        map.end()
    }
}

/// A page of a collection. On the last page the link is absent, never null: the JavaScript client
/// trips over null.
#[derive(Debug, Serialize)]
pub struct List<T> {
    #[serde(rename = "@odata.context", skip_serializing_if = "Option::is_none")]
    context: Option<String>,
    #[serde(rename = "@odata.count", skip_serializing_if = "Option::is_none")]
    count: Option<i64>,
    #[serde(rename = "@odata.nextLink", skip_serializing_if = "Option::is_none")]
    next_link: Option<String>,
    value: Vec<T>,
}

impl<T> List<T> {
    /// A page described by `context`, followed by `next_link` if there is more.
    #[must_use]
    pub fn new(
        context: Option<String>,
        count: Option<i64>,
        value: Vec<T>,
        next_link: Option<String>,
    ) -> Self {
        Self { context, count, next_link, value }
    }

    /// How many entities it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.value.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.value.is_empty()
    }

    /// Writes the page as an expanded property: its annotations have the property's name before
    /// them.
    pub(super) fn write_as<M: SerializeMap>(&self, map: &mut M, name: &str) -> Result<(), M::Error>
    where
        T: Serialize,
    {
        if let Some(context) = &self.context {
            map.serialize_entry(&format!("{name}@odata.context"), context)?;
        }
        if let Some(count) = self.count {
            map.serialize_entry(&format!("{name}@odata.count"), &count)?;
        }
        map.serialize_entry(name, &self.value)?;
        if let Some(link) = &self.next_link {
            map.serialize_entry(&format!("{name}@odata.nextLink"), link)?;
        }
        Ok(())
    }
}

/// A value that is written as it is printed: in pieces, which cost more one by one than their text.
pub(super) struct Printed<T>(pub(super) T);

impl<T: fmt::Display> Serialize for Printed<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        /// As much as ids and moments take.
        const SHORT: usize = 40;
        let mut text = [0; SHORT];
        let mut rest = &mut text[..];
        if write!(rest, "{}", self.0).is_err() {
            return serializer.collect_str(&self.0);
        }
        let length = SHORT - rest.len();
        let text = str::from_utf8(&text[..length]).map_err(S::Error::custom)?;
        serializer.serialize_str(text)
    }
}

#[cfg(test)]
mod tests {
    use super::super::PoolEcho;
    use super::Wire;
    use crate::domain::{Assignment, AuditEvent, DeviceState, Pool, PooledCode};

    #[test]
    fn every_type_is_told_by_its_name() {
        fn holds<T: Wire>() {
            assert_eq!(T::TAG, format!("#{}", T::TYPE.qualified()));
        }
        holds::<Pool>();
        holds::<PoolEcho>();
        holds::<Assignment>();
        holds::<DeviceState>();
        holds::<PooledCode>();
        holds::<AuditEvent>();
    }
}
