//! The kinds of targets of assignments, after the reference.

use super::entities::property;
use super::{Edm, FILTER_TYPE, Given, Namespace, Property, StructuredType};

/// `deviceAndAppManagementAssignmentTarget`, what all targets derive from.
pub static TARGET: StructuredType = StructuredType {
    namespace: Namespace::Graph,
    name: "deviceAndAppManagementAssignmentTarget",
    base: None,
    entity: false,
    is_abstract: true,
    what: "Whom an assignment is for.",
    properties: &[
        property(
            "deviceAndAppManagementAssignmentFilterId",
            Edm::String,
            true,
            Given::Optional,
            "The filter that chooses among their devices.",
        ),
        property(
            "deviceAndAppManagementAssignmentFilterType",
            Edm::Enum(&FILTER_TYPE),
            false,
            Given::Optional,
            "Whether the filter includes or excludes.",
        ),
    ],
    navigation: &[],
};

/// One kind of target.
const fn target(
    name: &'static str,
    base: &'static str,
    what: &'static str,
    properties: &'static [Property],
) -> StructuredType {
    StructuredType {
        namespace: Namespace::Graph,
        name,
        base: Some(base),
        entity: false,
        is_abstract: false,
        what,
        properties,
        navigation: &[],
    }
}

const TARGET_BASE: &str = "deviceAndAppManagementAssignmentTarget";

/// The kinds of targets.
pub static TARGETS: [StructuredType; 5] = [
    target("allDevicesAssignmentTarget", TARGET_BASE, "Every device.", &[]),
    target("allLicensedUsersAssignmentTarget", TARGET_BASE, "Every licensed user.", &[]),
    target(
        "groupAssignmentTarget",
        TARGET_BASE,
        "The members of a group.",
        &[property("groupId", Edm::String, true, Given::Required, "The group.")],
    ),
    target(
        "exclusionGroupAssignmentTarget",
        "groupAssignmentTarget",
        "Everybody but a group's members.",
        &[],
    ),
    target(
        "configurationManagerCollectionAssignmentTarget",
        TARGET_BASE,
        "The members of a Configuration Manager collection.",
        &[property("collectionId", Edm::String, true, Given::Required, "The collection.")],
    ),
];
