//! Which properties can be filtered, ordered by and searched.

use super::{ASSIGNMENT, AUDIT_EVENT, DEVICE_STATE, Model, POOL, POOLED_CODE, StructuredType};
use crate::domain::{
    Assignment, AssignmentField, AuditEvent, AuditField, CodeField, DeviceState, DeviceStateField,
    Pool, PoolField, PooledCode,
};

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
        ("universalIntegratedCircuitCardIdentifier", DeviceStateField::Eid),
        ("deviceName", DeviceStateField::DeviceName),
        ("userName", DeviceStateField::UserName),
        ("state", DeviceStateField::State),
        ("stateDetails", DeviceStateField::StateDetails),
    ];
    const TEXTS: &'static [DeviceStateField] = &[
        DeviceStateField::Eid,
        DeviceStateField::DeviceName,
        DeviceStateField::UserName,
        DeviceStateField::StateDetails,
    ];
}

impl Model for PooledCode {
    const TYPE: &'static StructuredType = &POOLED_CODE;
    const FIELDS: &'static [(&'static str, CodeField)] = &[
        ("id", CodeField::Id),
        ("position", CodeField::Position),
        ("integratedCircuitCardIdentifier", CodeField::Iccid),
        ("smdpPlusServerAddress", CodeField::SmdpAddress),
        ("state", CodeField::State),
        ("stateChangedDateTime", CodeField::StateChangedDateTime),
    ];
    const TEXTS: &'static [CodeField] = &[];
}

impl Model for AuditEvent {
    const TYPE: &'static StructuredType = &AUDIT_EVENT;
    const FIELDS: &'static [(&'static str, AuditField)] = &[
        ("id", AuditField::Id),
        ("activityDateTime", AuditField::ActivityDateTime),
        ("activityType", AuditField::ActivityType),
        ("activityOperationType", AuditField::ActivityOperationType),
        ("category", AuditField::Category),
        ("actor/applicationId", AuditField::ApplicationId),
        ("actor/userId", AuditField::UserId),
        ("correlationId", AuditField::CorrelationId),
    ];
    const TEXTS: &'static [AuditField] = &[];
}
