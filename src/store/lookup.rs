//! Entities that are looked up by id. Concurrent look-ups of one kind and tenant are batched.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Instant;

use uuid::Uuid;

use super::batch::{BatchJob, JobResult};
use super::db::{Array, Dialect, Query, Unit, params};
use super::entity::{Entity, Scope};
use super::error::StoreError;
use super::handle::Store;
use crate::domain::{PoolId, TenantId};

/// A look-up of an entity.
pub(super) struct Find<E> {
    scope: Scope,
    id: Uuid,
    kind: PhantomData<fn() -> E>,
}

impl<E> fmt::Debug for Find<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Find({:?}, {})", self.scope, self.id)
    }
}

impl Store {
    /// The entity of that id, or `None` if there is none in the scope.
    pub(super) async fn find<E: Entity + fmt::Debug>(
        &self,
        scope: Scope,
        id: Uuid,
    ) -> Result<Option<E>, StoreError> {
        self.submit(Find { scope, id, kind: PhantomData }).await
    }
}

impl Scope {
    /// The query for the entity of that id.
    pub(super) fn find<E: Entity>(self, id: Uuid, dialect: Dialect) -> Query {
        let mut query = self.select::<E>(E::COLUMNS, dialect);
        query.push(" and id = ").param(id);
        query
    }
}

impl<E: Entity + fmt::Debug> BatchJob for Find<E> {
    type Context = Store;
    type Output = Option<E>;

    fn tenant(&self) -> TenantId {
        self.scope.tenant
    }

    async fn execute_batch(
        store: &Store,
        jobs: &[Arc<Self>],
        until: Instant,
    ) -> Result<Vec<JobResult<Option<E>>>, StoreError> {
        let Some(first) = jobs.first() else { return Ok(Vec::new()) };
        let (engine, dialect) = (store.engine(), store.dialect());
        let unit = Unit::of("find", first.tenant().uuid()).until(until);
        if jobs.len() == 1 {
            let query = first.scope.find::<E>(first.id, dialect);
            let row: Option<E::Row> = engine.read_one(unit, query).await?;
            return Ok(vec![JobResult::Done(row.map(E::Row::into))]);
        }
        let rows: Vec<(i64, E::Row)> =
            engine.read_packed(unit, find_all::<E>(first.tenant(), jobs, dialect)).await?;
        let mut found: Vec<Option<E>> = jobs.iter().map(|_| None).collect();
        for (n, row) in rows {
            let job = usize::try_from(n - 1).ok().and_then(|index| found.get_mut(index));
            if let Some(job) = job {
                *job = Some(row.into());
            }
        }
        Ok(found.into_iter().map(JobResult::Done).collect())
    }
}

/// The query for the entities of several look-ups of one tenant, each with its number among them.
fn find_all<E: Entity>(tenant: TenantId, jobs: &[Arc<Find<E>>], dialect: Dialect) -> Query {
    let mut columns = vec![("with_id", Array::Ids(jobs.iter().map(|job| job.id).collect()))];
    let in_pool = jobs.iter().any(|job| job.scope.pool.is_some());
    if in_pool {
        let pools = jobs.iter().map(|job| job.scope.pool.map(PoolId::uuid));
        columns.push(("in_pool", Array::OptionalIds(pools.collect())));
    }
    let mut query = Query::with(dialect, "select wanted.n, ", params![tenant]);
    query.push(E::COLUMNS).push(" from ").rows("wanted", &columns);
    query.push(" join ").push(E::TABLE).push(" on id = with_id");
    if in_pool {
        query.push(" and pool_id = in_pool");
    }
    query.push(" and ").likely(|query| {
        query.push("tenant_id = $1");
    });
    query
}
