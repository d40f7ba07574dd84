//! The types themselves, after the reference.

use super::{
    AUDIT_ACTOR, AUDIT_EVENT, AUDIT_PROPERTY, AUDIT_RESOURCE, CLAIMED, CODE_STATE, Edm, EnumType,
    Given, IMPORT_REPORT, INSTALLATION_LINKS, Namespace, Navigation, OPERATOR_STOCK, POOLED_CODE,
    Property, REJECTED_LINE, STATE_COUNT, STOCK, StructuredType, TARGET, TARGETS,
};
use crate::domain::{DeviceFilter, DeviceStateValue};

pub(super) const fn property(
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
    namespace: Namespace::Graph,
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
    namespace: Namespace::Graph,
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
    namespace: Namespace::Graph,
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
    namespace: Namespace::Graph,
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
pub static DEVICE_STATE_VALUE: EnumType = EnumType {
    namespace: Namespace::Graph,
    name: "embeddedSIMDeviceStateValue",
    members: &DeviceStateValue::NAMES,
};

/// `deviceAndAppManagementAssignmentFilterType`
pub static FILTER_TYPE: EnumType = EnumType {
    namespace: Namespace::Graph,
    name: "deviceAndAppManagementAssignmentFilterType",
    members: &DeviceFilter::NAMES,
};

/// `entity`, what all entities derive from.
pub static ENTITY: StructuredType = StructuredType {
    namespace: Namespace::Graph,
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
    namespace: Namespace::Graph,
    name: "deviceManagement",
    base: Some("entity"),
    entity: true,
    is_abstract: false,
    what: "What Intune manages devices with.",
    properties: &[],
    navigation: &[
        Navigation {
            name: "embeddedSIMActivationCodePools",
            of: &POOL,
            what: "The tenant's pools.",
        },
        Navigation { name: "auditEvents", of: &AUDIT_EVENT, what: "Who changed what." },
    ],
};

/// Every enumeration.
pub static ENUMS: [&EnumType; 3] = [&DEVICE_STATE_VALUE, &FILTER_TYPE, &CODE_STATE];

/// Every entity type and complex type, bases first.
pub static STRUCTURED: [&StructuredType; 24] = [
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
    &AUDIT_EVENT,
    &AUDIT_ACTOR,
    &AUDIT_RESOURCE,
    &AUDIT_PROPERTY,
    &POOLED_CODE,
    &CLAIMED,
    &INSTALLATION_LINKS,
    &STOCK,
    &STATE_COUNT,
    &OPERATOR_STOCK,
    &IMPORT_REPORT,
    &REJECTED_LINE,
];
