//! Deleting what has outlived its retention.

use uuid::Uuid;

use super::db::{Bind, Statement, Unit, params};
use super::error::StoreError;
use super::handle::Store;
use crate::domain::Timestamp;

impl Store {
    /// Deletes audit entries from before `audit_before`, if it is given, and idempotency keys from
    /// before `keys_before`: a transaction per tenant and table. Not audited.
    pub async fn forget(
        &self,
        audit_before: Option<Timestamp>,
        keys_before: Timestamp,
    ) -> Result<(), StoreError> {
        const AUDIT: &str = "delete from audit_events where tenant_id = $1 and at < $2";
        const KEYS: &str = "delete from idempotency_keys where tenant_id = $1 and at < $2";

        let unit = Unit::new("housekeeping");
        let tenants = Statement::new("select distinct tenant_id from tenant_keys", params![]);
        let tenants: Vec<(Uuid,)> = self.engine().read(unit, tenants).await?;
        for (tenant,) in tenants {
            let audit = audit_before.map(|before| (AUDIT, before));
            for (text, before) in [(KEYS, keys_before)].into_iter().chain(audit) {
                let delete = Statement::new(text, params![tenant, before]).bind(self.dialect())?;
                self.engine().execute(Unit::of("housekeeping", tenant), vec![delete]).await?;
            }
        }
        Ok(())
    }
}
