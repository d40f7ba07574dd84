//! Deleting what has outlived its retention.

use std::time::{Duration, Instant};

use uuid::Uuid;

use super::db::{Bind, Param, Statement, Unit, params};
use super::error::StoreError;
use super::handle::Store;
use crate::domain::Timestamp;

/// The most rows that are read, changed or deleted in one transaction: SQLite has one writer, which others
/// wait for.
pub(super) const PIECE: u16 = 1000;
/// The shortest and the longest pause after a piece.
const PAUSE: [Duration; 2] = [Duration::from_millis(10), Duration::from_secs(2)];

impl Store {
    /// Deletes audit entries from before `audit_before`, if it is given, and idempotency keys from
    /// before `keys_before`: in small transactions, with pauses for the work of others. Not audited.
    pub async fn forget(
        &self,
        audit_before: Option<Timestamp>,
        keys_before: Timestamp,
    ) -> Result<(), StoreError> {
        let unit = Unit::new("housekeeping");
        let tenants = Statement::new("select tenant_id from tenants", params![]);
        let tenants: Vec<(Uuid,)> = self.engine().read(unit, tenants).await?;
        for (tenant,) in tenants {
            self.forget_keys(tenant, keys_before).await?;
            if let Some(before) = audit_before {
                self.forget_audit_events(tenant, before).await?;
            }
        }
        Ok(())
    }

    /// When the newest entry of any tenant's audit log was made.
    pub async fn newest_audit_event(&self) -> Result<Option<Timestamp>, StoreError> {
        let unit = Unit::new("housekeeping");
        let newest = Statement::new(
            "select max((select max(at)
                         from audit_events
                         where audit_events.tenant_id = tenants.tenant_id)) as at
             from tenants",
            params![],
        );
        let newest: Option<(Option<Timestamp>,)> = self.engine().read_one(unit, newest).await?;
        Ok(newest.and_then(|(newest,)| newest))
    }

    async fn forget_audit_events(&self, tenant: Uuid, before: Timestamp) -> Result<(), StoreError> {
        const DELETE: &str = "delete from audit_events
            where tenant_id = $1
              and id in (select id
                         from audit_events
                         where tenant_id = $1 and at < $2
                         order by at
                         limit $3)";

        loop {
            let params = params![tenant, before, i64::from(PIECE)];
            if self.forget_piece(tenant, DELETE, params).await? < u64::from(PIECE) {
                return Ok(());
            }
        }
    }

    /// Keys have no index by time: they are read once, in the order of their primary key.
    async fn forget_keys(&self, tenant: Uuid, before: Timestamp) -> Result<(), StoreError> {
        const LAST_OF_PIECE: &str = "select caller, key
            from idempotency_keys
            where tenant_id = $1 and (caller, key) > ($2, $3)
            order by caller, key
            limit 1 offset $4";
        const DELETE_PIECE: &str = "delete from idempotency_keys
            where tenant_id = $1 and (caller, key) > ($2, $3) and (caller, key) <= ($4, $5)
              and at < $6";
        const DELETE_REST: &str = "delete from idempotency_keys
            where tenant_id = $1 and (caller, key) > ($2, $3) and at < $4";

        let unit = Unit::of("housekeeping", tenant);
        let (mut caller, mut key) = (String::new(), String::new());
        loop {
            let from = (caller.as_str(), key.as_str());
            let last = params![tenant, from.0, from.1, i64::from(PIECE) - 1];
            let last = Statement::new(LAST_OF_PIECE, last);
            let last: Option<(String, String)> = self.engine().read_one(unit, last).await?;
            let Some((last_caller, last_key)) = last else {
                let rest = params![tenant, from.0, from.1, before];
                return self.forget_piece(tenant, DELETE_REST, rest).await.map(drop);
            };
            let to = (last_caller.as_str(), last_key.as_str());
            let piece = params![tenant, from.0, from.1, to.0, to.1, before];
            self.forget_piece(tenant, DELETE_PIECE, piece).await?;
            (caller, key) = (last_caller, last_key);
        }
    }

    /// Executes a deletion, and then pauses for as long as it took. Returns how many rows it deleted.
    async fn forget_piece<const N: usize>(
        &self,
        tenant: Uuid,
        delete: &'static str,
        params: [Param; N],
    ) -> Result<u64, StoreError> {
        let delete = Statement::new(delete, params).bind(self.dialect())?;
        let began = Instant::now();
        let unit = Unit::of("housekeeping", tenant);
        let deleted = self.engine().execute(unit, vec![delete]).await?;
        if deleted > 0 {
            pause(began).await;
        }
        Ok(deleted)
    }
}

/// Pauses for as long as a piece took that has begun then, so that the work of others goes on.
#[expect(clippy::disallowed_methods, reason = "the pause is for others, not for luck")]
pub(super) async fn pause(began: Instant) {
    let [shortest, longest] = PAUSE;
    tokio::time::sleep(began.elapsed().clamp(shortest, longest)).await;
}
