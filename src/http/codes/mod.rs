//! `…/{pool}/esimpool.codes` and `…/{pool}/esimpool.export`: the codes of a pool without their
//! secrets. One file per operation.

mod count;
mod export;
mod list;
mod remove;

pub(super) use count::count;
pub(super) use export::export;
pub(super) use list::list;
pub(super) use remove::remove;
