//! `/deviceManagement/auditEvents`: who changed what, one file an operation.

mod count;
mod get;
mod list;

pub(super) use count::count;
pub(super) use get::get;
pub(super) use list::list;
