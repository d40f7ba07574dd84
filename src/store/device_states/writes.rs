//! The statements that write device states: any number of them at once.

use uuid::Uuid;

use crate::domain::{DeviceDetails, DeviceState, NewDeviceState, PoolId, TenantId, fold};
use crate::store::db::{Array, Statement, params};

/// A device state that is about to be stored.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) struct NewRow<'s> {
    pub(in crate::store) pool: PoolId,
    pub(in crate::store) new: &'s NewDeviceState,
    /// The hand-out of the claim that makes it, if one does.
    pub(in crate::store) handout: Option<Uuid>,
}

/// The lower-case forms of device states' strings.
pub(in crate::store) struct Folded(Vec<[Option<String>; 4]>);

pub(in crate::store) fn folded<'d>(all: impl IntoIterator<Item = &'d DeviceDetails>) -> Folded {
    Folded(all.into_iter().map(|details| strings(details).map(|it| it.map(fold))).collect())
}

fn strings(details: &DeviceDetails) -> [Option<&str>; 4] {
    [&details.eid, &details.device_name, &details.user_name, &details.state_details]
        .map(|string| string.as_deref())
}

/// The insert of device states of one tenant.
pub(in crate::store) fn insert<'v>(
    tenant: TenantId,
    rows: &[NewRow<'v>],
    folded: &'v Folded,
) -> Statement<'v> {
    let news = || rows.iter().map(|row| row.new);
    let mut columns = vec![
        ("in_pool", Array::Ids(rows.iter().map(|row| row.pool.uuid()).collect())),
        ("with_id", Array::Ids(news().map(|new| new.id.uuid()).collect())),
        ("at", Array::Timestamps(news().map(|new| new.at).collect())),
        ("handout", Array::OptionalIds(rows.iter().map(|row| row.handout).collect())),
    ];
    let details: Vec<_> = news().map(|new| &new.details).collect();
    columns.extend(details_columns(&details, folded));
    Statement::new(
        "insert into device_states
           (tenant_id, pool_id, id, created_at, modified_at, revision, handout_id, last_sync_at,
            eid, eid_folded, device_name, device_name_folded, user_name, user_name_folded, state,
            state_details, state_details_folded)
         select @tenant, in_pool, with_id, at, at, 1, handout, new_sync, new_eid, new_eid_folded,
                new_device, new_device_folded, new_user, new_user_folded, new_state, new_details,
                new_details_folded
         from @new",
        params![tenant],
    )
    .with("new", columns)
}

/// The update of device states of one tenant to what they are now.
pub(in crate::store) fn update<'v>(
    tenant: TenantId,
    states: &[(PoolId, &'v DeviceState)],
    folded: &'v Folded,
) -> Statement<'v> {
    let all = || states.iter().map(|(_, state)| *state);
    let mut columns = vec![
        ("in_pool", Array::Ids(states.iter().map(|(pool, _)| pool.uuid()).collect())),
        ("with_id", Array::Ids(all().map(|state| state.id.uuid()).collect())),
        ("at", Array::Timestamps(all().map(|state| state.modified_at).collect())),
        ("new_revision", Array::Longs(all().map(|state| state.revision).collect())),
    ];
    let details: Vec<_> = all().map(|state| &state.details).collect();
    columns.extend(details_columns(&details, folded));
    Statement::new(
        "update device_states
         set last_sync_at = new_sync, eid = new_eid, eid_folded = new_eid_folded,
             device_name = new_device, device_name_folded = new_device_folded,
             user_name = new_user, user_name_folded = new_user_folded, state = new_state,
             state_details = new_details, state_details_folded = new_details_folded,
             modified_at = at, revision = new_revision
         from @new
         where tenant_id = $1 and pool_id = in_pool and id = with_id",
        params![tenant],
    )
    .with("new", columns)
}

/// The columns of what device states say: each string, and its lower-case form.
fn details_columns<'d>(
    all: &[&'d DeviceDetails],
    Folded(folded): &'d Folded,
) -> Vec<(&'static str, Array<'d>)> {
    const NAMES: [[&str; 2]; 4] = [
        ["new_eid", "new_eid_folded"],
        ["new_device", "new_device_folded"],
        ["new_user", "new_user_folded"],
        ["new_details", "new_details_folded"],
    ];
    let mut columns = vec![
        ("new_sync", Array::OptionalTimestamps(all.iter().map(|it| it.last_sync_at).collect())),
        ("new_state", Array::Ints(all.iter().map(|it| it.state.number().into()).collect())),
    ];
    for (index, [name, folded_name]) in NAMES.into_iter().enumerate() {
        let plain = all.iter().map(|details| strings(details)[index]).collect();
        let lower = folded.iter().map(|strings| strings[index].as_deref()).collect();
        columns.push((name, Array::OptionalTexts(plain)));
        columns.push((folded_name, Array::OptionalTexts(lower)));
    }
    columns
}
