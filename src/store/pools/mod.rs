//! Pools, and the codes that are put into them.

mod inserts;
mod rows;

use std::sync::Arc;

use super::arguments::args;
use super::change::{Changed, Made, Record};
use super::statement::Statement;
use super::stored::Scope;
use super::{Conditional, Precondition, Store, StoreError, memo};
use crate::auth::{Permit, Read, Write};
use crate::domain::{
    Activity, AuditDraft, ChangeContext, Listing, NewPool, Page, Pool, PoolField, PoolId,
    PoolUpdate, Predicate, TenantId, Timestamp,
};
use crate::offload::offload;

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
        context: ChangeContext,
    ) -> Result<Pool, StoreError> {
        let tenant = permit.tenant();
        let keys = self.tenant_keys(tenant).await?;
        let seal = async |record: Record| {
            let pool = new.clone();
            let seal = move || Create::seal(tenant, &keys, pool, record);
            offload(new.codes.len(), seal).await
        };
        match self.change_shared(permit, context, seal).await? {
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
        precondition: &Precondition,
        update: &Arc<PoolUpdate>,
        context: ChangeContext,
    ) -> Result<Conditional<Pool>, StoreError> {
        let (tenant, update, precondition) =
            (permit.tenant(), update.clone(), precondition.clone());
        // Sealed before the pool is locked: nobody waits for it.
        let append = if update.codes.is_empty() {
            None
        } else {
            let keys = self.tenant_keys(tenant).await?;
            let (dialect, update) = (self.0.engine.dialect(), update.clone());
            let append =
                offload(update.codes.len(), move || append(tenant, id, &keys, &update, dialect));
            Some(append.await?)
        };
        let made = self.change(permit, context, move |work| {
            Box::pin(async move {
                let Some(current) = hold(work, tenant, id).await? else {
                    return Ok(Changed::No(Conditional::NotFound));
                };
                if !precondition.allows(current.revision) {
                    return Ok(Changed::No(Conditional::PreconditionFailed));
                }
                let appended = match append {
                    Some(append) => work.execute(append).await?,
                    None => 0,
                };
                let name = update.display_name.as_ref();
                let name = name.filter(|name| **name != current.display_name);
                if appended == 0 && name.is_none() {
                    return Ok(Changed::No(Conditional::Done(current)));
                }
                let change = change(tenant, id, name, appended, update.at);
                let Some(changed) = work.row::<PoolRow>(change).await?.map(Pool::from) else {
                    return Ok(Changed::No(Conditional::NotFound));
                };
                let audit = audit(Activity::UpdatePool, &changed)
                    .with("displayName", Some(shown_name(&current)), Some(shown_name(&changed)))
                    .with(
                        "activationCodeCount",
                        Some(shown_count(&current)),
                        Some(shown_count(&changed)),
                    );
                Ok(Changed::Yes { value: Conditional::Done(changed), audit, memo: String::new() })
            })
        });
        made.await?.now()
    }

    /// Removes a pool with all that belongs to it. What was handed out stays known.
    pub async fn delete_pool(
        &self,
        permit: &Permit<Write>,
        id: PoolId,
        precondition: &Precondition,
        context: ChangeContext,
    ) -> Result<Conditional<()>, StoreError> {
        let (tenant, precondition) = (permit.tenant(), precondition.clone());
        let made = self.change(permit, context, move |work| {
            Box::pin(async move {
                let pool = work.row::<PoolRow>(remove(tenant, id)).await?;
                let Some(pool) = pool.map(Pool::from) else {
                    return Ok(Changed::No(Conditional::NotFound));
                };
                if !precondition.allows(pool.revision) {
                    return Ok(Changed::No(Conditional::PreconditionFailed));
                }
                // A statement of its own: it sees codes that were appended while the first waited.
                let codes = "delete from activation_codes where tenant_id = $1 and pool_id = $2";
                work.run(Statement::new(codes, args![tenant, id])).await?;
                let audit = audit(Activity::DeletePool, &pool).with(
                    "activationCodeCount",
                    Some(shown_count(&pool)),
                    None,
                );
                Ok(Changed::Yes { value: Conditional::Done(()), audit, memo: String::new() })
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
