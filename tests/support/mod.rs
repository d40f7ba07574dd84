//! What the tests stand on: the real app on a free port, a database of its own for each test,
//! and named actors who speak HTTP.

pub mod actor;
pub mod app;
pub mod cases;
pub mod database;
pub mod postgres;
pub mod process;

pub use actor::{Actor, Answer};
pub use app::TestApp;
pub use cases::Case;
pub(crate) use cases::cases;
pub use database::{Database, Engine};

/// The path of the pools.
pub const POOLS: &str = "/beta/deviceManagement/embeddedSIMActivationCodePools";

/// The request of Graph's documentation.
pub const EXAMPLE: &str = include_str!("../../src/cli/example.json");
