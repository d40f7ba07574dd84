//! What clients send and receive over HTTP.

mod assignments;
mod audit_events;
mod audited_changes;
mod batch;
mod batch_refusals;
mod bodies;
mod body_limits;
mod compression;
mod concurrent_keys;
mod conditional;
mod corpora;
mod cross_origin;
mod cursors;
mod device_states;
mod docs_page;
mod documents;
mod errors;
mod expansions;
mod filters;
mod golden;
mod graph_spellings;
mod heads;
mod idempotency;
mod lists;
mod options;
mod page_budgets;
mod paths;
mod pools;
mod preferences;
mod tls;
mod validation_modes;

crate::support::cases::gather! {
    assignments,
    audit_events,
    audited_changes,
    batch,
    batch_refusals,
    bodies,
    body_limits,
    compression,
    concurrent_keys,
    conditional,
    corpora,
    cross_origin,
    cursors,
    device_states,
    docs_page,
    documents,
    errors,
    expansions,
    filters,
    golden,
    graph_spellings,
    heads,
    idempotency,
    lists,
    options,
    page_budgets,
    paths,
    pools,
    preferences,
    tls,
    validation_modes,
}
