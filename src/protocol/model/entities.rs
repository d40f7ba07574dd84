//! The types themselves, after the reference.

use super::{Action, Edm, EnumType, Given, Navigation, Property, StructuredType};
use crate::domain::{DeviceFilter, DeviceStateValue};

const fn property(
    name: &'static str,
    kind: Edm,
    nullable: bool,
    given: Given,
    what: &'static str,
) -> Property {
    Property { name, kind, nullable, given, what }
}

const ID: Property =
    property("id", Edm::String, false, Given::ByService, "Unique identifier, a GUID.");
const CREATED: Property = property(
    "createdDateTime",
    Edm::DateTimeOffset,
    false,
    Given::ByService,
    "When it was created.",
);
const MODIFIED: Property = property(
    "modifiedDateTime",
    Edm::DateTimeOffset,
    false,
    Given::ByService,
    "When it last changed.",
);

/// `embeddedSIMActivationCodePool`
pub static POOL: StructuredType = StructuredType {
    name: "embeddedSIMActivationCodePool",
    base: Some("entity"),
    entity: true,
    is_abstract: false,
    what: "A pool of a carrier's activation codes.",
    properties: &[
        property("displayName", Edm::String, false, Given::Required, "The admin defined name."),
        CREATED,
        MODIFIED,
        property(
            "activationCodes",
            Edm::Collection(&ACTIVATION_CODE),
            false,
            Given::Optional,
            "Codes to put into the pool; echoed by the create, never read back.",
        ),
        property(
            "activationCodeCount",
            Edm::Int32,
            false,
            Given::ByService,
            "How many codes the pool holds.",
        ),
    ],
    navigation: &[
        Navigation { name: "assignments", of: &ASSIGNMENT, what: "Whom the pool's codes are for." },
        Navigation {
            name: "deviceStates",
            of: &DEVICE_STATE,
            what: "What became of codes on devices.",
        },
    ],
};

/// `embeddedSIMActivationCode`
pub static ACTIVATION_CODE: StructuredType = StructuredType {
    name: "embeddedSIMActivationCode",
    base: None,
    entity: false,
    is_abstract: false,
    what: "An activation code, as a carrier gives it.",
    properties: &[
        property(
            "integratedCircuitCardIdentifier",
            Edm::String,
            false,
            Given::Required,
            "The ICCID of the profile: 19 or 20 digits.",
        ),
        property(
            "matchingIdentifier",
            Edm::String,
            false,
            Given::Required,
            "The secret by which the profile is fetched.",
        ),
        property(
            "smdpPlusServerAddress",
            Edm::String,
            false,
            Given::Required,
            "The host that serves the profile.",
        ),
    ],
    navigation: &[],
};

/// `embeddedSIMActivationCodePoolAssignment`
pub static ASSIGNMENT: StructuredType = StructuredType {
    name: "embeddedSIMActivationCodePoolAssignment",
    base: Some("entity"),
    entity: true,
    is_abstract: false,
    what: "An assignment of a pool.",
    properties: &[property(
        "target",
        Edm::Complex(&TARGET),
        false,
        Given::Required,
        "Whom it is for.",
    )],
    navigation: &[],
};

/// `embeddedSIMDeviceState`
pub static DEVICE_STATE: StructuredType = StructuredType {
    name: "embeddedSIMDeviceState",
    base: Some("entity"),
    entity: true,
    is_abstract: false,
    what: "What became of a code on a device.",
    properties: &[
        CREATED,
        MODIFIED,
        property(
            "lastSyncDateTime",
            Edm::DateTimeOffset,
            true,
            Given::Optional,
            "When the device last checked in.",
        ),
        property(
            "universalIntegratedCircuitCardIdentifier",
            Edm::String,
            true,
            Given::Optional,
            "The identifier of the device's eUICC.",
        ),
        property("deviceName", Edm::String, true, Given::Optional, "The device's name."),
        property("userName", Edm::String, true, Given::Optional, "Its primary user."),
        property(
            "state",
            Edm::Enum(&DEVICE_STATE_VALUE),
            false,
            Given::Required,
            "What became of the profile.",
        ),
        property("stateDetails", Edm::String, true, Given::Optional, "More about that."),
    ],
    navigation: &[],
};

/// `embeddedSIMDeviceStateValue`
pub static DEVICE_STATE_VALUE: EnumType =
    EnumType { name: "embeddedSIMDeviceStateValue", members: &DeviceStateValue::NAMES };

/// `deviceAndAppManagementAssignmentFilterType`
pub static FILTER_TYPE: EnumType =
    EnumType { name: "deviceAndAppManagementAssignmentFilterType", members: &DeviceFilter::NAMES };

/// `deviceAndAppManagementAssignmentTarget`, what all targets derive from.
pub static TARGET: StructuredType = StructuredType {
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

/// `entity`, what all entities derive from.
pub static ENTITY: StructuredType = StructuredType {
    name: "entity",
    base: None,
    entity: true,
    is_abstract: true,
    what: "Whatever has an identity.",
    properties: &[ID],
    navigation: &[],
};

/// `deviceManagement`, as far as it is served: where the pools are.
pub static DEVICE_MANAGEMENT: StructuredType = StructuredType {
    name: "deviceManagement",
    base: Some("entity"),
    entity: true,
    is_abstract: false,
    what: "What Intune manages devices with.",
    properties: &[],
    navigation: &[Navigation {
        name: "embeddedSIMActivationCodePools",
        of: &POOL,
        what: "The tenant's pools.",
    }],
};

/// What can be done to a pool beside changing it.
pub static ACTIONS: [Action; 1] = [Action {
    name: "assign",
    on: &POOL,
    parameter: "assignments",
    of: &ASSIGNMENT,
    what: "Replaces all assignments of a pool.",
}];

/// Every enumeration.
pub static ENUMS: [&EnumType; 2] = [&DEVICE_STATE_VALUE, &FILTER_TYPE];

/// Every entity type and complex type, bases first.
pub static STRUCTURED: [&StructuredType; 12] = [
    &ENTITY,
    &DEVICE_MANAGEMENT,
    &POOL,
    &ACTIVATION_CODE,
    &ASSIGNMENT,
    &DEVICE_STATE,
    &TARGET,
    &TARGETS[0],
    &TARGETS[1],
    &TARGETS[2],
    &TARGETS[3],
    &TARGETS[4],
];
