//! Graph's wire format as plain data: what requests say and what answers look like. Leans on
//! `domain`; knows neither HTTP nor SQL.

mod collection;
mod error_body;
mod json;
mod links;
mod pool;
mod query;

pub use collection::Collection;
pub use error_body::{ErrorBody, ErrorDetail, InnerError};
pub use json::FromJson;
pub use links::Links;
pub use pool::{PoolBody, PoolEcho};
pub use query::{PageOptions, QueryOptions};
