//! The names of all settings. The documentation's table is generated from this list, and any other
//! key is an error that names it.

/// A setting.
#[derive(Debug)]
pub struct Setting {
    /// `section.key`
    pub key: &'static str,
    /// What it does, for the documentation.
    pub description: &'static str,
}

const fn key(key: &'static str, description: &'static str) -> Setting {
    Setting { key, description }
}

/// All settings, section by section.
pub const SETTINGS: &[Setting] = &[
    key("data_dir", "folder of the SQLite file, the generated keys and the development issuer"),
    key(
        "server.listen",
        "address for clients; port 0 chooses a free port, which the banner prints",
    ),
    key(
        "server.public_base_url",
        "base URL of the links in responses, without `/beta`; unset: the Host header, if it names this machine",
    ),
    key(
        "server.max_connections",
        "maximum number of open connections, on both listeners together; further ones wait to be accepted",
    ),
    key(
        "server.core_dumps",
        "allow core dumps, which contain keys and tokens; otherwise the soft limit of their size is 0",
    ),
    key(
        "server.drain",
        "seconds that requests are still taken after SIGTERM, while `/readyz` is 503 and each response closes its connection; on a terminal always 0",
    ),
    key("server.tls.listen", "address of a second listener, for HTTPS; unset: none"),
    key(
        "server.tls.cert_file",
        "its certificate chain, PEM; unset: if the development issuer is on, `development-certificate.pem` is generated in `data_dir`",
    ),
    key("server.tls.key_file", "the private key of the certificate, PEM"),
    key("admin.listen", "address of `/metrics` for Prometheus"),
    key(
        "database.url",
        "`postgres://…` or `sqlite://…`, also as `DATABASE_URL`; unset: `esimpool.db` in `data_dir`",
    ),
    key("database.url_file", "a file that contains the URL"),
    key("database.max_connections", "maximum number of connections"),
    key(
        "database.acquire_timeout",
        "seconds that an operation waits altogether, in a queue, for a lock and for a connection, before a 503",
    ),
    key(
        "database.max_waiting",
        "maximum number of queued writes of one kind; further ones get a 503",
    ),
    key("database.read_timeout", "maximum duration of a read, in seconds"),
    key(
        "database.statement_timeout",
        "maximum duration of a statement that changes something in PostgreSQL, in seconds",
    ),
    key(
        "database.migrate_on_start",
        "migrate the schema at start; otherwise run `esimpool migrate` first",
    ),
    key(
        "codes.validation",
        "`lenient` (any string), `graph` (Graph's patterns) or `strict` (also real, unique ICCIDs)",
    ),
    key("codes.max_per_request", "maximum number of codes in one request"),
    key(
        "codes.low_stock_threshold",
        "number of free codes at or below which a pool's stock is low, unless the pool has its own threshold",
    ),
    key("audit.retention_days", "days that audit events are kept; 0: forever"),
    key("limits.body_bytes", "maximum size of a request body, in bytes"),
    key("limits.import_bytes", "maximum size of an imported file, in bytes"),
    key(
        "limits.bodies_in_flight_bytes",
        "memory for all request bodies together, and for what they are parsed to, in bytes",
    ),
    key(
        "limits.tenant_share",
        "percentage of each shared resource that one tenant may use while no other does; see [Shares](limits.md#shares)",
    ),
    key(
        "limits.body_timeout",
        "seconds that a client has to send a body, plus one for each 64 KiB received",
    ),
    key("limits.json_depth", "maximum nesting depth of a JSON body"),
    key("limits.text_length", "maximum length of a string, in characters; at most 512"),
    key(
        "limits.batch_response_bytes",
        "maximum size of all responses of a `$batch` together, in bytes; pages end early, and another GET that does not fit gets a 507",
    ),
    key(
        "limits.responses_in_flight_bytes",
        "memory for all lists that are read or sent together, in bytes",
    ),
    key("limits.top_default", "default page size"),
    key(
        "limits.page_bytes",
        "maximum size of a page of a list, in bytes; a longer one ends early, with an `@odata.nextLink`",
    ),
    key("limits.top_max", "maximum page size; a greater `$top` is reduced to it"),
    key(
        "imports.spool_dir",
        "folder of imports until all of their lines have arrived, perhaps on another disk; unset: `data_dir`",
    ),
    key(
        "imports.spool_max_bytes",
        "maximum disk space of all imports in progress together, in bytes",
    ),
    key("imports.spool_reserve_bytes", "free space of that disk that imports do not use, in bytes"),
    key(
        "encryption.key",
        "the master key, 32 bytes in base64; unset: `encryption.key` in `data_dir`, generated for an empty database",
    ),
    key("encryption.key_file", "a file that contains the master key"),
    key("log.format", "`pretty`, `json` or `auto` (pretty on a terminal)"),
    key("log.filter", "log level, optionally by module: `esimpool=debug,warn`"),
    key(
        "log.buffer_bytes",
        "maximum size of the log lines that wait to be written, in bytes; further ones are dropped and counted",
    ),
    key("identity.issuers", "trusted issuers, see \"Real issuers\""),
    key(
        "identity.clock_skew",
        "tolerated clock skew between an issuer and this service, in seconds",
    ),
    key("identity.key_refresh", "seconds between two regular fetches of an issuer's keys"),
    key(
        "identity.key_cooldown",
        "minimum number of seconds between two fetches caused by tokens with an unknown key",
    ),
    key(
        "identity.key_max_age",
        "seconds after which keys that could not be fetched again are no longer used; at least `identity.key_refresh`",
    ),
    key(
        "identity.token_cache_size",
        "maximum number of verified tokens to cache until they expire; 0: none",
    ),
    key(
        "identity.development.enabled",
        "the development issuer: `true`, `false` or `auto` (on if there is no other issuer and all addresses are loopback)",
    ),
    key(
        "identity.development.allow_remote",
        "accept requests from other machines although the development issuer is on",
    ),
    key(
        "identity.development.clients",
        "clients of the development issuer, see \"The development issuer\"; empty: one with a generated secret",
    ),
    key(
        "identity.development.applications",
        "applications that people sign in to, see \"People sign in\"; empty: one for every page and program of this machine",
    ),
    key(
        "identity.development.users",
        "who can sign in; empty: an administrator, an operator and a reader",
    ),
    key(
        "console.enabled",
        "serve the [console](console.md) at `/console`, and send browsers there from `/`",
    ),
    key(
        "console.issuer",
        "where people sign in to the console, by the URL below which its OpenID configuration is; unset: the development issuer, if it is on",
    ),
    key("console.client_id", "the id of the console as a public client of that issuer"),
    key("console.scopes", "what the console asks the issuer for, separated by spaces"),
];

/// The settings whose values are never printed.
pub(super) const SECRETS: [&str; 2] = ["encryption.key", "database.url"];

/// Renamed settings: the old key, which is still accepted with a warning, and the new one.
pub(super) const RENAMED: &[(&str, &str)] = &[
    ("limits.body_pause", "limits.body_timeout"),
    ("identity.remembered_tokens", "identity.token_cache_size"),
];
