//! The audit log: who changed or was shown what, and when.

use std::borrow::Cow;

use uuid::Uuid;

use super::listing::{Field, Listed, PrimitiveType, Value};
use super::{EventId, RequestId, Timestamp};

/// An entry of the log. It holds no secret: names and numbers of what changed, ids, counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEvent {
    /// Made before the change.
    pub id: EventId,
    /// The moment of the change.
    pub at: Timestamp,
    /// What was done.
    pub activity: Activity,
    /// The application that did it.
    pub app: Option<String>,
    /// The user on whose behalf it did, if any.
    pub user: Option<String>,
    /// The request that asked for it.
    pub request: RequestId,
    /// What it was done to.
    pub resources: Vec<AuditResource>,
}

/// An activity and what it was done to: the log's entry without who and when.
#[derive(Clone, Debug)]
pub struct AuditDraft {
    /// What was done.
    pub activity: Activity,
    /// What it was done to.
    pub resources: Vec<AuditResource>,
}

/// Something that was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditResource {
    /// Its type, in the reference's words.
    pub kind: Cow<'static, str>,
    /// Its id.
    pub id: Uuid,
    /// Its name, where it has one.
    pub name: Option<String>,
    /// What about it changed.
    pub changes: Vec<AuditChange>,
}

/// A property before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditChange {
    /// Its name.
    pub property: Cow<'static, str>,
    /// What it was.
    pub old: Option<String>,
    /// What it is.
    pub new: Option<String>,
}

/// Declares the activities with what is said of each.
macro_rules! activities {
    ($($(#[$doc:meta])* $name:ident: $type:literal, $operation:literal, $category:literal, $what:literal;)+) => {
        /// What can be done to a tenant's data.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[expect(missing_docs, reason = "each says what it is")]
        pub enum Activity { $($name),+ }

        impl Activity {
            /// Every activity there is.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// `activityType`: its name for machines.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $type),+ }
            }

            /// `activityOperationType`: Create, Patch, Delete or Action.
            #[must_use]
            pub const fn operation(self) -> &'static str {
                match self { $(Self::$name => $operation),+ }
            }

            /// `category`: DeviceConfiguration or Device.
            #[must_use]
            pub const fn category(self) -> &'static str {
                match self { $(Self::$name => $category),+ }
            }

            /// `displayName`: its name for people.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $what),+ }
            }
        }
    };
}

activities! {
    CreatePool: "createPool", "Create", "DeviceConfiguration", "Create pool";
    UpdatePool: "updatePool", "Patch", "DeviceConfiguration", "Update pool";
    ImportPool: "importPool", "Create", "DeviceConfiguration", "Import into a new pool";
    ImportCodes: "importCodes", "Action", "DeviceConfiguration", "Import into a pool";
    DeletePool: "deletePool", "Delete", "DeviceConfiguration", "Delete pool";
    SetLowStock: "setLowStockThreshold", "Patch", "DeviceConfiguration", "Set low-stock threshold";
    Assign: "assign", "Action", "DeviceConfiguration", "Assign";
    CreateAssignment: "createAssignment", "Create", "DeviceConfiguration", "Create assignment";
    UpdateAssignment: "updateAssignment", "Patch", "DeviceConfiguration", "Update assignment";
    DeleteAssignment: "deleteAssignment", "Delete", "DeviceConfiguration", "Delete assignment";
    CreateDeviceState: "createDeviceState", "Create", "Device", "Create device state";
    UpdateDeviceState: "updateDeviceState", "Patch", "Device", "Update device state";
    DeleteDeviceState: "deleteDeviceState", "Delete", "Device", "Delete device state";
    Claim: "claim", "Action", "Device", "Claim activation code";
    ClaimAgain: "claimAgain", "Action", "Device", "Claim activation code again";
    ShowCode: "showCode", "Action", "Device", "Show activation code";
    Release: "release", "Action", "Device", "Release activation code";
    Reinstate: "reinstate", "Action", "Device", "Reinstate activation code";
    // What a newer program wrote down.
    Other: "other", "Action", "DeviceConfiguration", "Something else";
}

impl Activity {
    /// The activity of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|known| known.name() == name)
    }
}

impl AuditDraft {
    /// An activity that nothing is known of yet.
    #[must_use]
    pub fn new(activity: Activity) -> Self {
        Self { activity, resources: Vec::new() }
    }

    /// It was done to this, too.
    #[must_use]
    pub fn on(mut self, kind: &'static str, id: Uuid, name: Option<&str>) -> Self {
        let name = name.map(str::to_owned);
        let kind = kind.into();
        self.resources.push(AuditResource { kind, id, name, changes: Vec::new() });
        self
    }

    /// And this changed about it.
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

/// What entries of the log can be filtered and ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the reference's own names")]
pub enum AuditField {
    Id,
    ActivityDateTime,
    ActivityType,
    ActivityOperationType,
    Category,
    ApplicationId,
    UserId,
    CorrelationId,
}

impl Field for AuditField {
    const ID: Self = Self::Id;

    fn kind(self) -> PrimitiveType {
        match self {
            Self::Id | Self::CorrelationId => PrimitiveType::Guid,
            Self::ActivityDateTime => PrimitiveType::DateTimeOffset,
            Self::ActivityType
            | Self::ActivityOperationType
            | Self::Category
            | Self::ApplicationId
            | Self::UserId => PrimitiveType::String,
        }
    }

    fn nullable(self) -> bool {
        matches!(self, Self::ApplicationId | Self::UserId)
    }
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
        }
    }
}
