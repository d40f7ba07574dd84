//! The targets of the service, as ratios within one benchmark. Results are reported beside them; a
//! missed target is not a failure.

/// The minimum ratio of the service's rate to the baseline's.
pub fn min_ratio(path: &str, baseline: &str, connections: u32) -> Option<f64> {
    let ratio = match (path, baseline, connections) {
        (_, "before", _) => return None,
        ("create", "Fastify", _) | ("get", "FastAPI", _) => 4.0,
        ("create", "FastAPI", _) => 7.0,
        ("get", "Fastify", _) => 2.0,
        ("create", _, 1) | ("get", _, 32) => 0.75,
        ("create", _, 32) => 2.2,
        ("create", _, 128) => 4.5,
        ("create-100", _, 8) | ("import", _, 1) | ("claim", _, 32) => 1.0,
        ("get", _, 128) => 1.4,
        ("list", _, 32) => 0.7,
        ("sqlite-create", _, 1) => 0.85,
        ("sqlite-create", _, 32) => 1.5,
        _ => return None,
    };
    Some(ratio)
}

/// The maximum ratio of the 99th percentile of a create to pgbench's, with 32 connections.
pub const MAX_CREATE_P99_RATIO: f64 = 0.7;
/// The minimum ratio of the rate of the last tenth of a hot pool to that of the first.
pub const MIN_LAST_TENTH_RATIO: f64 = 0.9;
/// Maximum memory when idle, with 128 connections, and of an import in addition to idle.
pub const MAX_IDLE_MB: f64 = 12.0;
pub const MAX_BUSY_MB: f64 = 32.0;
pub const MAX_IMPORT_MB: f64 = 64.0;
/// Maximum time from the start to the first 201.
pub const MAX_START_MS: f64 = 50.0;
