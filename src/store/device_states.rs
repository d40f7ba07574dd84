//! Device states.

use std::collections::HashMap;

use sqlx::FromRow;
use uuid::Uuid;

use super::engine::Dialect;
use super::listing::Column;
use super::outcome::{Expected, Outcome, Place};
use super::pools::lock_pool;
use super::statement::{Arg, Statement, args};
use super::stored::{InPool, Scope, Stored};
use super::work::End;
use super::{Store, StoreError};
use crate::auth::{Permit, Read, Write};
use crate::domain::{
    DeviceDetails, DeviceState, DeviceStateChange, DeviceStateField, DeviceStateId,
    DeviceStateValue, Listing, NewDeviceState, Page, PoolId, Predicate, TenantId, Timestamp, fold,
};

#[derive(FromRow)]
pub(super) struct DeviceStateRow {
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
         created_at, modified_at"
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

impl Store {
    /// A page of a pool's device states, or `None` if this tenant has no such pool.
    pub async fn device_states(
        &self,
        permit: &Permit<Read>,
        pool: PoolId,
        listing: &Listing<DeviceStateField>,
    ) -> Result<Option<Page<DeviceState>>, StoreError> {
        self.page_in_pool(permit, pool, listing).await
    }

    /// How many of a pool's device states a condition lets through; `None` without the pool.
    pub async fn count_device_states(
        &self,
        permit: &Permit<Read>,
        pool: PoolId,
        filter: &Predicate<DeviceStateField>,
    ) -> Result<Option<i64>, StoreError> {
        self.count_in_pool::<DeviceState>(permit, pool, filter).await
    }

    /// A page of device states for each of several pools.
    pub async fn device_states_of(
        &self,
        permit: &Permit<Read>,
        pools: &[PoolId],
        listing: &Listing<DeviceStateField>,
    ) -> Result<HashMap<PoolId, Page<DeviceState>>, StoreError> {
        self.pages(permit.tenant(), pools, listing).await
    }

    /// The device state, or `None` if there is none of that id in that pool of this tenant.
    pub async fn device_state(
        &self,
        permit: &Permit<Read>,
        place: Place<DeviceStateId>,
    ) -> Result<Option<DeviceState>, StoreError> {
        let scope = Scope { tenant: permit.tenant(), pool: Some(place.pool) };
        self.find(scope, place.id.uuid()).await
    }

    /// Adds a device state to a pool; `None` without the pool.
    pub async fn create_device_state(
        &self,
        permit: &Permit<Write>,
        pool: PoolId,
        new: NewDeviceState,
    ) -> Result<Option<DeviceState>, StoreError> {
        let tenant = permit.tenant();
        let unit = self.0.engine.unit(move |work| {
            Box::pin(async move {
                if !lock_pool(work, tenant, pool).await? {
                    return Ok::<_, StoreError>(End::Rollback(None));
                }
                work.run(insert(tenant, pool, &new)).await?;
                Ok(End::Commit(Some(new.as_device_state())))
            })
        });
        unit.await
    }

    /// Changes a device state.
    pub async fn update_device_state(
        &self,
        permit: &Permit<Write>,
        place: Place<DeviceStateId>,
        expected: &Expected,
        change: DeviceStateChange,
        at: Timestamp,
    ) -> Result<Outcome<DeviceState>, StoreError> {
        let (tenant, expected) = (permit.tenant(), expected.clone());
        let unit = self.0.engine.unit(move |work| {
            Box::pin(async move {
                let found = work.row::<DeviceStateRow>(lock(work.dialect(), tenant, place)).await?;
                let Some(found) = found else {
                    return Ok::<_, StoreError>(End::Rollback(Outcome::Missing));
                };
                if !expected.holds(found.revision) {
                    return Ok(End::Rollback(Outcome::Stale));
                }
                let current = DeviceState::from(found);
                let details = change.apply(current.details.clone());
                if details == current.details {
                    return Ok(End::Rollback(Outcome::Done(current)));
                }
                let changed =
                    work.row::<DeviceStateRow>(write(tenant, place, &details, at)).await?;
                Ok(match changed {
                    Some(row) => End::Commit(Outcome::Done(row.into())),
                    None => End::Rollback(Outcome::Missing),
                })
            })
        });
        unit.await
    }

    /// Removes a device state.
    pub async fn delete_device_state(
        &self,
        permit: &Permit<Write>,
        place: Place<DeviceStateId>,
        expected: &Expected,
    ) -> Result<Outcome<()>, StoreError> {
        self.delete_in_pool::<DeviceState>(permit, place.pool, place.id.uuid(), expected).await
    }
}

fn lock(dialect: Dialect, tenant: TenantId, place: Place<DeviceStateId>) -> Statement {
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
    Statement::new(sql, args![tenant, place.pool, place.id])
}

/// The details as arguments: each text, and behind it the same text folded.
fn details_args(details: &DeviceDetails) -> Vec<Arg> {
    let folded = |text: &Option<String>| text.as_deref().map(fold);
    args![
        details.last_sync_at,
        details.universal_iccid.clone(),
        folded(&details.universal_iccid),
        details.device_name.clone(),
        folded(&details.device_name),
        details.user_name.clone(),
        folded(&details.user_name),
        i32::from(details.state.number()),
        details.state_details.clone(),
        folded(&details.state_details),
    ]
    .into()
}

fn insert(tenant: TenantId, pool: PoolId, new: &NewDeviceState) -> Statement {
    let mut all: Vec<Arg> = args![tenant, pool, new.id, new.at].into();
    all.extend(details_args(&new.details));
    Statement::new(
        "insert into device_states
           (tenant_id, pool_id, id, created_at, modified_at, revision, last_sync_at,
            universal_iccid, universal_iccid_folded, device_name, device_name_folded,
            user_name, user_name_folded, state, state_details, state_details_folded)
         values ($1, $2, $3, $4, $4, 1, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        all,
    )
}

fn write(
    tenant: TenantId,
    place: Place<DeviceStateId>,
    details: &DeviceDetails,
    at: Timestamp,
) -> Statement {
    let mut all: Vec<Arg> = args![tenant, place.pool, place.id, at].into();
    all.extend(details_args(details));
    Statement::new(
        concat!(
            "update device_states
             set last_sync_at = $5, universal_iccid = $6, universal_iccid_folded = $7,
                 device_name = $8, device_name_folded = $9, user_name = $10,
                 user_name_folded = $11, state = $12, state_details = $13,
                 state_details_folded = $14,
                 modified_at = case when modified_at > $4 then modified_at else $4 end,
                 revision = revision + 1
             where tenant_id = $1 and pool_id = $2 and id = $3
             returning ",
            device_state_columns!()
        ),
        all,
    )
}
