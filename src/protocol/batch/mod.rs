//! JSON batching: several requests in one body, and their responses in another.

mod capped;
mod requests;
mod responses;

pub use requests::{Batch, BatchRequest};
pub use responses::{BatchResponse, BatchResponses};
