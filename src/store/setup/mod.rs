//! Making a database ready: its schema, the master key that it is encrypted with, how that key is
//! replaced, and how the tables are distributed, of which running servers are told. Knows neither
//! entities nor requests.

mod distribution;
mod health;
mod migrate;
mod prepare;
mod role_settings;
mod rotation;
mod servers;
mod session;

pub use distribution::Distributed;
pub use prepare::Prepared;
pub use rotation::Rotated;
pub use servers::{KeyFollower, ServerAnswers};
