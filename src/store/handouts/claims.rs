//! The claim operation.

use std::sync::Arc;

use super::claim::{Claim, ClaimReplay};
use super::claim_batch::ClaimJob;
use super::free_codes::{CodeRow, FreeCodes};
use super::twins::LeftTwins;
use crate::auth::{self, Permit};
use crate::domain::{ChangeContext, ClaimOutcome, Claimed, NewClaim, PoolId, TenantId};
use crate::store::db::Unit;
use crate::store::error::StoreError;
use crate::store::handle::Store;
use crate::store::write::{Idempotent, WriteRecord, read_replay};
use crate::vault::{KeyId, TenantKeys};

impl Store {
    /// Gives a free code of a pool to a device. While the device is installing it or has it
    /// installed, it gets the same code again.
    pub async fn claim(
        &self,
        permit: &Permit<auth::Claim>,
        pool: PoolId,
        new: NewClaim,
        context: ChangeContext,
    ) -> Result<ClaimOutcome, StoreError> {
        let tenant = permit.tenant();
        let new = Arc::new(new);
        let keys = self.tenant_keys(tenant).await?;
        match self.claim_with(permit, pool, new.clone(), context, keys).await {
            // Nothing was changed: the code was sealed with a newer key.
            Err(error) if error.is_unknown_key() => {
                let keys = self.newer_tenant_keys(tenant).await?;
                self.claim_with(permit, pool, new, context, keys).await
            }
            done => done,
        }
    }

    async fn claim_with(
        &self,
        permit: &Permit<auth::Claim>,
        pool: PoolId,
        new: Arc<NewClaim>,
        context: ChangeContext,
        keys: Arc<TenantKeys>,
    ) -> Result<ClaimOutcome, StoreError> {
        let tenant = permit.tenant();
        let iccid = new.iccid.clone();
        let left = LeftTwins::default();
        let claim = Claim { tenant, pool, keys, new, at: context.at, left: left.clone() };
        let job = async |record: WriteRecord| ClaimJob { record, claim: Arc::new(claim) };
        match self.write_batched(permit, context, job).await? {
            Idempotent::Fresh(outcome) => {
                self.mark_left(tenant, &left, context.at).await;
                let codes = FreeCodes { tenant, pool };
                match (&outcome, iccid) {
                    (ClaimOutcome::AllHandedOutElsewhere, _) => {
                        self.mark_elsewhere(codes, Vec::from([None]), context.at).await?;
                    }
                    // It may be stored as free.
                    (ClaimOutcome::IccidNotFree(_), Some(iccid)) => {
                        let texts = iccid.texts().map(|text| Some(text.to_owned()));
                        self.mark_elsewhere(codes, texts.collect(), context.at).await?;
                    }
                    _ => {}
                }
                Ok(outcome)
            }
            Idempotent::Replayed(replay) => self.replayed_claim(tenant, pool, &replay).await,
        }
    }

    /// The answer to a repeated claim. The secret comes from the code, which may have been removed
    /// with its pool.
    async fn replayed_claim(
        &self,
        tenant: TenantId,
        pool: PoolId,
        replay: &str,
    ) -> Result<ClaimOutcome, StoreError> {
        let replay: ClaimReplay = read_replay(replay)?;
        let code = FreeCodes { tenant, pool }.at(replay.position, replay.code);
        let unit = Unit::of("replay claim", tenant.uuid());
        let Some(row) = self.engine().read_one::<CodeRow>(unit, code).await? else {
            return Ok(ClaimOutcome::NoPool);
        };
        let sealed_with = std::iter::once(KeyId(row.key_id));
        let keys = self.tenant_keys_with(tenant, sealed_with).await?;
        Ok(ClaimOutcome::Claimed(Box::new(Claimed {
            code: row.open(pool, &keys)?,
            device_state: replay.device_state.into(),
            again: replay.again,
        })))
    }
}
