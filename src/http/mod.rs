//! Routes, what guards them, and how answers leave. Nothing further in knows actix.
//!
//! The way of a request: [`entry`] names it and puts its path into one form, [`table`] finds its
//! line in [`routes`], [`guarded`] turns its token into a permit and only then reads the
//! body, the handler does its work, [`reply`] or [`error`] makes the answer.

mod admin;
mod admission;
mod assignments;
mod audit_events;
mod base_url;
mod batch;
mod budget;
mod codes;
mod decisions;
mod device_states;
mod documents;
mod entry;
mod error;
mod exchange;
mod extract;
mod guarded;
mod handler;
mod health;
mod idempotency;
mod imports;
mod incoming;
mod installation;
mod metrics;
mod negotiation;
mod packing;
mod path;
mod permissions;
mod pools;
mod provider;
mod reply;
mod routes;
mod service;
mod table;

pub use admin::configure_admin;
pub use entry::enter;
pub use error::{ApiError, ERRORS, ErrorKind, NotNow};
pub use exchange::remember_local_address;
pub use guarded::AccessKind;
pub use metrics::Metrics;
pub use permissions::TokenKind;
pub use routes::{Operation, operations};
pub use service::{Development, Limits, RemoteCallers, Service};
pub use table::Table;

use pools::page_body;

use crate::store::Conditional;

/// What a change came to, as HTTP says it.
fn done<T>(outcome: Conditional<T>) -> Result<T, ApiError> {
    match outcome {
        Conditional::Done(done) => Ok(done),
        Conditional::NotFound => Err(ApiError::NotFound),
        Conditional::PreconditionFailed => Err(ApiError::PreconditionFailed),
    }
}
