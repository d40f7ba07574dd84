//! Making a database ready: its schema, the master key that it is encrypted with, and how that key
//! is replaced, of which running servers are told. Knows neither entities nor requests.

mod health;
mod migrate;
mod prepare;
mod role_settings;
mod rotation;
mod servers;
mod session;

pub use prepare::Prepared;
pub use rotation::Rotated;
pub use servers::{KeyFollower, ServerAnswers};
