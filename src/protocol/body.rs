//! Entities and collections in responses.

use std::marker::PhantomData;
use std::sync::Arc;

use serde::Serialize;
use serde::ser::{Error, SerializeMap, Serializer};
use serde_json::value::{RawValue, to_raw_value};

use super::links::{Links, MetadataLevel};
use super::model::{Property, StructuredType};
use crate::domain::{Listed, Table, Timestamp};

/// An entity that can be written to a response.
pub trait Wire {
    /// Its type.
    const TYPE: &'static StructuredType;

    /// Its revision, which its ETag is made of; `None` if it has no ETag.
    fn revision(&self) -> Option<i64>;

    /// Writes the properties that `shape` selects, in the order of the type's table.
    fn write<M: SerializeMap>(&self, map: &mut M, shape: &Shape) -> Result<(), M::Error>;
}

/// An entity that can be listed and written to a response.
pub trait Model: Listed + Wire + Sized + 'static {}

impl<T: Listed + Wire + Sized + 'static> Model for T {}

/// What a response shows of its entities.
#[derive(Clone, Debug, Default)]
pub struct Shape {
    metadata: MetadataLevel,
    /// The names of the properties to show; `None` for all.
    select: Option<Vec<&'static str>>,
}

impl Shape {
    /// All properties, or those of a `$select`.
    #[must_use]
    pub fn new(links: &Links, select: Option<Vec<&'static str>>) -> Self {
        Self { metadata: links.metadata(), select }
    }

    /// Writes a property if it is selected.
    #[inline]
    pub(super) fn entry<M: SerializeMap, V: Serialize + ?Sized>(
        &self,
        map: &mut M,
        property: impl Table<Row = Property>,
        value: &V,
    ) -> Result<(), M::Error> {
        let name = property.row().name;
        let shown = self.select.as_ref().is_none_or(|select| select.contains(&name));
        if shown { map.serialize_entry(name, value) } else { Ok(()) }
    }

    /// Whether the response has annotations beside links and counts: types and ETags.
    pub(super) fn annotates(&self) -> bool {
        self.metadata == MetadataLevel::Minimal
    }

    /// The select list of a context URL: `(id,displayName,assignments())`; empty if nothing is
    /// selected or expanded.
    #[must_use]
    pub fn projection(&self, expanded: &[String]) -> String {
        let selected = self.select.iter().flatten().map(|name| (*name).to_owned());
        let parts: Vec<_> = selected.chain(expanded.iter().cloned()).collect();
        if parts.is_empty() { String::new() } else { format!("({})", parts.join(",")) }
    }
}

/// An entity in a response, with what it was expanded with.
#[derive(Debug)]
pub struct EntityBody<T, X = ()> {
    context: Option<String>,
    entity: T,
    shape: Arc<Shape>,
    expanded: X,
}

/// The collections that an entity was expanded with.
pub trait Expanded {
    /// Writes them after the entity's own properties.
    fn write<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error>;
}

impl Expanded for () {
    fn write<M: SerializeMap>(&self, _: &mut M) -> Result<(), M::Error> {
        Ok(())
    }
}

impl<T: Wire, X: Expanded> EntityBody<T, X> {
    /// An entity. One in a collection has no context: the collection has it.
    pub fn new(context: Option<String>, entity: T, shape: Arc<Shape>, expanded: X) -> Self {
        Self { context, entity, shape, expanded }
    }

    /// The entity itself.
    #[must_use]
    pub fn entity(&self) -> &T {
        &self.entity
    }

    /// The entity's ETag. It is weak, because one revision has several representations.
    #[must_use]
    pub fn etag(&self) -> Option<String> {
        self.entity.revision().map(etag)
    }
}

impl<T: Wire> EntityBody<T> {
    /// An entity with all of its properties.
    #[must_use]
    pub fn complete(context: Option<String>, entity: T, links: &Links) -> Self {
        Self::new(context, entity, Arc::new(Shape::new(links, None)), ())
    }
}

fn etag(revision: i64) -> String {
    format!("W/\"{revision}\"")
}

impl<T: Wire, X: Expanded> Serialize for EntityBody<T, X> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some(context) = &self.context {
            map.serialize_entry("@odata.context", context)?;
        }
        if self.shape.annotates() {
            map.serialize_entry("@odata.type", T::TYPE.odata_type)?;
            if let Some(revision) = self.entity.revision() {
                map.serialize_entry("@odata.etag", &etag(revision))?;
            }
        }
        self.entity.write(&mut map, &self.shape)?;
        self.expanded.write(&mut map)?;
        map.end()
    }
}

/// A part of a response that is JSON already, so that its length is known.
#[derive(Debug)]
pub struct Written<T> {
    json: Box<RawValue>,
    of: PhantomData<fn() -> T>,
}

impl<T: Serialize> Written<T> {
    /// The JSON of a value.
    #[must_use]
    pub fn new(value: &T) -> Self {
        let json = to_raw_value(value).expect("a body can be written as JSON");
        Self { json, of: PhantomData }
    }

    /// Its length in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.json.get().len()
    }
}

impl<T> Serialize for Written<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.json.serialize(serializer)
    }
}

/// A page of a collection. On the last page the next link is absent, never null: the JavaScript
/// client fails on null.
#[derive(Debug, Serialize)]
pub struct ListBody<T> {
    #[serde(rename = "@odata.context", skip_serializing_if = "Option::is_none")]
    context: Option<String>,
    #[serde(rename = "@odata.count", skip_serializing_if = "Option::is_none")]
    count: Option<i64>,
    #[serde(rename = "@odata.nextLink", skip_serializing_if = "Option::is_none")]
    next_link: Option<String>,
    value: Vec<T>,
}

impl<T> ListBody<T> {
    /// A page; `next_link` is the URL of the next one, if another page follows.
    #[must_use]
    pub fn new(
        context: Option<String>,
        count: Option<i64>,
        value: Vec<T>,
        next_link: Option<String>,
    ) -> Self {
        Self { context, count, next_link, value }
    }

    /// The number of entities on this page.
    #[must_use]
    pub fn len(&self) -> usize {
        self.value.len()
    }

    /// Whether the page is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.value.is_empty()
    }

    /// Writes the page as the expanded property `name`, which also prefixes its annotations.
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

/// A timestamp as Graph writes it.
pub(super) struct Moment(pub(super) Timestamp);

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(str::from_utf8(&self.0.text()).map_err(S::Error::custom)?)
    }
}
