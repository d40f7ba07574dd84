//! The audited, idempotent write. A change that cannot be audited is not made, and a request with
//! an idempotency key is executed once. Showing a secret is audited as a change is.
//!
//! Three entry points of the store: [`write`](crate::store::Store::write) runs a unit of work of
//! its own, `write_batched` submits a job to the batch queues, `audit` records that something was
//! shown. Knows no particular entity.

mod audit;
mod audited;
mod commit;
mod entry_points;
mod idempotency;
mod replay;
mod settle;

pub(super) use audit::{AuditEntry, StoredResource};
pub(super) use audited::{AuditedWrite, WriteRecord, with_audit};
pub(super) use entry_points::{Idempotent, WriteLimits, WriteOutcome};
pub(super) use replay::{Created, read_replay, write_replay};
