//! Every operation of the store, on both engines, without HTTP. A structure test names the public
//! methods that these files do not call.

mod assignments;
mod audit_events;
mod device_states;
mod handouts;
mod imports;
mod keys;
mod pools;
mod tenant_lists;

crate::support::cases::gather! {
    assignments,
    audit_events,
    device_states,
    handouts,
    imports,
    keys,
    pools,
    tenant_lists,
}
