//! Device states as rows.

use const_format::formatcp;
use uuid::Uuid;

use crate::domain::{
    DeviceDetails, DeviceState, DeviceStateField, DeviceStateId, DeviceStateValue, TenantId,
    Timestamp,
};
use crate::store::db::{Row, Statement, Transaction, params, row};
use crate::store::entity::{Entity, EntityKey, InPool};
use crate::store::error::StoreError;
use crate::store::listing::FilterColumn;

row! {
    pub(in crate::store) struct DeviceStateRow {
        id: Uuid,
        last_sync_at: Option<Timestamp>,
        eid: Option<String>,
        device_name: Option<String>,
        user_name: Option<String>,
        state: i16,
        state_details: Option<String>,
        revision: i64,
        created_at: Timestamp,
        modified_at: Timestamp,
        /// The hand-out of the claim that made it, if one did.
        pub(super) handout_id: Option<Uuid>,
    }
}

impl From<DeviceStateRow> for DeviceState {
    fn from(row: DeviceStateRow) -> Self {
        Self {
            id: row.id.into(),
            created_at: row.created_at,
            modified_at: row.modified_at,
            details: DeviceDetails {
                last_sync_at: row.last_sync_at,
                eid: row.eid,
                device_name: row.device_name,
                user_name: row.user_name,
                state: DeviceStateValue::numbered(row.state).unwrap_or(DeviceStateValue::Error),
                state_details: row.state_details,
            },
            revision: row.revision,
        }
    }
}

const COLUMNS: &str = <DeviceStateRow as Row>::FIELDS;

impl Entity for DeviceState {
    type Row = DeviceStateRow;
    const TABLE: &'static str = "device_states";
}

impl InPool for DeviceState {}

impl FilterColumn for DeviceStateField {
    fn column(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::CreatedDateTime => "created_at",
            Self::ModifiedDateTime => "modified_at",
            Self::LastSyncDateTime => "last_sync_at",
            Self::Eid => "eid",
            Self::DeviceName => "device_name",
            Self::UserName => "user_name",
            Self::State => "state",
            Self::StateDetails => "state_details",
        }
    }

    fn folded(self) -> Option<&'static str> {
        match self {
            Self::Eid => Some("eid_folded"),
            Self::DeviceName => Some("device_name_folded"),
            Self::UserName => Some("user_name_folded"),
            Self::StateDetails => Some("state_details_folded"),
            Self::Id
            | Self::CreatedDateTime
            | Self::ModifiedDateTime
            | Self::LastSyncDateTime
            | Self::State => None,
        }
    }
}

/// The device state, locked against changes until the transaction ends, and the hand-out that made
/// it, if a claim did.
pub(in crate::store) async fn lock(
    transaction: &mut Transaction<'_>,
    tenant: TenantId,
    key: EntityKey<DeviceStateId>,
) -> Result<Option<(DeviceState, Option<Uuid>)>, StoreError> {
    const TEXT: &str = formatcp!(
        "select {COLUMNS}
         from device_states
         where tenant_id = $1 and pool_id = $2 and id = $3
         @lock(for update)"
    );
    let lock = Statement::new(TEXT, params![tenant, key.pool, key.id]);
    let row = transaction.row::<DeviceStateRow>(lock).await?;
    Ok(row.map(|row| {
        let handout = row.handout_id;
        (row.into(), handout)
    }))
}

/// Deletes a device state. Returns what it was.
pub(super) fn delete(tenant: TenantId, key: EntityKey<DeviceStateId>) -> Statement<'static> {
    const TEXT: &str = formatcp!(
        "delete from device_states
         where tenant_id = $1 and pool_id = $2 and id = $3
         returning {COLUMNS}"
    );
    Statement::new(TEXT, params![tenant, key.pool, key.id])
}
