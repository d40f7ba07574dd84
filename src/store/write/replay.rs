//! What the answer to a repeated request is made of again: ids and timestamps, no secrets.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::store::error::StoreError;

pub(in crate::store) fn write_replay(replay: &impl Serialize) -> String {
    serde_json::to_string(replay).expect("ids and strings have a JSON form")
}

/// # Errors
///
/// The stored text is not what this program writes.
pub(in crate::store) fn read_replay<T: DeserializeOwned>(replay: &str) -> Result<T, StoreError> {
    serde_json::from_str(replay).map_err(|error| {
        StoreError::Failed(sqlx::Error::Decode(format!("a stored replay: {error}").into()))
    })
}

/// The replay of something whose other properties are those of the request.
#[derive(Deserialize, Serialize)]
pub(in crate::store) struct Created {
    pub(in crate::store) id: Uuid,
    /// In microseconds since 1970.
    pub(in crate::store) at: i64,
}
