//! Assignments: whom a pool's codes are for.

use std::collections::HashSet;
use std::fmt;

use super::activation_code::storable;
use super::listing::{Field, Listed, PrimitiveType, Value};
use super::{AssignmentId, IdGenerator, Invalid, Timestamp};

/// An assignment as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// System generated.
    pub id: AssignmentId,
    /// Whom it is for.
    pub target: Target,
    /// Rises by one with every change.
    pub revision: i64,
}

/// Whom an assignment is for, and which of their devices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Whom.
    pub audience: Audience,
    /// Which of their devices.
    pub filter: DeviceFilter,
}

/// For the audit log: whom, and which of their devices.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.audience {
            Audience::AllDevices => f.write_str("allDevices"),
            Audience::AllLicensedUsers => f.write_str("allLicensedUsers"),
            Audience::Group(id) => write!(f, "group {}", id.0),
            Audience::ExclusionGroup(id) => write!(f, "exclusionGroup {}", id.0),
            Audience::ConfigurationManagerCollection(id) => {
                write!(f, "configurationManagerCollection {}", id.0)
            }
        }?;
        match &self.filter {
            DeviceFilter::None => Ok(()),
            DeviceFilter::Include(id) => write!(f, ", include {}", id.0),
            DeviceFilter::Exclude(id) => write!(f, ", exclude {}", id.0),
        }
    }
}

/// Graph's kinds of targets, each with what it needs and nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Audience {
    /// `allDevicesAssignmentTarget`
    AllDevices,
    /// `allLicensedUsersAssignmentTarget`
    AllLicensedUsers,
    /// `groupAssignmentTarget`: the members of a group.
    Group(TargetId),
    /// `exclusionGroupAssignmentTarget`: everybody but them.
    ExclusionGroup(TargetId),
    /// `configurationManagerCollectionAssignmentTarget`
    ConfigurationManagerCollection(TargetId),
}

/// Which devices of an audience.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum DeviceFilter {
    /// All of them.
    #[default]
    None,
    /// Those that a filter lets through.
    Include(TargetId),
    /// Those that it does not.
    Exclude(TargetId),
}

/// The id of a group, a collection or a filter: a text of somebody else's, not empty.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TargetId(String);

impl TargetId {
    /// Reads the id in the property `name`.
    pub fn parse(name: &str, text: String, length: usize) -> Result<Self, Invalid> {
        storable(name, &text, length)?;
        if text.is_empty() {
            return Err(Invalid::new(name, "must not be empty"));
        }
        Ok(Self(text))
    }

    /// An id that was checked before it was stored.
    #[must_use]
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// The id as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An assignment about to be made.
#[derive(Clone, Debug)]
pub struct NewAssignment {
    /// Made before the insert.
    pub id: AssignmentId,
    /// The moment of it.
    pub at: Timestamp,
    /// Whom it is for.
    pub target: Target,
}

impl NewAssignment {
    /// An assignment to `target` from the moment `at`.
    #[must_use]
    pub fn new(target: Target, ids: &IdGenerator, at: Timestamp) -> Self {
        Self { id: ids.next(), at, target }
    }

    /// The assignments of an `assign`: of several for one audience the first counts.
    #[must_use]
    pub fn set(targets: Vec<Target>, ids: &IdGenerator, at: Timestamp) -> Vec<Self> {
        let mut seen = HashSet::new();
        let first = targets.into_iter().filter(|target| seen.insert(target.audience.clone()));
        first.map(|target| Self::new(target, ids, at)).collect()
    }

    /// The assignment as it is once it is stored.
    #[must_use]
    pub fn as_assignment(&self) -> Assignment {
        Assignment { id: self.id, target: self.target.clone(), revision: 1 }
    }
}

/// What assignments can be filtered and ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the reference's own names")]
pub enum AssignmentField {
    Id,
    GroupId,
    CollectionId,
    FilterId,
    FilterType,
}

impl DeviceFilter {
    /// Graph's names of the kinds of filters, by their numbers.
    pub const NAMES: [&str; 3] = ["none", "include", "exclude"];

    /// The number of this kind.
    #[must_use]
    pub fn number(&self) -> i16 {
        match self {
            Self::None => 0,
            Self::Include(_) => 1,
            Self::Exclude(_) => 2,
        }
    }

    /// The id of the filter, where there is one.
    #[must_use]
    pub fn id(&self) -> Option<&TargetId> {
        match self {
            Self::None => None,
            Self::Include(id) | Self::Exclude(id) => Some(id),
        }
    }
}

impl Field for AssignmentField {
    const ID: Self = Self::Id;

    fn kind(self) -> PrimitiveType {
        match self {
            Self::Id => PrimitiveType::Guid,
            Self::GroupId | Self::CollectionId | Self::FilterId => PrimitiveType::String,
            Self::FilterType => PrimitiveType::Enum(&DeviceFilter::NAMES),
        }
    }

    fn nullable(self) -> bool {
        match self {
            Self::Id | Self::FilterType => false,
            Self::GroupId | Self::CollectionId | Self::FilterId => true,
        }
    }
}

impl Listed for Assignment {
    type Field = AssignmentField;

    fn value(&self, field: AssignmentField) -> Value {
        let text = |id: Option<&TargetId>| id.map_or(Value::Null, |id| Value::String(id.0.clone()));
        let filter = &self.target.filter;
        match (field, &self.target.audience) {
            (AssignmentField::Id, _) => Value::Guid(self.id.uuid()),
            (AssignmentField::GroupId, Audience::Group(id) | Audience::ExclusionGroup(id))
            | (AssignmentField::CollectionId, Audience::ConfigurationManagerCollection(id)) => {
                text(Some(id))
            }
            (AssignmentField::GroupId | AssignmentField::CollectionId, _) => Value::Null,
            (AssignmentField::FilterId, _) => text(filter.id()),
            (AssignmentField::FilterType, _) => Value::Int(filter.number().into()),
        }
    }
}
