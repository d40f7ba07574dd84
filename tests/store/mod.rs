//! The store without HTTP, and the SQL that it runs.

mod batched_reads;
mod batched_writes;
mod conformance;
mod distribution;
mod large_writes;
mod listings;
mod migrations;
mod mixed_batches;
mod plans;

crate::support::cases::gather! {
    batched_reads,
    batched_writes,
    conformance,
    distribution,
    large_writes,
    listings,
    migrations,
    mixed_batches,
    plans,
}
