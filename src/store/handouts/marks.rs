//! Marking codes that are stored as free and were handed out from elsewhere.

use super::free_codes::FreeCodes;
use super::twins::LeftTwins;
use crate::domain::{TenantId, Timestamp};
use crate::store::db::{Completion, Unit};
use crate::store::error::StoreError;
use crate::store::handle::Store;

impl Store {
    /// Marks twins that were left to the time after the commit. If that fails, the next claim that
    /// meets one marks it: the ledger refuses it.
    pub(in crate::store) async fn mark_left(
        &self,
        tenant: TenantId,
        left: &LeftTwins,
        at: Timestamp,
    ) {
        for (pool, iccid) in left.take() {
            let codes = FreeCodes { tenant, pool };
            if let Err(error) = self.mark_elsewhere(codes, vec![Some(iccid)], at).await {
                tracing::debug!(%error, "a code that was handed out elsewhere is not marked");
            }
        }
    }

    /// Marks codes that are stored as free but in the ledger, so that the next claim need not read
    /// each of them. Not audited: the ledger has it already.
    pub(super) async fn mark_elsewhere(
        &self,
        codes: FreeCodes,
        iccids: Vec<Option<String>>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let until = self.engine().wait_until();
        let unit = Unit::of("mark codes handed out elsewhere", codes.tenant.uuid()).until(until);
        let attempt = || {
            let (iccids, deadline) = (iccids.clone(), self.engine().deadline());
            self.engine().transaction(unit, deadline, move |transaction| {
                Box::pin(async move {
                    for iccid in &iccids {
                        codes.mark_elsewhere(transaction, iccid.as_deref(), at).await?;
                    }
                    Ok::<_, StoreError>(Completion::Commit(()))
                })
            })
        };
        let marked = self.engine().lock_retries().run(Some(codes.tenant), until, attempt);
        marked.await.map_err(StoreError::before_commit)
    }
}
