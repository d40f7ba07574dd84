//! Which properties can be filtered, ordered by and searched.

use super::{ASSIGNMENT, DEVICE_STATE, Model, POOL, StructuredType};
use crate::domain::{Assignment, AssignmentField, DeviceState, DeviceStateField, Pool, PoolField};

impl Model for Pool {
    const TYPE: &'static StructuredType = &POOL;
    const FIELDS: &'static [(&'static str, PoolField)] = &[
        ("id", PoolField::Id),
        ("displayName", PoolField::DisplayName),
        ("createdDateTime", PoolField::CreatedDateTime),
        ("modifiedDateTime", PoolField::ModifiedDateTime),
        ("activationCodeCount", PoolField::ActivationCodeCount),
    ];
    const TEXTS: &'static [PoolField] = &[PoolField::DisplayName];
}

impl Model for Assignment {
    const TYPE: &'static StructuredType = &ASSIGNMENT;
    const FIELDS: &'static [(&'static str, AssignmentField)] = &[
        ("id", AssignmentField::Id),
        ("target/groupId", AssignmentField::GroupId),
        ("target/collectionId", AssignmentField::CollectionId),
        ("target/deviceAndAppManagementAssignmentFilterId", AssignmentField::FilterId),
        ("target/deviceAndAppManagementAssignmentFilterType", AssignmentField::FilterType),
    ];
    const TEXTS: &'static [AssignmentField] = &[];
}

impl Model for DeviceState {
    const TYPE: &'static StructuredType = &DEVICE_STATE;
    const FIELDS: &'static [(&'static str, DeviceStateField)] = &[
        ("id", DeviceStateField::Id),
        ("createdDateTime", DeviceStateField::CreatedDateTime),
        ("modifiedDateTime", DeviceStateField::ModifiedDateTime),
        ("lastSyncDateTime", DeviceStateField::LastSyncDateTime),
        ("universalIntegratedCircuitCardIdentifier", DeviceStateField::UniversalIccid),
        ("deviceName", DeviceStateField::DeviceName),
        ("userName", DeviceStateField::UserName),
        ("state", DeviceStateField::State),
        ("stateDetails", DeviceStateField::StateDetails),
    ];
    const TEXTS: &'static [DeviceStateField] = &[
        DeviceStateField::UniversalIccid,
        DeviceStateField::DeviceName,
        DeviceStateField::UserName,
        DeviceStateField::StateDetails,
    ];
}
