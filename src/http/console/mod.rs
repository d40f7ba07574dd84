//! The console: pages for people, who sign in at an issuer and use the API with their own token. What
//! is served here is the same for everybody and needs no token.

mod page;
mod root;
mod serve;

pub(super) use root::root;
pub(super) use serve::{console, console_path};
