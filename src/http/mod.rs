//! Routes, what guards them, and how answers leave. Nothing further in knows actix.
//!
//! The way of a request: [`entry`] names it and puts its path into one form, [`mod@table`] finds its
//! line in [`routes`], [`guarded`] turns its token into a permit and only then reads the
//! body, the handler does its work, [`reply`] or [`error`] makes the answer.

mod admin;
mod base_url;
mod budget;
mod entry;
mod error;
mod exchange;
mod extract;
mod guarded;
mod health;
mod metrics;
mod path;
mod pools;
mod reply;
mod routes;
mod service;
mod table;

pub use admin::configure_admin;
pub use entry::enter;
pub use error::{ApiError, ERRORS, ErrorKind};
pub use exchange::remember_local_address;
pub use guarded::AccessKind;
pub use metrics::Metrics;
pub use routes::{Operation, operations, table};
pub use service::{Limits, RemoteCallers, Service};
pub use table::Table;
