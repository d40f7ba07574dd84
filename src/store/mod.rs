//! SQL, on two engines. Leans on `domain`, on `auth` for the permits that every operation demands,
//! and on `vault` for what may not be stored in clear. Knows neither HTTP nor Graph's wire format.
//!
//! Each method of [`Store`] is one unit of work and atomic. It returns `None` for what does not
//! exist; what HTTP makes of that is not decided here. Both engines keep the same promises: SQL is
//! written once, with markers where the two differ (see `db/statement.rs`), and the conformance
//! suite runs every method on both.
//!
//! The rooms, from the inside out; none depends on a later one:
//!
//! - `sqlstate`, `error`: what can go wrong, by what it means to the caller.
//! - `db`: statements, rows, transactions, connections.
//! - `batch`: group commit.
//! - `key_locks`, `health`: turns for what would wait in the database, and what is known of it.
//! - `spool_space`: the disk space of imports.
//! - `unsettled`: changes whose outcome is not known yet.
//! - `keys`: master keys and tenants' keys.
//! - `handle`: the [`Store`] itself, which the following add operations to.
//! - `entity`, `listing`, `lookup`, `page`: what all entities have in common.
//! - `write`: the audited, idempotent write.
//! - `setup`: schema migrations, preparing a database, rotating its master key.
//! - `stock_entries`, `fold_stock`: the kept counts of codes.
//! - `codes`, `pools`, `assignments`, `device_states`: the entities. They read the ledger's statements
//!   in `handouts`, which depend on none of them.
//! - `handouts`: the ledger, claims, releases, reinstatements.
//! - `import`, `export`, `stock`, `quarantine`, `installation`, `audit_events`, `housekeeping`, `reseal`.
//!
//! `tests/structure/architecture.rs` has the exact order.

mod assignments;
mod audit_events;
mod batch;
mod codes;
mod db;
mod device_states;
mod entity;
mod error;
mod export;
mod fold_stock;
mod free_code_hints;
mod handle;
mod handouts;
mod health;
mod housekeeping;
mod ids;
mod import;
mod installation;
mod key_locks;
mod keys;
mod listing;
mod lookup;
mod page;
mod pools;
mod quarantine;
mod removal;
mod reseal;
mod setup;
mod spool_space;
mod sqlstate;
mod stock;
mod stock_entries;
mod tenant_lists;
mod unsettled;
mod write;

pub use db::{StoreOptions, UnitDurations, UnitLabel, sqlite_url};
pub use entity::{Conditional, EntityKey, Precondition};
pub use error::{Conflict, OpenError, StoreError};
pub use handle::Store;
pub use import::{Checked, Import, ImportInto, MAX_IMPORT_CODES};
pub use keys::MasterKeySource;
pub use quarantine::Quarantine;
pub use reseal::ResealProgress;
pub use setup::{Distributed, KeyFollower, Prepared, Rotated, ServerAnswers};
