//! The list of all types, actions and functions: the content of `$metadata`.

use super::activation_code::ACTIVATION_CODE;
use super::assignment::{ASSIGNMENT, AssignParameter};
use super::audit_event::{AUDIT_ACTOR, AUDIT_EVENT, AUDIT_PROPERTY, AUDIT_RESOURCE};
use super::claim::{CLAIMED, ClaimParameter, INSTALLATION_LINKS};
use super::device_state::DEVICE_STATE;
use super::import::{FILE_COLUMN, IMPORT_REPORT, LINE_GROUP, REJECTED_LINE};
use super::model::{EdmType, ID, Navigation, Operation, Property, StructuredType};
use super::pool::POOL;
use super::pooled_code::POOLED_CODE;
use super::release::{ReinstateParameter, ReleaseParameter};
use super::removal::REMOVED_CODES;
use super::stock::{OPERATOR_STOCK, STATE_COUNT, STOCK};
use super::target::{TARGET, TargetType};
use super::tenant_lists::{TENANT_CODE, TENANT_DEVICE_STATE};
use crate::domain::{CodeState, DeviceFilter, DeviceStateValue, EnumType, Table};

/// `entity`, the base of all entity types.
pub(super) static ENTITY: StructuredType = StructuredType {
    base: None,
    is_abstract: true,
    ..StructuredType::entity("#microsoft.graph.entity", "Anything with an identity.", &[ID])
};

/// `deviceManagement`, as far as the service has it.
pub(super) static DEVICE_MANAGEMENT: StructuredType = StructuredType {
    navigation: &[
        Navigation {
            name: "embeddedSIMActivationCodePools",
            of: &POOL,
            description: "The pools of the tenant.",
        },
        Navigation {
            name: "auditEvents",
            of: &AUDIT_EVENT,
            description: "The audit log of the tenant.",
        },
    ],
    ..StructuredType::entity(
        "#microsoft.graph.deviceManagement",
        "The root of Intune's device management.",
        &[],
    )
};

/// Every enumeration.
pub(super) static ENUMS: [&EnumType; 3] =
    [&DeviceStateValue::TYPE, &DeviceFilter::TYPE, &CodeState::TYPE];

/// Every entity type and complex type, bases first.
pub(super) static STRUCTURED: [&StructuredType; 29] = [
    &ENTITY,
    &DEVICE_MANAGEMENT,
    &POOL,
    &ACTIVATION_CODE,
    &ASSIGNMENT,
    &DEVICE_STATE,
    &TARGET,
    TargetType::AllDevices.row(),
    TargetType::AllLicensedUsers.row(),
    TargetType::Group.row(),
    TargetType::ExclusionGroup.row(),
    TargetType::ConfigurationManagerCollection.row(),
    &AUDIT_EVENT,
    &AUDIT_ACTOR,
    &AUDIT_RESOURCE,
    &AUDIT_PROPERTY,
    &POOLED_CODE,
    &REMOVED_CODES,
    &TENANT_CODE,
    &TENANT_DEVICE_STATE,
    &CLAIMED,
    &INSTALLATION_LINKS,
    &STOCK,
    &STATE_COUNT,
    &OPERATOR_STOCK,
    &IMPORT_REPORT,
    &FILE_COLUMN,
    &LINE_GROUP,
    &REJECTED_LINE,
];

const A_POOL: EdmType = EdmType::Complex(&POOL);
const ALL_POOLS: EdmType = EdmType::Collection(&POOL);

const fn action(
    name: &'static str,
    bound_to: EdmType,
    parameters: &'static [Property],
    returns: EdmType,
    description: &'static str,
) -> Operation {
    Operation { name, is_action: true, bound_to, parameters, returns, description }
}

const fn function(
    name: &'static str,
    bound_to: EdmType,
    returns: EdmType,
    description: &'static str,
) -> Operation {
    Operation { name, is_action: false, bound_to, parameters: &[], returns, description }
}

/// Every action and function. An import has no parameters: its body is the file, and its options
/// are query options.
pub(super) static OPERATIONS: [Operation; 15] = [
    action(
        "microsoft.graph.assign",
        A_POOL,
        AssignParameter::ROWS,
        EdmType::Collection(&ASSIGNMENT),
        "Replaces all assignments of a pool.",
    ),
    action(
        "esimpool.import",
        ALL_POOLS,
        &[],
        EdmType::Complex(&IMPORT_REPORT),
        "Creates a pool from a file of codes, sent as text/csv.",
    ),
    action(
        "esimpool.import",
        A_POOL,
        &[],
        EdmType::Complex(&IMPORT_REPORT),
        "Adds a file of codes, sent as text/csv, to a pool.",
    ),
    action(
        "esimpool.claim",
        A_POOL,
        ClaimParameter::ROWS,
        EdmType::Complex(&CLAIMED),
        "Gives a free code to a device.",
    ),
    function(
        "esimpool.qr",
        EdmType::Complex(&DEVICE_STATE),
        EdmType::Stream,
        "The code of a device as a QR code.",
    ),
    function(
        "esimpool.windows",
        EdmType::Complex(&DEVICE_STATE),
        EdmType::Stream,
        "The code of a device as Windows settings.",
    ),
    function("esimpool.sheet", A_POOL, EdmType::Stream, "The codes of devices as a page to print."),
    action(
        "esimpool.release",
        A_POOL,
        ReleaseParameter::ROWS,
        EdmType::Complex(&DEVICE_STATE),
        "Takes back a claim that is not installed; its code is quarantined.",
    ),
    action(
        "esimpool.reinstate",
        A_POOL,
        ReinstateParameter::ROWS,
        EdmType::Complex(&POOLED_CODE),
        "Makes a quarantined code free.",
    ),
    function(
        "esimpool.codes",
        A_POOL,
        EdmType::Collection(&POOLED_CODE),
        "The codes of a pool, without their secrets.",
    ),
    function(
        "esimpool.codes",
        ALL_POOLS,
        EdmType::Collection(&TENANT_CODE),
        "The codes of all pools, without their secrets.",
    ),
    function(
        "esimpool.deviceStates",
        ALL_POOLS,
        EdmType::Collection(&TENANT_DEVICE_STATE),
        "The device states of all pools.",
    ),
    function(
        "esimpool.export",
        A_POOL,
        EdmType::Stream,
        "The codes of a pool with their holders, without their secrets, as CSV.",
    ),
    function("esimpool.stock", A_POOL, EdmType::Complex(&STOCK), "The stock of a pool."),
    function("esimpool.stock", ALL_POOLS, EdmType::Complex(&STOCK), "The stock of all pools."),
];
