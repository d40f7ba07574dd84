//! A code that is found by its ICCID, to be released or reinstated.

use uuid::Uuid;

use crate::domain::{CodeState, PoolId, SoughtIccid, TenantId};
use crate::store::db::{Statement, Transaction, params, row};
use crate::store::error::StoreError;

row! {
    pub(super) struct NamedCode {
        pub(super) id: Uuid,
        pub(super) position: i32,
        pub(super) fingerprint: Vec<u8>,
        state: i16,
    }
}

impl NamedCode {
    pub(super) fn state(&self) -> Option<CodeState> {
        CodeState::numbered(self.state)
    }
}

/// The code of that ICCID: one that is spelled the same if there is one, and one in `state` if there
/// are several.
pub(super) async fn find(
    transaction: &mut Transaction<'_>,
    tenant: TenantId,
    pool: PoolId,
    iccid: &SoughtIccid,
    state: CodeState,
) -> Result<Option<NamedCode>, StoreError> {
    for text in iccid.texts() {
        let code = Statement::new(
            "select id, position, fingerprint, state
             from activation_codes
             where tenant_id = $1 and pool_id = $2 and iccid = $3
             order by state <> $4, state desc, position
             limit 1",
            params![tenant, pool, text, i32::from(state.number())],
        );
        if let Some(row) = transaction.row(code).await? {
            return Ok(Some(row));
        }
    }
    Ok(None)
}
