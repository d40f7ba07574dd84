//! The audit log: who changed or was shown what, and when.

use std::borrow::Cow;

use uuid::Uuid;

use super::listing::{Field, FieldSpec, Listed, PrimitiveType};
use super::predicate::Value;
use super::table::table;
use super::{EventId, RequestId, Table, Timestamp};

/// An entry of the audit log. It holds ids, counts and the names of what changed, never a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEvent {
    /// Generated before the change.
    pub id: EventId,
    /// The time of the change.
    pub at: Timestamp,
    /// What was done.
    pub activity: Activity,
    /// The application that did it.
    pub app: Option<String>,
    /// The user on whose behalf the application acted, if there was one.
    pub user: Option<String>,
    /// The request that made the change.
    pub request: RequestId,
    /// What it was done to.
    pub resources: Vec<AuditResource>,
    /// The ICCID of the code that it was done to, if it was one code.
    pub iccid: Option<String>,
    /// The pool that it was done to, or to something in it.
    pub pool: Option<Uuid>,
}

/// An audit event without the actor and the time.
#[derive(Clone, Debug)]
pub struct AuditDraft {
    /// What was done.
    pub activity: Activity,
    /// What it was done to.
    pub resources: Vec<AuditResource>,
}

/// An entity that an activity was done to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditResource {
    /// The entity's type, by Graph's name.
    pub kind: Cow<'static, str>,
    /// The entity's id.
    pub id: Uuid,
    /// The entity's name, if it has one.
    pub name: Option<String>,
    /// The properties that changed.
    pub changes: Vec<AuditChange>,
}

/// A property before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditChange {
    /// The property's name.
    pub property: Cow<'static, str>,
    /// The value before the change.
    pub old: Option<String>,
    /// The value after the change.
    pub new: Option<String>,
}

/// What the audit log says of an activity.
#[derive(Clone, Copy, Debug)]
pub struct ActivityType {
    /// `activityType`: the name for programs.
    pub name: &'static str,
    /// `activityOperationType`: Create, Patch, Delete or Action.
    pub operation: &'static str,
    /// `category`: DeviceConfiguration or Device.
    pub category: &'static str,
    /// `displayName`: the name for people.
    pub title: &'static str,
}

/// A row of the table below.
const fn activity(
    name: &'static str,
    operation: &'static str,
    category: &'static str,
    title: &'static str,
) -> ActivityType {
    ActivityType { name, operation, category, title }
}

const CONFIGURATION: &str = "DeviceConfiguration";
const DEVICE: &str = "Device";

table! {
    /// What can be done to a tenant's data.
    pub enum Activity: ActivityType {
        CreatePool = activity("createPool", "Create", CONFIGURATION, "Create pool"),
        UpdatePool = activity("updatePool", "Patch", CONFIGURATION, "Update pool"),
        ImportPool = activity("importPool", "Create", CONFIGURATION, "Import into a new pool"),
        ImportCodes = activity("importCodes", "Action", CONFIGURATION, "Import into a pool"),
        CheckImport = activity("checkImport", "Action", CONFIGURATION, "Check an import"),
        RemoveCodes = activity("removeCodes", "Delete", CONFIGURATION, "Remove free codes"),
        DeletePool = activity("deletePool", "Delete", CONFIGURATION, "Delete pool"),
        SetLowStock =
            activity("setLowStockThreshold", "Patch", CONFIGURATION, "Set low-stock threshold"),
        Assign = activity("assign", "Action", CONFIGURATION, "Assign"),
        CreateAssignment =
            activity("createAssignment", "Create", CONFIGURATION, "Create assignment"),
        UpdateAssignment =
            activity("updateAssignment", "Patch", CONFIGURATION, "Update assignment"),
        DeleteAssignment =
            activity("deleteAssignment", "Delete", CONFIGURATION, "Delete assignment"),
        CreateDeviceState = activity("createDeviceState", "Create", DEVICE, "Create device state"),
        UpdateDeviceState = activity("updateDeviceState", "Patch", DEVICE, "Update device state"),
        DeleteDeviceState = activity("deleteDeviceState", "Delete", DEVICE, "Delete device state"),
        Claim = activity("claim", "Action", DEVICE, "Claim activation code"),
        ClaimAgain = activity("claimAgain", "Action", DEVICE, "Claim activation code again"),
        ShowCode = activity("showCode", "Action", DEVICE, "Show activation code"),
        Release = activity("release", "Action", DEVICE, "Release activation code"),
        Reinstate = activity("reinstate", "Action", DEVICE, "Reinstate activation code"),
        Quarantine = activity("quarantine", "Action", CONFIGURATION, "Quarantine free codes"),
        // Instead of a change whose connection broke and which was not made.
        GiveUp = activity("giveUpChange", "Action", CONFIGURATION, "Give up a change"),
        // An activity that a newer version of the program recorded.
        Other = activity("other", "Action", CONFIGURATION, "Something else"),
    }
}

impl Activity {
    /// The activity with that `activityType`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|known| known.name() == name)
    }

    /// Its `activityType`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// Its `activityOperationType`.
    #[must_use]
    pub const fn operation(self) -> &'static str {
        self.row().operation
    }

    /// Its `category`.
    #[must_use]
    pub const fn category(self) -> &'static str {
        self.row().category
    }
}

impl AuditDraft {
    /// An event without resources.
    #[must_use]
    pub fn new(activity: Activity) -> Self {
        Self { activity, resources: Vec::new() }
    }

    /// Adds a resource.
    #[must_use]
    pub fn on(mut self, kind: &'static str, id: Uuid, name: Option<&str>) -> Self {
        let name = name.map(str::to_owned);
        let kind = kind.into();
        self.resources.push(AuditResource { kind, id, name, changes: Vec::new() });
        self
    }

    /// Adds a property of the last resource, if its value changed.
    #[must_use]
    pub fn with(
        mut self,
        property: &'static str,
        old: Option<String>,
        new: Option<String>,
    ) -> Self {
        if let Some(resource) = self.resources.last_mut()
            && old != new
        {
            resource.changes.push(AuditChange { property: property.into(), old, new });
        }
        self
    }
}

table! {
    /// The properties that audit events are filtered and ordered by.
    pub enum AuditField: FieldSpec {
        Id = FieldSpec::new("id", PrimitiveType::Guid),
        ActivityDateTime = FieldSpec::new("activityDateTime", PrimitiveType::DateTimeOffset),
        ActivityType = FieldSpec::new("activityType", PrimitiveType::String),
        ActivityOperationType = FieldSpec::new("activityOperationType", PrimitiveType::String),
        Category = FieldSpec::new("category", PrimitiveType::String),
        ApplicationId = FieldSpec::new("actor/applicationId", PrimitiveType::String).nullable(),
        UserId = FieldSpec::new("actor/userId", PrimitiveType::String).nullable(),
        CorrelationId = FieldSpec::new("correlationId", PrimitiveType::Guid),
        Iccid = FieldSpec::new("integratedCircuitCardIdentifier", PrimitiveType::String).nullable(),
        PoolId = FieldSpec::new("poolId", PrimitiveType::Guid).nullable(),
    }
}

impl Field for AuditField {
    const KEY: Self = Self::Id;
}

impl Listed for AuditEvent {
    type Field = AuditField;

    fn value(&self, field: AuditField) -> Value {
        let text = |text: Option<&str>| text.map_or(Value::Null, |text| Value::String(text.into()));
        match field {
            AuditField::Id => Value::Guid(self.id.uuid()),
            AuditField::ActivityDateTime => Value::DateTimeOffset(self.at),
            AuditField::ActivityType => text(Some(self.activity.name())),
            AuditField::ActivityOperationType => text(Some(self.activity.operation())),
            AuditField::Category => text(Some(self.activity.category())),
            AuditField::ApplicationId => text(self.app.as_deref()),
            AuditField::UserId => text(self.user.as_deref()),
            AuditField::CorrelationId => Value::Guid(self.request.uuid()),
            AuditField::Iccid => text(self.iccid.as_deref()),
            AuditField::PoolId => self.pool.map_or(Value::Null, Value::Guid),
        }
    }
}
