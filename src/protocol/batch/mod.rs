//! JSON batching: several requests in one body, and their responses in another.

mod capped;
mod part_id;
mod requests;
mod responses;

pub use part_id::PartId;
pub use requests::{Batch, BatchRequest};
pub use responses::{BatchResponse, BatchResponses};
