//! A device state in the replay of the request that made or changed it.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::{DeviceDetails, DeviceState, DeviceStateValue, Timestamp};

/// A device state as it was.
#[derive(Deserialize, Serialize)]
pub(in crate::store) struct DeviceStateReplay {
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

impl From<&DeviceState> for DeviceStateReplay {
    fn from(state: &DeviceState) -> Self {
        let details = &state.details;
        Self {
            id: state.id.uuid(),
            created: state.created_at.micros(),
            modified: state.modified_at.micros(),
            synced: details.last_sync_at.map(Timestamp::micros),
            eid: details.eid.clone(),
            name: details.device_name.clone(),
            user: details.user_name.clone(),
            state: details.state.number(),
            details: details.state_details.clone(),
            revision: state.revision,
        }
    }
}

impl From<DeviceStateReplay> for DeviceState {
    fn from(replay: DeviceStateReplay) -> Self {
        Self {
            id: replay.id.into(),
            created_at: Timestamp::from_micros(replay.created),
            modified_at: Timestamp::from_micros(replay.modified),
            details: DeviceDetails {
                last_sync_at: replay.synced.map(Timestamp::from_micros),
                eid: replay.eid,
                device_name: replay.name,
                user_name: replay.user,
                state: DeviceStateValue::numbered(replay.state).unwrap_or(DeviceStateValue::Error),
                state_details: replay.details,
            },
            revision: replay.revision,
        }
    }
}
