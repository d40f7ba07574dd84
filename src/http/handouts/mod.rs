//! Giving codes to devices and taking them back: claim, release, reinstate. One file per operation.

mod claim;
mod reinstate;
mod release;

pub(super) use claim::claim;
pub(super) use reinstate::reinstate;
pub(super) use release::release;
