//! Runs SQL on PostgreSQL or SQLite behind one small interface. Knows nothing of eSIMs, tenants'
//! data or permissions; leans on nothing else in the store but its error type.

mod bound;
mod bounds;
mod database;
mod dialect;
mod engine;
mod heartbeat;
mod liveness;
mod lock_retries;
mod options;
mod pool;
mod postgres;
mod postgres_session;
mod postgres_url;
mod query;
pub(super) mod row;
mod servers;
mod sqlite;
mod statement;
mod tasks;
mod timestamp;
mod trace;
mod transaction;
mod value;

pub(super) use bound::{Bind, BoundStatement};
pub(super) use dialect::Dialect;
pub(super) use engine::Engine;
pub(super) use lock_retries::LockRetries;
pub use options::{StoreOptions, sqlite_url};
pub(super) use postgres_session::{CHECKED_SETTINGS, PLAN_CACHE_MODE};
pub(super) use query::Query;
pub(super) use row::{Row, row};
pub(super) use statement::Statement;
pub(super) use tasks::Tasks;
pub(super) use timestamp::micros_since_2000;
pub(super) use trace::Unit;
pub use trace::{UnitDurations, UnitLabel};
pub(super) use transaction::{Completion, CopySource, Transaction};
pub(super) use value::{Array, Param, params};
