//! The store without HTTP, and the SQL that it runs.

pub mod batched_reads;
pub mod batched_writes;
pub mod conformance;
pub mod listings;
pub mod migrations;
pub mod plans;

crate::support::cases::gather! {
    batched_reads,
    batched_writes,
    conformance,
    listings,
    migrations,
    plans,
}
