//! Who holds a code: devices by their EIDs and names, as the ledger has them.

use const_format::formatcp;
use uuid::Uuid;

use super::ledger::Handout;
use super::outcome::{INSTALLED, INSTALLING};
use crate::domain::{DeviceIdentity, DeviceKey, PoolId, TenantId};
use crate::store::db::{Array, Row, Statement, Transaction, params};
use crate::store::error::StoreError;

const COLUMNS: &str = <Handout as Row>::FIELDS;

/// The hand-outs by which a device holds a code of a pool, installing or installed.
pub(super) enum Holder {
    NoDevice,
    Device(Handout),
    /// Several devices with EIDs have the name that it tells.
    Ambiguous,
}

/// The hand-out by which this device holds a code of a pool. A device that tells its EID may be known
/// by its name alone, and one that tells its name alone by its EID.
pub(super) async fn holder(
    transaction: &mut Transaction<'_>,
    tenant: TenantId,
    pool: PoolId,
    device: &DeviceIdentity,
) -> Result<Holder, StoreError> {
    for key in [Some(device.key()), device.key_by_name()].into_iter().flatten() {
        if let Some(handout) = transaction.row(by_key(tenant, pool, key)).await? {
            return Ok(Holder::Device(handout));
        }
    }
    let Some(name) = device.name_alone() else { return Ok(Holder::NoDevice) };
    let mut named: Vec<Handout> = transaction.rows(by_name(tenant, pool, name)).await?;
    Ok(match (named.pop(), named.is_empty()) {
        (None, _) => Holder::NoDevice,
        (Some(handout), true) => Holder::Device(handout),
        (Some(_), false) => Holder::Ambiguous,
    })
}

fn by_key(tenant: TenantId, pool: PoolId, key: &DeviceKey) -> Statement<'static> {
    const TEXT: &str = formatcp!(
        "select {COLUMNS}
         from handouts
         where tenant_id = $1 and pool_id = $2 and device = $3
           and outcome in ({INSTALLING}, {INSTALLED})"
    );
    Statement::new(TEXT, params![tenant, pool, key.as_str()])
}

/// As many as tell whether it is more than one.
fn by_name(tenant: TenantId, pool: PoolId, name: &str) -> Statement<'static> {
    const TEXT: &str = formatcp!(
        "select {COLUMNS}
         from handouts
         where tenant_id = $1 and pool_id = $2 and device_name = $3 and device_name is not null
           and outcome in ({INSTALLING}, {INSTALLED})
         limit 2"
    );
    Statement::new(TEXT, params![tenant, pool, name])
}

/// The update of hand-outs of one tenant to what their devices tell of themselves now.
pub(in crate::store) fn identify(
    tenant: TenantId,
    all: &[(Uuid, DeviceIdentity)],
) -> Statement<'_> {
    let devices = || all.iter().map(|(_, device)| device);
    Statement::new(
        "update handouts
         set device = new_device, device_name = new_name, revision = revision + 1
         from @identified
         where @likely(tenant_id = $1) and id = handout_id",
        params![tenant],
    )
    .with(
        "identified",
        [
            ("handout_id", Array::Ids(all.iter().map(|(handout, _)| *handout).collect())),
            ("new_device", Array::Texts(devices().map(|it| it.key().as_str()).collect())),
            ("new_name", Array::OptionalTexts(devices().map(|it| it.name_beside_eid()).collect())),
        ],
    )
}
