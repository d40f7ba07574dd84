//! The export of a pool: its codes with the devices that have them, page by page.

use const_format::formatcp;

use super::codes::PooledCodeRow;
use super::db::{Row, row};
use super::entity::{Entity, InPool};
use super::error::StoreError;
use super::handle::Store;
use super::handouts::{REINSTATED, SHOWN_STATE};
use crate::auth::{Permit, Read};
use crate::domain::{ExportLine, Listing, Page, PoolId, Timestamp, Value};

row! {
    pub(super) struct LineRow {
        code: PooledCodeRow,
        handed_out_at: Option<Timestamp>,
        device_name: Option<String>,
        user_name: Option<String>,
        eid: Option<String>,
    }
}

impl From<LineRow> for ExportLine {
    fn from(row: LineRow) -> Self {
        Self {
            code: row.code.into(),
            claimed_at: row.handed_out_at,
            device_name: row.device_name,
            user_name: row.user_name,
            eid: row.eid,
        }
    }
}

impl Entity for ExportLine {
    type Row = LineRow;
    const TABLE: &'static str = formatcp!(
        "(select code.tenant_id, code.pool_id, code.position, code.id, code.iccid,
                 code.smdp_address, {SHOWN_STATE} as state, code.state_changed_at,
                 code.bound_eid, code.label, code.import_id, handouts.device_state_id,
                 handouts.handed_out_at, device_states.device_name, device_states.user_name,
                 device_states.eid
          from activation_codes as code
          left join handouts
            on handouts.tenant_id = $1 and handouts.fingerprint = code.fingerprint
               and handouts.pool_id = code.pool_id and handouts.outcome <> {REINSTATED}
          left join device_states
            on device_states.tenant_id = $1 and device_states.pool_id = code.pool_id
               and device_states.id = handouts.device_state_id) as line"
    );
    const COLUMNS: &'static str =
        formatcp!("{}, handed_out_at, device_name, user_name, eid", <PooledCodeRow as Row>::FIELDS);
}

impl InPool for ExportLine {}

impl Store {
    /// At most `limit` codes of a pool after a position, or from the first one on, in order; `None`
    /// if this tenant has no such pool. Each page is as it is when it is read.
    pub async fn export_page(
        &self,
        permit: &Permit<Read>,
        pool: PoolId,
        after: Option<i32>,
        limit: u32,
    ) -> Result<Option<Page<ExportLine>>, StoreError> {
        let after = after.map(|position| vec![Value::Int(position.into())]);
        self.page_in_pool(permit, pool, &Listing { after, ..Listing::first(limit) }).await
    }
}
