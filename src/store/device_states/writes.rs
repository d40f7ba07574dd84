//! The statements that write device states: arrays, whatever their number.

use uuid::Uuid;

use crate::domain::{DeviceDetails, DeviceState, NewDeviceState, PoolId, TenantId, fold};
use crate::store::arguments::Values;
use crate::store::sql::Sql;

/// A device state about to be inserted.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) struct Insert<'s> {
    pub(in crate::store) pool: PoolId,
    pub(in crate::store) new: &'s NewDeviceState,
    /// The claim that makes it, if one does.
    pub(in crate::store) handout: Option<Uuid>,
}

/// Writes the insert of device states of one tenant.
pub(in crate::store) fn insert(sql: &mut Sql, tenant: TenantId, all: &[Insert<'_>]) {
    let news = || all.iter().map(|insert| insert.new);
    let texts: Vec<_> = news().map(|new| Texts::of(&new.details)).collect();
    let mut columns = vec![
        ("in_pool", Values::Ids(all.iter().map(|insert| insert.pool.uuid()).collect())),
        ("with_id", Values::Ids(news().map(|new| new.id.uuid()).collect())),
        ("at", Values::Moments(news().map(|new| new.at).collect())),
        ("handout", Values::OptionalIds(all.iter().map(|insert| insert.handout).collect())),
    ];
    columns.extend(details_columns(news().map(|new| &new.details), &texts));
    sql.push(
        "insert into device_states
           (tenant_id, pool_id, id, created_at, modified_at, revision, handout_id, last_sync_at,
            universal_iccid, universal_iccid_folded, device_name, device_name_folded,
            user_name, user_name_folded, state, state_details, state_details_folded)
         select ",
    );
    sql.arg(tenant);
    sql.push(
        ", in_pool, with_id, at, at, 1, handout, synced, eid, eid_folded, device, device_folded,
            account, account_folded, new_state, said, said_folded
         from ",
    );
    sql.relation("new", &columns);
}

/// Writes the update of device states of one tenant to what they are now.
pub(in crate::store) fn update(sql: &mut Sql, tenant: TenantId, all: &[(PoolId, &DeviceState)]) {
    let states = || all.iter().map(|(_, state)| *state);
    let texts: Vec<_> = states().map(|state| Texts::of(&state.details)).collect();
    let mut columns = vec![
        ("in_pool", Values::Ids(all.iter().map(|(pool, _)| pool.uuid()).collect())),
        ("with_id", Values::Ids(states().map(|state| state.id.uuid()).collect())),
        ("at", Values::Moments(states().map(|state| state.modified_at).collect())),
        ("now", Values::Longs(states().map(|state| state.revision).collect())),
    ];
    columns.extend(details_columns(states().map(|state| &state.details), &texts));
    sql.push(
        "update device_states
         set last_sync_at = synced, universal_iccid = eid, universal_iccid_folded = eid_folded,
             device_name = device, device_name_folded = device_folded, user_name = account,
             user_name_folded = account_folded, state = new_state, state_details = said,
             state_details_folded = said_folded, modified_at = at, revision = now
         from ",
    );
    sql.relation("new", &columns).push(" where tenant_id = ").arg(tenant);
    sql.push(" and pool_id = in_pool and id = with_id");
}

/// The texts of a device state in lower case.
struct Texts([Option<String>; 4]);

impl Texts {
    fn of(details: &DeviceDetails) -> Self {
        Self(texts(details).map(|text| text.map(fold)))
    }
}

fn texts(details: &DeviceDetails) -> [Option<&str>; 4] {
    [&details.universal_iccid, &details.device_name, &details.user_name, &details.state_details]
        .map(|text| text.as_deref())
}

/// What device states say, in columns: each text, and the same text folded.
fn details_columns<'d>(
    all: impl Iterator<Item = &'d DeviceDetails> + Clone,
    folded: &'d [Texts],
) -> impl Iterator<Item = (&'static str, Values<'d>)> {
    const NAMES: [[&str; 2]; 4] = [
        ["eid", "eid_folded"],
        ["device", "device_folded"],
        ["account", "account_folded"],
        ["said", "said_folded"],
    ];
    let synced = Values::OptionalMoments(all.clone().map(|it| it.last_sync_at).collect());
    let states = Values::Ints(all.clone().map(|it| it.state.number().into()).collect());
    let columns =
        NAMES.into_iter().enumerate().flat_map(move |(position, [name, in_lower_case])| {
            let plain = all.clone().map(|details| texts(details)[position]).collect();
            let folded = folded.iter().map(|Texts(texts)| texts[position].as_deref()).collect();
            [(name, Values::OptionalTexts(plain)), (in_lower_case, Values::OptionalTexts(folded))]
        });
    [("synced", synced), ("new_state", states)].into_iter().chain(columns)
}
