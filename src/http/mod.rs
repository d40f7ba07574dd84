//! The HTTP interface: routes, what a request must pass to reach a handler, and responses. Knows
//! actix, which nothing further in does, and all of `protocol`, `domain` and `store`.
//!
//! A request enters at [`dispatch`](mod@dispatch), which gives it a [`request_context`] and brings
//! its path into one form. The [`router`](mod@router) finds its [`route`], which turns its token
//! into a permit and only then extracts the arguments of the handler. The handler returns a
//! [`reply`], a [`page`] or an [`error`].
//!
//! Files import one another in one direction: [`service`] ← [`request_context`] ← [`request`] ←
//! [`handler`] ← [`route`] ← [`router`](mod@router) ← [`routes`], with the handlers before `routes`.

mod admin;
mod assignments;
mod audit_events;
mod authenticate;
mod base_url;
mod batch;
mod body_memory;
mod codes;
mod compression;
mod conditional;
mod console;
mod cors;
mod cross_origin;
mod device_states;
mod dispatch;
mod docs;
mod documents;
mod error;
mod explain_refusal;
mod extract;
mod gzip;
mod handler;
mod handouts;
mod head_limits;
mod health;
mod idempotency;
mod imports;
mod installation;
mod low_stock;
mod media_type;
mod metrics;
mod page;
mod page_bytes;
mod path;
mod permission_use;
mod permissions;
mod pools;
mod preferences;
mod prepared_document;
mod provider;
mod refusal_log;
mod reply;
mod request;
mod request_context;
mod request_log;
mod response_memory;
mod route;
mod router;
mod routes;
mod sent_body;
mod service;
mod show_permission_use;
mod stock;
mod stock_gauges;
mod style_source;
mod tenant_lists;
mod web_files;

pub use admin::configure_admin;
pub use base_url::prepare_connection;
pub use dispatch::dispatch;
pub use error::{ApiError, ERRORS, ErrorKind, StateConflict};
pub use metrics::Metrics;
pub use permissions::TokenKind;
pub use route::{AccessKind, Operation};
pub use router::Router;
pub use routes::{operations, router};
pub use service::{ConsoleSettings, Limits, RemoteCallers, Service, ServiceParts};
