//! How codes and hand-outs follow what their devices report.

use const_format::formatcp;
use uuid::Uuid;

use super::outcome::{DELETED, FAILED, INSTALLING, REINSTATED, RELEASED};
use crate::domain::{DeviceStateValue, TenantId, Timestamp};
use crate::store::db::{Array, Statement, Transaction, params};
use crate::store::error::StoreError;

/// A hand-out whose device has a new state.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) struct Transition {
    pub(in crate::store) handout: Uuid,
    pub(in crate::store) state: DeviceStateValue,
    pub(in crate::store) at: Timestamp,
}

impl Transition {
    /// What a device's new state means for its hand-out: nothing if it has none, nor if the state is
    /// `notEvaluated`, by which no device gives its code back.
    pub(in crate::store) fn of(
        handout: Option<Uuid>,
        state: DeviceStateValue,
        at: Timestamp,
    ) -> Option<Self> {
        let handout = handout.filter(|_| state != DeviceStateValue::NotEvaluated)?;
        Some(Self { handout, state, at })
    }
}

/// What becomes of a hand-out and its code by the new state of its device. A device that ends while it
/// is installing knows the secret and may never have used it: the code is quarantined, as by a
/// release.
const FOLLOWING: &str = formatcp!(
    "(case when handouts.outcome = {INSTALLING} and new_state in ({FAILED}, {DELETED})
       then {RELEASED} else new_state end)"
);

/// The updates by which codes and hand-outs of one tenant follow their devices. A hand-out that was
/// released no longer does: the statements check it, since another transaction may be releasing it.
/// Codes come before hand-outs, by which they are found. Nothing else changes these codes: the
/// device states are locked.
pub(in crate::store) fn transitions(
    tenant: TenantId,
    all: &[Transition],
) -> [Statement<'static>; 3] {
    // On SQLite it must read codes before they change. On Postgres all three read them as they were.
    const STOCK: &str = formatcp!(
        "insert into stock_entries (tenant_id, pool_id, smdp_host, state, codes, last_at)
         select tenant_id, pool_id, smdp_host, state, sum(codes), max(at)
         from (select code.tenant_id, code.pool_id, lower(code.smdp_address) as smdp_host,
                      case column1 when 1 then {FOLLOWING} else code.state end as state,
                      column1 as codes, at
               from @transition
               join handouts on @likely(handouts.tenant_id = $1) and handouts.id = handout_id
               join activation_codes as code
                 on @likely(code.tenant_id = $1) and code.pool_id = handouts.pool_id
                    and code.position = handouts.code_position and code.id = handouts.code_id
               cross join (values (-1), (1)) as side
               where handouts.outcome not in ({RELEASED}, {REINSTATED})
                 and code.state <> {FOLLOWING}) as moved
         group by tenant_id, pool_id, smdp_host, state"
    );
    const CODES: &str = formatcp!(
        "update activation_codes
         set state = {FOLLOWING}, state_changed_at = at
         from @transition
         join handouts on @likely(handouts.tenant_id = $1) and handouts.id = handout_id
         where @likely(activation_codes.tenant_id = $1)
           and activation_codes.pool_id = handouts.pool_id
           and activation_codes.position = handouts.code_position
           and activation_codes.id = handouts.code_id
           and handouts.outcome not in ({RELEASED}, {REINSTATED})
           and state <> {FOLLOWING}"
    );
    const HANDOUTS: &str = formatcp!(
        "update handouts
         set outcome = {FOLLOWING}, outcome_at = at, revision = revision + 1
         from @transition
         where @likely(tenant_id = $1) and id = handout_id
           and outcome not in ({RELEASED}, {REINSTATED})
           and outcome <> {FOLLOWING}"
    );
    let columns = || {
        [
            ("handout_id", Array::Ids(all.iter().map(|it| it.handout).collect())),
            ("new_state", Array::Ints(all.iter().map(|it| it.state.number().into()).collect())),
            ("at", Array::Timestamps(all.iter().map(|it| it.at).collect())),
        ]
    };
    [STOCK, CODES, HANDOUTS]
        .map(|text| Statement::new(text, params![tenant]).with("transition", columns()))
}

/// Makes a code and its hand-out follow a device.
pub(in crate::store) async fn follow(
    transaction: &mut Transaction<'_>,
    tenant: TenantId,
    transition: Option<Transition>,
) -> Result<(), StoreError> {
    let Some(transition) = transition else { return Ok(()) };
    let statements = transitions(tenant, &[transition]).into();
    for statement in Statement::chain(statements, transaction.dialect())? {
        transaction.execute(statement).await?;
    }
    Ok(())
}
