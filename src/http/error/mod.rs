//! Every error response, in Graph's form. [`ApiError`] is mapped exhaustively to status, code and
//! message; internal causes are logged and never sent.

mod api_error;
mod kinds;
mod response;
mod state_conflict;

pub use api_error::ApiError;
pub(super) use api_error::done;
pub use kinds::{ERRORS, ErrorKind};
pub use state_conflict::StateConflict;
