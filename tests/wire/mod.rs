//! What clients send and receive over HTTP.

pub mod assignments;
pub mod audit_events;
pub mod batch;
pub mod bodies;
pub mod compression;
pub mod device_states;
pub mod documents;
pub mod errors;
pub mod golden;
pub mod idempotency;
pub mod lists;
pub mod options;
pub mod paths;
pub mod pools;
pub mod preferences;
pub mod tls;

crate::support::cases::gather! {
    assignments,
    audit_events,
    batch,
    bodies,
    compression,
    device_states,
    documents,
    errors,
    golden,
    idempotency,
    lists,
    options,
    paths,
    pools,
    preferences,
    tls,
}
