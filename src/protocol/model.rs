//! OData's type model: structured types, their properties, and what one row of an entity's table
//! says. Bodies, `$metadata`, the OpenAPI document and query options all read these tables.

use crate::domain::{EnumType, FieldSpec, PrimitiveType};

/// An entity type or a complex type.
#[derive(Debug)]
pub struct StructuredType {
    /// Its name as instances carry it: `#microsoft.graph.embeddedSIMActivationCodePool`.
    pub odata_type: &'static str,
    /// The name of the type it derives from, without the namespace, which is Graph's.
    pub base: Option<&'static str>,
    /// Whether it is an entity type, which has a key, and not a complex type.
    pub entity: bool,
    /// Whether only types that derive from it have instances.
    pub is_abstract: bool,
    /// What an instance is, in a sentence.
    pub description: &'static str,
    /// Its properties, in the order of the reference. Those of an entity type start with the
    /// inherited `id`; a complex type's do not include inherited ones.
    pub properties: &'static [Property],
    /// Its navigation properties, which `$expand` takes.
    pub navigation: &'static [Navigation],
}

/// A property of a structured type, or a parameter of an action: one row of a table.
#[derive(Clone, Copy, Debug)]
pub struct Property {
    /// Its name.
    pub name: &'static str,
    /// The type of its values.
    pub kind: EdmType,
    /// Whether it may be null.
    pub nullable: bool,
    /// Whether clients send it.
    pub input: Input,
    /// What a sent value must satisfy beyond its type.
    pub constraint: Constraint,
    /// What it is, in a sentence.
    pub description: &'static str,
}

/// The type of a property, by the names of OData's entity data model (Edm).
#[derive(Clone, Copy, Debug)]
pub enum EdmType {
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

/// Whether clients send a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// A create requires it.
    Required,
    /// It may be absent.
    Optional,
    /// The service sets it. A sent value is type-checked and ignored: SDKs send back what they
    /// read.
    ReadOnly,
}

/// What a sent value must satisfy beyond its type. Every string has at most the configured number
/// of characters, and none of them is U+0000.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Constraint {
    /// Nothing more.
    None,
    /// A string of any length: it is looked up and not stored.
    AnyLength,
    /// Any string: an id, of which one that is not a GUID is the id of nothing.
    Id,
    /// A string with a visible character.
    NotBlank,
    /// A string that matches this pattern of Graph's, unless validation is lenient.
    Pattern(&'static str),
    /// An EID if validation is strict.
    Eid,
    /// A list of at most the configured number of codes.
    MaxCodes,
    /// A list of at most this many items.
    MaxItems(usize),
}

/// A navigation property: a collection that belongs to an entity.
#[derive(Clone, Copy, Debug)]
pub struct Navigation {
    /// Its name.
    pub name: &'static str,
    /// The type of its members.
    pub of: &'static StructuredType,
    /// What it is, in a sentence.
    pub description: &'static str,
}

/// A bound action or function.
#[derive(Debug)]
pub(super) struct Operation {
    /// Its name with the namespace: `esimpool.claim`.
    pub(super) name: &'static str,
    /// Whether it is an action, which has side effects, and not a function.
    pub(super) is_action: bool,
    /// The type it is bound to.
    pub(super) bound_to: EdmType,
    /// Its parameters.
    pub(super) parameters: &'static [Property],
    /// The type of its result.
    pub(super) returns: EdmType,
    /// What it does, in a sentence.
    pub(super) description: &'static str,
}

/// Something that JSON refers to by a name.
pub(super) trait Named {
    /// The name.
    fn name(&self) -> &'static str;
}

impl Named for Property {
    fn name(&self) -> &'static str {
        self.name
    }
}

/// The row of an object that is not described by OData: its properties have names only.
impl Named for &'static str {
    fn name(&self) -> &'static str {
        self
    }
}

impl Property {
    /// A property that is never null and has no constraint.
    #[must_use]
    pub const fn new(
        name: &'static str,
        kind: EdmType,
        input: Input,
        description: &'static str,
    ) -> Self {
        Self { name, kind, nullable: false, input, constraint: Constraint::None, description }
    }

    /// A property that entities are filtered and ordered by: its name, type and nullability are
    /// those of the domain's table.
    #[must_use]
    pub const fn field(field: &FieldSpec, input: Input, description: &'static str) -> Self {
        let kind = match field.kind {
            PrimitiveType::String => EdmType::String,
            PrimitiveType::Int => EdmType::Int32,
            PrimitiveType::DateTimeOffset => EdmType::DateTimeOffset,
            PrimitiveType::Guid => EdmType::Guid,
            PrimitiveType::Enum(of) => EdmType::Enum(of),
        };
        Self { nullable: field.nullable, ..Self::new(field.path, kind, input, description) }
    }

    /// A property that the service sets and that is never null.
    #[must_use]
    pub const fn read_only(name: &'static str, kind: EdmType, description: &'static str) -> Self {
        Self::new(name, kind, Input::ReadOnly, description)
    }

    /// The same property, which may be null.
    #[must_use]
    pub const fn nullable(self) -> Self {
        Self { nullable: true, ..self }
    }

    /// The same property with a constraint.
    #[must_use]
    pub const fn with(self, constraint: Constraint) -> Self {
        Self { constraint, ..self }
    }
}

/// The key of every entity. To clients it is an opaque string.
pub(super) const ID: Property =
    Property::read_only("id", EdmType::String, "The unique identifier, a GUID.");

impl StructuredType {
    /// A complex type that derives from none.
    #[must_use]
    pub const fn complex(
        odata_type: &'static str,
        description: &'static str,
        properties: &'static [Property],
    ) -> Self {
        Self {
            odata_type,
            base: None,
            entity: false,
            is_abstract: false,
            description,
            properties,
            navigation: &[],
        }
    }

    /// An entity type. Its properties start with [`ID`].
    #[must_use]
    pub const fn entity(
        odata_type: &'static str,
        description: &'static str,
        properties: &'static [Property],
    ) -> Self {
        Self {
            base: Some("entity"),
            entity: true,
            ..Self::complex(odata_type, description, properties)
        }
    }

    /// Its name with the namespace: `microsoft.graph.entity`.
    #[must_use]
    pub fn qualified_name(&self) -> &'static str {
        self.odata_type.trim_start_matches('#')
    }

    /// Its name without the namespace.
    #[must_use]
    pub fn name(&self) -> &'static str {
        split_name(self.qualified_name()).1
    }

    /// The properties that it does not inherit.
    #[must_use]
    pub fn own_properties(&self) -> &'static [Property] {
        match self.properties {
            [id, own @ ..] if self.base.is_some() && id.name == ID.name => own,
            all => all,
        }
    }

    /// The property of that name, in any letter case.
    #[must_use]
    pub fn property_named(&self, name: &str) -> Option<&'static Property> {
        self.properties.iter().find(|property| property.name.eq_ignore_ascii_case(name))
    }
}

/// Splits a qualified name into namespace and name.
pub(super) fn split_name(qualified: &'static str) -> (&'static str, &'static str) {
    qualified.rsplit_once('.').expect("a name with its namespace")
}
