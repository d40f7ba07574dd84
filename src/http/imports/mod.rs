//! `…/esimpool.import`: files of codes, imported into a new or an existing pool. One file per
//! operation.

mod append;
mod create;
mod importer;
mod reply;

pub(super) use append::append;
pub(super) use create::create;
