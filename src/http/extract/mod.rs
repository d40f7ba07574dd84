//! What handlers can take from a request. They take nothing by actix's own extractors, which answer
//! faults in a foreign shape and read bodies without a limit on their memory.

mod body;
mod body_stream;
mod chunk;
mod content_type;
mod csv;
mod decompress;
mod entity_tags;
mod if_match;
mod if_none_match;
mod path;
mod query;
mod service;

pub(super) use body::{Body, read as read_body};
pub(super) use body_stream::MIN_BYTES_PER_SECOND;
pub(super) use chunk::Chunk;
pub(super) use csv::{Csv, CsvContent};
pub(super) use if_match::IfMatch;
pub(super) use if_none_match::IfNoneMatch;
pub(super) use path::{Id, InPool, PoolId, RefusedRequestId};
pub(super) use query::Query;
pub(super) use service::Creation;
