//! What an answer can be made of again: ids and moments, no secrets.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::StoreError;
use crate::domain::{DeviceDetails, DeviceState, DeviceStateValue, Timestamp};

/// Writes a memo.
pub(super) fn write(memo: &impl Serialize) -> String {
    serde_json::to_string(memo).expect("ids and texts can be written as JSON")
}

/// Reads a memo.
pub(super) fn read<T: DeserializeOwned>(memo: &str) -> Result<T, StoreError> {
    serde_json::from_str(memo)
        .map_err(|error| StoreError::Failed(sqlx::Error::Decode(format!("a memo: {error}").into())))
}

/// Something that was made: its id, and when.
#[derive(Deserialize, Serialize)]
pub(super) struct Made {
    pub(super) id: Uuid,
    pub(super) at: i64,
}

/// A device state as it was.
#[derive(Deserialize, Serialize)]
pub(super) struct DeviceStateMemo {
    id: Uuid,
    created: i64,
    modified: i64,
    synced: Option<i64>,
    eid: Option<String>,
    name: Option<String>,
    user: Option<String>,
    state: i16,
    details: Option<String>,
    revision: i64,
}

impl From<&DeviceState> for DeviceStateMemo {
    fn from(state: &DeviceState) -> Self {
        let details = &state.details;
        Self {
            id: state.id.uuid(),
            created: state.created_at.micros(),
            modified: state.modified_at.micros(),
            synced: details.last_sync_at.map(Timestamp::micros),
            eid: details.universal_iccid.clone(),
            name: details.device_name.clone(),
            user: details.user_name.clone(),
            state: details.state.number(),
            details: details.state_details.clone(),
            revision: state.revision,
        }
    }
}

impl From<DeviceStateMemo> for DeviceState {
    fn from(memo: DeviceStateMemo) -> Self {
        Self {
            id: memo.id.into(),
            created_at: Timestamp::from_micros(memo.created),
            modified_at: Timestamp::from_micros(memo.modified),
            details: DeviceDetails {
                last_sync_at: memo.synced.map(Timestamp::from_micros),
                universal_iccid: memo.eid,
                device_name: memo.name,
                user_name: memo.user,
                state: DeviceStateValue::numbered(memo.state).unwrap_or(DeviceStateValue::Error),
                state_details: memo.details,
            },
            revision: memo.revision,
        }
    }
}
