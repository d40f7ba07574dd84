//! The paths through the service that are measured.

use super::bench::Bench;
use super::load::Load;
use super::report::Report;
use super::{competitors, growth, hot, import, instructions, sqlite, start, vs_pgbench};

/// A path through the service.
pub struct Path {
    pub name: &'static str,
    /// A description.
    pub what: &'static str,
    /// The default numbers of connections.
    pub connections: &'static [u32],
    pub load: &'static Load,
    pub measure: fn(&Bench, &Path, &mut Report) -> Result<(), String>,
}

/// A path that is compared with pgbench.
const fn path(
    name: &'static str,
    what: &'static str,
    connections: &'static [u32],
    load: &'static Load,
) -> Path {
    Path { name, what, connections, load, measure: vs_pgbench::measure }
}

const ALL: &[u32] = &[1, 8, 32, 128];
const SOME: &[u32] = &[1, 8, 32];

/// Every path.
pub const PATHS: &[Path] = &[
    path("create", "create, one code", ALL, &CREATE),
    path("create-100", "create, 100 codes", SOME, &CREATE_100),
    Path { measure: import::measure, ..path("import", "import of a CSV file", &[1], &CREATE) },
    path("get", "get by id", ALL, &GET),
    path("list", "list of 100", ALL, &LIST),
    path("expand", "list of 100 with assignments and device states", SOME, &EXPAND),
    path("filter-start", "filter startswith(displayName,…)", SOME, &FILTER_START),
    path("filter-name", "filter displayName eq …", SOME, &FILTER_NAME),
    path("batch", "$batch of 20 gets", SOME, &BATCH),
    path("claim", "claim from ten pools", ALL, &CLAIM),
    Path { measure: hot::measure, ..path("claim-hot", "claim from one hot pool", &[32], &HOT) },
    Path { measure: sqlite::measure, ..path("sqlite", "SQLite", &[1, 32], &CREATE) },
    Path { measure: start::measure, ..path("start", "start", &[1], &CREATE) },
    Path {
        measure: competitors::measure,
        ..path("competitors", "Fastify and FastAPI", &[32], &CREATE)
    },
    Path { measure: growth::measure, ..path("growth", "a growing tenant", &[32], &CREATE) },
    Path { measure: instructions::measure, ..path("instructions", "instructions", &[1], &CREATE) },
];

/// A read, which leaves no rows.
pub const READ: Load =
    Load { sql: "", script: "path.lua", path: "", codes: 0, pools: 0, leaves: &[] };

pub const CREATE: Load = Load {
    sql: "create.sql",
    script: "create.lua",
    codes: 1,
    leaves: &[(1, "pools where true"), (1, "activation_codes where true"), (1, CREATED)],
    ..READ
};
const CREATE_100: Load = Load {
    codes: 100,
    leaves: &[(1, "pools where true"), (100, "activation_codes where true"), (1, CREATED)],
    ..CREATE
};
pub const CREATED: &str = "audit_events where activity = 'createPool'";

pub const GET: Load = Load {
    sql: "get.sql",
    path: "/beta/deviceManagement/embeddedSIMActivationCodePools/\
           5eed0000-0000-7000-8000-############",
    ..READ
};
pub const LIST: Load =
    Load { sql: "list.sql", path: "/beta/deviceManagement/embeddedSIMActivationCodePools", ..READ };
const EXPAND: Load = Load {
    sql: "expand.sql",
    path: "/beta/deviceManagement/embeddedSIMActivationCodePools\
           ?$expand=assignments,deviceStates",
    ..READ
};
pub const FILTER_START: Load = Load {
    sql: "filter-start.sql",
    path: "/beta/deviceManagement/embeddedSIMActivationCodePools\
           ?$filter=startswith(displayName,'Bench%20pool%2010000000000')",
    ..READ
};
const FILTER_NAME: Load = Load {
    sql: "filter-name.sql",
    path: "/beta/deviceManagement/embeddedSIMActivationCodePools\
           ?$filter=displayName%20eq%20'Bench%20pool%20############'",
    ..READ
};
const BATCH: Load = Load { sql: "batch.sql", script: "batch.lua", ..READ };

pub const CLAIM: Load = Load {
    sql: "claim.sql",
    script: "claim.lua",
    pools: 10,
    leaves: &[
        (1, "handouts where outcome = 2"),
        (1, "device_states where handout_id is not null"),
        (1, "activation_codes where state = 2"),
        (1, "audit_events where activity = 'claim'"),
    ],
    ..READ
};
const HOT: Load = Load { pools: 1, ..CLAIM };
