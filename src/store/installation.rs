//! The codes that devices have, to be shown: each showing is audited before the secret leaves.

use const_format::formatcp;
use uuid::Uuid;

use super::codes::SealedSecrets;
use super::db::{Dialect, Query, Row, Unit, params, row};
use super::device_states::DeviceStateRow;
use super::entity::{EntityKey, Scope};
use super::error::StoreError;
use super::handle::Store;
use super::handouts::{INSTALLED, INSTALLING};
use super::page::page_of;
use crate::auth::{Claim, Permit};
use crate::domain::{
    ActivationCode, Activity, AuditDraft, ChangeContext, DeviceState, DeviceStateField,
    DeviceStateId, Iccid, Installation, InstallationOutcome, Listing, Page, Pool, PoolId, Sheet,
    SmdpAddress, TenantId,
};
use crate::vault::{KeyId, TenantKeys};

row! {
    /// A device state, and the code that the device has.
    struct HeldRow {
        device_state: DeviceStateRow,
        code_id: Uuid,
        iccid: String,
        smdp_address: String,
        matching_id: Vec<u8>,
        key_id: i32,
        code_tail: Option<String>,
        confirmation_code: Option<Vec<u8>>,
    }
}

impl HeldRow {
    fn open(self, pool: PoolId, keys: &TenantKeys) -> Result<(Uuid, Installation), StoreError> {
        let secrets = SealedSecrets {
            key: KeyId(self.key_id),
            matching_id: &self.matching_id,
            confirmation_code: self.confirmation_code.as_deref(),
        };
        let (matching_id, confirmation_code) = secrets.open(pool, self.code_id.into(), keys)?;
        let code = ActivationCode {
            iccid: Iccid::stored(self.iccid),
            matching_id,
            smdp_address: SmdpAddress::stored(self.smdp_address),
            tail: self.code_tail.unwrap_or_default(),
            confirmation_code,
        };
        Ok((self.code_id, Installation::new(code, self.device_state.into())))
    }
}

impl Store {
    /// The code that the device with this state has, to be shown. Audited.
    pub async fn installation(
        &self,
        permit: &Permit<Claim>,
        key: EntityKey<DeviceStateId>,
        context: ChangeContext,
    ) -> Result<InstallationOutcome, StoreError> {
        let (tenant, pool) = (permit.tenant(), key.pool);
        let mut query = held(tenant, pool, self.dialect());
        query.push(" and id = ").param(key.id);
        let unit = Unit::of("find installation", tenant.uuid());
        let Some(row) = self.engine().read_one::<HeldRow>(unit, query).await? else {
            let scope = Scope::pool(tenant, pool);
            let known: Option<DeviceState> = self.find(scope, key.id.uuid()).await?;
            return Ok(known.map_or(InstallationOutcome::NotFound, |known| {
                InstallationOutcome::NoActiveClaim(known.details.state)
            }));
        };
        let sealed_with = std::iter::once(KeyId(row.key_id));
        let keys = self.tenant_keys_with(tenant, sealed_with).await?;
        let (code, shown) = row.open(pool, &keys)?;
        self.audit_shown(permit, pool, [(code, &shown)], context).await?;
        Ok(InstallationOutcome::Found(Box::new(shown)))
    }

    /// A page of the codes that devices of a pool have, to be shown, or `None` if this tenant has no
    /// such pool. Audited.
    pub async fn installation_sheet(
        &self,
        permit: &Permit<Claim>,
        pool: PoolId,
        listing: &Listing<DeviceStateField>,
        context: ChangeContext,
    ) -> Result<Option<Sheet>, StoreError> {
        let tenant = permit.tenant();
        let found: Option<Pool> = self.find(Scope::tenant(tenant), pool.uuid()).await?;
        let Some(found) = found else { return Ok(None) };
        let mut query = held(tenant, pool, self.dialect());
        query.page(listing);
        let unit = Unit::of("list installations", tenant.uuid());
        let rows = self.engine().read::<HeldRow>(unit, query).await?;
        let rows = page_of(rows, listing.limit, None);
        let sealed_with = rows.items.iter().map(|row| KeyId(row.key_id));
        let keys = self.tenant_keys_with(tenant, sealed_with).await?;
        let open = |row: HeldRow| row.open(pool, &keys);
        let opened: Vec<_> = rows.items.into_iter().map(open).collect::<Result<_, _>>()?;
        self.audit_shown(permit, pool, opened.iter().map(|(code, shown)| (*code, shown)), context)
            .await?;
        let items = opened.into_iter().map(|(_, shown)| shown).collect();
        Ok(Some(Sheet { pool: found, page: Page { items, more: rows.more, count: None } }))
    }

    /// Records which codes are about to be shown, and whose: those that can be.
    async fn audit_shown(
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
        self.audit("show codes", permit, audit, context).await
    }
}

/// The query for the device states of a pool whose devices have a code. No two columns have one
/// name, so that conditions on device states can be added.
fn held(tenant: TenantId, pool: PoolId, dialect: Dialect) -> Query {
    const COLUMNS: &str = <DeviceStateRow as Row>::FIELDS;
    const SELECT: &str = formatcp!(
        "select {COLUMNS}, code_id, iccid, smdp_address, matching_id, key_id, code_tail,
                confirmation_code
         from device_states
         join (
           select handouts.id as handout, code.id as code_id, code.iccid, code.smdp_address,
                  code.matching_id, code.key_id, code.code_tail, code.confirmation_code
           from handouts
           join activation_codes as code
             on code.tenant_id = $1 and code.pool_id = handouts.pool_id
                and code.position = handouts.code_position and code.id = handouts.code_id
           where handouts.tenant_id = $1 and handouts.pool_id = $2
             and handouts.outcome in ({INSTALLING}, {INSTALLED})
         ) as held on handout = handout_id
         where tenant_id = $1 and pool_id = $2"
    );
    Query::with(dialect, SELECT, params![tenant, pool])
}
