//! Domain ids as parameters.

use super::db::Param;
use crate::domain::{
    AssignmentId, CodeId, DeviceStateId, EventId, HandoutId, PoolId, RequestId, TenantId,
};

macro_rules! id_params {
    ($($id:ty),+ $(,)?) => {
        $(impl From<$id> for Param {
            fn from(id: $id) -> Self {
                id.uuid().into()
            }
        })+
    };
}

id_params!(AssignmentId, CodeId, DeviceStateId, EventId, HandoutId, PoolId, RequestId, TenantId);
