//! What all entities have in common: how they are stored, their keys and preconditions.

use super::db::Row;
use super::listing::FilterColumn;
use crate::domain::{Listed, PoolId, TenantId};

/// An entity as its table stores it.
pub(super) trait Entity: Listed<Field: FilterColumn> + Sized + Send + 'static {
    /// The row it is read from.
    type Row: Row + Into<Self>;
    /// Its table, or a subquery in its place.
    const TABLE: &'static str;
    /// The columns of its row.
    const COLUMNS: &'static str = <Self::Row as Row>::FIELDS;
}

/// An entity that belongs to a pool.
pub(super) trait InPool: Entity {}

/// Where entities are looked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope {
    pub(super) tenant: TenantId,
    /// The pool, for entities that belong to one.
    pub(super) pool: Option<PoolId>,
}

impl Scope {
    pub(super) fn tenant(tenant: TenantId) -> Self {
        Self { tenant, pool: None }
    }

    pub(super) fn pool(tenant: TenantId, pool: PoolId) -> Self {
        Self { tenant, pool: Some(pool) }
    }
}

/// The result of a change that may have a precondition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Conditional<T> {
    /// The change was made, or there was nothing to change.
    Done(T),
    /// There is no entity with this key.
    NotFound,
    /// The entity is at a revision that the precondition rules out.
    PreconditionFailed,
}

/// Which revisions of an entity may be changed (`If-Match`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Precondition {
    /// Any.
    #[default]
    Any,
    /// One of these.
    Revisions(Vec<i64>),
    /// Any but these.
    Except(Vec<i64>),
}

impl Precondition {
    /// Whether an entity at this revision may be changed.
    #[must_use]
    pub fn allows(&self, revision: i64) -> bool {
        match self {
            Self::Any => true,
            Self::Revisions(revisions) => revisions.contains(&revision),
            Self::Except(revisions) => !revisions.contains(&revision),
        }
    }
}

/// The key of an entity that belongs to a pool, within its tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntityKey<Id> {
    /// Its pool.
    pub pool: PoolId,
    /// Its own id.
    pub id: Id,
}
