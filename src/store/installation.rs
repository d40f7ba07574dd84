//! Codes that devices have, shown with their secrets. The ledger says which: a claim must be
//! installing or installed, and its code still in the pool. Nothing is locked; before anything is
//! shown, it is written down.

use uuid::Uuid;

use super::arguments::args;
use super::device_states::DeviceStateRow;
use super::engine::Dialect;
use super::record::record;
use super::sql::Sql;
use super::stored::{Scope, Stored, cut};
use super::{EntityKey, Store, StoreError};
use crate::auth::{Claim, Permit};
use crate::domain::{
    ActivationCode, Activity, AuditDraft, ChangeContext, DeviceState, DeviceStateField,
    DeviceStateId, Iccid, Installation, InstallationOutcome, Listing, Page, PoolId, Sheet,
    SmdpAddress, TenantId,
};
use crate::vault::TenantKeys;

record! {
    /// A device state, and the code that its claim holds.
    struct HeldRow {
        device_state: DeviceStateRow,
        code_id: Uuid,
        iccid: String,
        smdp_address: String,
        matching_id: Vec<u8>,
    }
}

impl HeldRow {
    fn open(self, pool: PoolId, keys: &TenantKeys) -> Result<(Uuid, Installation), StoreError> {
        let code = ActivationCode {
            iccid: Iccid::stored(self.iccid),
            matching_id: keys.open(pool, self.code_id.into(), &self.matching_id)?,
            smdp_address: SmdpAddress::stored(self.smdp_address),
        };
        Ok((self.code_id, Installation::new(code, self.device_state.into())))
    }
}

impl Store {
    /// The code that the device with this state has now. To have it shown is written down.
    pub async fn installation(
        &self,
        permit: &Permit<Claim>,
        key: EntityKey<DeviceStateId>,
        context: ChangeContext,
    ) -> Result<InstallationOutcome, StoreError> {
        let (tenant, pool) = (permit.tenant(), key.pool);
        let keys = self.tenant_keys(tenant).await?;
        let mut sql = held(tenant, pool, self.0.engine.dialect());
        sql.push(" and id = ").arg(key.id);
        let Some(row) = self.0.engine.read_one::<HeldRow>(sql.finish()).await? else {
            let scope = Scope { tenant, pool: Some(pool) };
            let known: Option<DeviceState> = self.find(scope, key.id.uuid()).await?;
            return Ok(
                known.map_or(InstallationOutcome::NotFound, |_| InstallationOutcome::NoActiveClaim)
            );
        };
        let (code, shown) = row.open(pool, &keys)?;
        self.note_shown(permit, pool, [(code, &shown)], context).await?;
        Ok(InstallationOutcome::Found(Box::new(shown)))
    }

    /// A page of the codes that devices of a pool have now; `None` without the pool. To have them
    /// shown is written down.
    pub async fn installation_sheet(
        &self,
        permit: &Permit<Claim>,
        pool: PoolId,
        listing: &Listing<DeviceStateField>,
        context: ChangeContext,
    ) -> Result<Option<Sheet>, StoreError> {
        let tenant = permit.tenant();
        let Some(found) = self.find_pool(tenant, pool).await? else { return Ok(None) };
        let keys = self.tenant_keys(tenant).await?;
        let mut sql = held(tenant, pool, self.0.engine.dialect());
        sql.page(listing);
        let rows = cut(self.0.engine.read::<HeldRow>(sql.finish()).await?, listing.limit, None);
        let open = |row: HeldRow| row.open(pool, &keys);
        let opened: Vec<_> = rows.items.into_iter().map(open).collect::<Result<_, _>>()?;
        self.note_shown(permit, pool, opened.iter().map(|(code, shown)| (*code, shown)), context)
            .await?;
        let items = opened.into_iter().map(|(_, shown)| shown).collect();
        Ok(Some(Sheet { pool: found, page: Page { items, more: rows.more, count: None } }))
    }

    /// Writes down which codes are about to be shown, and for whom: those that can be.
    async fn note_shown(
        &self,
        permit: &Permit<Claim>,
        pool: PoolId,
        shown: impl IntoIterator<Item = (Uuid, &Installation)>,
        context: ChangeContext,
    ) -> Result<(), StoreError> {
        let mut shown = shown.into_iter().filter(|(_, shown)| shown.string.is_some()).peekable();
        if shown.peek().is_none() {
            return Ok(());
        }
        let mut audit = AuditDraft::new(Activity::ShowCode).on(
            "embeddedSIMActivationCodePool",
            pool.uuid(),
            None,
        );
        for (code, shown) in shown {
            let state = &shown.device_state;
            let name = state.details.device_name.as_deref();
            audit = audit.on("embeddedSIMActivationCode", code, Some(shown.iccid.as_str())).on(
                "embeddedSIMDeviceState",
                state.id.uuid(),
                name,
            );
        }
        self.note(permit, audit, context).await
    }
}

/// The device states of a pool that hold a code. No two columns have one name.
fn held(tenant: TenantId, pool: PoolId, dialect: Dialect) -> Sql {
    let mut sql = Sql::new(dialect, "select ", args![tenant, pool]);
    sql.push(DeviceState::COLUMNS).push(
        ", code_id, iccid, smdp_address, matching_id
         from device_states join (
           select handouts.id as handout, code.id as code_id, code.iccid, code.smdp_address,
                  code.matching_id
           from handouts join activation_codes as code
             on code.tenant_id = handouts.tenant_id and code.pool_id = handouts.pool_id
                and code.ord = handouts.code_ord and code.id = handouts.code_id
           where handouts.tenant_id = $1 and handouts.pool_id = $2 and handouts.outcome in (2, 3)
         ) as held on handout = handout_id
         where tenant_id = $1 and pool_id = $2",
    );
    sql
}
