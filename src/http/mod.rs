//! Routes, what guards them, and how answers leave. Nothing further in knows actix.
//!
//! The way of a request: [`entry`] names it and puts its path into one form, [`table`] finds its
//! line in [`routes`], [`guarded`] turns its token into a permit and only then reads the
//! body, the handler does its work, [`reply`] or [`error`] makes the answer.

mod admin;
mod assignments;
mod audit_events;
mod authenticate;
mod base_url;
mod batch;
mod body_memory;
mod codes;
mod compression;
mod device_states;
mod dispatch;
mod documents;
mod error;
mod extract;
mod handler;
mod health;
mod idempotency;
mod imports;
mod installation;
mod media_type;
mod metrics;
mod path;
mod permissions;
mod pools;
mod preferences;
mod provider;
mod refusal_log;
mod reply;
mod request;
mod request_context;
mod route;
mod router;
mod routes;
mod service;

pub use admin::configure_admin;
pub use dispatch::dispatch;
pub use error::{ApiError, ERRORS, ErrorKind, StateConflict};
pub use metrics::Metrics;
pub use permissions::TokenKind;
pub use request_context::remember_local_address;
pub use route::AccessKind;
pub use router::Router;
pub use routes::{Operation, operations};
pub use service::{Development, Limits, RemoteCallers, Service};

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
