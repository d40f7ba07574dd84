//! Making a database ready: its schema, the master key that it is encrypted with, and how that key
//! is replaced. Knows neither entities nor requests.

mod health;
mod migrate;
mod prepare;
mod rotation;

pub use prepare::Prepared;
pub use rotation::Rotated;
