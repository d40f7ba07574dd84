//! What clients send and receive over HTTP.

mod assignments;
mod audit_events;
mod batch;
mod bodies;
mod compression;
mod device_states;
mod documents;
mod errors;
mod golden;
mod idempotency;
mod lists;
mod options;
mod paths;
mod pools;
mod preferences;
mod tls;

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
