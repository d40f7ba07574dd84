//! Codes and device states of all pools of a tenant. Exact matches are found by indexes.

use const_format::formatcp;
use uuid::Uuid;

use super::codes::{self, PooledCodeRow};
use super::db::{Row, row};
use super::device_states::DeviceStateRow;
use super::entity::{Entity, Scope};
use super::error::StoreError;
use super::handle::Store;
use super::handouts::{FREE, HANDED_OUT_ELSEWHERE, INSTALLED, REINSTATED, SHOWN_STATE};
use super::listing::{Exact, FilterColumn};
use crate::auth::{Permit, Read};
use crate::domain::{
    Iccid, Listing, Page, Predicate, TenantCode, TenantCodeField, TenantDeviceState,
    TenantDeviceStateField, Value, fold,
};

row! {
    pub(super) struct TenantCodeRow {
        pool_id: Uuid,
        device_name: Option<String>,
        eid: Option<String>,
        user_name: Option<String>,
        code: PooledCodeRow,
    }
}

row! {
    pub(super) struct TenantDeviceStateRow {
        pool_id: Uuid,
        iccid: Option<String>,
        device_state: DeviceStateRow,
    }
}

impl From<TenantCodeRow> for TenantCode {
    fn from(row: TenantCodeRow) -> Self {
        Self {
            pool: row.pool_id.into(),
            code: row.code.into(),
            device_name: row.device_name,
            eid: row.eid,
            user_name: row.user_name,
        }
    }
}

impl From<TenantDeviceStateRow> for TenantDeviceState {
    fn from(row: TenantDeviceStateRow) -> Self {
        Self {
            pool: row.pool_id.into(),
            iccid: row.iccid.map(Iccid::stored),
            device_state: row.device_state.into(),
        }
    }
}

/// A column of the device state of a code's current or last holder.
macro_rules! of_holder {
    ($column:literal) => {
        formatcp!(
            "(select {column}
              from device_states
              where device_states.tenant_id = $1
                and device_states.pool_id = code.pool_id
                and device_states.id = (select device_state_id
                                        from handouts
                                        where handouts.tenant_id = $1
                                          and handouts.fingerprint = code.fingerprint
                                          and handouts.pool_id = code.pool_id
                                          and handouts.outcome <> {REINSTATED})) as {column}",
            column = $column
        )
    };
}

/// The codes whose holder has this value of a folded column.
macro_rules! held_by {
    ($column:literal) => {
        formatcp!(
            "(pool_id, position) in
               (select handouts.pool_id, handouts.code_position
                from device_states
                join handouts on handouts.tenant_id = $1
                  and handouts.id = device_states.handout_id
                where device_states.tenant_id = $1 and device_states.{column} = @)",
            column = $column
        )
    };
}

impl Entity for TenantCode {
    type Row = TenantCodeRow;
    const COLUMNS: &'static str =
        formatcp!("pool_id, device_name, eid, user_name, {}", <PooledCodeRow as Row>::FIELDS);
    const TABLE: &'static str = formatcp!(
        "(select tenant_id, pool_id, id, position, iccid, smdp_address, {SHOWN_STATE} as state,
                 code.state as stored_state, state_changed_at, bound_eid, label, import_id,
                 (select device_state_id
                  from handouts
                  where handouts.tenant_id = $1
                    and handouts.fingerprint = code.fingerprint
                    and handouts.pool_id = code.pool_id
                    and handouts.outcome <> {REINSTATED}) as device_state_id,
                 {}, {}, {}, {}, {}, {}
          from activation_codes as code) as code",
        of_holder!("device_name"),
        of_holder!("eid"),
        of_holder!("user_name"),
        of_holder!("device_name_folded"),
        of_holder!("eid_folded"),
        of_holder!("user_name_folded"),
    );
}

impl Entity for TenantDeviceState {
    type Row = TenantDeviceStateRow;
    const COLUMNS: &'static str = formatcp!("pool_id, iccid, {}", <DeviceStateRow as Row>::FIELDS);
    const TABLE: &'static str = formatcp!(
        "(select device_states.*,
                 (select iccid
                  from handouts
                  where handouts.tenant_id = $1
                    and handouts.id = device_states.handout_id
                    and handouts.outcome <> {REINSTATED}) as iccid
          from device_states) as device_state"
    );
}

/// As the index has it: codes that are neither free nor installed.
const RARE_CODE: &str = formatcp!("stored_state = @ and stored_state not in ({FREE}, {INSTALLED})");
/// As the index has it: device states that are not installed.
const RARE_DEVICE_STATE: &str = formatcp!("state = @ and state <> {INSTALLED}");

/// Whether most codes may be in the state, or the stored state is another one.
fn is_common(state: &Value) -> bool {
    [FREE, INSTALLED, HANDED_OUT_ELSEWHERE].iter().any(|it| *state == Value::Int((*it).into()))
}

fn folded(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(fold(text)),
        other => other.clone(),
    }
}

impl FilterColumn for TenantCodeField {
    fn column(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::PoolId => "pool_id",
            Self::Position => "position",
            Self::Iccid => "iccid",
            Self::SmdpAddress => "smdp_address",
            Self::State => "state",
            Self::StateChangedDateTime => "state_changed_at",
            Self::BoundEid => "bound_eid",
            Self::Label => "label",
            Self::ImportId => "import_id",
            Self::DeviceName => "device_name",
            Self::Eid => "eid",
            Self::UserName => "user_name",
        }
    }

    fn folded(self) -> Option<&'static str> {
        match self {
            Self::DeviceName => Some("device_name_folded"),
            Self::Eid => Some("eid_folded"),
            Self::UserName => Some("user_name_folded"),
            _ => None,
        }
    }

    fn exact(self, value: &Value) -> Option<Exact> {
        let sql = match self {
            Self::State if !is_common(value) => RARE_CODE,
            Self::DeviceName => held_by!("device_name_folded"),
            Self::Eid => held_by!("eid_folded"),
            Self::UserName => held_by!("user_name_folded"),
            Self::ImportId => return Some(codes::of_import(value)),
            _ => return None,
        };
        Some(Exact { sql, value: folded(value), and_column: true })
    }
}

impl FilterColumn for TenantDeviceStateField {
    fn column(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::PoolId => "pool_id",
            Self::CreatedDateTime => "created_at",
            Self::ModifiedDateTime => "modified_at",
            Self::LastSyncDateTime => "last_sync_at",
            Self::Eid => "eid",
            Self::DeviceName => "device_name",
            Self::UserName => "user_name",
            Self::State => "state",
            Self::StateDetails => "state_details",
            Self::Iccid => "iccid",
        }
    }

    fn folded(self) -> Option<&'static str> {
        match self {
            Self::Eid => Some("eid_folded"),
            Self::DeviceName => Some("device_name_folded"),
            Self::UserName => Some("user_name_folded"),
            Self::StateDetails => Some("state_details_folded"),
            _ => None,
        }
    }

    fn exact(self, value: &Value) -> Option<Exact> {
        const OF_CODE: &str = formatcp!(
            "(pool_id, id) in
               (select handouts.pool_id, handouts.device_state_id
                from activation_codes
                join handouts on handouts.tenant_id = $1
                  and handouts.fingerprint = activation_codes.fingerprint
                  and handouts.outcome <> {REINSTATED}
                where activation_codes.tenant_id = $1 and activation_codes.iccid = @)"
        );
        let sql = match self {
            Self::State if *value != Value::Int(INSTALLED.into()) => RARE_DEVICE_STATE,
            Self::Eid => "eid_folded = @",
            Self::DeviceName => "device_name_folded = @",
            Self::UserName => "user_name_folded = @",
            Self::Iccid => OF_CODE,
            _ => return None,
        };
        Some(Exact { sql, value: folded(value), and_column: true })
    }
}

impl Store {
    /// A page of the tenant's codes.
    pub async fn tenant_codes(
        &self,
        permit: &Permit<Read>,
        listing: &Listing<TenantCodeField>,
    ) -> Result<Page<TenantCode>, StoreError> {
        self.page(Scope::tenant(permit.tenant()), listing).await
    }

    /// How many of the tenant's codes satisfy a condition.
    pub async fn count_tenant_codes(
        &self,
        permit: &Permit<Read>,
        filter: &Predicate<TenantCodeField>,
    ) -> Result<i64, StoreError> {
        self.count::<TenantCode>(Scope::tenant(permit.tenant()), filter).await
    }

    /// A page of the tenant's device states.
    pub async fn tenant_device_states(
        &self,
        permit: &Permit<Read>,
        listing: &Listing<TenantDeviceStateField>,
    ) -> Result<Page<TenantDeviceState>, StoreError> {
        self.page(Scope::tenant(permit.tenant()), listing).await
    }

    /// How many of the tenant's device states satisfy a condition.
    pub async fn count_tenant_device_states(
        &self,
        permit: &Permit<Read>,
        filter: &Predicate<TenantDeviceStateField>,
    ) -> Result<i64, StoreError> {
        self.count::<TenantDeviceState>(Scope::tenant(permit.tenant()), filter).await
    }
}
