//! A pool's codes with the devices that have them, in order, a piece after the other.

use super::codes::{PooledCodeRow, seen_state};
use super::record::record;
use super::stored::{InPool, Stored};
use super::{Store, StoreError};
use crate::auth::{Permit, Read};
use crate::domain::{ExportLine, Listing, Page, PoolId, Timestamp, Value};

record! {
    pub(super) struct LineRow {
        code: PooledCodeRow,
        handed_out_at: Option<Timestamp>,
        device_name: Option<String>,
        user_name: Option<String>,
        universal_iccid: Option<String>,
    }
}

impl From<LineRow> for ExportLine {
    fn from(row: LineRow) -> Self {
        Self {
            code: row.code.into(),
            claimed_at: row.handed_out_at,
            device_name: row.device_name,
            user_name: row.user_name,
            universal_iccid: row.universal_iccid,
        }
    }
}

impl Stored for ExportLine {
    type Row = LineRow;
    const TABLE: &'static str = concat!(
        "(
        select code.tenant_id, code.pool_id, code.ord, code.id, code.iccid, code.smdp_address, ",
        seen_state!(),
        " as state, code.state_changed_at, handouts.device_state_id,
               handouts.handed_out_at, device_states.device_name, device_states.user_name,
               device_states.universal_iccid
        from activation_codes as code
        left join handouts
          on handouts.tenant_id = code.tenant_id and handouts.fingerprint = code.fingerprint
             and handouts.pool_id = code.pool_id and handouts.outcome <> 9
        left join device_states
          on device_states.tenant_id = code.tenant_id and device_states.pool_id = code.pool_id
             and device_states.id = handouts.device_state_id) as line"
    );
    const COLUMNS: &'static str = "id, ord, iccid, smdp_address, state, state_changed_at,
        device_state_id, handed_out_at, device_name, user_name, universal_iccid";
}

impl InPool for ExportLine {}

impl Store {
    /// So many codes of a pool behind a position, or from the first on, in order; `None` without
    /// the pool. Each piece is as it is when it is read.
    pub async fn export_page(
        &self,
        permit: &Permit<Read>,
        pool: PoolId,
        behind: Option<i32>,
        limit: u32,
    ) -> Result<Option<Page<ExportLine>>, StoreError> {
        let after = behind.map(|position| vec![Value::Whole(position.into())]);
        self.page_in_pool(permit, pool, &Listing { after, ..Listing::first(limit) }).await
    }
}
