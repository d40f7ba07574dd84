//! `deviceAndAppManagementAssignmentTarget` and the types that derive from it: their tables, how
//! they are read and how they are written.

use serde::Serialize;
use serde::de::MapAccess;
use serde::ser::{SerializeMap, Serializer};

use super::json::{Properties, Slot};
use super::model::Input::{Optional, Required};
use super::model::{EdmType, Property, StructuredType};
use crate::domain::{Audience, DeviceFilter, Invalid, Rules, Table, Target, TargetId, table};

const FILTER_ID: Property = Property::new(
    "deviceAndAppManagementAssignmentFilterId",
    EdmType::String,
    Optional,
    "The assignment filter on the audience's devices.",
)
.nullable();
const FILTER_TYPE: Property = Property::new(
    "deviceAndAppManagementAssignmentFilterType",
    EdmType::Enum(&DeviceFilter::TYPE),
    Optional,
    "Whether the filter includes or excludes devices.",
);
const GROUP_ID: Property =
    Property::new("groupId", EdmType::String, Required, "The id of the group.").nullable();
const COLLECTION_ID: Property =
    Property::new("collectionId", EdmType::String, Required, "The id of the collection.")
        .nullable();

table! {
    /// The properties of all types of targets. Which of them one has depends on its type.
    pub(super) enum TargetProperty: Property {
        ODataType = Property::new("@odata.type", EdmType::String, Required, "The type."),
        FilterId = FILTER_ID,
        FilterType = FILTER_TYPE,
        GroupId = GROUP_ID,
        CollectionId = COLLECTION_ID,
    }
}

/// `deviceAndAppManagementAssignmentTarget`, the base of all targets.
pub(super) static TARGET: StructuredType = StructuredType {
    is_abstract: true,
    ..StructuredType::complex(
        "#microsoft.graph.deviceAndAppManagementAssignmentTarget",
        "What a pool is assigned to.",
        &[FILTER_ID, FILTER_TYPE],
    )
};

const fn target(
    odata_type: &'static str,
    base: &'static str,
    description: &'static str,
    properties: &'static [Property],
) -> StructuredType {
    StructuredType {
        base: Some(base),
        ..StructuredType::complex(odata_type, description, properties)
    }
}

const BASE: &str = "deviceAndAppManagementAssignmentTarget";
const GROUP: &str = "groupAssignmentTarget";

table! {
    /// The types of targets.
    pub(super) enum TargetType: StructuredType {
        AllDevices =
            target("#microsoft.graph.allDevicesAssignmentTarget", BASE, "All devices.", &[]),
        AllLicensedUsers = target(
            "#microsoft.graph.allLicensedUsersAssignmentTarget",
            BASE,
            "All licensed users.",
            &[],
        ),
        Group = target(
            "#microsoft.graph.groupAssignmentTarget",
            BASE,
            "The members of a group.",
            &[GROUP_ID],
        ),
        ExclusionGroup = target(
            "#microsoft.graph.exclusionGroupAssignmentTarget",
            GROUP,
            "Everyone except the members of a group.",
            &[],
        ),
        ConfigurationManagerCollection = target(
            "#microsoft.graph.configurationManagerCollectionAssignmentTarget",
            BASE,
            "The members of a Configuration Manager collection.",
            &[COLLECTION_ID],
        ),
    }
}

impl TargetType {
    fn of(audience: &Audience) -> Self {
        match audience {
            Audience::AllDevices => Self::AllDevices,
            Audience::AllLicensedUsers => Self::AllLicensedUsers,
            Audience::Group(_) => Self::Group,
            Audience::ExclusionGroup(_) => Self::ExclusionGroup,
            Audience::ConfigurationManagerCollection(_) => Self::ConfigurationManagerCollection,
        }
    }

    /// The type with that qualified name. Clients send it with '#' and without.
    fn named(odata_type: &str) -> Option<Self> {
        let name = odata_type.strip_prefix('#').unwrap_or(odata_type);
        Self::ALL.iter().copied().find(|it| it.row().qualified_name() == name)
    }

    /// The id that a target of this type has beside its filter.
    pub(super) fn id(self) -> Option<Property> {
        match self {
            Self::AllDevices | Self::AllLicensedUsers => None,
            Self::Group | Self::ExclusionGroup => Some(GROUP_ID),
            Self::ConfigurationManagerCollection => Some(COLLECTION_ID),
        }
    }
}

/// A target of any type in a request body.
#[derive(Default)]
pub(super) struct TargetProperties {
    odata_type: Slot<String>,
    filter_id: Slot<Option<String>>,
    filter_type: Slot<String>,
    group_id: Slot<Option<String>>,
    collection_id: Slot<Option<String>>,
}

impl Properties for TargetProperties {
    type Property = TargetProperty;

    fn type_name() -> &'static str {
        TARGET.name()
    }

    fn read<'de, A: MapAccess<'de>>(
        &mut self,
        property: TargetProperty,
        map: &mut A,
    ) -> Result<(), A::Error> {
        match property {
            TargetProperty::ODataType => self.odata_type.read(map),
            TargetProperty::FilterId => self.filter_id.read(map),
            TargetProperty::FilterType => self.filter_type.read(map),
            TargetProperty::GroupId => self.group_id.read(map),
            TargetProperty::CollectionId => self.collection_id.read(map),
        }
    }
}

impl TargetProperties {
    pub(super) fn into_target(self, rules: &Rules) -> Result<Target, Invalid> {
        let odata_type = TargetProperty::ODataType.row().name;
        let expected = || {
            let names: Vec<_> = TargetType::ROWS.iter().map(StructuredType::name).collect();
            format!("one of {}, prefixed with microsoft.graph.", names.join(", "))
        };
        let sent = self.odata_type.sent();
        let sent =
            sent.ok_or_else(|| Invalid::new(odata_type, format!("is required: {}", expected())))?;
        let kind = TargetType::named(&sent)
            .ok_or_else(|| Invalid::new(odata_type, format!("must be {}", expected())))?;
        let ids = [
            (GROUP_ID.name, self.group_id.sent().flatten()),
            (COLLECTION_ID.name, self.collection_id.sent().flatten()),
        ];
        let wanted = kind.id().map(|property| property.name);
        let mut id = None;
        for (name, sent) in ids.into_iter().filter(|(_, id)| id.is_some()) {
            if wanted != Some(name) {
                return Err(Invalid::new(name, "does not belong to this type of target"));
            }
            id = sent;
        }
        let id = || {
            let name = wanted.unwrap_or_default();
            let id = id.ok_or_else(|| Invalid::new(name, "is required by this type of target"))?;
            TargetId::parse(name, id, rules.text_length)
        };
        let audience = match kind {
            TargetType::AllDevices => Audience::AllDevices,
            TargetType::AllLicensedUsers => Audience::AllLicensedUsers,
            TargetType::Group => Audience::Group(id()?),
            TargetType::ExclusionGroup => Audience::ExclusionGroup(id()?),
            TargetType::ConfigurationManagerCollection => {
                Audience::ConfigurationManagerCollection(id()?)
            }
        };
        let filter_type = self.filter_type.sent();
        let filter = device_filter(self.filter_id.sent().flatten(), filter_type.as_deref(), rules)?;
        Ok(Target { audience, filter })
    }
}

/// The id of no filter.
const NO_FILTER: &str = "00000000-0000-0000-0000-000000000000";

fn device_filter(
    id: Option<String>,
    filter_type: Option<&str>,
    rules: &Rules,
) -> Result<DeviceFilter, Invalid> {
    let filter_type = filter_type.unwrap_or("none");
    // Intune's own tools send this id where there is no filter.
    let id = id.filter(|id| filter_type != "none" || *id != NO_FILTER);
    let id = id.map(|id| TargetId::parse(FILTER_ID.name, id, rules.text_length)).transpose()?;
    match (filter_type, id) {
        ("none", None) => Ok(DeviceFilter::None),
        ("include", Some(id)) => Ok(DeviceFilter::Include(id)),
        ("exclude", Some(id)) => Ok(DeviceFilter::Exclude(id)),
        ("none", Some(_)) => {
            let reason = "must be include or exclude, because a filter id is set";
            Err(Invalid::new(FILTER_TYPE.name, reason))
        }
        ("include" | "exclude", None) => {
            Err(Invalid::new(FILTER_ID.name, "is required by this type of filter"))
        }
        _ => {
            let reason = format!("must be one of {}", DeviceFilter::TYPE.members.join(", "));
            Err(Invalid::new(FILTER_TYPE.name, reason))
        }
    }
}

/// A target in a response.
pub(super) struct TargetBody<'a> {
    pub(super) target: &'a Target,
    /// Whether the response has annotations, of which the type is one.
    pub(super) annotates: bool,
}

impl Serialize for TargetBody<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Target { audience, filter } = self.target;
        let mut map = serializer.serialize_map(None)?;
        if self.annotates {
            // With '#': the Python SDK finds the type of a target by nothing else.
            map.serialize_entry("@odata.type", TargetType::of(audience).row().odata_type)?;
        }
        map.serialize_entry(FILTER_ID.name, &filter.id().map(TargetId::as_str))?;
        map.serialize_entry(FILTER_TYPE.name, filter.name())?;
        match audience {
            Audience::AllDevices | Audience::AllLicensedUsers => {}
            Audience::Group(id) | Audience::ExclusionGroup(id) => {
                map.serialize_entry(GROUP_ID.name, id.as_str())?;
            }
            Audience::ConfigurationManagerCollection(id) => {
                map.serialize_entry(COLLECTION_ID.name, id.as_str())?;
            }
        }
        map.end()
    }
}
