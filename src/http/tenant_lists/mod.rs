//! `…Pools/esimpool.codes` and `…Pools/esimpool.deviceStates`: codes and device states of all pools of
//! the tenant. One file per operation.

mod codes;
mod count_codes;
mod count_device_states;
mod device_states;
mod remove_codes;

pub(super) use codes::codes;
pub(super) use count_codes::count_codes;
pub(super) use count_device_states::count_device_states;
pub(super) use device_states::device_states;
pub(super) use remove_codes::remove_codes;
