//! `…/embeddedSIMActivationCodePools/{pool}/deviceStates`. One file per operation.

mod count;
mod create;
mod delete;
mod get;
mod list;
mod update;

pub(super) use count::count;
pub(super) use create::create;
pub(super) use delete::delete;
pub(super) use get::get;
pub(super) use list::list;
pub(super) use update::update;
