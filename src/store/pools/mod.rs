//! Pools, and the codes that are put into them.

mod inserts;
mod rows;

use std::sync::Arc;

use super::arguments::args;
use super::change::{Changed, Made, Record};
use super::statement::Statement;
use super::stored::Scope;
use super::{Expected, Outcome, Store, StoreError, memo};
use crate::auth::{Permit, Read, Write};
use crate::domain::{
    Activity, AuditDraft, Listing, NewPool, Page, Pool, PoolField, PoolId, PoolUpdate, Predicate,
    Stamp, TenantId, Timestamp,
};
use crate::heavy::heavy;

pub(super) use inserts::Create;
use inserts::append;
use rows::remove;
pub(super) use rows::{PoolRow, change, hold, insert, lock_pool};

impl Store {
    /// Creates a pool with all its codes, or nothing.
    pub async fn create_pool(
        &self,
        permit: &Permit<Write>,
        new: &Arc<NewPool>,
        stamp: Stamp,
    ) -> Result<Pool, StoreError> {
        let tenant = permit.tenant();
        let keys = self.tenant_keys(tenant).await?;
        let seal = async |record: Record| {
            let pool = new.clone();
            let seal = move || Create::seal(tenant, &keys, pool, record);
            heavy(new.codes.len(), seal).await
        };
        match self.change_shared(permit, stamp, seal).await? {
            Made::Now(()) => Ok(new.as_pool()),
            Made::Before(memo) => {
                let memo: memo::Made = memo::read(&memo)?;
                let at = Timestamp::from_micros(memo.at);
                let (id, created_at, modified_at) = (memo.id.into(), at, at);
                Ok(Pool { id, created_at, modified_at, ..new.as_pool() })
            }
        }
    }

    /// The pool, or `None` if this tenant has none by that id.
    pub async fn pool(
        &self,
        permit: &Permit<Read>,
        id: PoolId,
    ) -> Result<Option<Pool>, StoreError> {
        self.find_pool(permit.tenant(), id).await
    }

    /// A page of the tenant's pools.
    pub async fn pools(
        &self,
        permit: &Permit<Read>,
        listing: &Listing<PoolField>,
    ) -> Result<Page<Pool>, StoreError> {
        self.page(Scope { tenant: permit.tenant(), pool: None }, listing).await
    }

    /// How many of the tenant's pools a condition lets through.
    pub async fn count_pools(
        &self,
        permit: &Permit<Read>,
        filter: &Predicate<PoolField>,
    ) -> Result<i64, StoreError> {
        self.count::<Pool>(Scope { tenant: permit.tenant(), pool: None }, filter).await
    }

    /// Renames a pool and appends codes to it, as the update says, skipping codes that the pool
    /// has already. An update that comes to nothing changes nothing.
    pub async fn update_pool(
        &self,
        permit: &Permit<Write>,
        id: PoolId,
        expected: &Expected,
        update: &Arc<PoolUpdate>,
        stamp: Stamp,
    ) -> Result<Outcome<Pool>, StoreError> {
        let (tenant, update, expected) = (permit.tenant(), update.clone(), expected.clone());
        // Sealed before the pool is locked: nobody waits for it.
        let append = if update.codes.is_empty() {
            None
        } else {
            let keys = self.tenant_keys(tenant).await?;
            let (dialect, update) = (self.0.engine.dialect(), update.clone());
            let append =
                heavy(update.codes.len(), move || append(tenant, id, &keys, &update, dialect));
            Some(append.await?)
        };
        let made = self.change(permit, stamp, move |work| {
            Box::pin(async move {
                let Some(current) = hold(work, tenant, id).await? else {
                    return Ok(Changed::No(Outcome::Missing));
                };
                if !expected.holds(current.revision) {
                    return Ok(Changed::No(Outcome::Stale));
                }
                let appended = match append {
                    Some(append) => work.execute(append).await?,
                    None => 0,
                };
                let name = update.display_name.as_ref();
                let name = name.filter(|name| **name != current.display_name);
                if appended == 0 && name.is_none() {
                    return Ok(Changed::No(Outcome::Done(current)));
                }
                let change = change(tenant, id, name, appended, update.at);
                let Some(changed) = work.row::<PoolRow>(change).await?.map(Pool::from) else {
                    return Ok(Changed::No(Outcome::Missing));
                };
                let audit = audit(Activity::UpdatePool, &changed)
                    .with("displayName", Some(shown_name(&current)), Some(shown_name(&changed)))
                    .with(
                        "activationCodeCount",
                        Some(shown_count(&current)),
                        Some(shown_count(&changed)),
                    );
                Ok(Changed::Yes { value: Outcome::Done(changed), audit, memo: String::new() })
            })
        });
        made.await?.now()
    }

    /// Removes a pool with all that belongs to it. What was handed out stays known.
    pub async fn delete_pool(
        &self,
        permit: &Permit<Write>,
        id: PoolId,
        expected: &Expected,
        stamp: Stamp,
    ) -> Result<Outcome<()>, StoreError> {
        let (tenant, expected) = (permit.tenant(), expected.clone());
        let made = self.change(permit, stamp, move |work| {
            Box::pin(async move {
                let pool = work.row::<PoolRow>(remove(tenant, id)).await?;
                let Some(pool) = pool.map(Pool::from) else {
                    return Ok(Changed::No(Outcome::Missing));
                };
                if !expected.holds(pool.revision) {
                    return Ok(Changed::No(Outcome::Stale));
                }
                // A statement of its own: it sees codes that were appended while the first waited.
                let codes = "delete from activation_codes where tenant_id = $1 and pool_id = $2";
                work.run(Statement::new(codes, args![tenant, id])).await?;
                let audit = audit(Activity::DeletePool, &pool).with(
                    "activationCodeCount",
                    Some(shown_count(&pool)),
                    None,
                );
                Ok(Changed::Yes { value: Outcome::Done(()), audit, memo: String::new() })
            })
        });
        made.await?.now()
    }

    pub(super) async fn find_pool(
        &self,
        tenant: TenantId,
        id: PoolId,
    ) -> Result<Option<Pool>, StoreError> {
        self.find(Scope { tenant, pool: None }, id.uuid()).await
    }
}

fn audit(activity: Activity, pool: &Pool) -> AuditDraft {
    let draft = AuditDraft::new(activity);
    draft.on("embeddedSIMActivationCodePool", pool.id.uuid(), Some(pool.display_name.as_str()))
}

fn shown_name(pool: &Pool) -> String {
    pool.display_name.as_str().to_owned()
}

fn shown_count(pool: &Pool) -> String {
    pool.code_count.to_string()
}
