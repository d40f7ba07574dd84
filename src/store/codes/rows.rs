//! Codes as rows.

use const_format::formatcp;
use uuid::Uuid;

use crate::domain::{CodeField, CodeState, Iccid, PooledCode, SmdpAddress, Timestamp, Value};
use crate::store::db::row;
use crate::store::entity::{Entity, InPool};
use crate::store::handouts::{REINSTATED, SHOWN_STATE};
use crate::store::listing::{Exact, FilterColumn};

row! {
    pub(in crate::store) struct PooledCodeRow {
        id: Uuid,
        position: i32,
        iccid: String,
        smdp_address: String,
        state: i16,
        state_changed_at: Timestamp,
        device_state_id: Option<Uuid>,
        bound_eid: Option<String>,
        label: Option<String>,
        import_id: Option<Uuid>,
    }
}

impl From<PooledCodeRow> for PooledCode {
    fn from(row: PooledCodeRow) -> Self {
        Self {
            id: row.id.into(),
            position: row.position,
            iccid: Iccid::stored(row.iccid),
            smdp_address: SmdpAddress::stored(row.smdp_address),
            state: CodeState::numbered(row.state).unwrap_or(CodeState::Quarantined),
            state_changed_at: row.state_changed_at,
            device_state: row.device_state_id.map(Into::into),
            bound_eid: row.bound_eid,
            label: row.label,
            import: row.import_id.map(Into::into),
        }
    }
}

impl Entity for PooledCode {
    type Row = PooledCodeRow;
    const TABLE: &'static str = formatcp!(
        "(select tenant_id, pool_id, id, position, iccid, smdp_address, {SHOWN_STATE} as state,
                 state_changed_at, bound_eid, label, import_id,
                 (select device_state_id
                  from handouts
                  where handouts.tenant_id = $1
                    and handouts.fingerprint = code.fingerprint
                    and handouts.pool_id = code.pool_id
                    and handouts.outcome <> {REINSTATED}) as device_state_id
          from activation_codes as code) as code"
    );
}

impl InPool for PooledCode {}

impl FilterColumn for CodeField {
    fn column(self) -> &'static str {
        match self {
            Self::Position => "position",
            Self::Id => "id",
            Self::Iccid => "iccid",
            Self::SmdpAddress => "smdp_address",
            Self::State => "state",
            Self::StateChangedDateTime => "state_changed_at",
            Self::BoundEid => "bound_eid",
            Self::Label => "label",
            Self::ImportId => "import_id",
        }
    }

    fn folded(self) -> Option<&'static str> {
        None
    }

    fn exact(self, value: &Value) -> Option<Exact> {
        match self {
            Self::ImportId => Some(of_import(value)),
            _ => None,
        }
    }
}

/// Where the codes of an import are.
pub(in crate::store) fn of_import(import: &Value) -> Exact {
    const SQL: &str = "pool_id = (select pool_id from imports where tenant_id = $1 and id = @)
        and position >= (select first_position from imports where tenant_id = $1 and id = @)
        and position <= (select last_position from imports where tenant_id = $1 and id = @)";
    Exact { sql: SQL, value: import.clone(), and_column: true }
}
