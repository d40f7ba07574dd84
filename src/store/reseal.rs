//! Sealing again, with each tenant's newest data key, what older ones have sealed: beside the work of
//! others, in small transactions, and from the beginning if it is interrupted.

use std::time::Instant;

use uuid::Uuid;

use super::db::{Array, Bind, Statement, Unit, params, row};
use super::error::StoreError;
use super::handle::Store;
use super::housekeeping::{PIECE, pause};
use crate::domain::{PoolId, TenantId};
use crate::offload::offload;
use crate::vault::{DecryptionError, KeyId, TenantKeys};

/// How far a pass over the codes of all tenants that have older data keys has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ResealProgress {
    /// The number of codes that the pass is about.
    pub codes: u64,
    /// How many of them it has looked at.
    pub seen: u64,
    /// How many of these it has sealed again.
    pub resealed: u64,
    /// How many of these cannot be opened, and are left as they are.
    pub damaged: u64,
}

row! {
    struct CodeRow {
        position: i32,
        id: Uuid,
        key_id: i32,
        matching_id: Vec<u8>,
        confirmation_code: Option<Vec<u8>>,
    }
}

/// The secrets of a code, sealed again.
type Secrets = (Vec<u8>, Option<Vec<u8>>);

/// What became of some codes: positions with new secrets, and how many could not be opened.
type Resealed = (Vec<i32>, Vec<Secrets>, u64);

impl Store {
    /// Whether a rotation has been interrupted before all codes were sealed again.
    pub async fn is_resealing(&self) -> Result<bool, StoreError> {
        Ok(self.passes_due().await? > 1)
    }

    /// Seals all codes again that older data keys have sealed, if that is due, and reports the
    /// progress. Not audited: the codes stay what they are. Several servers may do it at once.
    pub async fn reseal(
        &self,
        mut report: impl FnMut(ResealProgress),
    ) -> Result<ResealProgress, StoreError> {
        let due = self.passes_due().await?;
        let mut progress = ResealProgress::default();
        if due == 0 {
            return Ok(progress);
        }
        let unit = Unit::new("seal codes again");
        let tenants = "select distinct tenant_id from tenant_keys where key_id > 1";
        let tenants: Vec<(Uuid,)> =
            self.engine().read(unit, Statement::new(tenants, params![])).await?;
        for &(tenant,) in &tenants {
            progress.codes += self.count_codes_of_tenant(tenant).await?;
        }
        report(progress);
        for (tenant,) in tenants {
            self.reseal_tenant(tenant.into(), &mut progress, &mut report).await?;
        }
        // Only this pass counts as one, although others may have ended meanwhile.
        let done = "update key_state set passes_due = $1 where passes_due = $2";
        let done = Statement::new(done, params![due - 1, due]).bind(self.dialect())?;
        self.engine().execute(unit, vec![done]).await?;
        Ok(progress)
    }

    async fn passes_due(&self) -> Result<i32, StoreError> {
        let due = Statement::new("select passes_due from key_state", params![]);
        let due: Option<(i32,)> =
            self.engine().read_one(Unit::new("seal codes again"), due).await?;
        Ok(due.map_or(0, |(due,)| due))
    }

    async fn count_codes_of_tenant(&self, tenant: Uuid) -> Result<u64, StoreError> {
        let count = "select coalesce(sum(code_count), 0) as count from pools where tenant_id = $1";
        let count = Statement::new(count, params![tenant]);
        let count: Option<(i64,)> =
            self.engine().read_one(Unit::of("seal codes again", tenant), count).await?;
        Ok(count.map_or(0, |(count,)| u64::try_from(count).unwrap_or_default()))
    }

    async fn reseal_tenant(
        &self,
        tenant: TenantId,
        progress: &mut ResealProgress,
        report: &mut impl FnMut(ResealProgress),
    ) -> Result<(), StoreError> {
        const NEXT_POOL: &str = "select id
            from pools
            where tenant_id = $1 and id > $2 and id <= $3
            order by id
            limit 1";
        const LAST_POOL: &str = "select id
            from pools
            where tenant_id = $1
            order by id desc
            limit 1";
        const NEXT_CODES: &str = "select position, id, key_id, matching_id, confirmation_code
            from activation_codes
            where tenant_id = $1 and pool_id = $2 and position > $3
            order by position
            limit $4";

        let unit = Unit::of("seal codes again", tenant.uuid());
        // What is cached may have been read before there was a newer key.
        self.newer_tenant_keys(tenant).await?;
        // Pools that are created meanwhile are under the new key, or left to the next pass: else a pass
        // beside many who create pools would have no end.
        let last = Statement::new(LAST_POOL, params![tenant]);
        let Some((end,)) = self.engine().read_one::<(Uuid,)>(unit, last).await? else {
            return Ok(());
        };
        let mut last_pool = Uuid::nil();
        loop {
            let pool = Statement::new(NEXT_POOL, params![tenant, last_pool, end]);
            let pool: Option<(Uuid,)> = self.engine().read_one(unit, pool).await?;
            let Some((pool,)) = pool else { return Ok(()) };
            let mut last_position = -1;
            loop {
                let began = Instant::now();
                let next = params![tenant, pool, last_position, i64::from(PIECE)];
                let next = Statement::new(NEXT_CODES, next);
                let codes: Vec<CodeRow> = self.engine().read(unit, next).await?;
                let Some(last) = codes.last() else { break };
                last_position = last.position;
                progress.seen += codes.len() as u64;
                let before = progress.resealed;
                self.reseal_codes(tenant, pool.into(), codes, progress).await?;
                report(*progress);
                if progress.resealed > before {
                    pause(began).await;
                }
            }
            last_pool = pool;
        }
    }

    async fn reseal_codes(
        &self,
        tenant: TenantId,
        pool: PoolId,
        codes: Vec<CodeRow>,
        progress: &mut ResealProgress,
    ) -> Result<(), StoreError> {
        const UPDATE: &str = "update activation_codes
            set matching_id = resealed.secret, confirmation_code = resealed.confirmation,
                key_id = $3
            from @resealed
            where @likely(tenant_id = $1) and pool_id = $2 and position = at_position
              and key_id < $3";

        let key_ids = codes.iter().map(|code| KeyId(code.key_id));
        let keys = self.tenant_keys_with(tenant, key_ids).await?;
        let newest = keys.id().0;
        let old: Vec<_> = codes.into_iter().filter(|code| code.key_id < newest).collect();
        if old.is_empty() {
            return Ok(());
        }
        let count = old.len();
        let (positions, secrets, damaged) =
            offload(count, move || reseal_all(&keys, pool, &old)).await;
        progress.damaged += damaged;
        if positions.is_empty() {
            return Ok(());
        }
        let update = Statement::new(UPDATE, params![tenant, pool, newest]).with(
            "resealed",
            [
                ("at_position", Array::Ints(positions)),
                ("secret", Array::Blobs(secrets.iter().map(|(id, _)| id.as_slice()).collect())),
                (
                    "confirmation",
                    Array::OptionalBlobs(secrets.iter().map(|(_, it)| it.as_deref()).collect()),
                ),
            ],
        );
        let update = update.bind(self.dialect())?;
        let unit = Unit::of("seal codes again", tenant.uuid());
        let attempt = || self.engine().execute(unit, vec![update.clone()]);
        let until = self.engine().wait_until();
        progress.resealed += self.engine().lock_retries().run(Some(tenant), until, attempt).await?;
        Ok(())
    }
}

fn reseal_all(keys: &TenantKeys, pool: PoolId, codes: &[CodeRow]) -> Resealed {
    let (mut positions, mut secrets, mut damaged) = (Vec::new(), Vec::new(), 0);
    for code in codes {
        match reseal_one(keys, pool, code) {
            Ok(secret) => {
                positions.push(code.position);
                secrets.push(secret);
            }
            Err(_) => damaged += 1,
        }
    }
    (positions, secrets, damaged)
}

/// Both secrets of a code are under one key: they change together.
fn reseal_one(keys: &TenantKeys, pool: PoolId, code: &CodeRow) -> Result<Secrets, DecryptionError> {
    let (key, id) = (KeyId(code.key_id), code.id.into());
    let matching_id = keys.reseal(key, pool, id, &code.matching_id)?;
    let again = |sealed: &Vec<u8>| keys.reseal_confirmation(key, pool, id, sealed);
    Ok((matching_id, code.confirmation_code.as_ref().map(again).transpose()?))
}
