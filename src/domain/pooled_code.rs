//! Codes in a pool as they may be seen: without their secrets.

use super::listing::{Field, Listed, PrimitiveType, Value};
use super::{CodeId, CodeState, DeviceStateId, Iccid, SmdpAddress, Timestamp};

/// A code of a pool. It has no field for the matching id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PooledCode {
    /// The service's own name for it.
    pub id: CodeId,
    /// Its place in the pool, from 0.
    pub position: i32,
    /// The number of the profile.
    pub iccid: Iccid,
    /// The host that serves it.
    pub smdp_address: SmdpAddress,
    /// What became of it.
    pub state: CodeState,
    /// When that last changed; at first, when it was put into the pool.
    pub state_changed_at: Timestamp,
    /// The device state of who has it, or had it.
    pub device_state: Option<DeviceStateId>,
}

/// What codes can be filtered and ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "as in PooledCode")]
pub enum CodeField {
    Position,
    Id,
    Iccid,
    SmdpAddress,
    State,
    StateChangedDateTime,
}

impl Field for CodeField {
    const ID: Self = Self::Position;

    fn kind(self) -> PrimitiveType {
        match self {
            Self::Position => PrimitiveType::Int,
            Self::Id => PrimitiveType::Guid,
            Self::Iccid | Self::SmdpAddress => PrimitiveType::String,
            Self::State => PrimitiveType::Enum(&CodeState::NAMES),
            Self::StateChangedDateTime => PrimitiveType::DateTimeOffset,
        }
    }

    fn nullable(self) -> bool {
        false
    }
}

impl Listed for PooledCode {
    type Field = CodeField;

    fn value(&self, field: CodeField) -> Value {
        match field {
            CodeField::Position => Value::Int(self.position.into()),
            CodeField::Id => Value::Guid(self.id.uuid()),
            CodeField::Iccid => Value::String(self.iccid.as_str().to_owned()),
            CodeField::SmdpAddress => Value::String(self.smdp_address.as_str().to_owned()),
            CodeField::State => Value::Int(self.state.number().into()),
            CodeField::StateChangedDateTime => Value::DateTimeOffset(self.state_changed_at),
        }
    }
}
