//! `/deviceManagement/auditEvents`: who changed what. One file per operation.

mod count;
mod get;
mod list;

pub(super) use count::count;
pub(super) use get::get;
pub(super) use list::list;
