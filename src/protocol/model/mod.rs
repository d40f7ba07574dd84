//! Graph's types as data: `$metadata`, the OpenAPI document, `$select`, `$filter` and the bodies'
//! check for unknown names all read these tables.

mod actions;
mod audit;
mod codes;
mod entities;
mod fields;
mod targets;

pub use actions::ACTIONS;
pub use audit::{AUDIT_ACTOR, AUDIT_EVENT, AUDIT_PROPERTY, AUDIT_RESOURCE};
pub use codes::{
    CLAIMED, CODE_STATE, IMPORT_REPORT, INSTALLATION_LINKS, OPERATOR_STOCK, POOLED_CODE,
    REJECTED_LINE, STATE_COUNT, STOCK,
};
pub use entities::{
    ACTIVATION_CODE, ASSIGNMENT, DEVICE_MANAGEMENT, DEVICE_STATE, DEVICE_STATE_VALUE, ENTITY,
    ENUMS, FILTER_TYPE, POOL, STRUCTURED,
};
pub use targets::{TARGET, TARGETS};

use crate::domain::Listed;

/// An entity type or a complex type.
#[derive(Debug)]
pub struct StructuredType {
    /// Whose it is.
    pub namespace: Namespace,
    /// Its name, without the namespace.
    pub name: &'static str,
    /// What it derives from.
    pub base: Option<&'static str>,
    /// Whether it has a key; else it is a complex type.
    pub entity: bool,
    /// Whether only types that derive from it have values.
    pub is_abstract: bool,
    /// What it is, in a sentence.
    pub what: &'static str,
    /// Its own properties, not those of its base.
    pub properties: &'static [Property],
    /// What can be expanded.
    pub navigation: &'static [Navigation],
}

/// Whose a type or an action is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Namespace {
    /// Graph's: `microsoft.graph`
    Graph,
    /// This service's own: `esimpool`
    Esimpool,
}

impl Namespace {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Graph => "microsoft.graph",
            Self::Esimpool => "esimpool",
        }
    }
}

/// A property.
#[derive(Debug)]
pub struct Property {
    /// Its name.
    pub name: &'static str,
    /// The type of its values.
    pub kind: Edm,
    /// Whether it may be null.
    pub nullable: bool,
    /// Who gives it its value.
    pub given: Given,
    /// What it is, in a sentence.
    pub what: &'static str,
}

/// The type of a property.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "OData's own names")]
pub enum Edm {
    String,
    Boolean,
    Int32,
    Int64,
    Guid,
    DateTimeOffset,
    Stream,
    Enum(&'static EnumType),
    Complex(&'static StructuredType),
    Collection(&'static StructuredType),
}

/// Who gives a property its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given {
    /// The client, who must.
    Required,
    /// The client, who may.
    Optional,
    /// The service; what a client sends is passed over.
    ByService,
}

/// A navigation property: a collection that belongs to the entity.
#[derive(Debug)]
pub struct Navigation {
    /// Its name.
    pub name: &'static str,
    /// The type of its members.
    pub of: &'static StructuredType,
    /// What it is, in a sentence.
    pub what: &'static str,
}

/// What can be done to an entity beside reading and changing it.
#[derive(Debug)]
pub struct Action {
    /// Whose it is.
    pub namespace: Namespace,
    /// Its name.
    pub name: &'static str,
    /// Whether it changes anything; if not, CSDL calls it a function.
    pub changes: bool,
    /// What it is done to.
    pub on: Edm,
    /// What it takes.
    pub parameters: &'static [Property],
    /// What it gives.
    pub gives: Edm,
    /// What it does, in a sentence.
    pub what: &'static str,
}

/// An enumeration.
#[derive(Debug)]
pub struct EnumType {
    /// Whose it is.
    pub namespace: Namespace,
    /// Its name.
    pub name: &'static str,
    /// Its members, by their numbers.
    pub members: &'static [&'static str],
}

/// An entity on the wire: its type, and how its properties are asked for.
pub trait Model: Listed + Sized + 'static {
    /// Its type.
    const TYPE: &'static StructuredType;
    /// The properties that can be filtered and ordered by, by their names.
    const FIELDS: &'static [(&'static str, Self::Field)];
    /// Those of them that are searched, and compared without regard to case.
    const TEXTS: &'static [Self::Field];

    /// The property of that name, in any case.
    fn field(name: &str) -> Option<Self::Field> {
        let found = Self::FIELDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, field)| *field)
    }
}

impl StructuredType {
    /// Its name with the namespace before it: `microsoft.graph.entity`.
    #[must_use]
    pub fn qualified(&self) -> String {
        format!("{}.{}", self.namespace.name(), self.name)
    }

    /// Its properties with the inherited `id` first, if it is an entity.
    pub fn all_properties(&self) -> impl Iterator<Item = &'static Property> {
        let id = if self.entity && self.base.is_some() { ENTITY.properties } else { &[] };
        id.iter().chain(self.properties)
    }

    /// The property's own spelling of a name that came in any case.
    #[must_use]
    pub fn property_named(&self, name: &str) -> Option<&'static str> {
        let named = |property: &&Property| property.name.eq_ignore_ascii_case(name);
        self.all_properties().find(named).map(|property| property.name)
    }

    /// Whether a body may have a property of that name.
    #[must_use]
    pub fn knows(&self, name: &str) -> bool {
        self.all_properties().any(|property| property.name == name)
            || self.navigation.iter().any(|navigation| navigation.name == name)
    }
}
