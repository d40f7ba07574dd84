//! Entities that are asked for by their ids: those who ask at the same moment are told together.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use uuid::Uuid;

use super::arguments::{Values, args};
use super::engine::Dialect;
use super::lanes::{Lanes, Shared, Verdict};
use super::sql::Sql;
use super::statement::Statement;
use super::stored::{Scope, Stored};
use super::{AllLanes, Store, StoreError};
use crate::domain::{Assignment, AuditEvent, DeviceState, Pool, PoolId, PooledCode, TenantId};

/// Somebody who asks for an entity.
pub(super) struct Find<S> {
    scope: Scope,
    id: Uuid,
    kind: PhantomData<fn() -> S>,
}

/// An entity that is asked for by its id.
pub(super) trait Found: Stored + fmt::Debug {
    /// Where those wait who ask for one.
    fn lanes(lanes: &AllLanes) -> &Lanes<Find<Self>>;
}

macro_rules! found {
    ($($entity:ty: $lane:ident),+ $(,)?) => {
        $(impl Found for $entity {
            fn lanes(lanes: &AllLanes) -> &Lanes<Find<Self>> {
                &lanes.$lane
            }
        })+
    };
}

found! {
    Pool: pools,
    Assignment: assignments,
    DeviceState: device_states,
    PooledCode: codes,
    AuditEvent: audit_events,
}

impl<S> fmt::Debug for Find<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Find({:?}, {})", self.scope, self.id)
    }
}

impl Store {
    /// The entity of that id.
    pub(super) async fn find<S: Found>(
        &self,
        scope: Scope,
        id: Uuid,
    ) -> Result<Option<S>, StoreError> {
        self.share(Find { scope, id, kind: PhantomData }).await
    }
}

impl Scope {
    /// Finds the entity of that id.
    pub(super) fn find<S: Stored>(self, id: Uuid, dialect: Dialect) -> Statement {
        let mut sql = self.select::<S>(S::COLUMNS, dialect);
        sql.push(" and id = ").arg(id);
        sql.finish()
    }
}

impl<S: Found> Shared for Find<S> {
    type Output = Option<S>;

    fn lanes(store: &Store) -> &Lanes<Self> {
        S::lanes(&store.0.lanes)
    }

    fn tenant(&self) -> TenantId {
        self.scope.tenant
    }

    async fn together(
        store: &Store,
        jobs: &[Arc<Self>],
    ) -> Result<Vec<Verdict<Option<S>>>, StoreError> {
        let engine = &store.0.engine;
        if let [Self { scope, id, .. }] = jobs.iter().map(Arc::as_ref).collect::<Vec<_>>()[..] {
            let row: Option<S::Row> =
                engine.read_one(scope.find::<S>(*id, engine.dialect())).await?;
            return Ok(vec![Verdict::Done(row.map(S::Row::into))]);
        }
        let rows: Vec<(i64, S::Row)> =
            engine.read_packed(find_all::<S>(jobs, engine.dialect())).await?;
        let mut found: Vec<Option<S>> = jobs.iter().map(|_| None).collect();
        for (n, row) in rows {
            let place = usize::try_from(n - 1).ok().and_then(|place| found.get_mut(place));
            if let Some(place) = place {
                *place = Some(row.into());
            }
        }
        Ok(found.into_iter().map(Verdict::Done).collect())
    }
}

/// Finds the entities of several ids of one tenant, each with its place among those who ask.
fn find_all<S: Stored>(jobs: &[Arc<Find<S>>], dialect: Dialect) -> Sql {
    let ids = Values::Ids(jobs.iter().map(|job| job.id).collect());
    let mut columns = vec![("with_id", ids)];
    let in_pool = jobs.iter().any(|job| job.scope.pool.is_some());
    if in_pool {
        let pools = jobs.iter().map(|job| job.scope.pool.map(PoolId::uuid));
        columns.push(("in_pool", Values::OptionalIds(pools.collect())));
    }
    let mut sql = Sql::new(dialect, "select wanted.n, ", args![]);
    sql.push(S::COLUMNS).push(" from ").relation("wanted", &columns);
    sql.push(" join ").push(S::TABLE).push(" on id = with_id");
    if in_pool {
        sql.push(" and pool_id = in_pool");
    }
    if let Some(job) = jobs.first() {
        sql.push(" and ").of_tenant("tenant_id", job.scope.tenant);
    }
    sql
}
