//! Device states as rows, and the statements that read and write them.

use uuid::Uuid;

use crate::domain::{
    DeviceDetails, DeviceState, DeviceStateField, DeviceStateId, DeviceStateValue, TenantId,
    Timestamp,
};
use crate::store::EntityKey;
use crate::store::arguments::args;
use crate::store::engine::Dialect;
use crate::store::listing::Column;
use crate::store::record::record;
use crate::store::statement::Statement;
use crate::store::stored::{InPool, Stored};

record! {
    pub(in crate::store) struct DeviceStateRow {
        id: Uuid,
        last_sync_at: Option<Timestamp>,
        universal_iccid: Option<String>,
        device_name: Option<String>,
        user_name: Option<String>,
        state: i16,
        state_details: Option<String>,
        revision: i64,
        created_at: Timestamp,
        modified_at: Timestamp,
        /// The claim that made it, if one did.
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
                universal_iccid: row.universal_iccid,
                device_name: row.device_name,
                user_name: row.user_name,
                state: DeviceStateValue::numbered(row.state).unwrap_or(DeviceStateValue::Error),
                state_details: row.state_details,
            },
            revision: row.revision,
        }
    }
}

/// What a [`DeviceStateRow`] is read from.
macro_rules! device_state_columns {
    () => {
        "id, last_sync_at, universal_iccid, device_name, user_name, state, state_details, revision, \
         created_at, modified_at, handout_id"
    };
}

impl Stored for DeviceState {
    type Row = DeviceStateRow;
    const TABLE: &'static str = "device_states";
    const COLUMNS: &'static str = device_state_columns!();
}

impl InPool for DeviceState {}

impl Column for DeviceStateField {
    fn column(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::CreatedDateTime => "created_at",
            Self::ModifiedDateTime => "modified_at",
            Self::LastSyncDateTime => "last_sync_at",
            Self::UniversalIccid => "universal_iccid",
            Self::DeviceName => "device_name",
            Self::UserName => "user_name",
            Self::State => "state",
            Self::StateDetails => "state_details",
        }
    }

    fn folded(self) -> Option<&'static str> {
        match self {
            Self::UniversalIccid => Some("universal_iccid_folded"),
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

pub(super) fn lock(dialect: Dialect, tenant: TenantId, key: EntityKey<DeviceStateId>) -> Statement {
    /// For update where there are several writers.
    macro_rules! select {
        ($lock:literal) => {
            concat!(
                "select ",
                device_state_columns!(),
                " from device_states where tenant_id = $1 and pool_id = $2 and id = $3",
                $lock
            )
        };
    }
    let sql = match dialect {
        Dialect::Postgres => select!(" for update"),
        Dialect::Sqlite => select!(""),
    };
    Statement::new(sql, args![tenant, key.pool, key.id])
}

pub(super) fn remove(tenant: TenantId, key: EntityKey<DeviceStateId>) -> Statement {
    Statement::new(
        concat!(
            "delete from device_states
             where tenant_id = $1 and pool_id = $2 and id = $3 returning ",
            device_state_columns!()
        ),
        args![tenant, key.pool, key.id],
    )
}
