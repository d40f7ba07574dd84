//! JSON objects whose properties are named by a table.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor,
};

use crate::domain::{Change, Invalid, Table};
use crate::protocol::model::{Named, Navigation};

/// The properties of an object while it is read, a [`Slot`] for each.
pub(in crate::protocol) trait Properties: Default {
    /// The table of the properties.
    type Property: Table<Row: Named>;

    /// The navigation properties. A body may have them, because SDKs send back what they read with
    /// `$expand`; they are ignored.
    const NAVIGATION: &'static [Navigation] = &[];

    /// Whether names are taken in any letter case.
    const ANY_CASE: bool = false;

    /// The name of the object's type, for error messages.
    fn type_name() -> &'static str;

    /// Reads the value of a property, which comes next in `map`.
    fn read<'de, A: MapAccess<'de>>(
        &mut self,
        property: Self::Property,
        map: &mut A,
    ) -> Result<(), A::Error>;
}

/// An object in a body. OData annotations (`@odata.type`, `assignments@odata.context`) and the actions
/// that an entity advertises (`#microsoft.graph.assign`) are ignored; any other name that is not a property is rejected.
pub(in crate::protocol) struct Object<P>(pub(in crate::protocol) P);

impl<'de, P: Properties> Deserialize<'de> for Object<P> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor<P>(PhantomData<P>);

        impl<'de, P: Properties> Visitor<'de> for ObjectVisitor<P> {
            type Value = P;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "an object ({})", P::type_name())
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<P, A::Error> {
                let mut properties = P::default();
                while let Some(key) = map.next_key_seed(KeySeed::<P>(PhantomData))? {
                    match key {
                        Key::Property(property) => properties.read(property, &mut map)?,
                        Key::Ignored => ignore(&mut map)?,
                        Key::Unknown => map.next_value_seed(Rejected(format!(
                            "is not a property of {}",
                            P::type_name()
                        )))?,
                    }
                }
                Ok(properties)
            }
        }

        deserializer.deserialize_map(ObjectVisitor(PhantomData)).map(Self)
    }
}

/// What the name of a member of an object means.
enum Key<P> {
    Property(P),
    /// An annotation or a navigation property.
    Ignored,
    Unknown,
}

struct KeySeed<P>(PhantomData<P>);

impl<'de, P: Properties> DeserializeSeed<'de> for KeySeed<P> {
    type Value = Key<P::Property>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl<P: Properties> Visitor<'_> for KeySeed<P> {
    type Value = Key<P::Property>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a property")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        let rows = P::Property::ROWS.iter();
        let same = |known: &str| known == name || (P::ANY_CASE && known.eq_ignore_ascii_case(name));
        if let Some(index) = rows.clone().position(|row| same(row.name())) {
            return Ok(Key::Property(P::Property::ALL[index]));
        }
        let is_navigation = |name: &str| P::NAVIGATION.iter().any(|it| it.name == name);
        let is_annotation = name.split_once('@').is_some_and(|(target, term)| {
            let known = target.is_empty()
                || is_navigation(target)
                || rows.clone().any(|row| row.name() == target);
            known && term.starts_with("odata.")
        });
        let is_action = name.starts_with('#');
        Ok(if is_annotation || is_action || is_navigation(name) {
            Key::Ignored
        } else {
            Key::Unknown
        })
    }
}

/// Reads no value and fails with a reason. In the place of a value, so that the error's path leads
/// to it.
struct Rejected(String);

impl<'de> DeserializeSeed<'de> for Rejected {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, _: D) -> Result<(), D::Error> {
        Err(D::Error::custom(self.0))
    }
}

/// The value of a property that an object may have once.
#[derive(Debug)]
pub(in crate::protocol) struct Slot<T>(Option<T>);

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Slot<T> {
    /// Reads the value, which comes next in `map`.
    pub(in crate::protocol) fn read<'de, A: MapAccess<'de>>(
        &mut self,
        map: &mut A,
    ) -> Result<(), A::Error>
    where
        T: Deserialize<'de>,
    {
        if self.0.is_some() {
            map.next_value_seed(Rejected("occurs twice in one object".to_owned()))?;
        }
        self.0 = Some(map.next_value()?);
        Ok(())
    }

    /// The value, if the object had the property.
    pub(in crate::protocol) fn sent(self) -> Option<T> {
        self.0
    }

    /// The value of a property that the object must have.
    pub(in crate::protocol) fn required(
        self,
        property: impl Table<Row: Named>,
    ) -> Result<T, Invalid> {
        self.0.ok_or_else(|| Invalid::new(property.row().name(), "is required"))
    }
}

impl<T> Slot<Option<T>> {
    /// What a PATCH does to a nullable property.
    pub(in crate::protocol) fn change(self) -> Change<T> {
        match self.0 {
            None => Change::Keep,
            Some(None) => Change::Clear,
            Some(Some(value)) => Change::Set(value),
        }
    }
}

/// Ignores the value that comes next in `map`, of any type.
pub(in crate::protocol) fn ignore<'de, A: MapAccess<'de>>(map: &mut A) -> Result<(), A::Error> {
    map.next_value::<IgnoredAny>()?;
    Ok(())
}
