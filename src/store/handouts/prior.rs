//! Hand-outs that another inventory has made, as they enter the ledger.

use const_format::formatcp;

use super::ledger::LedgerCode;
use crate::domain::{PoolId, PriorHandout, TenantId};
use crate::store::db::{Array, Statement, params};

/// A hand-out of another inventory that is about to be entered.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) struct PriorRow<'c> {
    pub(in crate::store) pool: PoolId,
    pub(in crate::store) code: LedgerCode<'c>,
    pub(in crate::store) handout: &'c PriorHandout,
}

/// The insert of hand-outs that another inventory has made, but for those whose device has a code of the
/// pool already.
pub(in crate::store) fn insert_prior<'v>(tenant: TenantId, all: &[PriorRow<'v>]) -> Statement<'v> {
    // Without the condition SQLite would parse `on` as that of a join.
    const TEXT: &str = formatcp!(
        "{INSERT_PRIOR} device, device_name {FROM_PRIOR} where true on conflict do nothing"
    );
    prior_with(TEXT, tenant, all)
}

/// The insert of those that are left, each as of a device of its own.
pub(in crate::store) fn insert_other_prior<'v>(
    tenant: TenantId,
    all: &[PriorRow<'v>],
) -> Statement<'v> {
    const TEXT: &str = formatcp!(
        "{INSERT_PRIOR} other_device, null {FROM_PRIOR}
         where (select true
                from handouts
                where handouts.tenant_id = $1 and handouts.id = handout_id) is null
         on conflict do nothing"
    );
    prior_with(TEXT, tenant, all)
}

const INSERT_PRIOR: &str = "insert into handouts
       (tenant_id, id, fingerprint, iccid, pool_id, code_id, code_position, device_state_id,
        handed_out_at, outcome, outcome_at, revision, device, device_name)
     select @tenant, handout_id, new.fingerprint, new.iccid, new.pool_id, new.code_id,
            new.code_position, new.device_state_id, at, became, at, 1,";
const FROM_PRIOR: &str = "from @new";

fn prior_with<'v>(text: &'static str, tenant: TenantId, all: &[PriorRow<'v>]) -> Statement<'v> {
    let handouts = || all.iter().map(|row| row.handout);
    let codes = || all.iter().map(|row| row.code);
    let states = || handouts().map(|it| &it.device_state);
    Statement::new(text, params![tenant]).with(
        "new",
        [
            ("handout_id", Array::Ids(handouts().map(|it| it.handout.uuid()).collect())),
            ("fingerprint", Array::Blobs(codes().map(|code| code.fingerprint).collect())),
            ("iccid", Array::Texts(codes().map(|code| code.iccid).collect())),
            ("pool_id", Array::Ids(all.iter().map(|row| row.pool.uuid()).collect())),
            ("code_id", Array::Ids(codes().map(|code| code.id).collect())),
            ("code_position", Array::Ints(codes().map(|code| code.position).collect())),
            ("device_state_id", Array::Ids(states().map(|state| state.id.uuid()).collect())),
            ("device", Array::Texts(handouts().map(|it| it.device.as_str()).collect())),
            (
                "device_name",
                Array::OptionalTexts(handouts().map(|it| it.device_name.as_deref()).collect()),
            ),
            ("other_device", Array::Texts(handouts().map(|it| it.other_device.as_str()).collect())),
            ("at", Array::Timestamps(handouts().map(|it| it.at).collect())),
            ("became", Array::Ints(states().map(|it| it.details.state.number().into()).collect())),
        ],
    )
}
