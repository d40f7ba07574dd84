//! What the service is to reach, as ratios within one run. A result shows them beside what was
//! measured; nothing fails by them.

/// How much of the other's rate a path is to reach at least.
pub fn ratio(path: &str, connections: u32) -> Option<f64> {
    let aim = match (path, connections) {
        ("create", 1) | ("get", 32) => 0.75,
        ("create", 32) => 2.2,
        ("create", 128) => 4.5,
        ("create-100", 8) | ("import", 1) | ("claim", 32) => 1.0,
        ("get", 128) => 1.4,
        ("list", 32) => 0.7,
        ("sqlite-create", 1) => 0.85,
        ("sqlite-create", 32) => 1.5,
        ("create-fastify" | "get-fastapi", _) => 4.0,
        ("create-fastapi", _) => 7.0,
        ("get-fastify", _) => 2.0,
        _ => return None,
    };
    Some(aim)
}

/// The 99th percentile of a create with 32 connections, by pgbench's: at most.
pub const P99_OF_CREATE: f64 = 0.7;
/// The last tenth of a hot pool by its first: at least.
pub const LAST_TENTH: f64 = 0.9;
/// Memory in MB: idle, with 128 connections, and of an import beyond idle; at most.
pub const IDLE_MB: f64 = 12.0;
pub const BUSY_MB: f64 = 32.0;
pub const IMPORT_MB: f64 = 64.0;
/// From the start to the first 201, in milliseconds: at most.
pub const START_MS: f64 = 50.0;
