//! Device states: what became of a code on a device.

use super::activation_code::storable;
use super::claim::check_eid;
use super::listing::{Field, Listed, PrimitiveType, Value};
use super::{Change, DeviceStateId, IdGenerator, Invalid, Rules, Timestamp};

const EID: &str = "universalIntegratedCircuitCardIdentifier";

/// A device's state as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceState {
    /// System generated.
    pub id: DeviceStateId,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub modified_at: Timestamp,
    /// What it says.
    pub details: DeviceDetails,
    /// Rises by one with every change.
    pub revision: i64,
}

/// What a client says of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceDetails {
    /// When the device last checked in.
    pub last_sync_at: Option<Timestamp>,
    /// The identifier of its eUICC (EID).
    pub eid: Option<String>,
    /// Its name.
    pub device_name: Option<String>,
    /// Its primary user.
    pub user_name: Option<String>,
    /// What became of the profile.
    pub state: DeviceStateValue,
    /// More about that.
    pub state_details: Option<String>,
}

/// `embeddedSIMDeviceStateValue`, by Graph's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the reference's own names")]
pub enum DeviceStateValue {
    NotEvaluated,
    Failed,
    Installing,
    Installed,
    Deleting,
    Error,
    Deleted,
    RemovedByUser,
}

/// What a PATCH asks of a device state.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "as in DeviceDetails")]
pub struct DeviceStateChange {
    pub last_sync_at: Change<Timestamp>,
    pub eid: Change<String>,
    pub device_name: Change<String>,
    pub user_name: Change<String>,
    pub state: Option<DeviceStateValue>,
    pub state_details: Change<String>,
}

/// A device state about to be created.
#[derive(Clone, Debug)]
pub struct NewDeviceState {
    /// Made before the insert.
    pub id: DeviceStateId,
    /// The moment of it.
    pub at: Timestamp,
    /// What it says.
    pub details: DeviceDetails,
}

impl DeviceDetails {
    /// Refuses texts that the databases cannot hold, and where validation is strict an identifier
    /// of an eUICC that is none.
    pub fn check(self, rules: &Rules) -> Result<Self, Invalid> {
        for (name, text) in [
            (EID, &self.eid),
            ("deviceName", &self.device_name),
            ("userName", &self.user_name),
            ("stateDetails", &self.state_details),
        ] {
            if let Some(text) = text {
                storable(name, text, rules.text_length)?;
            }
        }
        check_eid(EID, self.eid.as_deref(), rules)?;
        Ok(self)
    }

    /// The state that these details become at the moment `at`.
    #[must_use]
    pub fn into_new(self, ids: &IdGenerator, at: Timestamp) -> NewDeviceState {
        NewDeviceState { id: ids.next(), at, details: self }
    }
}

impl DeviceState {
    /// The same once it says this. Clocks differ: its time of change never goes back.
    #[must_use]
    pub fn changed(&self, details: DeviceDetails, at: Timestamp) -> Self {
        Self {
            details,
            modified_at: self.modified_at.max(at),
            revision: self.revision + 1,
            ..self.clone()
        }
    }
}

impl NewDeviceState {
    /// The device state as it is once it is stored.
    #[must_use]
    pub fn as_device_state(&self) -> DeviceState {
        DeviceState {
            id: self.id,
            created_at: self.at,
            modified_at: self.at,
            details: self.details.clone(),
            revision: 1,
        }
    }
}

impl DeviceStateChange {
    /// Refuses texts that the databases cannot hold, and where validation is strict an identifier
    /// of an eUICC that is none.
    pub fn check(self, rules: &Rules) -> Result<Self, Invalid> {
        for (name, text) in [
            (EID, &self.eid),
            ("deviceName", &self.device_name),
            ("userName", &self.user_name),
            ("stateDetails", &self.state_details),
        ] {
            if let Change::Set(text) = text {
                storable(name, text, rules.text_length)?;
            }
        }
        if let Change::Set(eid) = &self.eid {
            check_eid(EID, Some(eid), rules)?;
        }
        Ok(self)
    }

    /// The details as they are after this change.
    #[must_use]
    pub fn apply(self, details: DeviceDetails) -> DeviceDetails {
        DeviceDetails {
            last_sync_at: self.last_sync_at.apply(details.last_sync_at),
            eid: self.eid.apply(details.eid),
            device_name: self.device_name.apply(details.device_name),
            user_name: self.user_name.apply(details.user_name),
            state: self.state.unwrap_or(details.state),
            state_details: self.state_details.apply(details.state_details),
        }
    }
}

impl DeviceStateValue {
    /// Graph's names, by their numbers.
    pub const NAMES: [&str; 8] = [
        "notEvaluated",
        "failed",
        "installing",
        "installed",
        "deleting",
        "error",
        "deleted",
        "removedByUser",
    ];

    const ALL: [Self; 8] = [
        Self::NotEvaluated,
        Self::Failed,
        Self::Installing,
        Self::Installed,
        Self::Deleting,
        Self::Error,
        Self::Deleted,
        Self::RemovedByUser,
    ];

    /// The value of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let place = Self::NAMES.iter().position(|known| *known == name)?;
        Some(Self::ALL[place])
    }

    /// The value of that number.
    #[must_use]
    pub fn numbered(number: i16) -> Option<Self> {
        Self::ALL.get(usize::try_from(number).ok()?).copied()
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> i16 {
        self as i16
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }
}

/// What device states can be filtered and ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the reference's own names")]
pub enum DeviceStateField {
    Id,
    CreatedDateTime,
    ModifiedDateTime,
    LastSyncDateTime,
    Eid,
    DeviceName,
    UserName,
    State,
    StateDetails,
}

impl Field for DeviceStateField {
    const ID: Self = Self::Id;

    fn kind(self) -> PrimitiveType {
        match self {
            Self::Id => PrimitiveType::Guid,
            Self::CreatedDateTime | Self::ModifiedDateTime | Self::LastSyncDateTime => {
                PrimitiveType::DateTimeOffset
            }
            Self::Eid | Self::DeviceName | Self::UserName | Self::StateDetails => {
                PrimitiveType::String
            }
            Self::State => PrimitiveType::Enum(&DeviceStateValue::NAMES),
        }
    }

    fn nullable(self) -> bool {
        match self {
            Self::Id | Self::CreatedDateTime | Self::ModifiedDateTime | Self::State => false,
            Self::LastSyncDateTime
            | Self::Eid
            | Self::DeviceName
            | Self::UserName
            | Self::StateDetails => true,
        }
    }
}

impl Listed for DeviceState {
    type Field = DeviceStateField;

    fn value(&self, field: DeviceStateField) -> Value {
        let text = |text: &Option<String>| text.clone().map_or(Value::Null, Value::String);
        let details = &self.details;
        match field {
            DeviceStateField::Id => Value::Guid(self.id.uuid()),
            DeviceStateField::CreatedDateTime => Value::DateTimeOffset(self.created_at),
            DeviceStateField::ModifiedDateTime => Value::DateTimeOffset(self.modified_at),
            DeviceStateField::LastSyncDateTime => {
                details.last_sync_at.map_or(Value::Null, Value::DateTimeOffset)
            }
            DeviceStateField::Eid => text(&details.eid),
            DeviceStateField::DeviceName => text(&details.device_name),
            DeviceStateField::UserName => text(&details.user_name),
            DeviceStateField::State => Value::Int(details.state.number().into()),
            DeviceStateField::StateDetails => text(&details.state_details),
        }
    }
}
